"""Designs in `posture check` and `posture describe`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.tables import table_of, title_of

if TYPE_CHECKING:
    from rich.table import Table

    from experiments.runs.design import Design, Factor

_MOST_VALUES = 12  # of a factor that are shown
_SAID = (
    *("name", "title", "source", "question", "posture", "responses", "calendar", "constants", "replicates", "seed"),
    "outputs",
)


def check_design(file: Path) -> str:
    """What a valid design holds, in words; a bad one is refused."""
    from experiments.runs.bases import check_values
    from experiments.runs.design import check_size, load_design, n_points

    design = load_design(file)
    check_size(design, file)
    check_values(design, file)
    n = n_points(design)
    return f"design {design.name}: {n} points × {design.replicates} replicates = {n * design.replicates} runs"


def design_description(design: Design) -> dict[str, Any]:
    """What a design says, how many points and runs that makes, and the first points."""
    from experiments.runs.design import Points

    points = Points(design)
    return {
        **{key: getattr(design, key) for key in _SAID},
        "points": len(points),
        "runs": len(points) * design.replicates,
        "sample": design.sample if design.ranged else None,
        "factors": [_factor(factor) for factor in design.factors],
        "first_points": points[: min(5, len(points))],
    }


def _factor(factor: Factor) -> dict[str, Any]:
    """A factor; of a list its values, of a range its ends."""
    from experiments.analysis.schema import UNKNOWN, unit_of_key

    unit = unit_of_key(factor.key)
    row = {"key": factor.key, "kind": factor.kind, "unit": "" if unit == UNKNOWN else unit}
    if factor.values is not None:
        return {**row, "values": list(factor.values)}
    return {**row, **{key: getattr(factor, key) for key in ("low", "high", "scale", "integer")}}


def shown_design(content: dict[str, Any]) -> Iterator[str | Table]:
    """The lines and tables of a description."""
    from experiments.cli.sweep_screen import point_lines

    yield title_of(content)
    if content["question"]:
        yield content["question"]
    calendar = [f"calendar {content['calendar']}"] if content["calendar"] else []
    yield f"base: {', '.join(['+'.join([content['posture'], *content['responses']]), *calendar])}"
    shape = f"{content['points']} points × {content['replicates']} replicates = {content['runs']} runs"
    yield f"{shape}, seed {content['seed']}; tables: {', '.join(content['outputs'])}\n"
    constants = [{"key": key, "value": value} for key, value in content["constants"].items()]
    yield from table_of("constants", ("key", "value"), constants, 1)
    factors = [{**factor, "values": _values(factor)} for factor in content["factors"]]
    yield from table_of("factors", ("key", "kind", "unit", "values"), factors, 4)
    yield "the first points"
    yield from point_lines(content["first_points"])


def _values(factor: dict[str, Any]) -> str:
    """The values of a list, or the ends of a range."""
    if "values" in factor:
        values = [str(value) for value in factor["values"]]
        n = len(values)
        return ", ".join(values if n <= _MOST_VALUES else [*values[:3], "…", f"{values[-1]} ({n} values)"])
    words = [factor["scale"], *(["whole numbers"] if factor["integer"] else [])]
    return f"{factor['low']:g} to {factor['high']:g} ({', '.join(words)})"
