"""Responses: what each gains and what it costs Baghdad, where a folder holds a posture without and with responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.analysis.results import Results
from experiments.report.page.document import Grid, Picture, Section, loaded
from experiments.report.style import tables
from experiments.report.style.words import policy, readable, sentence
from experiments.report.tradeoff import figures, numbers
from experiments.report.tradeoff.numbers import GAINS, NONE, SURE, TradeOff, intervals
from sim.measures import BY_NAME
from sim.numbers import amount, counted, number, percent
from sim.statistics import Interval

_NOT_ASSUMED = ("do", "on", "source", "start_day", "until_day", "every_days", "areas", "scope", "faction", "sites")
"""Fields of an order that say when, where and against whom, rather than how strong it is or what it costs."""


def section(results: Results) -> Section | None:
    """The section, or nothing if no posture was run both without and with a response over the same replicates."""
    runs = _runs(results)
    found = numbers.trade_offs(runs) if runs is not None else []
    if not found:
        return None
    assumed = _assumed(results.manifest)
    return Section(
        key="tradeoff",
        title="Responses: security gained against Baghdad's capital spent",
        question="Which responses help, and at what political cost?",
        findings=[_front_words(part, GAINS[0]) for part in found],
        more=[sentence for part in found for sentence in findings(part)],
        pictures=[_picture(part, results) for part in found],
        tables=[*(table(part, results) for part in found), *([assumed] if assumed else [])],
        caveats=list(_caveats(found)),
        reproduce=_reproduce(results),
    )


def _runs(results: Results) -> pd.DataFrame | None:
    """The columns that are needed, of runs that went well; None if the folder has no such columns or no responses."""
    there = results.columns("runs") if "runs" in results else ()
    if not {"posture", "responses", *numbers.MEASURES} <= set(there):
        return None
    keys = [name for name in ("point", "state", *numbers.PAIRED_BY) if name in there]
    runs = results.table("runs", columns=["posture", "responses", *keys, *numbers.MEASURES])
    return runs if runs["responses"].nunique(dropna=False) > 1 else None


# --- findings --------------------------------------------------------------------------------------------
def findings(found: TradeOff) -> Iterator[str]:
    """What helps for certain, and its cost; what costs and does not help."""
    gains, spent = intervals(found.gain[GAINS[0]]), intervals(found.spent)
    rows = list(zip(found.names, gains, spent, strict=True))[1:]
    helps = sorted((row for row in rows if row[1].low > 0), key=lambda row: -row[1].mean)
    for name, gain, cost in helps[:3]:
        yield f"On {policy(found.posture)}, {name} lowers {_amount(GAINS[0], gain)} and {_cost(cost)}."
    if not helps:
        where = policy(found.posture)
        yield f"On {where}, no response lowers pressure for certain: every 95% interval reaches 0 or beyond."
    yield from _no_help(found, rows)
    for measure in GAINS[1:]:
        yield _front_words(found, measure)
    ended = [f"{name} ({percent(part)} of runs)" for name, part in found.ended_shares.items() if part > 0]
    if ended:
        yield f"The mission ends in {', '.join(ended)}: fewer attacks on people who have left are no gain in security."


def _front_words(found: TradeOff, measure: str) -> str:
    shares, front = found.shares(measure), found.front(measure)
    sure = [name for name in front if shares[name] >= SURE]
    maybe = [f"{name} ({percent(shares[name])})" for name in found.names if 1 - SURE < shares[name] < SURE]
    n = counted(found.n, found.what)
    words = f"{sentence(readable(measure))} against Baghdad's capital on {policy(found.posture)} (n = {n}): "
    if found.n < 2:
        return words + f"on the front stand {', '.join(front)}; with one replicate nothing says how surely."
    parts = [f"surely on the front {_are(sure)}"] if sure else ["nothing is surely on the front"]
    if maybe:
        parts.append(f"perhaps on it {_are(maybe)} (share of resamples)")
    off = sum(share <= 1 - SURE for share in shares.values())
    return words + "; ".join([*parts, f"{off} of {len(found.names)} are surely beaten"]) + "."


def _are(names: list[str]) -> str:
    shown = ", ".join("none (no response)" if name == NONE else name for name in names)
    return f"{'is' if len(names) == 1 else 'are'} {shown}"


def _amount(measure: str, gain: Interval) -> str:
    interval = f"(95% interval {number(gain.low)} to {number(gain.high)})"
    return f"{readable(measure)} by {amount(gain.mean, BY_NAME[measure].unit)} {interval}"


def _cost(spent: Interval) -> str:
    interval = f"95% interval {number(spent.low)} to {number(spent.high)}"
    if spent.low > 0:
        return f"spends {number(spent.mean)} of Baghdad's capital ({interval}; scale 0 to 1)"
    if spent.high < 0:
        return f"leaves Baghdad {number(-spent.mean)} more capital (spent: {interval}; scale 0 to 1)"
    return f"has no clear cost in Baghdad's capital (spent: {interval}; scale 0 to 1)"


def _no_help(found: TradeOff, rows: list[tuple[str, Interval, Interval]]) -> Iterator[str]:
    worse = sorted((row for row in rows if row[1].high < 0), key=lambda row: row[1].mean)
    if worse:
        parts = [
            f"{name} by {number(-gain.mean)} ({number(-gain.high)} to {number(-gain.low)})" for name, gain, _ in worse
        ]
        yield f"Clearly more pressure on {policy(found.posture)}, in points with 95% interval: {'; '.join(parts)}."
    idle = [name for name, gain, spent in rows if gain.low <= 0 <= gain.high and spent.low > 0]
    if idle:
        yield f"Capital spent without a clear change in pressure on {policy(found.posture)}: {', '.join(idle)}."


# --- picture and tables ----------------------------------------------------------------------------------
def _picture(found: TradeOff, results: Results) -> Picture:
    words = numbers.front_title(found).replace("\n", " ")
    note = f"From runs.csv: {counted(found.n, found.what)}. On the front: {numbers.RESAMPLES:,} bootstrap resamples of "
    note += f"replicates{_grouped(found)}."
    alt = f"Scatter of fall in pressure, rounds leaked and fire attacks against capital spent. {words}"
    return Picture(f"tradeoff_{found.posture}", words, alt, figures.tradeoff(found), note)


def _grouped(found: TradeOff) -> str:
    return f", averaged in {numbers.GROUPS:,} groups first" if found.n > numbers.GROUPS else ""


def table(found: TradeOff, results: Results) -> Grid:
    """Every scenario: gains, cost, relation, closures, and how surely it is on each front."""
    ended, shares = found.ended_shares, {measure: found.shares(measure) for measure in GAINS}
    changes = {f"fall in {readable(m)}": (intervals(found.gain[m]), BY_NAME[m].unit) for m in GAINS} | {
        "capital spent": (intervals(found.spent), "1"),
        "change in relation": (intervals(found.relation), "1"),
        "change in closures": (intervals(found.closure_hours), "hour"),
    }
    columns = [
        tables.number("number", lambda row: row[0], ""),
        tables.text("scenario", lambda row: row[1]),
        *tables.columns_by(changes, str, lambda row, of: changes[of][0][row[0]], lambda of: changes[of][1]),
        tables.number("mission ended", lambda row: ended[row[1]], "share of runs"),
        *tables.columns_by(
            GAINS, lambda m: f"on the front of {readable(m)}", lambda row, m: shares[m][row[1]], "share"
        ),
    ]
    left_out = f" {found.left_out:,} replicates are left out: a run of theirs failed." if found.left_out else ""
    note = f"n = {counted(found.n, found.what)}. A fall is the base less the scenario, mean over {found.what}s; "
    note += "capital and relation are "
    note += f"means over the days on a scale from 0 to 1.{left_out}"
    title = f"Responses on {policy(found.posture)} against none: paired differences and 95% t intervals"
    name = f"tradeoff_{found.posture}"
    return tables.grid(name, title, list(enumerate(found.names)), columns, note, _line(found, results))


def _line(found: TradeOff, results: Results) -> str:
    return (
        f"runs = {loaded(results.folder)}.runs\n"
        f'wide = runs[runs.posture == "{found.posture}"].pivot(index="replicate", columns="scenario", '
        f'values="{numbers.CAPITAL}").dropna()\n'
        f'spent = -wide.sub(wide["{found.base}"], axis=0).mean()'
    )


def _assumed(manifest: Mapping[str, Any]) -> Grid | None:
    """What the orders of the responses simply say, with the source that each gives."""
    uses = {use["name"]: use["response"] for p in manifest.get("postures", {}).values() for use in p["responses"]}
    orders = [{**order, "response": name} for name, response in uses.items() for order in response["orders"]]
    columns = [
        tables.text("response", lambda order: policy(order["response"])),
        tables.text("order", "do"),
        tables.text("assumed", _numbers),
        tables.text("source"),
    ]
    title = "What the responses assume: the numbers of their orders, and where they come from"
    note = (
        "From manifest.json. A cost or an effect written in an order is put in, and comes out again in the "
        "differences above; it is no finding."
    )
    return tables.grid("assumed", title, orders, columns, note) if orders else None


def _numbers(order: Mapping[str, Any]) -> str:
    shown = {k: v for k, v in order.items() if k not in _NOT_ASSUMED and isinstance(v, int | float) and v != 0}
    return ", ".join(f"{readable(key)} {number(value)}" for key, value in shown.items()) or "no number"


def _caveats(found: list[TradeOff]) -> Iterator[str]:
    yield (
        "What an order costs in capital, relation or grievance, and the chance that it succeeds, is written in its "
        "response file, most of it as a judgement. The front follows from it; another cost gives another front."
    )
    yield (
        "The front says that nobody is better in both numbers. It doesn't say what a point of pressure is worth in "
        "capital, and it leaves relation, closures and whatever isn't drawn aside."
    )
    if any(part.left_out for part in found):
        yield "Replicates of which a run failed are left out in all scenarios of their posture."


def _reproduce(results: Results) -> list[str]:
    return [
        "import experiments",
        "from experiments.report.tradeoff.numbers import trade_offs",
        f"found = trade_offs({loaded(results.folder)}.runs)[0]",
        'found.gain["pressure"].mean(axis=0), found.spent.mean(axis=0), found.shares("pressure")',
    ]
