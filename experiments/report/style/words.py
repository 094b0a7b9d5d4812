"""Words of figures and pages: names as they are read, and lines that fit, so that none leaves the picture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from sim.measures import BY_NAME

SPARE = 1.04
"""Text on the screen is up to some per cent wider than its outline."""

KINDS = {
    "fire_attacks": "Rocket and drone attacks",
    "convoy_attacks": "Bombs against convoys",
    "detail_attacks": "Bombs against foreign details",
}
"""Kinds of attack, by the measure that counts them."""


def text_width(text: str, size: float) -> float:
    """Width of the longest line in inches; the size is in points."""
    font, paths = FontProperties(size=size), TextToPath()
    widths = [paths.get_text_width_height_descent(line, font, False)[0] for line in text.split("\n")]
    return SPARE * max(widths) / 72


def folded(text: str, size: float, width: float) -> str:
    """The text in lines that fit a width in inches; breaks after blanks and between the parts of a label."""
    return "\n".join(line for part in text.split("\n") for line in _lines(part, size, width))


def _lines(part: str, size: float, width: float) -> list[str]:
    lines = [""]
    for piece in _pieces(part, size, width):
        if lines[-1] and text_width((lines[-1] + piece).rstrip(), size) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _pieces(part: str, size: float, width: float) -> Iterator[str]:
    """What stays together: words; of a word wider than the width its parts, at + and then at the underscores."""
    pieces = re.split(r"(?<= )", part)
    for between in (r"(?<=\+)", "(?<=_)"):
        pieces = [small for piece in pieces for small in _if_wide(piece, between, size, width)]
    yield from pieces


def _if_wide(piece: str, between: str, size: float, width: float) -> list[str]:
    return [piece] if text_width(piece.rstrip(), size) <= width else re.split(between, piece)


# --- names -----------------------------------------------------------------------------------------------
def readable(measure: str) -> str:
    """`us_wounded` as words."""
    return re.sub(r"^us ", "US ", measure.replace("_", " "))


def with_unit(measure: str) -> str:
    """`us_wounded` as words, with its unit if it has one."""
    return labelled(measure, BY_NAME[measure].unit)


def labelled(measure: str, unit: str) -> str:
    """A measure in words with a unit, if that is one."""
    return readable(measure) if unit in ("", "1") else f"{readable(measure)} [{unit}]"


_PART = re.compile(r"([a-z0-9_]+)(?:=([0-9.]+))?(?:@([0-9]+))?")


def policy(label: str) -> str:
    """`six+zone_clearance=0.5@90` as `six + zone clearance (strength 0.5, from day 90)`."""
    return " + ".join(map(_part_of_policy, label.split("+")))


def _part_of_policy(part: str) -> str:
    found = _PART.fullmatch(part)
    if not found:  # a point of a sweep, or the path of a file
        return part
    name, strength, day = found.groups()
    how = [f"strength {strength}"] * bool(strength) + [f"from day {day}"] * bool(day)
    return name.replace("_", " ") + (f" ({', '.join(how)})" if how else "")


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def sentence(text: str) -> str:
    """The text with a capital letter first, unless it begins with a label such as `six+surge`."""
    return text if re.match(r"\S*[_+=]", text) else text[:1].upper() + text[1:]


def short_labels(names: Sequence[str]) -> dict[str, str]:
    """Labels in words, without the parts that all begin with (`six+`); one that is nothing else keeps its name."""
    parts = [name.split("+") for name in names]
    same = 0
    while all(len(each) > same and each[same] == parts[0][same] for each in parts):
        same += 1
    return {name: policy("+".join(each[same:]) or name) for name, each in zip(names, parts, strict=True)}


def columns_that_fit(labels: Iterable[str], size: float, width: float) -> int:
    """How many columns of a legend fit, with room for its marks."""
    widest = max(text_width(label, size) for label in labels) + 0.65
    return max(1, min(5, int(width / widest)))
