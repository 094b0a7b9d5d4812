"""What a study is, what may be asked of it, and what it shows on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from experiments.studies.forms import FilledForm, Form
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import Sizes
from sim.statistics import Interval

S = TypeVar("S", bound=Sizes)
Found = TypeVar("Found")


@dataclass(frozen=True)
class StudyRequest(Generic[S]):
    """What is asked of a study: sizes and seed, and names or files of what it is about."""

    sizes: S
    seed: int
    ensemble: str = "2020"
    targets: str = "2020"
    priors: str = "2020"
    claims: Path | None = None
    decided: Path | None = None
    draws: int | None = None
    prior_runs: Path | None = None
    weights: str = ""


Row: TypeAlias = Sequence[str | float | Interval]


@dataclass(frozen=True)
class Lines:
    """A table for the screen: text, numbers, and intervals of differences; numbers from column `numbers_from` on."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    numbers_from: int = 1


@contextmanager
def global_generator(seed: int) -> Iterator[None]:
    """NumPy's global generator, from which some packages draw: seeded, and left as it was found."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


Said: TypeAlias = Iterable[str | Lines]


@dataclass(frozen=True)
class Study(Generic[S, Found]):
    """A study. `prepare` checks what is asked and gives the work, which a runner then does.

    `forms` are its tables for the data dictionary, `tables` fills them; `about` is what the manifest says beside sizes
    and stages. `counted` says how many runs each stage asks for; the most that are made, if the study `adapts` to what
    it finds; `also` are files that it writes beside its tables. `page` names a module that writes its page; `weighs`
    says whether its analysis takes `--weights`. A study that is `drawn` has a module `figures` in the folder of its
    name in the report, with `pictures(tables, about)`. With the option `as_json`, that is printed.
    """

    name: str
    sizes: type[S]
    prepare: Callable[[StudyRequest[S]], Callable[[StudyRunner], Found]]
    forms: Mapping[str, Form]
    tables: Callable[[Found], Mapping[str, FilledForm]]
    lines: Callable[[Found], Said]
    about: Callable[[Found], Mapping[str, Any]]
    counted: Callable[[StudyRequest[S]], Mapping[str, int]]
    adapts: bool = False
    also: Callable[[StudyRequest[S]], Sequence[str]] = lambda request: ()
    page: str = ""
    drawn: bool = True
    weighs: bool = False
    as_json: Callable[[Found], Any] = lambda found: None
