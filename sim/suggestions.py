"""What somebody may have meant: the nearest of the names that are known, for messages."""

from __future__ import annotations

from collections.abc import Iterable

FEW, NEAREST = 16, 6
"""So many names stand in a message in full; of more, so many of the nearest, and the rest is counted."""
_COMPARED = 100  # letters of a word, however long it is
_A_SLIP = 0.6  # share of letters in common from which a name is taken for a slip of another


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """A question, ` Did you mean six?`, or nothing where no name is like it."""
    near = _by_likeness(word, known)[:1]
    return f" Did you mean {near[0]}?" if near and _likeness(str(word), near[0]) >= _A_SLIP else ""


def nearest_first(word: object, known: Iterable[str], shown_by: str = "") -> str:
    """All names, or the nearest and how many more there are; `shown_by` is a command or a page that shows all."""
    names = list(dict.fromkeys(known))
    if len(names) <= FEW:
        return ", ".join(names)
    where = f" (`{shown_by}` shows all)" if shown_by else ""
    return f"{', '.join(_by_likeness(word, names)[:NEAREST])} and {len(names) - NEAREST} more{where}"


def one_of(word: object, known: Iterable[str], shown_by: str = "") -> str:
    """`one of six, fourteen and 9 more. Did you mean six?`"""
    names = list(known)
    return f"one of {nearest_first(word, names, shown_by)}.{did_you_mean(word, names)}"


def _by_likeness(word: object, known: Iterable[str]) -> list[str]:
    return sorted(known, key=lambda name: -_likeness(str(word), name))


def _likeness(word: str, name: str) -> float:
    """0 to 1. Keys of one table are told apart by their last parts."""
    from difflib import SequenceMatcher

    word = word[:_COMPARED]
    table, _, last = word.lower().rpartition(".")
    if table and name.startswith(f"{table}."):
        return SequenceMatcher(None, last, name[len(table) + 1 :]).ratio()
    return SequenceMatcher(None, word.lower(), name).ratio()
