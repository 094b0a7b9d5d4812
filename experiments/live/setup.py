"""What `posture view` hands to the page: what it may open by name, words for events, files, a stored ensemble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from experiments.live.services import (
    events_of,
    explain_event,
    files_of,
    log_rows,
    open_row,
    reported_counts,
    save_run,
)
from experiments.live.stored_band import stored_band
from experiments.why.reasons import place, when
from sim.app.band import Band
from sim.app.opening import Opening, Shelf, scenarios
from sim.app.setup import Events, Services, Setup, Told
from sim.errors import ConfigError
from sim.scenario import Scenario, load_calendar, load_response, load_scenario, names, parse_use


@dataclass(frozen=True)
class Wanted:
    """The words of the command line."""

    posture: str
    twin: str
    seed: int
    hour: int
    row: str | None
    ensemble: Path | None
    out: Path
    days: int | None
    responses: tuple[str, ...]
    calendar: str | None
    settings: tuple[str, ...]


def setup_of(wanted: Wanted) -> Setup:
    """The set-up of the pages. All that is wrong with the words is said now, before anything is served."""
    opening, shelf, note = _row_opening(wanted) if wanted.row else _named_opening(wanted)
    first = scenarios(opening, shelf)[0]
    band = _band(wanted.ensemble, first)
    services = Services(log_rows, events_of, tell, partial(save, wanted.out), files_of, reported_counts)
    return Setup(opening, shelf, services, band, note)


def _row_opening(wanted: Wanted) -> tuple[Opening, Shelf, str]:
    """The run of a row of a results folder, at its end."""
    if wanted.responses or wanted.calendar or wanted.settings or wanted.days is not None:
        allowed = "expected neither --response, --calendar, --set nor --days with it: the row says what was run"
        raise ConfigError(None, "--row", wanted.row, allowed)
    row = open_row(str(wanted.row))
    name = f"row {row.row}: {row.scenario.name}"
    note = f"Row {row.row} of {str(wanted.row).rpartition(':')[0]}, digest {row.digest}. {row.warning}".strip()
    opening = Opening(name, wanted.twin, seed=row.seed, hour=24 * row.scenario.days)
    return opening, Shelf({name: row.scenario}), note


def _named_opening(wanted: Wanted) -> tuple[Opening, Shelf, str]:
    """Postures, responses and a calendar by name, or by files that the page then knows by their names."""
    postures = {posture.name: posture for posture in map(_own_posture, (wanted.posture, wanted.twin)) if posture}
    head, *own = [wanted.posture] if Path(wanted.posture).is_file() else wanted.posture.split("+")
    texts = [_by_name(text) for text in (*own, *wanted.responses)]
    calendar, calendars = wanted.calendar or "", {}
    if calendar and calendar not in names("calendars"):
        file = str(Path(calendar).absolute())
        calendar = load_calendar(file).name
        calendars = {calendar: file}
    opening = Opening(
        _name_of(head),
        _name_of(wanted.twin),
        tuple(label for label, _, _ in texts),
        wanted.seed,
        wanted.hour,
        wanted.days,
        calendar,
        wanted.settings,
    )
    return opening, Shelf(postures, {name: file for _, name, file in texts if file}, calendars), ""


def _own_posture(name: str) -> Scenario | None:
    """A posture from a file of the user's."""
    return load_scenario(name) if name.endswith(".toml") else None


def _name_of(name: str) -> str:
    return load_scenario(name).name if name.endswith(".toml") else name


def _by_name(text: str) -> tuple[str, str, str]:
    """A use of a response as the page names it: label, name, and the file if it is one of the user's."""
    use = parse_use(text)
    if not use.name.endswith(".toml"):
        return text, use.name, ""
    name = load_response(use.name)[0].name
    return f"{name}{'' if use.strength == 1 else f'={use.strength:g}'}{use.start}", name, use.name


def _band(folder: Path | None, first: Scenario) -> Callable[[Scenario], Band] | None:
    """The stored ensemble, looked at once now, so that a bad folder is refused on the command line."""
    if folder is None:
        return None
    stored_band(folder, first)
    return partial(stored_band, folder)


def tell(scenario: Scenario, seed: int, events: Events, number: int) -> Told:
    """An event in words."""
    told = explain_event(scenario, seed, events, number)
    event = told.event
    return Told(number, when(event), place(event), event.kind, event.rule, told.what, told.why)


def save(out: Path, scenario: Scenario, seed: int) -> str:
    """Write the whole run into a new folder of `out`; says where, and how to replay it."""
    stem = f"{scenario.name}_seed{seed}"
    folder = next(path for n in range(1, 100_000) if not (path := out / f"{stem}_{n}").exists())
    save_run(scenario, seed, folder, ["view"])
    return f"Saved in {folder}: posture run {folder / 'scenario.toml'} --seed {seed}"
