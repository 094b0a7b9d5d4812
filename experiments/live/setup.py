"""What `posture view` hands to the page: what it may open by name, words for events, files, a stored ensemble."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from experiments.files.what_if import answer_files
from experiments.live.own_agents import own_agents
from experiments.live.services import events_of, explain_event, files_of, log_rows, reported_counts, save_run
from experiments.live.states import in_states
from experiments.live.stored import open_row, stored_ensemble
from experiments.runs.own_names import check_own_names
from experiments.why.reasons import place, when
from sim.app.ensembles import Ensembles, make_over_states
from sim.app.run_request import Catalogue, RunRequest, scenarios
from sim.app.setup import Events, EventWords, Services, Setup
from sim.config_files import names
from sim.errors import ConfigError, RunError
from sim.input_files import is_file
from sim.scenario import Scenario, load_calendar, load_response, load_scenario, parse_use


@dataclass(frozen=True)
class ViewRequest:
    """The words of the command line, by their names there."""

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
    agents: tuple[str, ...] = ()


def setup_of(words: ViewRequest) -> Setup:
    """The set-up of the pages. All that is wrong with the words is said now, before anything is served."""
    request, catalogue, note = _row_request(words) if words.row else _named_request(words)
    shown = scenarios(request, catalogue)
    check_own_names(shown)
    first, hours = shown[0], 24 * shown[0].days
    if request.hour > hours:
        raise ConfigError(None, "--hour", request.hour, f"it must be from 0 to {hours}, the end of the run")
    stored = _stored(words.ensemble, first)
    agents = own_agents(words.agents)
    keep = refuse_to_save if agents else partial(save, words.out)
    services = Services(log_rows, events_of, tell, keep, files_of, answer_files, reported_counts)
    pairs = Ensembles(partial(make_over_states, in_states))
    return Setup(
        request, catalogue, services, pairs=pairs, in_states=in_states, stored=stored, note=note, agents=agents
    )


def _row_request(words: ViewRequest) -> tuple[RunRequest, Catalogue, str]:
    """The run of a row of a results folder, at its end."""
    if words.responses or words.calendar or words.settings or words.days is not None:
        allowed = "it stands without --response, --calendar, --set and --days: the row says what was run"
        raise ConfigError(None, "--row", words.row, allowed)
    row = open_row(str(words.row))
    name = f"row {row.row}: {row.scenario.name}"
    note = f"Row {row.row} of {str(words.row).rpartition(':')[0]}, digest {row.digest}. {row.warning}".strip()
    request = RunRequest(name, words.twin, seed=row.seed, hour=24 * row.scenario.days)
    return request, Catalogue({name: row.scenario}), note


def _named_request(words: ViewRequest) -> tuple[RunRequest, Catalogue, str]:
    """Postures, responses and a calendar by name, or by files that the page then knows by their names."""
    head, *uses = [words.posture] if is_file(words.posture) else words.posture.split("+")
    own = {name: load_scenario(name) for name in (head, words.twin) if name.endswith(".toml")}
    posture, twin = (own[name].name if name in own else name for name in (head, words.twin))
    texts = [_by_name(text) for text in (*uses, *words.responses)]
    calendar, calendars = words.calendar or "", {}
    if calendar and calendar not in names("calendars"):
        file = str(Path(calendar).absolute())
        calendar = load_calendar(file).name
        calendars = {calendar: file}
    request = RunRequest(
        posture,
        twin,
        tuple(label for label, _, _ in texts),
        words.seed,
        words.hour,
        words.days,
        calendar,
        words.settings,
    )
    postures = {scenario.name: scenario for scenario in own.values()}
    return request, Catalogue(postures, {name: file for _, name, file in texts if file}, calendars), ""


def _by_name(text: str) -> tuple[str, str, str]:
    """A use of a response as the page names it: label, name, and the file if it is one of the user's."""
    use = parse_use(text)
    if not use.name.endswith(".toml"):
        return text, use.name, ""
    name = load_response(use.name)[0].name
    return f"{name}{'' if use.strength == 1 else f'={use.strength:g}'}{use.start}", name, use.name


def _stored(folder: Path | None, first: Scenario) -> Ensembles | None:
    """Stored ensembles, if any: looked at once now, so that a bad folder is refused on the command line."""
    if folder is None:
        return None
    stored = Ensembles(lambda scenario, _tell: stored_ensemble(folder, scenario))
    stored.of(first)
    return stored


def tell(scenario: Scenario, seed: int, events: Events, number: int) -> EventWords:
    """An event in words."""
    told = explain_event(scenario, seed, events, number)
    event = told.event
    return EventWords(number, when(event), place(event), event.kind, event.rule, told.what, told.why)


def refuse_to_save(_scenario: Scenario, _seed: int) -> str:
    """A saved run is one that `posture run` makes again."""
    raise RunError("A run with agents of your own is not saved: posture run would make another one of its files.")


def save(out: Path, scenario: Scenario, seed: int) -> str:
    """Write the whole run into a new folder of `out`; says where, and how to replay it."""
    stem = f"{scenario.name}_seed{seed}"
    folder = next(path for n in range(1, 100_000) if not (path := out / f"{stem}_{n}").exists())
    save_run(scenario, seed, folder, ["view"])
    return f"Saved in {folder}: posture run {folder / 'scenario.toml'} --seed {seed}"
