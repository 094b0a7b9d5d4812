"""One run: what happened in it, in words, on a timeline, and event by event."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.analysis.results import Results
from experiments.files.columns import MAIN_MEASURES
from experiments.report.page import overview
from experiments.report.page.document import Grid, Picture, Section, loaded
from experiments.report.run.figures import timeline
from experiments.report.run.key_events import did, key_events, words, worst_first
from experiments.report.run.numbers import CONVOY_BOMB, FIRE, StoredRun, day_words, ending, run_of, run_title
from experiments.report.style import tables
from experiments.report.style.words import policy, readable
from sim.measures import BY_NAME

N_EVENTS = 20
"""Rows of the table of the most important events."""
_SUMS = ("hours", "fighters", "heavy_weapons", "people", "killed", "caught")
"""What the events of a response add up to, where they have it."""
_HARM = (
    ("rounds inside", "leaked", "round"),
    ("trucks lost", "trucks_lost", "truck"),
    ("wounded", "wounded", "person"),
    ("killed", "killed", "person"),
)
"""Heading, column and unit of the sums in the table of kinds."""
_SHOWS = {"strike_leaders": "US strike", "close_embassy": "closure decided", "threaten_closure": "closure threatened"}
"""What orders do whose events don't name them."""
_CHANCE = (
    "One run is one roll of the dice: it shows what can happen and why, and says nothing about means. With n = 1 no "
    "interval is possible."
)


def section(results: Results) -> Section | None:
    """The section of a folder that holds one run."""
    run = run_of(results)
    if run is None:
        return None
    figure = timeline(run)
    return Section(
        key="run",
        title=f"One run of {policy(run.scenario)}, {run.seed_words}",
        question="What happened in this run?",
        findings=list(_findings(run, results.manifest)),
        pictures=[_picture(run, figure)] if figure is not None else [],
        tables=list(_tables(run, results)),
        caveats=list(_caveats(run, results)),
        reproduce=_reproduce(run, results),
    )


# --- findings --------------------------------------------------------------------------------------------
def _findings(run: StoredRun, manifest: Mapping[str, Any]) -> Iterator[str]:
    if run.error:
        yield f"The run failed, and so has no measures: {run.error}"
        return
    if run.measures:
        yield _counts(run)
    yield f"How it ended: {ending(run)}."
    yield from _worst(run)
    yield from _responses(run, manifest)
    yield from _politics(run)


def _counts(run: StoredRun) -> str:
    count = run.count
    return (
        f"In this run of {policy(run.scenario)} there were {count('fire_attacks'):,.0f} fire attacks, of which "
        f"{count('fire_attacks_leaking'):,.0f} put {count('rounds_leaked'):,.0f} rounds inside; "
        f"US people wounded: {count('us_wounded'):,.0f}, of them killed: {count('us_killed'):,.0f}. "
        f"{count('convoy_attacks'):,.0f} bombs went off against convoys, damaged {count('convoys_hit'):,.0f} and cost "
        f"{count('trucks_lost'):,.0f} trucks (n = 1 run)."
    )


def _worst(run: StoredRun) -> Iterator[str]:
    for kind, noun in ((FIRE, "The worst fire attack"), (CONVOY_BOMB, "The worst bomb against a convoy")):
        events = run.of_kind(kind)
        if len(events):
            row = worst_first(events).to_dict("records")[0]
            yield f"{noun}: event {row['event']:.0f} on {day_words(row['date_time'])}, {words(row)} ({row['actor']})."


def _responses(run: StoredRun, manifest: Mapping[str, Any]) -> Iterator[str]:
    """What each response did, by the events that name its orders, or else by the kind of events that they give."""
    events = run.events
    if events is None or not len(events):
        return
    orders = _orders(events)
    for name in orders.dropna().unique():
        yield f"Response {name}: {'; '.join(_doings(events[orders == name]))}."
    named = {str(name).partition("#")[0] for name in orders.dropna()}
    for use in (use for posture in manifest.get("postures", {}).values() for use in posture["responses"]):
        if use["name"] not in named:
            kinds = [kind for order in use["response"]["orders"] if (kind := _SHOWS.get(order["do"]))]
            shown = ", ".join(f"{len(run.of_kind(kind))} of the kind {kind}, its own or others'" for kind in kinds)
            yield f"Response {use['name']}: no event names its orders; " + (
                f"there are {shown}." if shown else "the measures alone say."
            )


def _orders(events: pd.DataFrame) -> pd.Series[str]:
    """The response of the order that each event names as actor or target; missing where it names none."""
    names = [
        events[who].astype(object).fillna("").astype(str).str.extract(r"^([^/ ]+)/\d+ \w+$")[0]
        for who in ("actor", "target")
    ]
    return names[0].fillna(names[1])


def _doings(events: pd.DataFrame) -> Iterator[str]:
    for kind, some in events.groupby("kind", sort=False):
        sums = [(name, some[name].sum()) for name in _SUMS if name in some and some[name].notna().any()]
        parts = [f"{readable(name)} {total:,.0f}" for name, total in sums if total]
        yield f"{kind} {len(some)} times" + (f" ({', '.join(parts)} in all)" if parts else "")


