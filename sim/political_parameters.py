"""The numbers of warnings, factions, governments and the pressure index; see `parameters.py`."""

from __future__ import annotations

from typing import Literal

from sim.parameter_schema import ParameterSection, number, share, switch


class Intelligence(ParameterSection):
    """Warnings, true and false (rules/warnings.py)."""

    notice_per_day: float = number(0.1, "1/day", "rate at which a preparation is noticed", low=0, high=10, symbol="ν")
    relation_effect: float = share(0.5, "share of this that ends when the bilateral relation is at 0", symbol="e")
    false_alarms_per_month: float = number(0.5, "1/site/month", "false alarms of an open site", low=0, high=30)
    validity_hours: int = number(24, "hour", "a warning expires after", low=1, high=1000)


class Militias(ParameterSection):
    """What a faction is beside its cells: leaders, funds, restraint, facade names (rules/factions.py)."""

    restraint_days: float = number(30.0, "day", "time in which restraint fades", low=1, high=1000, source="S14")
    grievance_days: float = number(60.0, "day", "time in which grievance returns to its start", low=1, high=3650)
    prestige_days: float = number(120.0, "day", "time in which prestige fades", low=1, high=3650)
    prestige_per_hit: float = share(0.005, "prestige won by fire that lands inside", unit="1/attack")
    leader_days: float = number(21.0, "day", "mean time until a leader is replaced", low=0.1, high=1000, source="S23")
    funds_days: float = number(90.0, "day", "time in which funds recover", low=1, high=3650, source="S29")
    facade_days: float = number(45.0, "day", "how long a facade name is used after a threat", low=0, high=1000)
    facade_cover: float = share(
        0.5, "share of restraint that a facade name saves a faction from", source="S14", symbol="φ"
    )
    facade_discount: float = share(0.4, "share of the blame that a facade name takes away", source="S14", symbol="δ")


class Coordination(ParameterSection):
    """A body above the factions that may set a common tempo and focus (rules/coordinator.py), E36."""

    tempo_spread: float = number(
        0.0, "1", "standard deviation of the log tempo that it asks for", low=0, high=2, source="judgement (E36)"
    )
    focus_spread: float = number(
        0.0,
        "1",
        "standard deviation of the log-odds by which it asks for roads or for fire",
        low=0,
        high=5,
        source="judgement (E36)",
    )
    length_days: float = number(45.0, "day", "mean time that it keeps to one direction", low=1, high=1000)
    truce: Literal["held", "decays"] = switch(
        "held: a truce binds with the same force until its end; decays: it fades as restraint does",
        "held",
        "whether a truce lasts",
        source="E35",
    )


class ResponseNumbers(ParameterSection):
    """How far the numbers in the files of responses are off: all of them together (packed_orders.py)."""

    effect_log_odds: float = number(
        0.0, "1", "added to the log-odds of success and of the share or amount that an order brings", low=-5, high=5
    )
    cost_factor: float = number(
        1.0, "1", "by which every cost in them is multiplied, and the odds of a leak and of a clash", low=0, high=10
    )


class Relation(ParameterSection):
    """What attacks do to the bilateral relation, 0 to 1 (rules/politics.py), S15."""

    at_start: float = share(0.6, "relation at the start, and where it returns to")
    recovery_days: float = number(90.0, "day", "time in which it returns", low=1, high=3650)
    loss_fire: float = share(0.006, "lost with fire that lands inside", unit="1/attack", source="S15")
    loss_convoy: float = share(0.002, "lost with a bomb that hits a convoy", unit="1/attack", source="S15")
    loss_detail: float = share(0.006, "lost with a bomb on a foreign detail", unit="1/attack", source="S3")
    quiet_share: float = share(0.3, "share of these for an attack without effect", source="S6")
    loss_wounded: float = share(0.02, "lost more for each US person wounded", unit="1/person")
    loss_killed: float = share(0.1, "lost more for each US person killed", unit="1/person")


