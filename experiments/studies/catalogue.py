"""The catalogue of studies: every folder beside this file that has a module `study` is one.

What the command line must know before anything heavy is imported is the `COMMAND` in the folder's `__init__`, whose
docstring is its help; the study itself is the `STUDY` of the folder's module `study`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import ConfigError

if TYPE_CHECKING:
    from experiments.files.columns import Field
    from experiments.studies.study import Study


@dataclass(frozen=True)
class Command:
    """A study's command: name, help, its options beside the common ones, the packages of the extra that it needs."""

    name: str
    text: str
    options: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """A line for the list of commands."""
        return self.text.partition("\n")[0]


@cache
def commands() -> dict[str, Command]:
    """Study → command, by the alphabet."""
    folders = sorted(file.parent.name for file in Path(__file__).parent.glob("*/study.py"))
    return {name: import_module(f"{__package__}.{name}").COMMAND for name in folders}


def load(name: str) -> Study[Any, Any]:
    """The study of a name."""
    study: Study[Any, Any] = import_module(f"{__package__}.{name}.study").STUDY
    return study


def check_weighs(study: Study[Any, Any], weights: str) -> None:
    """Refuse to weigh the states of a study whose analysis counts them alike."""
    if weights and not study.weighs:
        able = ", ".join(f"posture {command.name}" for name, command in commands().items() if load(name).weighs)
        allowed = f"posture {commands()[study.name].name} counts all states alike; these can weigh them: {able}"
        raise ConfigError(None, "--weights", weights, allowed)


def files() -> Iterator[tuple[str, str, tuple[Field, ...]]]:
    """Every table of every study: file, words, columns."""
    from experiments.studies.forms import SETTING

    for name, command in commands().items():
        for table, form in load(name).forms.items():
            yield f"{table}.csv", f"`posture {command.name}`: {form.words}", (SETTING, *form.fields)
