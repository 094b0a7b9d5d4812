"""One rule, two drivers: a run through Mesa's agents and a run of the compiled loop are the same, bit for bit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from experiments.studies.structures.rivals import load_rivals
from sim import PostureModel, load_scenario, simulate
from sim.agents import Baghdad, Faction, ForeignDetail, IraqiUnit, MilitiaCell, Site, Washington
from sim.config_files import names
from sim.engine import simulate_many
from sim.state import STATE

DAYS = 12
BUSY = {
    "operations.base_rate_per_day": 0.2,
    "operations.preparation_hours": 12.0,
    "operations.lie_low_days": 2.0,
    "supply.stock_at_start_days": 20.0,
    "details.rest_hours": 12.0,
}
PLAIN = """
import sys
from sim import load_scenario, simulate
changes = {"days": 2, "operations.base_rate_per_day": 0.5, "operations.preparation_hours": 12.0,
    "details.rest_hours": 4.0, "supply.stock_at_start_days": 5.0, "calendar": "2020", "harm.p_wound": 1.0,
    "intelligence.notice_per_day": 5.0, "washington.warn_below": 1.0, "washington.step_days": 1,
    "coordination.tempo_spread": 0.3, "coordination.length_days": 1.0, "choice.dissimilarity_city": 0.5}
run = simulate(load_scenario(sys.argv[1], changes, sys.argv[2:]), 7)
print(run.digest, *(int(run.measures[name]) for name in ("operations", "convoys_sent", "warnings", "closure_hours",
    "take_downs", "threats", "funds_cut", "people_arrived", "directions")))