class BaghdadSection(ParameterSection):
    """Iraq's government: political capital, will, support, each 0 to 1 (rules/baghdad.py)."""

    capital_at_start: float = share(0.5, "capital at the start, and where it returns to", symbol="C₀")
    capital_days: float = number(120.0, "day", "time in which it returns", low=1, high=3650)
    will_at_start: float = share(0.6, "will to act against militias when unshaken", symbol="w₀")
    will_days: float = number(30.0, "day", "time in which will returns", low=1, high=1000)
    will_capital_effect: float = number(0.5, "1", "will lost per unit of capital lost", low=0, high=5, symbol="c_w")
    intimidation: float = share(
        0.15, "will that the fighters in the International Zone take away at their start", source="S30", symbol="b_i"
    )
    support_at_start: float = share(0.2, "political support for clearing at the start")
    cost_raid: float = share(0.003, "capital that a raid costs", unit="1/raid")
    gain_catch: float = share(
        0.012, "capital won with a cell broken in a raid or take-down, a leader arrested, a drone found", unit="1/cell"
    )
    cost_stray_shell: float = share(0.004, "capital lost with a stray C-RAM shell", unit="1/shell", source="S6")
    cost_civilian: float = share(0.004, "capital lost with a civilian harmed by one", unit="1/person")
    cost_attack: float = share(0.001, "capital lost with an attack that has an effect", unit="1/attack")
    cost_closure_hour: float = share(0.0004, "capital lost with an hour of an area closed", unit="1/hour")
    cost_clash: float = share(0.03, "capital lost with a clash", unit="1/clash")
    gain_weapon: float = share(0.004, "capital won with a heavy weapon removed", unit="1/weapon", source="S24")
    floor: float = share(0.15, "with less capital an order that costs some is refused")


class Zone(ParameterSection):
    """Clearing areas and holding them (rules/clearance.py)."""

    fighters_factor: float = number(
        1.0, "1", "fighters and heavy weapons there, over the theatre file's", low=0, high=10, source="judgement (S24)"
    )
    return_days: float = number(
        120.0, "day", "time in which fighters return without support", low=1, high=3650, symbol="D"
    )
    p_clash_death: float = share(0.5, "chance that a clash kills one of the Iraqi forces")
    clash_loss: float = share(0.2, "share of strength that a unit loses in a clash")
    clash_grievance: float = number(0.05, "1/clash", "grievance raised by a clash", low=0, high=5)


class WashingtonSection(ParameterSection):
    """The US government: patience, 0 to 1, and its ladder (rules/washington.py), S14."""

    patience_at_start: float = share(0.7, "patience at the start, and where it returns to")
    patience_days: float = number(60.0, "day", "time in which it returns", low=1, high=3650)
    loss_attack: float = share(0.012, "lost with an attack on US people that has an effect", unit="1/attack")
    quiet_share: float = share(0.3, "share of this for an attack without effect")
    loss_wounded: float = share(0.02, "lost more for each US person wounded", unit="1/person")
    loss_killed: float = share(0.2, "lost more for each US person killed", unit="1/person")
    gain_catch: float = share(0.003, "won with a cell broken in a raid", unit="1/cell")
    warn_below: float = share(0.55, "patience below which it warns")
    threaten_below: float = share(0.42, "below which it threatens to close the embassy", source="S14")
    strike_below: float = share(0.15, "below which it strikes leaders", source="S14")
    close_below: float = share(0.02, "below which it closes the embassy", source="S14")
    step_days: int = number(21, "day", "least time between steps of the ladder", low=1, high=1000)
    patience_step: float = share(0.1, "patience won by taking a step")
    warn_restraint: float = number(0.2, "1", "restraint that a warning brings", low=0, high=5)
    threat_restraint: float = number(0.8, "1", "restraint that a threat brings", low=0, high=5, source="S14, S25")
    threat_capital: float = share(0.1, "capital that a threat costs Baghdad", source="S14, S25")
    threat_will: float = share(0.2, "will that a threat spurs", source="S14, S25")
    threat_relation: float = share(0.05, "relation that a threat costs")
    p_strike_lethal: float = share(0.95, "chance of a US strike after an attack that killed Americans", source="E12")
    p_strike_other: float = share(0.0, "the same after any other attack", source="E12")


