"""What a run reports. Every column is defined once, here; writers, tables and the data dictionary read it.

`TALLY` lists what the rules count (running totals) and the levels noted at the end of each day; the engine
keeps one row of it per day. `SUMS` are counters added up. `MEASURES` lists what becomes a column of `runs.csv`: a
reduction of those days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWER, NEITHER, HIGHER = -1, 0, 1  # which way is better for the defence


@dataclass(frozen=True)
class Column:
    """A counter (running total, whole number unless its unit says otherwise) or a level at the end of a day.

    `better` says which way is good for the defence; a counter that is the sum of others names them.
    """

    name: str
    better: int
    meaning: str
    unit: str = "1"
    level: bool = False
    sum_of: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns of TALLY that it is added up from: itself, unless it is a sum."""
        return self.sum_of or (self.name,)


_level = partial(Column, level=True)

TALLY: tuple[Column, ...] = (
    Column("operations", NEITHER, "operations started by cells"),
    Column("abstained", NEITHER, "times a cell was ready and weighed its options, and preferred to wait"),
    Column("rocket_attacks", LOWER, "rocket salvos fired at a site"),
    Column("drone_attacks", LOWER, "drones sent at a site"),
    Column("covered_fire_attacks", NEITHER, "rocket and drone attacks on a site covered by C-RAM"),
    Column("embassy_fire_attacks", LOWER, "rocket and drone attacks on the site of highest symbolic value"),
    Column("capital_fire_attacks", LOWER, "rocket and drone attacks on sites of the foremost site's city"),
    Column("airport_fire_attacks", LOWER, "rocket and drone attacks on sites at an airport"),
    Column("barrages", LOWER, "rocket salvos that were barrages"),
    Column("convoy_attacks", LOWER, "bombs set off against convoys"),
    Column("outbound_attacks", LOWER, "those of them against convoys that carry equipment out"),
    Column("detail_attacks", LOWER, "bombs set off against foreign details"),
    Column("rounds_fired", LOWER, "rockets and drones fired", "round"),
    Column("rounds_inside", LOWER, "rounds on course to land inside the perimeter", "round"),
    Column("rounds_engaged", NEITHER, "rounds engaged by C-RAM", "round"),
    Column("rounds_intercepted", HIGHER, "rounds destroyed by C-RAM", "round"),
    Column("rounds_leaked", LOWER, "rounds that landed inside", "round"),
    Column("fire_attacks_leaking", LOWER, "rocket and drone attacks with at least one round inside"),
    Column("bursts_used", NEITHER, "C-RAM bursts fired (one per engagement)", "burst"),
    Column("stray_shells", LOWER, "C-RAM shells that fell on the city", "shell"),
    Column("civilian_harm", LOWER, "civilians and Iraqi soldiers harmed by stray shells and stray rounds", "person"),
    Column("us_wounded", LOWER, "US people wounded by fire, the dead included", "person"),
    Column("us_killed", LOWER, "US people killed by fire", "person"),
    Column("drivers_wounded", LOWER, "drivers and escorts wounded, the dead included", "person"),
    Column("drivers_killed", LOWER, "drivers and escorts killed", "person"),
    Column("foreign_wounded", LOWER, "people in foreign details wounded, the dead included", "person"),
    Column("devices_planted", NEITHER, "roadside bombs planted"),
    Column("bombs_laid", LOWER, "those of them meant for convoys"),
    Column("bombs_tipped", NEITHER, "those of these laid for a convoy that was known to come"),
    Column("devices_found", HIGHER, "roadside bombs found by Iraqi units"),
    Column("devices_expired", NEITHER, "roadside bombs that waited in vain"),
    Column("devices_without_effect", NEITHER, "roadside bombs that went off and did nothing"),
    Column("convoys_sent", NEITHER, "supply convoys ordered"),
    Column("outbound_sent", NEITHER, "convoys with equipment of sites that are handed over"),
    Column("outbound_arrived", NEITHER, "those of them that reached the gateway"),
    Column("convoys_arrived", HIGHER, "convoys that reached their site"),
    Column("convoys_hit", LOWER, "convoys damaged by a bomb, counted per bomb"),
    Column("convoys_turned_back", LOWER, "convoys that turned back"),
    Column("convoys_lost", LOWER, "convoys that lost every truck"),
    Column("trucks_sent", NEITHER, "trucks sent", "truck"),
    Column("trucks_lost", LOWER, "trucks lost", "truck"),
    Column("cargo_sent", NEITHER, "cargo loaded at the gateways", "t"),
    Column("cargo_delivered", HIGHER, "cargo that reached a site", "t"),
    Column("cargo_lost", LOWER, "cargo lost with trucks", "t"),
    Column("cargo_returned", NEITHER, "cargo that turned back to a gateway", "t"),
    Column("equipment_due", NEITHER, "equipment of sites that are handed over", "t"),
    Column("equipment_sent", NEITHER, "what of it was loaded", "t"),
    Column("equipment_out", NEITHER, "what of it reached a gateway", "t"),
    Column("equipment_lost", LOWER, "what of it was lost with trucks", "t"),
    Column("supply_used", NEITHER, "supply used at sites", "t"),
    Column("site_hours_short", LOWER, "hours, summed over open sites, with stock below the minimum", "site hour"),
    Column("site_hours_empty", LOWER, "hours, summed over open sites, without any stock", "site hour"),
    Column("raids", HIGHER, "raids by reaction units and patrols"),
    Column("raids_failed", LOWER, "raids that found nobody"),
    Column("raids_leaked", LOWER, "raids of which the cell was warned"),
    Column("cells_broken", HIGHER, "cells broken by a raid or at a checkpoint"),
    Column("unit_losses", LOWER, "raids that cost the unit part of its strength"),
    Column("handovers", NEITHER, "sites handed over"),
    Column("people_left", NEITHER, "US people who left the theatre", "person"),
    Column("people_arrived", NEITHER, "US people who came as reinforcements", "person"),
    Column("supply_brought", NEITHER, "supply that reinforcements brought with them", "t"),
    Column("sites_evacuated", LOWER, "sites evacuated when the mission ended"),
    Column("damage", LOWER, "damage of hits at sites, by their hardening", "point"),
    Column("drones_found", HIGHER, "drones found before launch"),
    Column("warnings", NEITHER, "true warnings"),
    Column("false_alarms", LOWER, "false alarms"),
    Column("warnings_shared", NEITHER, "warnings, true or false, given to the reliable service"),
    Column("not_sent", LOWER, "times that Baghdad sent no unit after a cell"),
    Column("orders_refused", LOWER, "orders that Baghdad refused for want of capital"),
    Column("closure_hours", NEITHER, "hours of areas closed, as ordered", "hour"),
    Column("cell_hours_held", NEITHER, "hours that cells waited before or in a closed area", "hour"),
    Column("operations_given_up", NEITHER, "operations given up before a closed area"),
    Column("areas_cleared", HIGHER, "areas cleared"),
    Column("areas_lost", LOWER, "cleared areas that slipped back"),
    Column("fighters_removed", HIGHER, "fighters removed from the International Zone", "person"),
    Column("weapons_removed", HIGHER, "heavy weapons removed from the International Zone", "weapon"),
    Column("clashes", LOWER, "clashes in clearing and take-downs"),
    Column("forces_killed", LOWER, "Iraqi forces killed in clashes", "person"),
    Column("take_downs", NEITHER, "moves against a whole faction"),
    Column("leaders_removed", NEITHER, "leaders arrested or killed", "leader"),
    Column("funds_cut", NEITHER, "arrests of financiers"),
    Column("directions", NEITHER, "directions of the coordinating body, drawn or dated"),
    Column("truces", NEITHER, "truces declared"),
    Column("facades_taken", NEITHER, "facade names taken after a threat"),
    Column("threats", NEITHER, "threats to close the embassy"),
    Column("ladder_steps", NEITHER, "steps up that Washington took"),
    Column("strikes", NEITHER, "US strikes"),
    Column("mobs", LOWER, "mobs at the embassy gates"),
    Column("motions", LOWER, "motions to expel US forces"),
    Column("relation_days_lost", LOWER, "days without relation, in proportion to what is missing to 1", "day"),
    Column("embassy_days_lost", LOWER, "days with the embassy closed", "day"),
    Column(
        "pressure",
        LOWER,
        "pressure index: attacks, harm, shortage and crises with the weights of section pressure",
        "point",
    ),
    _level("sites_open", NEITHER, "sites held", "site"),
    _level("people", NEITHER, "US people at the sites", "person"),
    _level("batteries", NEITHER, "C-RAM batteries", "battery"),
    _level("lowest_supply_days", HIGHER, "days of supply at the open site that has least", "day"),
    _level("mean_skill", LOWER, "mean skill of the cells"),
    _level("cells_at_large", LOWER, "cells that are not broken", "cell"),
    _level("bombs_waiting", LOWER, "bombs meant for convoys that lie waiting"),
    _level("expected_fire", LOWER, "expected success of rockets at open sites, mean over factions and sites"),
    _level("expected_road", LOWER, "expected success of roadside bombs, mean over factions"),
    _level("relation", HIGHER, "bilateral relation, 0 to 1"),
    _level("capital", HIGHER, "Baghdad's political capital, 0 to 1"),
    _level("will", HIGHER, "Baghdad's will to act against militias, 0 to 1"),
    _level("support", HIGHER, "political support for clearing, 0 to 1"),
    _level("patience", HIGHER, "Washington's patience, 0 to 1"),
    _level("ladder", LOWER, "step of Washington's ladder: 0 calm, 1 warned, 2 threatened, 3 struck, 4 closed"),
    _level("prestige", LOWER, "prestige of the militias"),
    _level("grievance", LOWER, "grievance against the US presence"),
    _level("restraint", NEITHER, "restraint asked of the factions, mean"),
    _level("funds", LOWER, "funds of the factions, mean"),
    _level("leaders", LOWER, "leaders at large", "leader"),
    _level("willingness", HIGHER, "drivers' willingness, 0 to 1"),
    _level("fighters_in_zone", LOWER, "militia fighters in the International Zone", "person"),
    _level("heavy_weapons_in_zone", LOWER, "heavy weapons in the International Zone", "weapon"),
    _level("embassy_open", HIGHER, "1 while the embassy is open"),
    _level("mob_there", LOWER, "1 while a mob is at its gates"),
    _level("partners", HIGHER, "partner missions still there", "mission"),
)
TALLY_FIELDS: tuple[tuple[str, str], ...] = tuple((column.name, "f8") for column in TALLY)
SUMS: tuple[Column, ...] = (
    Column("fire_attacks", LOWER, "rocket and drone attacks on sites", sum_of=("rocket_attacks", "drone_attacks")),
    Column(
        "road_attacks",
        LOWER,
        "bombs set off against convoys and foreign details",
        sum_of=("convoy_attacks", "detail_attacks"),
    ),
)
COLUMNS: dict[str, Column] = {column.name: column for column in (*SUMS, *TALLY)}

