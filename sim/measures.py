"""What a run reports. Every column is defined once, here; writers, tables and the data dictionary read it.

`TALLY` lists what the rules count (running totals) and the levels noted at the end of each day; the engine
keeps one row of it per day. `SUMS` are counters added up. `MEASURES` lists what becomes a column of `runs.csv`: a
reduction of those days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
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
    Column("convoy_attacks", LOWER, "bombs set off against supply convoys"),
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
    Column("devices_found", HIGHER, "roadside bombs found by Iraqi units"),
    Column("devices_expired", NEITHER, "roadside bombs that waited in vain"),
    Column("devices_without_effect", NEITHER, "roadside bombs that went off and did nothing"),
    Column("convoys_sent", NEITHER, "convoys ordered"),
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
        "bombs set off against supply convoys and foreign details",
        sum_of=("convoy_attacks", "detail_attacks"),
    ),
)
COLUMNS: dict[str, Column] = {column.name: column for column in (*SUMS, *TALLY)}

Days = NDArray[Any]


def series(days: Any, name: str) -> NDArray[np.float64]:
    """A column of `COLUMNS` in daily tables of any shape (dtype TALLY, or a frame with its columns)."""
    return np.asarray(sum(days[part] for part in COLUMNS[name].parts), dtype=np.float64)


@dataclass(frozen=True)
class Measure:
    """A column of `runs.csv`.

    `column` is one of `COLUMNS`; `how` is `end` (value after the last day), `mean`, `lowest`, `highest`, `sum` (of
    days), or `quarter 1` … `quarter 3` (growth within the quarter; a quarter that the run doesn't reach gives 0, an
    unfinished one its part).
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

    def __call__(self, days: Days, quarter_ends: Sequence[int]) -> NDArray[np.float64]:
        """The measure of each run of `days` (runs × days, dtype TALLY)."""
        if self.how == "end":  # no need to look at the other days: most measures are totals
            return series(days[..., -1], self.column)
        if self.how.startswith("quarter"):
            return _growth(days, self.column, quarter_ends, int(self.how.split()[1]))
        values = series(days, self.column)
        reduce: dict[str, Any] = {"mean": values.mean, "lowest": values.min, "highest": values.max, "sum": values.sum}
        return np.asarray(reduce[self.how](-1), dtype=np.float64)


def _growth(days: Days, name: str, quarter_ends: Sequence[int], quarter: int) -> NDArray[np.float64]:
    """Growth of a running total from the end of the quarter before to the end of this one."""

    def until(day: int) -> Any:
        return series(days[..., min(day, days.shape[-1]) - 1], name) if day else 0.0

    return np.asarray(until(quarter_ends[quarter - 1]) - until(0 if quarter == 1 else quarter_ends[quarter - 2]))


def _total(column: Column) -> Measure:
    return Measure(column.name, column.unit, column.meaning, column.name)


def _by_quarter(name: str) -> list[Measure]:
    meaning = COLUMNS[name].meaning
    return [Measure(f"{name}_q{q}", "1", f"{meaning}, quarter {q}", name, f"quarter {q}") for q in (1, 2, 3)]


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


_QUARTERLY = ("fire_attacks", "rocket_attacks", "drone_attacks", "convoy_attacks", "detail_attacks")
MEASURES: tuple[Measure, ...] = (
    _total(COLUMNS["fire_attacks"]),
    *(measure for name in _QUARTERLY for measure in _by_quarter(name)),
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
    *_of_levels("end", "partners"),
)
BY_NAME: dict[str, Measure] = {measure.name: measure for measure in MEASURES}


def measure_runs(days: Days, quarter_ends: Sequence[int]) -> dict[str, NDArray[np.float64]]:
    """All measures of a batch: name → one value per run (`days`: runs × days, dtype TALLY)."""
    return {measure.name: measure(days, quarter_ends) for measure in MEASURES}
