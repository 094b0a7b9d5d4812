"""What words of a user may be: the one rule for names, and the one for all other text.

Names and texts come into tables, onto terminals and into names of files. So no name is a path, a formula or a word
that readers of tables take for a missing value, and no text holds characters that move a cursor or turn letters around.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

MOST_LETTERS = 60
MOST_TEXT = 5000
NAME_RULE = (
    f"it must be a name: letters, digits, _ and -, at most {MOST_LETTERS} of them, no - at its beginning, and not a "
    "word that tables take for a missing value (NA, nan, none, null, nil)"
)
TEXT_RULE = "it must be text in one line, without control or direction characters"
FORMULA_RULE = "it must not begin with =, +, - or @, which spreadsheets take for a formula"
LENGTH_RULE = f"it must have at most {MOST_TEXT:,} letters"
FORMULA_SIGNS = "=+-@"
MISSING = frozenset({"na", "nan", "none", "null", "nil"})
"""In small letters."""
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # some scripts write words with them


def is_name(text: str) -> bool:
    """May something be called that? Letters are those of every script."""
    fits = 0 < len(text) <= MOST_LETTERS and text[0] != "-" and text.lower() not in MISSING
    return fits and all(each in "_-" or unicodedata.category(each)[0] == "L" or each in "0123456789" for each in text)


def checked_name(text: str) -> str:
    """The same text, if it is a name; else a `ValueError` with the rule."""
    if not is_name(text):
        raise ValueError(NAME_RULE)
    return text


def not_missing(text: str) -> str:
    """The same text, if no table takes it for a missing value: of what is called by a few words."""
    if text.lower() in MISSING:
        raise ValueError("it must not be a word that tables take for a missing value")
    return text


Name = Annotated[str, AfterValidator(checked_name)]
"""The field of a config that names something: a posture, a site, a faction …"""


@functools.lru_cache(maxsize=4096)  # a sweep asks the same for every point
def fault_of(text: str) -> str:
    """The rule that a text breaks; empty if it breaks none."""
    if len(text) > MOST_TEXT:
        return LENGTH_RULE
    if not (text.isprintable() or all(map(_is_plain, text))):
        return TEXT_RULE
    return FORMULA_RULE if text.lstrip()[:1] in tuple(FORMULA_SIGNS) else ""


def _is_plain(letter: str) -> bool:
    return letter.isprintable() or letter in _JOINERS or unicodedata.category(letter) == "Zs"


def texts_in(tree: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """(dotted key, text) of every text of a tree, and of every key, however deep."""
    if isinstance(tree, str):
        yield key, tree
    elif isinstance(tree, bool | int | float):
        return  # most leaves: asking whether they are collections takes long
    elif isinstance(tree, Mapping):
        for name, value in tree.items():
            inner = f"{key}.{name}".lstrip(".")
            yield inner, str(name)
            yield from texts_in(value, inner)
    elif isinstance(tree, Sequence):
        for n, value in enumerate(tree):
            yield from texts_in(value, f"{key}[{n}]")