Days = NDArray[Any]


def series(days: Any, name: str) -> NDArray[np.float64]:
    """A column of `COLUMNS` in daily tables of any shape (dtype TALLY, or a frame with its columns)."""
    return np.asarray(sum(days[part] for part in COLUMNS[name].parts), dtype=np.float64)


MONTHS = 18


def quarters_reached(ends: Sequence[int], days: int) -> tuple[int, ...]:
    """The ends of the quarters that a run of so many days reaches, and of the first three in any case."""
    reached = [end for before, end in pairwise((0, *ends)) if before < days]
    return tuple(ends[: max(3, len(reached))])


def quarters_covered(ends: Sequence[int], days: int) -> tuple[int, ...]:
    """The ends of the quarters that lie within a run of so many days."""
    return tuple(end for end in ends if end <= days)


@dataclass(frozen=True)
class Periods:
    """When the quarters and months of a run end (days), and the day from which windows count."""

    quarter_ends: tuple[int, ...]
    month_ends: tuple[int, ...]
    window_day: int = 0

    def named(self, how: str) -> tuple[int, int]:
        """The last day before a period and its last day: `quarter 2`, `month 3`, `window 14`."""
        kind, number = how.split()
        if kind == "window":
            return self.window_day, self.window_day + int(number)
        ends = (0, *(self.quarter_ends if kind == "quarter" else self.month_ends))
        return (ends[int(number) - 1], ends[int(number)]) if int(number) < len(ends) else (_NEVER, _NEVER)


