"""What a Mesa user expects: construct, step, agents by type, data collector, batch_run, live page."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import mesa
import numpy as np
import pytest

from sim import PostureModel, load_scenario, simulate
from sim.agents import (
    Baghdad,
    Convoy,
    Coordinator,
    Faction,
    ForeignDetail,
    IraqiUnit,
    MilitiaCell,
    OffMapAgent,
    Site,
    Washington,
)
from sim.errors import ConfigError, RunError
from sim.measures import TALLY
from sim.model import MAIN_PARAMETERS, REPORTERS
from sim.parameters import Parameters, flat

ROOT = Path(__file__).parent.parent
BUSY = {"operations.base_rate_per_day": 0.4, "supply.stock_at_start_days": 20.0}


def busy(**more):
    return PostureModel(rng=7, changes=BUSY, **more)


def finished(model):
    while model.running:
        model.step()
    return model


# --- making a model ----------------------------------------------------------------------------------------------


def test_a_posture_by_name_takes_hours_as_steps():
    model = PostureModel("six", rng=7)
    assert (model.hour, model.steps, model.seed, model.running) == (0, 0, 7, True)
    for _ in range(30):
        model.step()
    assert (model.hour, model.steps) == (30, 30)
    assert model.running


def test_all_ways_to_say_the_same_give_the_same_run(tmp_path):
    changed = {"days": 3, "defence.p_intercept": 0.25, **BUSY}
    ways = [
        PostureModel("six", rng=7, days=3, p_intercept=0.25, changes=BUSY),
        PostureModel("six", 7, changes=changed),
        PostureModel(load_scenario("six").with_changes(changed), rng=7),
        PostureModel(load_scenario("six", changed), rng=np.int64(7)),
    ]
    digests = {finished(model).digest for model in ways}
    assert digests == {simulate(load_scenario("six", changed), 7).digest}


@pytest.mark.parametrize("responses", ["surge=0.5@3", ["surge=0.5@3"], ("surge=0.5@3",)])
def test_responses_are_named_as_on_the_command_line(responses):
    model = PostureModel("six", rng=7, days=2, responses=responses)
    assert model.setting.label == "six+surge=0.5@3"
    assert model.world.n_standing == 1


def test_a_keyword_wins_over_the_changes():
    model = PostureModel("six", rng=7, days=2, changes={"days": 9})
    assert model.setting.days == 2


def test_keywords_are_the_main_parameters():
    given = list(inspect.signature(PostureModel.__init__).parameters)[1:]
    assert given[:6] == ["posture", "rng", "days", "changes", "agents", "responses"]
    assert ["days", *given[6:]] == [*MAIN_PARAMETERS, "collect"]
    assert "seed" not in given, "Mesa takes this name for itself"
    assert "scenario" not in given, "Mesa takes this name for itself"
    known = {"days", *flat(Parameters())}
    assert set(MAIN_PARAMETERS.values()) <= known


@pytest.mark.parametrize("keyword", [key for key in MAIN_PARAMETERS if key != "days"])
def test_each_keyword_reaches_its_parameter(keyword):
    key = MAIN_PARAMETERS[keyword]
    value = 3 if isinstance(flat(Parameters())[key], int) else 0.125
    model = PostureModel("six", rng=1, days=1, **{keyword: value})
    section, name = key.split(".")
    assert model.world[section][name] == value
    others = {k: v for k, v in flat(model.setting.parameters).items() if k != key}
    assert others.items() <= flat(load_scenario("six").parameters).items()


@pytest.mark.parametrize("seed", [np.int64(5), np.uint64(5), np.uint8(5), np.random.default_rng(3)])
def test_seeds_of_numpy_are_taken(seed):
    model = PostureModel("six", rng=seed, days=1)
    assert type(model.seed) is int
    assert isinstance(seed, np.random.Generator) or model.seed == 5
    assert finished(model).digest == simulate(load_scenario("six", {"days": 1}), model.seed).digest


def test_generators_and_no_seed_give_seeds_to_run_again_with():
    drawn = [PostureModel("six", rng=np.random.default_rng(3), days=1).seed for _ in range(2)]
    fresh = {PostureModel("six", days=1).seed for _ in range(3)}
    assert drawn[0] == drawn[1]
    assert len(fresh) == 3
    assert all(0 <= seed < 10**15 for seed in [*drawn, *fresh])


@pytest.mark.parametrize("seed", ["7", 7.0, True, -1, 2**64, [1, 2]])
def test_other_seeds_are_refused(seed):
    with pytest.raises(ConfigError, match="it must be an integer from 0") as caught:
        PostureModel("six", rng=seed, days=1)
    assert (caught.value.key, caught.value.value) == ("rng", seed)


def test_a_wrong_parameter_is_refused():
    with pytest.raises(ConfigError, match="from 0 to 1"):
        PostureModel("six", rng=1, p_intercept=2.0)
    with pytest.raises(ConfigError, match="posture is 'seven'"):
        PostureModel("seven", rng=1)


# --- agents and space -------------------------------------------------------------------------------------------


def test_agents_by_type_are_those_of_the_theatre():
    model = busy(days=4)
    world, groups = model.world, model.agents_by_type
    counts = {MilitiaCell: world.n_cells, IraqiUnit: world.n_units, Site: world.n_sites}
    counts |= {ForeignDetail: world.n_details, Faction: world.n_factions, Washington: 1, Baghdad: 1}
    counts[Coordinator] = 1
    assert {kind: len(group) for kind, group in groups.items()} == counts
    names = [agent.name for kind in (MilitiaCell, Site, ForeignDetail) for agent in groups[kind]]
    assert len(set(names)) == len(names)
    finished(model)
    assert len(model.agents_by_type[Convoy]) == (model.state["convoys"]["phase"] != 0).sum() > 0


def test_convoys_come_and_go_with_their_rows():
    """An agent is made for each convoy; when the row is free or another convoy's, the agent is gone."""
    model, ever = busy(days=12), set()
    while model.running:
        model.step()
        rows, convoys = model.state["convoys"], list(model.agents_by_type.get(Convoy, []))
        assert sorted(c.index for c in convoys) == np.flatnonzero(rows["phase"]).tolist()
        assert all(c.name.endswith(f"/{rows['number'][c.index]}") for c in convoys)
        ever |= {c.name for c in convoys}
    assert len(ever) == model.measures["convoys_sent"]
    assert model.measures["cargo_delivered"] > 0