def _politics(run: StoredRun) -> Iterator[str]:
    known = [name for name in ("relation", "capital", "patience", "will") if f"{name}_end" in run.measures]
    if known:
        parts = [
            f"{name} {run.measures[f'{name}_end']:.2f} at the end (lowest {run.measures[f'{name}_lowest']:.2f})"
            for name in known
            if f"{name}_lowest" in run.measures
        ]
        yield f"Political levels, from 0 to 1: {', '.join(parts)}."


# --- picture and tables ------------------------------------------------------------------------------------
def _picture(run: StoredRun, figure: Figure) -> Picture:
    words_ = run_title(run).replace("\n", " ")
    files = [f"{name}.csv" for name, table in (("events", run.events), ("daily", run.daily)) if table is not None]
    alt = f"Timeline of one run. {words_}"
    if run.events is not None:
        named = key_events(run.events)
        alt += ". Key events: " + "; ".join(f"{row['date_time'][:10]} {words(row)}" for row in named.to_dict("records"))
    note = f"From {' and '.join(files)}. Levels are those at the end of the day."
    return Picture("timeline", words_, alt, figure, note)


def _tables(run: StoredRun, results: Results) -> Iterator[Grid]:
    if run.measures:
        yield _measures(run, results)
    if run.events is not None and len(run.events):
        yield _important(run.events, results)
        yield _by_kind(run.events, results)


def _measures(run: StoredRun, results: Results) -> Grid:
    file = "runs" if "runs" in results else "daily"
    columns = [
        tables.text("measure", readable),
        tables.number("value", run.measures.__getitem__, tables.OF_ROW),
        tables.text("unit", lambda name: tables.unit_words(BY_NAME[name].unit)),
        tables.text("meaning", lambda name: BY_NAME[name].meaning),
    ]
    rows = [name for name in MAIN_MEASURES if name in run.measures]
    line = f'{loaded(results.folder)}.table("{file}").iloc[-1]' + ('["fire_attacks"]' if file == "runs" else "")
    return tables.grid("measures", "Main measures of this run", rows, columns, "n = 1: no mean, no interval.", line)


def _important(events: pd.DataFrame, results: Results) -> Grid:
    rows = key_events(events, N_EVENTS)
    columns = [
        tables.number("event", unit=""),
        tables.text("date and hour", lambda row: str(row["date_time"]).replace("T", " ")),
        *(tables.text("kind"), tables.text("who or where", "actor"), tables.text("whom or what", "target")),
        tables.text("what it did", did),
    ]
    note = (
        f"{len(rows)} of {len(events):,} events: the gravest of each kind by turns. What cells chose and what "
        f"was warned of is left out. `posture why {results.folder} --event N` explains event N, with manifest.json."
    )
    line = f'{loaded(results.folder)}.table("events")'
    return tables.grid("key_events", "The most important events", rows, columns, note, line)


def _by_kind(events: pd.DataFrame, results: Results) -> Grid:
    kinds = events.groupby("kind", sort=False)
    sums = kinds[[name for _, name, _ in _HARM]].sum(min_count=1).replace({np.nan: None})
    rows = sums.assign(events=kinds.size()).sort_values("events", ascending=False, kind="stable").reset_index()
    numbers = [tables.number(heading, itemgetter(name), unit) for heading, name, unit in _HARM]
    columns = [tables.text("kind"), tables.number("events"), *numbers]
    note = "Sums over the events of a kind; empty where the kind has no such number. The wounded include the dead."
    line = f'{loaded(results.folder)}.table("events").groupby("kind", observed=True).size()'
    return tables.grid("events_by_kind", "Events by kind", rows, columns, note, line)


# --- caveats, and how to make it again ---------------------------------------------------------------------
def _caveats(run: StoredRun, results: Results) -> Iterator[str]:
    yield _CHANCE + " `posture compare` runs many."
    if run.events is not None:
        yield "Which events are named is a choice of this report: by kind and harm, not by what they led to."
    missing = [f"{name}.csv" for name in ("daily", "events") if name not in results]
    if missing and not run.error:
        shown = f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not in the folder"
        yield f"{shown}: the command with --daily and --events and the same seed writes them, and the run is the same."


def _reproduce(run: StoredRun, results: Results) -> list[str]:
    """The run made again; and an event explained."""
    made = overview.command(results.manifest)
    lines = [made] if made else []
    if run.seed is not None and not made:
        lines = [f"posture run {run.scenario} --seed {run.seed} --daily --events --out DIR"]
    if (results.folder / "scenario.toml").is_file():
        lines = [f"posture run {shlex.quote(str(results.folder / 'scenario.toml'))} --seed {run.seed} --daily --events"]
    if run.events is not None and results.manifest:
        lines.append(f"posture why {shlex.quote(str(results.folder))} --event N")
    return lines
