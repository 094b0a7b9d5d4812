"""Any value that the schema allows makes a run, or a message that says which limit stopped it."""

from __future__ import annotations

from typing import get_args

import invariants
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import load_scenario, simulate
from sim.config_files import names
from sim.engine import new_state, simulate_many
from sim.parameters import Parameters, flat
from sim.world import build_world

FEEDS = ("tonnes", "trucks_per_convoy", "reorder_days", "stock_at_start", "assembly", "travel")  # how many convoys


def ends(key):
    """The lowest and the highest allowed value of a parameter; all words of a switch."""
    section, name = key.split(".")
    field = Parameters.model_fields[section].annotation.model_fields[name]
    of = {end: getattr(m, end) for m in field.metadata for end in ("ge", "le") if hasattr(m, end)}
    return get_args(field.annotation) or (of["ge"], of["le"])


def values(key):
    """A strategy for the allowed values of a parameter."""
    low, *_, high = ends(key)
    if isinstance(low, str):
        return st.sampled_from(ends(key))
    return st.integers(low, high) if isinstance(flat(Parameters())[key], int) else st.floats(low, high)


ALL = {key: values(key) for key in flat(Parameters())}
TAME = {key: strategy for key, strategy in ALL.items() if not any(word in key for word in FEEDS)}


def checked(posture, changes, seed):
    """A run of two days that may stop at a limit and must say so; else its state is checked."""
    scenario = load_scenario(posture).with_changes({"days": 2, **changes})
    world = build_world(scenario)
    (error,) = simulate_many(scenario, [seed], world=world).errors
    if not error:
        invariants.check(world, new_state(world, seed), simulate(scenario, seed, world=world).state)
    return error


@settings(max_examples=60)
@given(st.fixed_dictionaries(ALL), st.sampled_from(names("postures")), st.integers(0, 2**64 - 1))
def test_any_allowed_values_run_or_say_which_limit_stopped_them(changes, posture, seed):
    error = checked(posture, changes, seed)
    assert not error or "state.MAX_" in error


@settings(max_examples=60)
@given(
    st.fixed_dictionaries({}, optional=TAME),
    st.sampled_from(names("postures")),
    st.integers(0, 2**64 - 1),
)
def test_other_values_than_the_defaults_run(changes, posture, seed):
    rates = {"operations.base_rate_per_day": min(changes.get("operations.base_rate_per_day", 0.1), 0.5)}
    assert checked(posture, changes | rates, seed) == ""


@pytest.mark.parametrize("key", sorted(ALL))
@pytest.mark.parametrize("end", [0, -1])
def test_both_ends_of_every_parameter_are_allowed(key, end):
    section, name = key.split(".")
    value = ends(key)[end]
    scenario = load_scenario("six").with_changes({key: value, "days": 1})
    assert flat(scenario.parameters)[key] == value
    packed = ends(key).index(value) if isinstance(value, str) else value  # the rules see the number of a switch
    assert build_world(scenario)[0][section][name] == packed