def test_agents_stand_in_the_cell_of_their_square():
    model, seen = busy(days=6), {}
    while model.running:
        model.step()
        if model.hour % 5:
            continue
        for agent in model.agents:
            if isinstance(agent, OffMapAgent):
                continue
            square = agent.plan["square"] if isinstance(agent, Site) else agent.square
            assert agent.cell is model.grid[square], agent.name
            assert agent in agent.cell.agents
            seen.setdefault(type(agent), set()).add((agent.unique_id, square))
    for kind in (MilitiaCell, IraqiUnit, ForeignDetail, Convoy):
        assert len(seen[kind]) > len({number for number, _ in seen[kind]}), f"no {kind.__name__} has moved"
    off_map = sum(isinstance(agent, OffMapAgent) for agent in model.agents)
    assert off_map == model.world.n_factions + 3, "two governments and the coordinating body"
    assert sum(len(list(cell.agents)) for cell in model.grid) == len(model.agents) - off_map


def test_agents_say_what_they_do():
    model = busy(days=8)
    said = set()
    while model.running:
        model.step()
        said |= {a.mode_name for a in model.agents_by_type[MilitiaCell]}
        said |= {a.phase_name for a in model.agents_by_type.get(Convoy, [])}
    assert {"idle", "preparing", "lying low", "assembling", "rolling"} <= said
    assert {a.role_name for a in model.agents_by_type[IraqiUnit]} <= {"checkpoint", "patrol", "reaction"}
    cell = next(iter(model.agents_by_type[MilitiaCell]))
    assert cell.name.startswith(cell.faction.name)
    assert model.washington.rung_name == "calm"
    model.washington.rung = 2
    assert model.washington.rung_name == "threatened"