class Retaliation(ParameterSection):
    """What a US strike brings (rules/retaliation.py): the literature disagrees, so it is a switch (E20)."""

    effect: Literal["provokes", "deters", "none"] = switch(
        "provokes: grievance and momentum rise; deters: restraint rises; none: neither",
        "none",
        "what a strike on militias leads to",
        source="E20",
    )
    grievance: float = number(0.5, "1", "grievance raised by a strike, if it provokes", low=0, high=5)
    attacks: float = number(3.0, "attack", "momentum raised as by so many attacks, if it provokes", low=0, high=100)
    restraint: float = number(0.5, "1", "restraint raised by a strike, if it deters", low=0, high=5)
    p_leader: float = share(0.7, "chance that a strike kills a leader")
    p_mob: float = share(0.4, "chance that a mob comes to the embassy after a strike", source="S11, S27")
    mob_days: int = number(3, "day", "how long it stays", low=1, high=100)
    mob_relation: float = share(0.05, "relation that a mob costs", source="S11")
    mob_capital: float = share(0.05, "capital that a mob costs", source="S11")
    mob_prestige: float = number(0.1, "1", "prestige that a mob brings the militias", low=0, high=5, source="S11")
    p_motion: float = share(0.5, "chance of a motion to expel after a strike, at no relation", source="S11, S27")
    motion_relation: float = share(0.1, "relation that a motion costs", source="S11")
    motion_capital: float = share(0.05, "capital that a motion costs", source="S11")


class Mission(ParameterSection):
    """The embassy's closure and the partners (rules/mission.py), S26."""

    evacuation_days: int = number(14, "day", "from the decision to the last flight", low=0, high=365)
    partners: int = number(
        20, "mission", "partner missions that depend on the US presence", low=0, high=64, source="S26"
    )
    partner_days: float = number(
        45.0, "day", "mean time until one leaves after the closure", low=0.1, high=3650, source="S26"
    )
    closure_prestige: float = number(
        1.0, "1", "prestige that the closure brings the militias", low=0, high=5, source="S26"
    )
    closure_relation: float = share(0.3, "relation that the closure costs", source="S26")
    closure_capital: float = share(0.2, "capital that the closure costs Baghdad", source="S26")
    closure_will: float = share(0.3, "will that the closure costs Baghdad", source="S26, S30")


class Pressure(ParameterSection):
    """Weights of the pressure index (rules/daily_tally.py): a judgement to be argued about, never the only result."""

    fire_attack: float = number(1.0, "point/attack", "a rocket or drone attack", low=0, high=1000)
    leaked_round: float = number(1.0, "point/round", "a round inside", low=0, high=1000)
    convoy_attack: float = number(1.0, "point/attack", "a bomb against a convoy", low=0, high=1000)
    truck: float = number(1.0, "point/truck", "a truck lost", low=0, high=1000)
    detail_attack: float = number(2.0, "point/attack", "a bomb against a foreign detail", low=0, high=1000)
    us_wounded: float = number(5.0, "point/person", "a US person wounded", low=0, high=1000)
    us_killed: float = number(25.0, "point/person", "a US person killed", low=0, high=1000)
    other_harmed: float = number(
        2.0, "point/person", "a driver, foreigner, civilian or Iraqi soldier harmed", low=0, high=1000
    )
    short_site_day: float = number(2.0, "point/site/day", "a day of short supply at a site", low=0, high=1000)
    crisis: float = number(20.0, "point/crisis", "a mob or a motion", low=0, high=1000)
    relation_day: float = number(1.0, "point/day", "a day with no relation left, in proportion", low=0, high=1000)
    closed_day: float = number(10.0, "point/day", "a day on which the embassy is closed", low=0, high=1000)