"""


def busy(posture, days=DAYS):
    changes = {"days": days, **BUSY}
    if posture == "drawdown_2020":
        changes |= {"start": date(2020, 3, 15)}  # handovers and deliveries fall into the first days
    return load_scenario(posture).with_changes(changes)


def stepped(scenario, seed, **more):
    model = PostureModel(scenario, rng=seed, **more)
    for _ in range(24 * scenario.days):
        model.step()
    return model


def differences(a, b, kind=STATE, where="state"):
    """Lines that name the fields in which two states differ."""
    for name in kind.names:
        one, two, field = a[name], b[name], kind[name]
        if field.base.names is None:
            if not np.array_equal(one, two):
                yield f"{where}.{name}: {one} != {two}"
        elif field.shape:
            for row in range(len(one)):
                yield from differences(one[row], two[row], field.base, f"{where}.{name}[{row}]")
        else:
            yield from differences(one, two, field, f"{where}.{name}")


def agree(model, run):
    a, b = model.state_block, run.state
    if a.tobytes() != b.tobytes():
        pytest.fail("Mesa != compiled: " + "; ".join(list(differences(a[0], b[0]))[:20]))
    assert model.tables.days.tobytes() == run.days.tobytes()
    assert model.tables.digests.tolist() == run.digests.tolist()
    assert model.digest == run.digest
    assert model.measures == pytest.approx(run.measures, rel=0, abs=0, nan_ok=True)


def test_differences_are_named():
    scenario = busy("six", 1)
    a, b = simulate(scenario, 1).state, simulate(scenario, 1).state
    assert not list(differences(a[0], b[0]))
    b[0].cells[3].wake += 1
    b[0].tally.raids += 2
    assert [line.split(":")[0] for line in differences(a[0], b[0])] == ["state.tally.raids", "state.cells[3].wake"]


@pytest.mark.parametrize("seed", [1, 7, 2**52 - 1])
@pytest.mark.parametrize("posture", names("postures"))
def test_mesa_and_compiled_loop_agree(posture, seed):
    scenario = busy(posture, 30 if posture == "drawdown_2020" else DAYS)
    run = simulate(scenario, seed)
    assert run.measures["operations"] > 0
    agree(stepped(scenario, seed), run)


@pytest.mark.parametrize("response", [name for name in names("responses") if name != "none"])
def test_they_agree_with_every_response(early, response):
    scenario = load_scenario("six", {"days": 40, **BUSY, "harm.p_wound": 0.8}, [f"{early[response]}@2"])
    run = simulate(scenario, 5)
    assert run.digest != simulate(load_scenario("six", {"days": 40, **BUSY, "harm.p_wound": 0.8}), 5).digest
    agree(stepped(scenario, 5), run)


@pytest.mark.slow
@pytest.mark.parametrize("effect", ["provokes", "deters", "none"])
def test_they_agree_with_all_responses_and_the_calendar_together(effect):
    """A whole run with the responses as shipped; retaliation and thresholds so that all of politics happens."""
    changes = {"calendar": "2020", "retaliation.effect": effect, "harm.p_wound": 0.8}
    scenario = load_scenario("drawdown_2020", changes, names("responses"))
    run = simulate(scenario, 4)
    agree(stepped(scenario, 4), run)
    happened = ("closure_hours", "areas_cleared", "clashes", "take_downs", "leaders_removed", "funds_cut", "threats")
    happened += ("strikes", "people_arrived", "sites_evacuated", "warnings_shared", "warnings", "ladder_steps")
    assert not [name for name in happened if run.measures[name] == 0]


def test_they_agree_with_every_rival_structure_and_its_dates():
    rivals = {key: value for rival in load_rivals().structures for key, value in rival.middle.items()}
    dates = {"start": date(2020, 2, 20), "days": 40, "calendar": "2020_2021", "coordination.length_days": 5.0}
    scenario = load_scenario("drawdown_2020", {**BUSY, **rivals, **dates})
    run = simulate(scenario, 6)
    agree(stepped(scenario, 6), run)
    happened = ("directions", "bombs_tipped", "outbound_sent", "barrages", "convoy_attacks", "strikes")
    assert not [name for name in happened if run.measures[name] == 0]


def test_they_agree_with_the_parameters_as_shipped():
    scenario = load_scenario("fourteen").with_changes({"days": 20})
    agree(stepped(scenario, 3), simulate(scenario, 3))


def test_the_busy_scenarios_reach_every_mechanism():
    """Agreement on what never happened would be no agreement."""
    batch = [simulate_many(busy(posture, 30), range(8)).measures for posture in ("drawdown_2020", "fourteen")]
    for name in (
        *("rocket_attacks", "drone_attacks", "convoy_attacks", "devices_found", "devices_expired"),
        *("rounds_intercepted", "convoys_hit", "cargo_delivered", "raids", "raids_failed", "cells_broken"),
        *("handovers", "outbound_sent", "abstained", "unit_losses", "bursts_used"),
    ):
        assert sum(measures[name].sum() for measures in batch) > 0, name


def test_events_of_each_hour_agree():
    scenario = busy("fourteen", 6)
    model, seen = PostureModel(scenario, rng=2), []
    for _ in range(24 * 6):
        model.step()
        seen.append(model.events)
    assert np.concatenate(seen).tobytes() == simulate(scenario, 2, events=True).events.tobytes()


def plain_run(posture, responses, **environment):
    """A short run in a process of its own."""
    warnings = ["-W", "error", "-W", "ignore:overflow encountered:RuntimeWarning:sim.digest"]
    result = subprocess.run(
        [sys.executable, *warnings, "-c", PLAIN, posture, *responses],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.fixture(scope="module")
def at_once(early, tmp_path_factory):
    """The responses with orders from the first hours on."""
    folder = tmp_path_factory.mktemp("at_once")
    for name, file in early.items():
        text = re.sub(r"^(start_day|every_days) = .*$", r"\1 = 0", Path(file).read_text(encoding="utf-8"), flags=re.M)
        text = text.replace("hours = 40", "hours = 10")
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return [str(folder / f"{name}.toml") for name in early]


@pytest.mark.slow
@pytest.mark.parametrize("posture", ["fourteen", "six"])
def test_the_rules_without_compilation_give_the_same_run(posture, at_once):
    compiled = plain_run(posture, at_once)
    assert plain_run(posture, at_once, NUMBA_DISABLE_JIT="1") == compiled
    assert all(int(number) > 0 for number in compiled[1:])


# --- agents are views -------------------------------------------------------------------------------------------


class IdleCell(MilitiaCell):
    def step(self):
        pass


class RestlessCell(MilitiaCell):
    def step(self):
        self.munitions = max(self.munitions, 30.0)
        super().step()


def test_a_subclass_with_another_step_changes_the_run():
    scenario = busy("six", 5)
    base, idle = simulate(scenario, 1), stepped(scenario, 1, agents={"cells": IdleCell})
    assert base.measures["operations"] > 0
    assert idle.measures["operations"] == 0
    assert idle.digest != base.digest
    restless = stepped(scenario, 1, agents={"cells": RestlessCell})
    assert restless.state["cells"]["munitions"].max() >= 30.0
    assert restless.digest != base.digest
    assert {type(agent) for agent in restless.agents_by_type[RestlessCell]} == {RestlessCell}


class PatientWashington(Washington):
    def step(self):
        self.patience = 1.0
        super().step()


def test_governments_can_be_replaced_too():
    """A Washington that never loses patience never threatens by itself."""
    changes = {"days": 60, **BUSY, "washington.patience_at_start": 0.3}
    base, patient = load_scenario("six", changes), {"washington": PatientWashington}
    assert simulate(base, 1).measures["threats"] > 0
    assert stepped(base, 1, agents=patient).measures["threats"] == 0


def test_a_subclass_that_adds_nothing_is_the_same_run():
    scenario = busy("six", 5)
    same = stepped(scenario, 1, agents={"sites": type("MySite", (Site,), {})})
    assert same.digest == simulate(scenario, 1).digest


@pytest.mark.parametrize(
    ("kind", "rows", "field", "value"),
    [
        (MilitiaCell, "cells", "skill", 0.875),
        (IraqiUnit, "units", "strength", 0.25),
        (Site, "sites", "ready", 3),
        (ForeignDetail, "details", "wake", 99),
        (Faction, "factions", "restraint", 0.5),
        (Washington, "washington", "rung", 2),
        (Baghdad, "baghdad", "will", 0.25),
    ],
)
def test_a_field_set_on_an_agent_is_set_in_the_state(kind, rows, field, value):
    model = PostureModel("six", rng=1, days=1)
    agent = model.agents_by_type[kind][min(2, len(model.agents_by_type[kind]) - 1)]
    setattr(agent, field, value)
    assert model.state[rows][field][agent.index] == value
    model.state[rows][field][agent.index] = 0
    assert getattr(agent, field) == 0
    assert type(getattr(agent, field)) is type(value)