@pytest.mark.parametrize(
    ("agents", "message"),
    [
        ({"MilitiaCell": MilitiaCell}, "agents is 'MilitiaCell'; this kind is unknown: it must be one of .*cells"),
        ({"cell": MilitiaCell}, "agents is 'cell'; this kind is unknown: .*cells"),
        ({"cells": IraqiUnit}, r"agents\['cells'\] is 'IraqiUnit'; it must be a subclass of sim.agents.MilitiaCell"),
        ({"units": mesa.Agent}, r"agents\['units'\] is 'Agent'; it must be a subclass of sim.agents.IraqiUnit"),
        ({"sites": "Site"}, r"agents\['sites'\] is 'Site'; it must be a subclass of sim.agents.Site"),
    ],
)
def test_agents_of_an_unknown_kind_or_a_wrong_class_are_refused(agents, message):
    with pytest.raises(ConfigError, match=message):
        PostureModel("six", rng=1, days=1, agents=agents)


def test_an_agent_is_not_removed_behind_the_back_of_the_rules():
    model = busy(days=1)
    cell = next(iter(model.agents_by_type[MilitiaCell]))
    with pytest.raises(ConfigError, match=rf"agent is '{cell.name}'; it can't be taken out of a run.*override step"):
        cell.remove()
    assert cell in model.agents
    assert cell in cell.cell.agents
    assert finished(model).digest == finished(busy(days=1)).digest


def test_agents_show_their_class_and_name():
    model = busy(days=1)
    agents = list(model.agents)
    shown = {repr(agent) for agent in agents}
    assert len(shown) == len(agents)
    assert "<Site embassy>" in shown
    assert "<Washington Washington>" in shown


# --- the end of a run -------------------------------------------------------------------------------------------


def test_a_run_stops_at_its_end_and_stays_there():
    model = finished(busy(days=2))
    before, rows = model.state_block.tobytes(), len(model.datacollector.get_model_vars_dataframe())
    for _ in range(3):
        model.step()
    assert not model.running
    assert model.hour == 48
    assert model.state_block.tobytes() == before
    assert len(model.datacollector.get_model_vars_dataframe()) == rows


def test_a_run_that_cannot_go_on_says_so_and_stops():
    changes = {
        "supply.stock_at_start_days": 0.0,
        "supply.reorder_days": 365.0,
        "supply.assembly_hours": 1000,
        "supply.trucks_per_convoy": 1,
    }
    model = PostureModel("fourteen", rng=1, days=10, changes=changes)
    with pytest.raises(RunError, match=r"seed 1: stopped at hour \d+: .*MAX_CONVOYS"):
        finished(model)
    assert not model.running
    with pytest.raises(RunError) as caught:
        simulate(model.setting, 1)
    assert f"hour {model.hour}:" in str(caught.value)


def test_measures_of_a_run_still_going_on_are_those_of_its_days():
    model = busy(days=5)
    for _ in range(24 * 3 + 5):
        model.step()
    run = simulate(load_scenario("six", {**BUSY, "days": 3}), 7)
    np.testing.assert_equal(model.measures, run.measures)  # NaN where both have none
    assert model.digest == run.digest


# --- data collector and batch_run -------------------------------------------------------------------------------


def test_the_data_collector_has_a_row_for_the_start_and_each_hour():
    model = finished(busy(days=3))
    frame = model.datacollector.get_model_vars_dataframe()
    assert list(frame.columns) == list(REPORTERS)
    assert frame.index.astype(int).tolist() == list(range(3 * 24 + 1))
    assert (frame.index == frame.index.astype(int)).all()
    run = simulate(load_scenario("six", {**BUSY, "days": 3}), 7)
    assert frame["fire_attacks"].iloc[-1] == run.measures["fire_attacks"] > 0
    ends = run.days["trucks_lost"]
    assert frame["trucks_lost"].iloc[24::24].tolist() == ends.tolist()
    levels = {column.name for column in TALLY if column.level}
    counters = [name for name in REPORTERS if name not in levels]
    assert (frame[counters].diff().dropna() >= 0).all().all()


def reporters_at_the_end(posture, seed):
    tally = simulate(load_scenario(posture, {"days": 2, "operations.base_rate_per_day": 0.5}), seed).state[0].tally
    sums = {"fire_attacks": tally["rocket_attacks"] + tally["drone_attacks"]}
    return {name: sums.get(name, tally[name] if name in tally.dtype.names else None) for name in REPORTERS}


