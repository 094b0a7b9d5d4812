"""A sweep: what was swept, what each factor does, and which levers hold up over the states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from experiments.analysis.results import Results, load
from experiments.analysis.schema import unit_of_key
from experiments.report.page.document import Grid, Section, loaded
from experiments.report.style import tables
from experiments.report.style.names import in_prose
from experiments.report.style.words import sentence
from experiments.report.sweep.effects import SweepPart, curves_parts, effects_table, levels_part
from experiments.report.sweep.heat import heat_maps
from experiments.report.sweep.lead import lead_of
from experiments.report.sweep.numbers import Swept, SweptFactor, swept_of, with_rows
from experiments.report.sweep.points import points_table
from experiments.report.sweep.states import FEWEST_STATES, correlations_parts, regrets_parts, worse_parts
from sim.numbers import counted, number

FIRST = 2
"""Pictures on the first screen."""
MOST_FINDINGS = 4
"""Behind a first screen the other findings are folded."""


def section(results: Results) -> Section | None:
    """The section of a sweep's folder, or of any `runs.csv` with swept columns."""
    swept = swept_of(results)
    if swept is None or not swept.factors:
        return None
    design = results.manifest.get("design", {})
    policies = {factor.key for factor in swept.factors} <= {"posture", "responses"}
    maps, parts, behind = list(heat_maps(swept)), *_parts(swept)
    pictures = [*maps, *(picture for part in parts for picture in part.pictures)]
    lead = None if policies else lead_of(swept, results, [picture.name for picture in (maps or pictures)[:FIRST]])
    findings = [sentence(words) for part in (*parts, *behind) for words in part.findings]
    shown = min(MOST_FINDINGS, sum(len(part.findings) for part in parts)) if lead else len(findings)
    return Section(
        key="sweep",
        title="The sweep: what was varied, and what it does",
        question=str(design.get("question") or "What do the swept factors do?"),
        findings=[*findings[:shown], _ran(swept, results)],
        more=findings[shown:],
        pictures=[*pictures, *(replace(each, folded=True) for part in behind for each in part.pictures)],
        tables=[
            *([] if policies else [points_table(swept), *effects_table(swept)]),
            _factor_table(swept, design, results),
            *_failures(results),
            *(table for part in (*parts, *behind) for table in part.tables),
        ],
        caveats=list(_caveats(swept, design)),
        reproduce=_reproduce(results),
        lead=lead,
    )


def _parts(swept: Swept) -> tuple[list[SweepPart], list[SweepPart]]:
    """What is read first, and what is folded: shares of a handful of states say little."""
    worse, regret = list(worse_parts(swept)), list(regrets_parts(swept))
    effects = [levels_part(swept), *curves_parts(swept), *correlations_parts(swept)]
    if len(swept.states) < FEWEST_STATES:
        return effects, [*worse, *regret]
    return [*worse, *effects, *regret], []


# --- what was run ------------------------------------------------------------------------------------------
def _ran(swept: Swept, results: Results) -> str:
    factors = ", ".join(f"{in_prose(f.key)} ({len(f.levels)} values)" for f in swept.factors)
    lost = f"; left out are {counted(results.n_failed, 'run')} that failed" if results.n_failed else "; none failed"
    torn = f" and {counted(swept.left_out, 'run')} whose pair is not whole" if swept.left_out else ""
    points = f"{counted(swept.n_points, 'point')} with up to {counted(swept.replicates, 'replicate')} each"
    return f"Swept: {factors}. {points}, {counted(swept.n_runs, 'run')} that went well{lost}{torn}."


def _factor_table(swept: Swept, design: Mapping[str, Any], results: Results) -> Grid:
    columns = [
        tables.text("factor", lambda factor: factor.key),
        tables.text("kind", lambda factor: "lever" if factor.lever else "uncertainty"),
        tables.text("unit", lambda factor: unit_of_key(factor.key) if factor.numeric else ""),
        tables.number("values", lambda factor: float(len(factor.levels)), "1"),
        tables.number("lowest", lambda factor: min(factor.levels) if factor.numeric else None, "of the factor"),
        tables.number("highest", lambda factor: max(factor.levels) if factor.numeric else None, "of the factor"),
        tables.text("which", _levels),
        tables.text("scale", lambda factor: "log" if factor.log else ""),
    ]
    note = _sampled(design) + "A lever is what somebody decides; an uncertainty is what nobody knows."
    line = f"{loaded(results.folder)}.runs.nunique()"
    return tables.grid("factors", "What was swept", swept.factors, columns, note, line)


def _levels(factor: SweptFactor) -> str:
    """The values of a factor; not those of a long curve."""
    return "" if factor.is_curve and len(factor.levels) > 8 else ", ".join(map(_level, factor.levels))


def _level(level: Any) -> str:
    return number(level) if isinstance(level, float | int) else str(level)


def _sampled(design: Mapping[str, Any]) -> str:
    ranged = any(factor.get("low") is not None for factor in design.get("factors", ()))
    return f"Ranges: a sample of {design['n']:,} points ({design['sample'].replace('_', ' ')}). " if ranged else ""


def _failures(results: Results) -> Iterator[Grid]:
    """How many runs failed where, and why."""
    if not results.n_failed:
        return
    names: list[str] = [name for name in ("stage", "error") if name in results.columns("runs")]
    every = load(results.folder, failed="keep").table("runs", columns=["status", *names])
    failed = every[every["status"] == "failed"].assign(**({} if names else {"why": ""}))
    counts = failed.groupby(names or ["why"], sort=False, dropna=False).size().reset_index(name="runs")
    columns = [*tables.texts(*(names or ["why"])), tables.number("runs")]
    yield tables.grid("failures", "Runs that failed", counts, columns)


# --- caveats ------------------------------------------------------------------------------------------------------
def _caveats(swept: Swept, design: Mapping[str, Any]) -> Iterator[str]:
    if len(swept.states) > 1:
        yield (
            "Shares, regrets and correlations are over the states of the design, whose ranges are its author's choice: "
            "a share of states is no probability."
        )
    if design.get("source"):
        yield f"Source of the design: {design['source']}."
    if design.get("constants"):
        yield f"Held fixed: {', '.join(f'{key} = {value}' for key, value in design['constants'].items())}."
    if with_rows(swept) and len(swept.factors) > 1:
        yield (
            "The lowest and the highest level are named after looking at all: the interval of their difference doesn't "
            "allow for that choice."
        )
    if swept.replicates < 10:
        yield f"With {swept.replicates} replicates a point, luck is a large part of every single point."


def _reproduce(results: Results) -> list[str]:
    return [
        "import experiments",
        "from experiments.report.sweep.effects import main_effects",
        "from experiments.report.sweep.numbers import mean_at, swept_of",
        "from experiments.report.sweep.over_states import rank_correlations, regrets, scopes, worse_shares",
        f"swept = swept_of({loaded(results.folder)})  # values: levers × states × replicates",
        "{m: swept.means(m) for m in swept.measures}  # levers × states",
    ]
