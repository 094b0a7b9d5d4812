"""What a run reports. Every column is defined once, here; writers, tables and the data dictionary read it.

`TALLY` lists what the rules count (running totals) and the levels noted at the end of each day; the engine
keeps one row of it per day. `MEASURES` lists what becomes a column of `runs.csv`: a reduction of those days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Column:
    """A counter (running total, whole number unless its unit says otherwise) or a level at the end of a day."""

    name: str
    unit: str
    meaning: str
    level: bool = False


def _count(name: str, meaning: str, unit: str = "1") -> Column:
    return Column(name, unit, meaning)


def _level(name: str, unit: str, meaning: str) -> Column:
    return Column(name, unit, meaning, level=True)


TALLY: tuple[Column, ...] = (
    _count("operations", "operations started by cells"),
    _count("abstained", "times a cell was ready and weighed its options, and preferred to wait"),
    _count("rocket_attacks", "rocket salvos fired at a site"),
    _count("drone_attacks", "drones sent at a site"),
    _count("covered_fire_attacks", "rocket and drone attacks on a site covered by C-RAM"),
    _count("embassy_fire_attacks", "rocket and drone attacks on the site of highest symbolic value"),
    _count("convoy_attacks", "bombs set off against supply convoys"),
    _count("detail_attacks", "bombs set off against foreign details"),
    _count("rounds_fired", "rockets and drones fired", "round"),
    _count("rounds_inside", "rounds on course to land inside the perimeter", "round"),
    _count("rounds_engaged", "rounds engaged by C-RAM", "round"),
    _count("rounds_intercepted", "rounds destroyed by C-RAM", "round"),
    _count("rounds_leaked", "rounds that landed inside", "round"),
    _count("fire_attacks_leaking", "rocket and drone attacks with at least one round inside"),
    _count("bursts_used", "C-RAM bursts fired (one per engagement)", "burst"),
    _count("stray_shells", "C-RAM shells that fell on the city", "shell"),
    _count("civilian_harm", "civilians and Iraqi soldiers harmed by stray shells and stray rounds", "person"),
    _count("us_wounded", "US people wounded by fire, the dead included", "person"),
    _count("us_killed", "US people killed by fire", "person"),
    _count("drivers_wounded", "drivers and escorts wounded, the dead included", "person"),
    _count("drivers_killed", "drivers and escorts killed", "person"),
    _count("foreign_wounded", "people in foreign details wounded, the dead included", "person"),
    _count("devices_planted", "roadside bombs planted"),
    _count("devices_found", "roadside bombs found by Iraqi units"),
    _count("devices_expired", "roadside bombs that waited in vain"),
    _count("devices_without_effect", "roadside bombs that went off and did nothing"),
    _count("convoys_sent", "convoys ordered"),
    _count("convoys_arrived", "convoys that reached their site"),
    _count("convoys_hit", "convoys damaged by a bomb, counted per bomb"),
    _count("convoys_turned_back", "convoys that turned back"),
    _count("convoys_lost", "convoys that lost every truck"),
    _count("trucks_sent", "trucks sent", "truck"),
    _count("trucks_lost", "trucks lost", "truck"),
    _count("cargo_sent", "cargo loaded at the gateways", "t"),
    _count("cargo_delivered", "cargo that reached a site", "t"),
    _count("cargo_lost", "cargo lost with trucks", "t"),
    _count("cargo_returned", "cargo that turned back to a gateway", "t"),
    _count("supply_used", "supply used at sites", "t"),
    _count("site_hours_short", "hours, summed over open sites, with stock below the minimum", "site hour"),
    _count("site_hours_empty", "hours, summed over open sites, without any stock", "site hour"),
    _count("raids", "raids by reaction units and patrols"),
    _count("raids_failed", "raids that found nobody"),
    _count("raids_leaked", "raids of which the cell was warned"),
    _count("cells_broken", "cells broken by a raid or at a checkpoint"),
    _count("unit_losses", "raids that cost the unit part of its strength"),
    _count("handovers", "sites handed over"),
    _count("people_left", "US people who left the theatre", "person"),
    _count("people_arrived", "US people who came as reinforcements", "person"),
    _count("supply_brought", "supply that reinforcements brought with them", "t"),
    _count("sites_evacuated", "sites evacuated when the mission ended"),
    _count("damage", "damage of hits at sites, by their hardening", "point"),
    _count("drones_found", "drones found before launch"),
    _count("warnings", "true warnings"),
    _count("false_alarms", "false alarms"),
    _count("warnings_shared", "warnings, true or false, given to the reliable service"),
    _count("not_sent", "times that Baghdad sent no unit after a cell"),
    _count("orders_refused", "orders that Baghdad refused for want of capital"),
    _count("closure_hours", "hours of areas closed, as ordered", "hour"),
    _count("cell_hours_held", "hours that cells waited before or in a closed area", "hour"),
    _count("operations_given_up", "operations given up before a closed area"),
    _count("areas_cleared", "areas cleared"),
    _count("areas_lost", "cleared areas that slipped back"),
    _count("fighters_removed", "fighters removed from the International Zone", "person"),
    _count("weapons_removed", "heavy weapons removed from the International Zone", "weapon"),
    _count("clashes", "clashes in clearing and take-downs"),
    _count("forces_killed", "Iraqi forces killed in clashes", "person"),
    _count("take_downs", "moves against a whole faction"),
    _count("leaders_removed", "leaders arrested or killed", "leader"),
    _count("funds_cut", "arrests of financiers"),
    _count("facades_taken", "facade names taken after a threat"),
    _count("threats", "threats to close the embassy"),
    _count("ladder_steps", "steps up that Washington took"),
    _count("strikes", "US strikes"),
    _count("mobs", "mobs at the embassy gates"),
    _count("motions", "motions to expel US forces"),
    _count("relation_days_lost", "days without relation, in proportion to what is missing to 1", "day"),
    _count("embassy_days_lost", "days with the embassy closed", "day"),
    _count(
        "pressure", "pressure index: attacks, harm, shortage and crises with the weights of section pressure", "point"
    ),
    _level("sites_open", "site", "sites held"),
    _level("people", "person", "US people at the sites"),
    _level("batteries", "battery", "C-RAM batteries"),
    _level("lowest_supply_days", "day", "days of supply at the open site that has least"),
    _level("mean_skill", "1", "mean skill of the cells"),
    _level("cells_at_large", "cell", "cells that are not broken"),
    _level("expected_fire", "1", "expected success of rockets at open sites, mean over factions and sites"),
    _level("expected_road", "1", "expected success of roadside bombs, mean over factions"),
    _level("relation", "1", "bilateral relation, 0 to 1"),
    _level("capital", "1", "Baghdad's political capital, 0 to 1"),
    _level("will", "1", "Baghdad's will to act against militias, 0 to 1"),
    _level("support", "1", "political support for clearing, 0 to 1"),
    _level("patience", "1", "Washington's patience, 0 to 1"),
    _level("ladder", "1", "step of Washington's ladder: 0 calm, 1 warned, 2 threatened, 3 struck, 4 closed"),
    _level("prestige", "1", "prestige of the militias"),
    _level("grievance", "1", "grievance against the US presence"),
    _level("restraint", "1", "restraint asked of the factions, mean"),
    _level("funds", "1", "funds of the factions, mean"),
    _level("leaders", "leader", "leaders at large"),
    _level("willingness", "1", "drivers' willingness, 0 to 1"),
    _level("fighters_in_zone", "person", "militia fighters in the International Zone"),
    _level("heavy_weapons_in_zone", "weapon", "heavy weapons in the International Zone"),
    _level("embassy_open", "1", "1 while the embassy is open"),
    _level("mob_there", "1", "1 while a mob is at its gates"),
    _level("partners", "mission", "partner missions still there"),
)
TALLY_FIELDS: tuple[tuple[str, str], ...] = tuple((column.name, "f8") for column in TALLY)

Days = NDArray[Any]


@dataclass(frozen=True)
class Measure:
    """A column of `runs.csv`.

    `columns` are summed; `how` is `end` (value after the last day), `mean`, `lowest`, `highest`, `sum` (of days), or
    `quarter 1` … `quarter 3` (growth within the quarter; a quarter that the run doesn't reach gives 0, an unfinished
    one its part).
    `better` says which way is good for the defence: −1 lower, +1 higher, 0 neither.
    """

    name: str
    unit: str
    meaning: str
    columns: tuple[str, ...]
    how: str = "end"
    better: int = -1

    def __call__(self, days: Days, quarter_ends: Sequence[int]) -> NDArray[np.float64]:
        """The measure of each run of `days` (runs × days, dtype TALLY)."""
        series = np.asarray(sum(days[column] for column in self.columns), dtype=np.float64)
        if self.how.startswith("quarter"):
            return _growth(series, quarter_ends, int(self.how.split()[1]))
        reduce: dict[str, Any] = {
            "end": lambda x: x[..., -1],
            "mean": lambda x: x.mean(-1),
            "lowest": lambda x: x.min(-1),
            "highest": lambda x: x.max(-1),
            "sum": lambda x: x.sum(-1),
        }
        return np.asarray(reduce[self.how](series), dtype=np.float64)


def _growth(series: NDArray[np.float64], quarter_ends: Sequence[int], quarter: int) -> NDArray[np.float64]:
    """Growth of a running total from the end of the quarter before to the end of this one."""
    padded = np.concatenate([np.zeros((*series.shape[:-1], 1)), series], axis=-1)
    first = 0 if quarter == 1 else quarter_ends[quarter - 2]
    last = quarter_ends[quarter - 1]
    n_days = series.shape[-1]
    return np.asarray(padded[..., min(last, n_days)] - padded[..., min(first, n_days)])


_THREE = ("mean", "lowest", "end")
FIRE = ("rocket_attacks", "drone_attacks")
_COLUMN = {column.name: column for column in TALLY}
_HIGHER_IS_BETTER = {
    "raids",
    "rounds_intercepted",
    "devices_found",
    "cells_broken",
    "convoys_arrived",
    "cargo_delivered",
    "drones_found",
    "fighters_removed",
    "weapons_removed",
    "areas_cleared",
}
_NEUTRAL = {
    "operations",
    "abstained",
    "covered_fire_attacks",
    "rounds_engaged",
    "bursts_used",
    "devices_planted",
    "devices_expired",
    "devices_without_effect",
    "convoys_sent",
    "trucks_sent",
    "cargo_sent",
    "cargo_returned",
    "supply_used",
    "handovers",
    "people_left",
    "people_arrived",
    "supply_brought",
    "operations_given_up",
    "warnings",
    "warnings_shared",
    "closure_hours",
    "cell_hours_held",
    "take_downs",
    "leaders_removed",
    "funds_cut",
    "facades_taken",
    "threats",
    "ladder_steps",
    "strikes",
}


def _by_quarter(name: str, columns: tuple[str, ...], meaning: str) -> tuple[Measure, ...]:
    return tuple(Measure(f"{name}_q{q}", "1", f"{meaning}, quarter {q}", columns, f"quarter {q}") for q in (1, 2, 3))


def _total(column: Column) -> Measure:
    better = 1 if column.name in _HIGHER_IS_BETTER else 0 if column.name in _NEUTRAL else -1
    return Measure(column.name, column.unit, column.meaning, (column.name,), "end", better)


def _of_level(name: str, how: str, better: int) -> Measure:
    column = _COLUMN[name]
    words = {"end": "on the last day", "mean": "mean over the days", "lowest": "lowest of the days"}
    words["highest"] = "highest of the days"
    return Measure(f"{name}_{how}", column.unit, f"{column.meaning}, {words[how]}", (name,), how, better)


MEASURES: tuple[Measure, ...] = (
    Measure("fire_attacks", "1", "rocket and drone attacks on sites", FIRE),
    *_by_quarter("fire_attacks", FIRE, "rocket and drone attacks on sites"),
    *_by_quarter("rocket_attacks", ("rocket_attacks",), "rocket salvos fired at a site"),
    *_by_quarter("drone_attacks", ("drone_attacks",), "drones sent at a site"),
    *_by_quarter("convoy_attacks", ("convoy_attacks",), "bombs set off against supply convoys"),
    *_by_quarter("detail_attacks", ("detail_attacks",), "bombs set off against foreign details"),
    *(_total(column) for column in TALLY if not column.level),
    _of_level("sites_open", "mean", 0),
    _of_level("people", "mean", 0),
    _of_level("people", "end", 0),
    _of_level("batteries", "mean", 0),
    _of_level("lowest_supply_days", "mean", 1),
    _of_level("lowest_supply_days", "lowest", 1),
    _of_level("mean_skill", "end", -1),
    _of_level("cells_at_large", "mean", -1),
    _of_level("expected_fire", "end", -1),
    _of_level("expected_road", "end", -1),
    *(_of_level(name, how, 1) for name in ("relation", "capital", "patience", "will") for how in _THREE),
    *(_of_level("prestige", how, -1) for how in ("mean", "highest", "end")),
    _of_level("ladder", "highest", -1),
    _of_level("support", "mean", 1),
    _of_level("grievance", "mean", -1),
    _of_level("restraint", "mean", 0),
    _of_level("funds", "mean", -1),
    _of_level("leaders", "mean", -1),
    _of_level("willingness", "mean", 1),
    _of_level("willingness", "lowest", 1),
    _of_level("fighters_in_zone", "mean", -1),
    _of_level("fighters_in_zone", "end", -1),
    _of_level("heavy_weapons_in_zone", "end", -1),
    Measure("embassy_open_days", "day", "days on which the embassy is open", ("embassy_open",), "sum", 1),
    Measure("mob_days", "day", "days on which a mob is at its gates", ("mob_there",), "sum", -1),
    _of_level("partners", "end", 1),
)
BY_NAME: dict[str, Measure] = {measure.name: measure for measure in MEASURES}


def measure_runs(days: Days, quarter_ends: Sequence[int]) -> dict[str, NDArray[np.float64]]:
    """All measures of a batch: name → one value per run (`days`: runs × days, dtype TALLY)."""
    return {measure.name: measure(days, quarter_ends) for measure in MEASURES}
