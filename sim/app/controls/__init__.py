"""The browser's own controls with a name each: what keyboard and screen reader know without more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import solara


@solara.component_vue("choice.vue")
def _Select(
    label: str, value: str, options: list[str], quiet: bool, snap: bool, event_choose: Callable[[str], None]
) -> None:
    """A list to choose one of."""


@solara.component_vue("slide.vue")
def _Range(
    label: str, words: str, value: float, low: float, high: float, step: float, event_move: Callable[[float], None]
) -> None:
    """A slider."""


@solara.component_vue("events.vue")
def EventTable(
    title: str,
    rows: list[dict[str, Any]],
    word: str,
    chosen: int,
    nothing: str,
    event_choose: Callable[[int], None],
) -> None:
    """Rows (number, when, kind, words) that contain a word, each with a button; the first 20, and more on request."""


def Choice(
    label: str,
    options: Sequence[Any],
    value: Any,
    choose: Callable[[Any], None],
    *,
    quiet: bool = False,
    snap: bool = False,
) -> None:
    """One of some values, each shown as its text; `quiet`: the label is for screen readers alone.

    `snap`: it always shows `value` again, as a list to add from does.
    """
    texts = {str(option): option for option in options}
    _Select(
        label=label,
        value=str(value),
        options=list(texts),
        quiet=quiet,
        snap=snap,
        event_choose=lambda text: choose(texts[text]),
    )


def Slide(
    label: str,
    words: str,
    value: float,
    low: float,
    high: float,
    step: float,
    move: Callable[[float], None],
) -> None:
    """A number on a slider; `words` say it with its unit."""
    _Range(label=label, words=words, value=value, low=low, high=high, step=step, event_move=move)


def Choices(label: str, options: Sequence[str], chosen: Sequence[str], choose: Callable[[list[str]], None]) -> None:
    """Several of some names: each with a button that takes it away, the rest in a list to add from."""
    add = "add …"
    rest = [add, *(name for name in options if name not in chosen)]
    Choice(label, rest, add, lambda name: None if name == add else choose([*chosen, name]), snap=True)
    with solara.Row(gap="4px", style={"flex-wrap": "wrap"}):
        for name in chosen:
            solara.Button(
                f"{name} ×",
                small=True,
                outlined=True,
                attributes={"aria-label": f"{name} ×: take it away"},
                on_click=lambda name=name: choose([each for each in chosen if each != name]),
            )
