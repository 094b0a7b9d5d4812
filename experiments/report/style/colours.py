"""Colours and markers of all figures: how scenarios, methods and kinds are told apart.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), told apart with any kind of colour vision;
scenarios differ in their markers too. A page exchanges them, and pure greys, on a dark screen.
"""

from __future__ import annotations

from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vPX"
FEW = 4
"""Up to so many scenarios share an axis, told apart by colour; more get a row each."""
FIXED_DARK, FIXED_LIGHT = "#010000", "#fffffe"
"""Words on a coloured ground: they keep their colour on a dark page, where black and grey change with the page."""


POLICIES = ("0.4", COLOURS[2], COLOURS[3], COLOURS[4], COLOURS[5])
"""Of the base and of what is compared with it: blue and orange say better and worse."""


def policy_style(n: int) -> dict[str, Any]:
    """Colour and marker of the n-th policy, the base first."""
    return {"color": POLICIES[n % len(POLICIES)], "marker": MARKERS[n % len(MARKERS)]}


def style_of(n: int) -> dict[str, Any]:
    """Colour and marker of the n-th of several."""
    return {"color": COLOURS[n % len(COLOURS)], "marker": MARKERS[n % len(MARKERS)]}
