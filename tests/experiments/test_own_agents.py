"""`posture view --agents FILE.py:CLASS`: classes of one's own are found, checked, and act in the run watched."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.live.own_agents import compile_phases, own_agents
from experiments.live.setup import ViewRequest, setup_of
from sim.app.run_request import scenarios
from sim.app.session import Session
from sim.errors import ConfigError, RunError
from sim.model import PostureModel

MINE = """
from sim.agents import IraqiUnit, MilitiaCell

class StillCell(MilitiaCell):
    def step(self):
        if self.model.hour >= 100:
            super().step()

class BrokenUnit(IraqiUnit):
    def step(self):
        if self.model.hour == 30:
            raise ZeroDivisionError("mine")

class Other:
    pass
"""


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(MINE, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mine.py", r"--agents is 'mine.py'; it must be FILE.py:CLASS"),
        ("nowhere.py:Cell", r"there must be a file nowhere.py"),
        ("{mine}:Missing", r"Missing must be a class of .*from one of sim.agents"),
        ("{mine}:Other", r"Other must be a class of"),
    ],
)
def test_what_is_no_agent_class_is_refused(mine, text, message):
    with pytest.raises(ConfigError, match=message):
        own_agents([text.format(mine=mine)])


def test_one_class_a_kind_and_a_file_that_fails_says_where(mine, tmp_path):
    with pytest.raises(ConfigError, match="one class of each kind, and cells has one"):
        own_agents([f"{mine}:StillCell", f"{mine}:StillCell"])
    bad = tmp_path / "bad.py"
    bad.write_text("x = 1\ny = x / 0\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"bad.py: line 2 is 'ZeroDivisionError: division by zero'; it must run"):
        own_agents([f"{bad}:Cell"])


def opened(mine, name, tmp_path):
    words = ViewRequest("six", "", 7, 0, None, None, tmp_path, 10, (), None, (), (f"{mine}:{name}",))
    setup = setup_of(words)
    return setup, Session(scenarios(setup.request, setup.catalogue), 7, agents=setup.agents)


def test_a_class_of_ones_own_acts_in_the_run_that_is_watched_and_saves_nothing(mine, tmp_path):
    setup, session = opened(mine, "StillCell", tmp_path)
    session.advance(160)
    still = PostureModel(session.first.scenario, rng=7, agents=dict(setup.agents))
    still.go_to(160)
    plain = PostureModel(session.first.scenario, rng=7)
    plain.go_to(160)
    assert session.first.model.digest == still.digest != plain.digest
    assert not np.isin(session.first.events["hour"][session.first.events["kind"] == 0], range(100)).any()
    session.go_to(50)
    session.go_to(160)
    assert session.first.model.digest == still.digest
    assert setup.services is not None
    with pytest.raises(RunError, match="agents of your own is not saved"):
        setup.services.save(session.first.scenario, 7)


def test_what_an_own_agent_raises_is_said_with_its_line(mine, tmp_path):
    _, session = opened(mine, "BrokenUnit", tmp_path)
    session.advance(40)
    assert session.ended
    assert session.failed == f"ZeroDivisionError: mine ({mine}, line 12)"
    session.go_to(20)
    assert not session.failed


def test_nothing_is_compiled_where_all_is_kept():
    said = []
    compile_phases(said.append)
    compile_phases(said.append)
    assert len(said) <= 12