_NEVER = 1 << 30  # a day that no run reaches


@dataclass(frozen=True)
class Measure:
    """A column of `runs.csv`.

    `column` is one of `COLUMNS`; `how` is `end` (value after the last day), `mean`, `lowest`, `highest`, `sum` (of
    days), or the growth within a period: `quarter 1` … `quarter 8`, `month 1` … `month 18`, `window 14`, `window 30`
    (so many days from `Periods.window_day`). An unfinished period gives its part, one that the run does not reach NaN.
    """

    name: str
    unit: str
    meaning: str
    column: str
    how: str = "end"

    @property
    def better(self) -> int:
        """Which way is good for the defence: that of its column."""
        return COLUMNS[self.column].better

    @property
    def may_be_empty(self) -> bool:
        """Has a run without it: one that does not reach its period, or that has nothing to divide by?"""
        return " " in self.how or isinstance(self, Ratio)

    def __call__(self, days: Days, periods: Periods) -> NDArray[np.float64]:
        """The measure of each run of `days` (runs × days, dtype TALLY)."""
        if self.how == "end":  # no need to look at the other days: most measures are totals
            return series(days[..., -1], self.column)
        if " " in self.how:
            return _growth(days, self.column, *periods.named(self.how))
        values = series(days, self.column)
        reduce: dict[str, Any] = {"mean": values.mean, "lowest": values.min, "highest": values.max, "sum": values.sum}
        return np.asarray(reduce[self.how](-1), dtype=np.float64)


