"""What a tab asks, as options of `whatif`, and the answer from the run as it is now. No Solara here."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

from sim.another_posture import Moves, refusal
from sim.app.asking import Answered, Question
from sim.app.ensemble_band import Tell
from sim.app.ensembles import N_RUNS
from sim.app.over_states import what_if_over_states
from sim.app.run_request import Catalogue, RunRequest, live_label, to_query
from sim.app.session import Session
from sim.app.setup import Setup
from sim.app.whatif import BASE, Option, WhatIf, what_if
from sim.errors import RunError
from sim.scenario import Scenario

MOST_OPTIONS = 4  # beside going on as it is


def chosen(asked: Question) -> tuple[str, ...]:
    """The responses that are options: another posture takes the place of one."""
    return asked.chosen[: MOST_OPTIONS - bool(asked.posture)]


def options_of(asked: Question, scenario: Scenario, catalogue: Catalogue) -> list[Option]:
    """Going on as it is, each response alone, another posture, and all of them if asked."""
    names = chosen(asked)
    uses = [catalogue.use(name, asked.strength) for name in names]
    options = [Option(BASE), *(Option(name, (use,)) for name, use in zip(names, uses, strict=True))]
    other = catalogue.posture(asked.posture) if asked.posture else None
    moves = known_moves(scenario, catalogue) if other else {}
    if other:
        options.append(Option(f"{asked.posture} from now on", (), other, moves))
    together = asked.together and len(options) > 2
    return [*options, Option("all together", tuple(uses), other, moves)] if together else options


def known_moves(scenario: Scenario, catalogue: Catalogue) -> Moves:
    """Where the sites of a theatre go in any posture that hands them over; first of all in the run's own."""
    postures = [*(catalogue.posture(name) for name in catalogue.names("postures")), scenario]
    alike = [each for each in postures if each.theatre.config == scenario.theatre.config]
    return {order.site: order.moves_to for each in alike for order in each.posture.handovers}


def why_not(name: str, scenario: Scenario, hour: int, catalogue: Catalogue) -> str:
    """What a posture must be to be an option from an hour on; "" if it is that, or if none is named."""
    return refusal(scenario, hour, catalogue.posture(name)) if name else ""


def twin_link(request: RunRequest, name: str) -> str:
    """The link to the same run at the same hour beside another posture."""
    return f"?{to_query(replace(request, twin=name))}"


def answer_now(setup: Setup, session: Session, asked: Question, tell: Tell) -> Answered:
    """The futures of this hour, on two threads."""
    if setup.agents:
        raise RunError("They are run by the compiled rules, which know nothing of agents of your own.")
    options = options_of(asked, session.first.scenario, setup.catalogue)
    words = _words(session, asked, options)
    with ThreadPoolExecutor(2) as executor:
        find = _over_states if asked.states else _of_this_run
        return Answered(words, session.seed, find(setup, session, asked, options, executor, tell))


def _of_this_run(
    _setup: Setup, session: Session, asked: Question, options: Sequence[Option], executor: Executor, tell: Tell
) -> WhatIf:
    with session.lock:
        model, past = session.first.model, session.first.days.copy()
        scenario, world, state = model.setting, model.world_block.copy(), model.state_block.copy()
    return what_if(scenario, world, state, options, asked.n, asked.days, session.seed, executor, past, tell)


def _over_states(
    setup: Setup, session: Session, asked: Question, options: Sequence[Option], executor: Executor, tell: Tell
) -> WhatIf:
    assert setup.in_states is not None
    with session.lock:
        scenario, hour, changes = session.first.scenario, session.hour, session.changes
    ensemble, members = setup.in_states(scenario, N_RUNS)
    return what_if_over_states(ensemble, members, hour, options, asked.days, changes, executor, tell)


def _words(session: Session, asked: Question, options: Sequence[Option]) -> str:
    """What is asked, from which hour, of which run, after which orders."""
    scenario, hour = session.first.scenario, session.hour
    names = ", ".join(option.label for option in options[1:])
    strength = f" at strength {asked.strength:g}" if chosen(asked) and asked.strength != 1 else ""
    whose = f"{N_RUNS} states of the world" if asked.states else f"{asked.n:,} futures, seed {session.seed}"
    changes = ", ".join(live_label(change) for change in session.changes)
    return (
        f"{names}{strength}, each beside going on as it is: {asked.days} days from hour {hour} "
        f"({scenario.moment(hour):%Y-%m-%d %H:%M}), {whose}. The run so far: {scenario.label}"
        f"{f', with {changes}' * bool(changes)}."
    )
