"""Names in words: postures, responses and policies, structures, parameters. Identifiers are for commands alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from experiments.report.style.words import listed, readable
from experiments.studies.structures.rivals import load_rivals
from sim.config_files import find, read_toml
from sim.errors import ConfigError
from sim.numbers import percent
from sim.parameters import Parameters

POSTURES = {
    "fourteen": "fourteen sites",
    "six": "six sites",
    "equal_fourteen": "fourteen sites of equal budget",
    "equal_six": "six sites of equal budget",
    "drawdown_2020": "the drawdown of 2020",
}
"""Postures that come with the program; others are said by their name."""
PARAMETERS = {
    "baghdad.intimidation": "will that fighters in the Zone take away",
    "choice.dissimilarity_city": "how unlike the sites of one city are",
    "choice.dissimilarity_place": "how unlike the sites of one place are",
    "choice.learning_rate": "weight of the newest outcome in what cells expect",
    "choice.rationality": "rationality of cells",
    "choice.size_effect": "how far a site counts by its people",
    "choice.waiting": "whether better defence deters",
    "coordination.focus_spread": "spread of the common focus",
    "coordination.length_days": "time that a common direction lasts",
    "coordination.tempo_spread": "spread of the common tempo",
    "fire.p_inside_skilled": "chance that a round of skilled cells heads inside",
    "fire.p_inside_unskilled": "chance that a round of unskilled cells heads inside",
    "fire.range_km": "distance from which fire is launched",
    "harm.p_wound": "chance that a hit wounds",
    "operations.base_rate_per_day": "rate of operations of a cell at rest",
    "operations.grievance_effect": "effect of grievance on operations",
    "operations.momentum_branching": "further attacks caused by one attack",
    "operations.momentum_days": "delay of further attacks",
    "operations.outside_weight": "activity of cells out of reach of the foremost site",
    "operations.presence_effect": "effect of units nearby on operations",
    "operations.restraint_effect": "effect of restraint on operations",
    "operations.shelter_effect": "effect of fighters in the Zone on its cells",
    "operations.zone_weight": "activity of cells in the International Zone",
    "relation.loss_fire": "relation lost with fire that lands",
    "relation.recovery_days": "time in which the relation returns",
    "response_numbers.cost_factor": "costs of responses",
    "response_numbers.effect_log_odds": "success of responses",
    "roadside.life_hours": "time that a bomb stays usable",
    "roadside.munitions": "munitions that a bomb takes",
    "roadside.p_effect_unskilled": "chance that a bomb of unskilled cells has an effect",
    "roadside.p_set_off": "chance that a bomb is set off",
    "roadside.progress": "what experience with bombs does",
    "roadside.progress_exponent": "power of experience with bombs",
    "roadside.tip_off": "share of bombs laid on a tip-off",
    "supply.tonnes_per_site_day": "use of supply per site",
    "washington.loss_attack": "patience lost with an attack",
    "washington.p_strike_lethal": "chance of a US strike after a deadly attack",
    "zone.fighters_factor": "fighters in the International Zone",
}
"""Uncertain parameters whose meaning, as the program says it, is no name; others are said by their meaning."""
LEAVING = "close_embassy"
"""The order that ends the mission: afterwards nothing is left that could be attacked, which is no success."""
_LONG = 56
_LABEL = re.compile(r"([a-z0-9_/]+)(?:=([0-9.]+))?(?:@(\d+)(?::(\d+))?)?")
_KEY = re.compile(r"\b([a-z]+(?:_[a-z]+)?\.[a-z][a-z0-9_]*)")
_SWITCH = re.compile(rf"{_KEY.pattern}=([a-z_]+)")
_POLICY = re.compile(rf"\b[a-z0-9_]+(?:\+{_LABEL.pattern})+")
_IN_OR_OUT = re.compile(r"\b([a-z_]+)=(in|out)\b")


# --- postures, responses, policies -----------------------------------------------------------------------
def posture_words(name: str) -> str:
    """`equal_six` as `six sites of equal budget`."""
    return POSTURES.get(name, readable(name))


def instead(base: str, posture: str) -> str:
    """`six sites of equal budget instead of fourteen`: what both names end with is said once."""
    words, others = policy_words(posture).split(), policy_words(base).split()
    while len(others) > 1 and words[-1] == others[-1] and words[:-1]:
        words, others = words[:-1], others[:-1]
    return f"{policy_words(posture)} instead of {' '.join(others)}"


def policy_words(label: str) -> str:
    """`six+surge=0.5@90` as `six sites with surge (half strength) from day 90`; values that are set stand behind."""
    policy, *changes = label.split(", ")
    posture, *responses = policy.split("+")
    with_them = f" with {'; '.join(_by_day(responses))}" if [r for r in responses if r != "none"] else ""
    return ", ".join([posture_words(posture) + with_them, *map(condition_words, changes)])


def _by_day(responses: Iterable[str]) -> Iterator[str]:
    """Responses that begin on the same day, together: `surge and closure threat from day 90`."""
    days: dict[str, list[str]] = {}
    for response in responses:
        words, day = _response(response)
        days.setdefault(day, []).append(words)
    yield from (f"{listed(words)}{day}" for day, words in days.items())


def _response(label: str) -> tuple[str, str]:
    """What a response is, with its strength, and from when."""
    match = _LABEL.fullmatch(label)
    if match is None:
        return readable(label), ""
    name, strength, day, _ = match.groups()
    words = readable(name.rpartition("/")[2])
    if strength and float(strength) != 1:
        words += f" ({percent(float(strength))} strength)"
    return words, "" if day is None else " from the first day" if int(day) == 0 else f" from day {day}"


def in_text(text: str) -> str:
    """A sentence with the labels of its policies, and its parameters, in words."""
    return condition_words(_POLICY.sub(lambda match: policy_words(match[0]), text))


def response_words(label: str) -> str:
    """`surge@90` as `surge from day 90`."""
    return "".join(_response(label))


def leaves(label: str) -> bool:
    """Whether a response of a policy orders the embassy closed: what is counted afterwards says nothing."""
    matches = [_LABEL.fullmatch(part) for part in label.split(", ", maxsplit=1)[0].split("+")[1:]]
    return any(_orders_leaving(match[1]) for match in matches if match)


@cache
def _orders_leaving(response: str) -> bool:
    try:
        orders = read_toml(find("responses", response)).get("orders", [])
    except ConfigError:  # a response that the program does not know
        return False
    return any(order.get("do") == LEAVING for order in orders)


# --- structures, parameters ------------------------------------------------------------------------------
@cache
def structure_words(name: str) -> str:
    """`encounter` as `bombs are laid on a tip-off`; one that the program does not know by its name."""
    titles = {rival.name: rival.title for rival in load_rivals().structures}
    title = titles.get(name, readable(name))
    return title[:1].lower() + title[1:] if name in titles else title


def side_words(name: str, where: str) -> str:
    """`bombs are laid on a tip-off`, or `not: bombs are laid on a tip-off`."""
    return f"{'not: ' if where == 'out' else ''}{structure_words(name)}"


@cache
def in_prose(key: str) -> str:
    """`choice.cost_road` as `cost of a roadside bomb`; of a structure what it says."""
    section, _, name = key.partition(".")
    if key in PARAMETERS:
        return PARAMETERS[key]
    if section == "structure" or not name:
        return structure_words(name or section)
    return _meaning(section, name)


def _meaning(section: str, name: str) -> str:
    """What the program says of a parameter, its first part where that is long; its name where the words need others."""
    part = Parameters.model_fields.get(section)
    fields = getattr(part.annotation, "model_fields", {}) if part else {}
    said = str(fields[name].description) if name in fields else ""
    if not said or said.startswith(("the same", "share of th", "lost more", "below which", "by which it")):
        return readable(name)
    return said if len(said) <= _LONG else re.split(r"[,:;] ", said)[0]


def condition_words(text: str) -> str:
    """`harm.p_wound ≥ 0.1 and encounter=in` with parameters and structures in words."""
    text = _IN_OR_OUT.sub(lambda match: f"“{side_words(match[1], match[2])}”", text)
    text = _SWITCH.sub(lambda match: _switch(match[1], match[2]), text)
    return _KEY.sub(lambda match: in_prose(match[1]), text)


def _switch(key: str, word: str) -> str:
    """A switch at a word: the structure that it makes or leaves out, if it does."""
    for rival in load_rivals().structures:
        for side, values in (("in", rival.middle), ("out", rival.old)):
            if values.get(key) == word:
                return f"“{side_words(rival.name, side)}”"
    return f"{in_prose(key)}: {readable(word)}"