@dataclass(frozen=True)
class Ratio(Measure):
    """A column of `runs.csv` that divides one by another: `factor` · column / the sum of `per`, NaN for 0 / 0.

    `how` is that of the columns of `per`, which are added up: `end` for counters, `mean` for levels.
    """

    per: tuple[str, ...] = ()
    factor: float = 1.0

    def __call__(self, days: Days, periods: Periods) -> NDArray[np.float64]:
        """The measure of each run of `days` (runs × days, dtype TALLY)."""
        above = series(days[..., -1], self.column)
        below = sum(Measure(name, "", "", name, self.how)(days, periods) for name in self.per)
        return np.divide(self.factor * above, below, out=np.full_like(above, np.nan), where=np.asarray(below) > 0)


def _growth(days: Days, name: str, before: int, last: int) -> NDArray[np.float64]:
    """Growth of a running total from the end of day `before` to that of day `last`, as far as the run goes."""
    n_days = days.shape[-1]
    if before >= n_days:
        return np.full(days.shape[:-1], np.nan)
    start = series(days[..., before - 1], name) if before else 0.0
    return np.asarray(series(days[..., min(last, n_days) - 1], name) - start)


def _total(column: Column) -> Measure:
    return Measure(column.name, column.unit, column.meaning, column.name)


def _by_quarter(name: str) -> list[Measure]:
    meaning = COLUMNS[name].meaning
    return [Measure(f"{name}_q{q}", "1", f"{meaning}, quarter {q}", name, f"quarter {q}") for q in range(1, 9)]


def _by_month(name: str) -> list[Measure]:
    meaning = COLUMNS[name].meaning
    return [Measure(f"{name}_m{m}", "1", f"{meaning}, month {m}", name, f"month {m}") for m in range(1, MONTHS + 1)]


def _in_window(name: str) -> list[Measure]:
    words = (
        f"{COLUMNS[name].meaning}, in the first {{}} days from window_day (posture compare: that of the first response)"
    )
    return [Measure(f"{name}_first_{n}", "1", words.format(n), name, f"window {n}") for n in (14, 30)]


_WHEN = {
    "end": "on the last day",
    "mean": "mean over the days",
    "lowest": "lowest of the days",
    "highest": "highest of the days",
}


def _of_levels(ways: str, *names: str) -> list[Measure]:
    return [
        Measure(f"{column.name}_{how}", column.unit, f"{column.meaning}, {_WHEN[how]}", column.name, how)
        for column in (COLUMNS[name] for name in names)
        for how in ways.split()
    ]


_MONTHLY = ("fire_attacks", "convoy_attacks")
_QUARTERLY = ("fire_attacks", "rocket_attacks", "drone_attacks", "convoy_attacks", "detail_attacks")
_CONVOYS, _LOADS, _HELD = ("convoys_sent", "outbound_sent"), ("cargo_sent", "equipment_sent"), ("sites_open",)
MEASURES: tuple[Measure, ...] = (
    _total(COLUMNS["fire_attacks"]),
    *(measure for name in _QUARTERLY for measure in _by_quarter(name)),
    *(measure for name in _MONTHLY for measure in (*_by_month(name), *_in_window(name))),
    *(_total(column) for column in TALLY if not column.level),
    *_of_levels("mean", "sites_open"),
    *_of_levels("mean end", "people"),
    *_of_levels("mean", "batteries"),
    *_of_levels("mean lowest", "lowest_supply_days"),
    *_of_levels("end", "mean_skill"),
    *_of_levels("mean", "cells_at_large"),
    *_of_levels("end", "expected_fire", "expected_road"),
    *_of_levels("mean lowest end", "relation", "capital", "patience", "will"),
    *_of_levels("mean highest end", "prestige"),
    *_of_levels("highest", "ladder"),
    *_of_levels("mean", "support", "grievance", "restraint", "funds", "leaders"),
    *_of_levels("mean lowest", "willingness"),
    *_of_levels("mean end", "fighters_in_zone"),
    *_of_levels("end", "heavy_weapons_in_zone"),
    Measure("embassy_open_days", "day", "days on which the embassy is open", "embassy_open", "sum"),
    Measure("mob_days", "day", "days on which a mob is at its gates", "mob_there", "sum"),
    *_of_levels("end", "partners", "bombs_waiting"),
    Ratio("hits_per_100_convoys", "1", "hits for every 100 convoys sent", "convoys_hit", "end", _CONVOYS, 100.0),
    Ratio("hits_per_1000_t", "1/1,000 t", "hits for every 1,000 t sent", "convoys_hit", "end", _LOADS, 1000.0),
    Ratio("fire_per_site", "1/site", "fire attacks for each site held, on average", "fire_attacks", "mean", _HELD),
)
BY_NAME: dict[str, Measure] = {measure.name: measure for measure in MEASURES}


def measure_runs(days: Days, periods: Periods) -> dict[str, NDArray[np.float64]]:
    """All measures of a batch: name → one value per run (`days`: runs × days, dtype TALLY)."""
    return {measure.name: measure(days, periods) for measure in MEASURES}