def test_mesas_own_batch_run_gives_the_compiled_runs():
    parameters = {"posture": ["six", "fourteen"], "days": [2], "base_rate_per_day": [0.5]}
    seeds = [1, 2, 3]
    if "rng" in inspect.signature(mesa.batch_run).parameters:
        more = {"rng": seeds}
    else:
        parameters, more = {**parameters, "rng": seeds}, {"iterations": 1}
    rows = mesa.batch_run(
        PostureModel,
        parameters,
        number_processes=1,
        data_collection_period=-1,
        max_steps=10_000,
        display_progress=False,
        **more,
    )
    assert {(row["posture"], row["rng"]) for row in rows} == {(p, s) for p in ("six", "fourteen") for s in seeds}
    assert len(rows) == 6
    for row in rows:
        expected = reporters_at_the_end(row["posture"], row["rng"])
        assert {name: row[name] for name in REPORTERS} == expected, (row["posture"], row["rng"])
    assert len({row["lowest_supply_days"] for row in rows}) == 6


# --- the live page ----------------------------------------------------------------------------------------------


def test_solara_viz_shows_the_model_and_steps_it():
    solara = pytest.importorskip("solara")
    import ipyvuetify
    from mesa.visualization import SolaraViz, make_plot_component

    model = solara.reactive(busy(days=3))
    page = SolaraViz(model, components=[make_plot_component("lowest_supply_days")], name="Posture")
    _, context = solara.render(solara.AppLayout(children=[page]), handle_error=False)
    try:
        for _ in range(3):
            context.find(ipyvuetify.Btn, children=["Step"]).widget.click()
        assert model.value.hour == 3
        assert not context.find(ipyvuetify.Alert).widgets
        context.find(ipyvuetify.Btn, children=["Reset"]).widget.click()
        assert model.value.hour == 0
    finally:
        context.close()


class QuietCell(MilitiaCell):
    """One's own."""


@pytest.mark.filterwarnings("ignore:.*ComponentsView:UserWarning")
def test_reset_of_the_documented_page_keeps_seed_and_classes_of_ones_own(tmp_path):
    solara = pytest.importorskip("solara")
    import ipyvuetify

    page = (ROOT / "docs" / "live-view.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    seen, names = [], {"QuietCell": QuietCell, "look": lambda model: seen.append(model)}
    code = code.replace('"agents": {}', '"agents": {"cells": QuietCell}')
    file = tmp_path / "page.py"  # Solara looks at the source of a component
    file.write_text(code.replace("[posture_map, posture_charts]", "[look]"), encoding="utf-8")
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), names)
    _, context = solara.render(solara.AppLayout(children=[names["Page"]()]), handle_error=False)
    try:
        context.find(ipyvuetify.Btn, children=["Step"]).widget.click()
        context.find(ipyvuetify.Btn, children=["Reset"]).widget.click()
        first, last = seen[0], seen[-1]
        assert last is not first
        assert (last.hour, last.seed, last.setting.name) == (0, 7, "six")
        assert {type(agent) for agent in last.agents} >= {QuietCell}
        assert MilitiaCell not in last.agents_by_type
        assert not context.find(ipyvuetify.Alert).widgets
    finally:
        context.close()


@pytest.mark.filterwarnings("ignore:.*ComponentsView:UserWarning")
def test_map_and_charts_are_components_for_a_page_of_mesas():
    solara = pytest.importorskip("solara")
    import ipyvuetify
    import ipywidgets
    from mesa.visualization import SolaraViz

    from sim.app.components import posture_charts, posture_map
    from sim.app.map.widget import MapWidget

    model = solara.reactive(busy(days=3))
    page = SolaraViz(model, components=[posture_map, posture_charts], name="Posture")
    _, context = solara.render(solara.AppLayout(children=[page]), handle_error=False)
    try:
        (shown,) = context.find(MapWidget).widgets
        (picture,) = context.find(ipywidgets.Image).widgets
        before = shown.sent, picture.value
        for _ in range(30):
            context.find(ipyvuetify.Btn, children=["Step"]).widget.click()
        assert model.value.hour == 30
        assert shown.sent >= before[0] + 30
        assert picture.value != before[1]
        assert not context.find(ipyvuetify.Alert).widgets
    finally:
        context.close()
