"""Every number of the model: name, default, bounds, unit, meaning and source.

A parameter `p_intercept` of the section `defence` is `defence.p_intercept` in a TOML file, on the command line
and in a sweep, and `world.defence.p_intercept` in a rule. Sources: S and E numbers are those of `docs/sources.md`;
"judgement" marks a number that nobody has published: a place holder until calibration, to be swept, not believed.
"""

from __future__ import annotations

from typing import Literal, get_args

from sim.parameter_schema import ParameterSection, number, share, switch
from sim.political_parameters import (
    BaghdadSection,
    Coordination,
    Intelligence,
    Militias,
    Mission,
    Pressure,
    Relation,
    ResponseNumbers,
    Retaliation,
    WashingtonSection,
    Zone,
)


class CommonState(ParameterSection):
    """What the common state of 1 January yields, the same in every policy: made by `posture common-state`.

    The state is that of the record's first day: its sites and people, no active defence, no calendar, nothing learned.
    A theatre's file keeps them.
    """

    attacks_per_start: float = number(
        1.0,
        "attack",
        "attacks per start that momentum calls for, if no cell were busy",
        low=0.01,
        high=1,
        source="computed",
        symbol="r",
    )
    share_going: float = number(
        1.0,
        "1",
        "share of ready cells that do not wait, of those that can do something: the budget of effort",
        low=0.01,
        high=1,
        source="computed",
    )
    traffic: float = number(
        1.0,
        "convoy/day",
        "convoys that pass a bomb",
        low=0,
        high=100,
        source="computed",
        symbol="T₀",
    )
    detail_traffic: float = number(
        0.5,
        "detail/day",
        "foreign details that pass a bomb meant for them",
        low=0,
        high=100,
        source="computed",
    )
    visits: float = number(
        0.5,
        "unit/day",
        "Iraqi units that look where a bomb lies",
        low=0,
        high=100,
        source="computed",
        symbol="v₀",
    )


class Operations(ParameterSection):
    """When a cell starts an operation, and its life between operations (rules/operations.py)."""

    base_rate_per_day: float = number(0.026, "1/day", "hazard of one cell at rest", low=0, high=5, symbol="base")
    grievance: float = number(0.0, "1", "level of grievance at the start", low=0, high=5, source="S11")
    grievance_effect: float = number(0.7, "1", "log hazard per unit of grievance", low=0, high=5, symbol="b_g")
    restraint: float = number(0.0, "1", "restraint asked for at the start", low=0, high=5, source="S14")
    restraint_effect: float = number(1.0, "1", "log hazard per restraint × obedience", low=0, high=5, symbol="b_r")
    prestige_effect: float = number(
        0.5, "1", "log hazard per unit of militia prestige", low=0, high=5, source="S26", symbol="b_q"
    )
    leader_effect: float = share(
        0.3, "share of the hazard that a faction without its leaders loses", source="S23", symbol="b_l"
    )
    shelter_effect: float = share(
        0.8,
        "share of the hazard of cells in the International Zone that ends with the fighters around them",
        source="S24",
        symbol="b_s",
    )
    presence_effect: float = number(
        0.15, "1/unit", "log hazard per unit in the home square", low=0, high=5, symbol="b_p"
    )
    momentum_branching: float = number(
        0.25, "1", "further attacks caused by one attack (Hawkes)", low=0, high=0.95, source="E15, E37", symbol="n"
    )
    momentum_days: float = number(
        14.0, "day", "mean delay of self-excitation", low=0.5, high=120, source="E15, E16", symbol="τ"
    )
    preparation_hours: float = number(48.0, "hour", "mean time to prepare", low=0, high=1000)
    squares_per_hour: int = number(4, "square/hour", "speed of a cell on the move", low=1, high=20)
    leaving_hours: float = number(1.5, "hour", "mean time near the launch place after firing", low=0, high=48)
    lie_low_days: float = number(10.0, "day", "mean time of lying low", low=0, high=365)
    regrow_days: float = number(45.0, "day", "mean time until a broken cell is formed again", low=1, high=1000)
    wait_hours: float = number(
        6.0, "hour", "mean time that a cell waits before a closed area until it gives up", low=1, high=1000
    )
    radius_km: float = number(45.0, "km", "how far from home a cell works", low=1, high=1000)
    outside_weight: float = number(
        1.0,
        "1",
        "activity of a cell that lives too far from the foremost site to fire at it, over that of the others",
        low=0,
        high=10,
        source="judgement (E27, E28)",
    )
    zone_weight: float = number(
        1.0,
        "1",
        "activity of a cell that lives in the International Zone, over that of the others",
        low=0,
        high=10,
        source="judgement (S24)",
    )
    restraint_scope: float = share(
        1.0, "share of restraint that binds all kinds of attack; the rest binds fire alone", source="E35", symbol="s"
    )
    munitions_at_start: float = number(8.0, "round", "stock of a cell at the start", low=0, high=1000)
    munitions_per_day: float = number(0.3, "round/day", "resupply at full funds", low=0, high=100)
    munitions_cap: float = number(40.0, "round", "largest stock", low=0, high=1000)


class Choice(ParameterSection):
    """How a cell weighs its options (rules/choice.py): quantal response, E22."""

    rationality: float = number(
        0.76, "1/utility", "0 chooses blindly, large always the best", low=0, high=50, source="E22", symbol="Λ"
    )
    value_site: float = number(1.0, "utility", "worth of a success per unit of symbolic value", low=0, high=20)
    value_road: float = number(7.0, "utility", "worth of a success against a convoy", low=0, high=50)
    value_detail: float = number(5.0, "utility", "worth of a success against a foreign detail", low=0, high=50)
    cost_rocket: float = number(6.5, "utility", "cost of a rocket salvo", low=-20, high=20)
    cost_drone: float = number(9.5, "utility", "cost of a drone", low=-20, high=20, source="judgement; few: S5")
    cost_road: float = number(0.5, "utility", "cost of a roadside bomb", low=-20, high=20)
    cost_detail: float = number(
        3.2, "utility", "cost of a bomb against a detail", low=-20, high=20, source="judgement; few: S3"
    )
    risk_per_unit: float = number(0.3, "utility/unit", "risk felt per Iraqi unit at the place", low=0, high=20)
    traffic_half_per_day: float = number(
        0.5, "convoy/day", "traffic at which a road is worth half", low=0.001, high=100, symbol="h"
    )
    dissimilarity_city: float = number(
        1.0,
        "1",
        "how unlike the sites of one city are as temptations: 1 independent, small one temptation",
        low=0.1,
        high=1,
        symbol="λ_c",
    )
    dissimilarity_place: float = number(
        1.0, "1", "the same for the sites of one place, as a share of that of a city", low=0.1, high=1, symbol="λ_p/λ_c"
    )
    size_effect: float = share(
        0.0, "how far a site counts by its share of the people of its place: 1 wholly, 0 each site counts as one"
    )
    waiting: Literal["option", "budget"] = switch(
        "option: a ready cell may prefer to wait; budget: it waits only where nothing can be done",
        "option",
        "whether better defence may deter, or displaces alone",
    )
    learning_rate: float = share(0.1, "weight of the newest outcome", symbol="η")
    beliefs: Literal["outcomes", "given"] = switch(
        "outcomes: what the common state of 1 January yields at these parameters; given: the numbers below",
        "outcomes",
        "where expected success starts",
    )
    expect_rocket: float = share(0.4, "expected success of rockets at the start, if given", source="E9")
    expect_drone: float = share(0.6, "expected success of drones at the start, if given")
    expect_road: float = share(0.27, "expected success of bombs at the start, if given")


class Skill(ParameterSection):
    """Quality of attacks (S10): grows with success, falls with losses."""

    at_start: float = share(0.3, "skill of a new cell")
    spread: float = number(0.1, "1", "half-width of the skills at the start", low=0, high=0.5)
    gain: float = share(0.1, "gain from a success, of what is missing to 1", source="S10")
    loss: float = share(0.3, "share of skill above the start lost with a broken cell")


class Fire(ParameterSection):
    """Rockets and drones (rules/fire.py)."""

    range_km: float = number(10.0, "km", "launch places lie within this distance of the target", low=5, high=100)
    salvo_exponent: float = number(2.5, "1", "exponent of the salvo law", low=1.1, high=6, source="E8, E17", symbol="a")
    salvo_shift: float = number(3.0, "round", "shift of the salvo law", low=0.1, high=20, source="E8", symbol="c")
    salvo_cap: int = number(5, "round", "largest usual salvo", low=1, high=60, source="E8", symbol="cap")
    barrage_share: float = share(0.07, "share of salvos that are barrages", source="E8 (2 of 27)", symbol="q")
    barrage_from: int = number(20, "round", "smallest barrage", low=1, high=60, source="E8")
    barrage_to: int = number(30, "round", "largest barrage", low=1, high=60, source="E8")
    p_inside_unskilled: float = share(0.2, "chance to head inside, skill 0", source="E9")
    p_inside_skilled: float = share(0.6, "chance to head inside, skill 1", source="E9, S10")
    p_inside_drone: float = share(0.85, "chance of a drone to reach its target", source="S5")
    p_drone_found: float = share(
        0.3, "chance that a drone in position is found before launch", source="S5 (one of two)"
    )
    drone_rounds: float = number(5.0, "round", "munitions that one drone takes", low=0, high=100)


class Defence(ParameterSection):
    """C-RAM (rules/defence.py)."""

    radius_km: float = number(3.0, "km", "a battery covers sites within this distance", low=0, high=50)
    capacity_per_salvo: int = number(
        6, "round", "rounds one battery can engage in a salvo", low=0, high=100, source="E10 (sweep)"
    )
    availability: float = share(0.85, "chance that a battery works", source="E10")
    p_intercept: float = share(0.7, "chance that an engaged rocket is destroyed", source="E10")
    p_intercept_drone: float = share(0.5, "the same for a drone")
    ready_bursts: int = number(12, "burst", "bursts ready to fire, per battery", low=0, high=1000)
    reserve_bursts: int = number(400, "burst", "bursts in store, per battery", low=0, high=100000)
    reload_hours: float = number(0.5, "hour/burst", "time to make one burst ready, per battery", low=0.01, high=1000)
    p_stray_shell: float = share(0.05, "chance of a stray shell on the city", unit="1/burst", source="S6, E10")
    p_stray_harm: float = share(0.15, "chance that a stray shell harms a civilian", source="E10")


class Harm(ParameterSection):
    """What a hit does to people (rules/defence.py)."""

    p_wound: float = share(
        0.35, "chance that a hit on 1,000 people without shelter wounds one", unit="1/round", source="E11", symbol="p_w"
    )
    p_death: float = share(0.25, "chance that a wounded person dies", source="E11")
    shelter: float = share(0.5, "share of harm that people on alert avoid", symbol="σ")
    damage_per_hit: float = number(1.0, "point/round", "damage of a hit on a site without hardening", low=0, high=100)
    p_civilian: float = share(
        0.05, "chance that a round that falls outside harms a civilian or Iraqi soldier", unit="1/round", source="E13"
    )


class Roadside(ParameterSection):
    """Roadside bombs (rules/devices.py)."""

    munitions: float = number(4.0, "round", "munitions that one device takes", low=0, high=100)
    life_hours: float = number(60.0, "hour", "mean time that a device stays usable", low=1, high=2000)
    tip_off: float = share(
        0.0, "share of bombs laid for a convoy that is known to come, whatever the traffic", symbol="t"
    )
    progress: Literal["cheaper", "surer"] = switch(
        "cheaper: a success makes the next bomb likelier to be chosen; surer: it lowers the chance of no effect",
        "cheaper",
        "what experience with bombs on convoys does",
        source="E25, E38",
    )
    progress_exponent: float = number(
        0.0, "1", "power by which it does", low=0, high=2, source="E38 (0 to 0.8 between places)", symbol="b"
    )
    p_set_off: float = share(0.5, "chance that it is set off against a passing target", symbol="p_o")
    p_effect_unskilled: float = share(0.35, "chance of an effect, skill 0")
    p_effect_skilled: float = share(0.85, "chance of an effect, skill 1", source="S10")
    p_next_truck: float = number(0.25, "1", "chance that one more truck is lost", low=0, high=0.95)
    p_wound: float = share(0.25, "chance that an effect wounds a driver, escort or passenger", source="E13")
    p_death: float = share(0.2, "chance that a wounded person dies")
    delay_hours: int = number(6, "hour", "halt of a convoy after a bomb", low=0, high=500)
    turn_back_share: float = share(0.5, "a convoy that has lost this share of its trucks turns back")
    p_escort_finds: float = share(0.05, "chance that one escort vehicle spots a bomb before it goes off", symbol="p_e")
    armour: float = share(0.7, "share of effects that a detail's armour stops", source="S3")


class Supply(ParameterSection):
    """Stocks and convoys (rules/supply.py, rules/convoys.py). How many convoys ran is not published (E14)."""

    tonnes_per_person_day: float = number(
        0.107,
        "t/person/day",
        "use of supply per US person, with the share of the coalition and contractors who live beside",
        low=0,
        high=1,
        source="judgement (E6, E14)",
    )
    tonnes_per_site_day: float = number(
        5.0,
        "t/site/day",
        "use of supply that a site has whatever the number of its people",
        low=0,
        high=200,
        source="judgement (E33)",
    )
    tonnes_out_per_person: float = number(
        2.0,
        "t/person",
        "equipment that leaves by road when a site is handed over",
        low=0,
        high=50,
        source="judgement (E34)",
    )
    outbound_days: int = number(21, "day", "it leaves within so long before and after the handover", low=1, high=180)
    trucks_per_convoy: int = number(5, "truck", "trucks of a convoy", low=1, high=100, source="judgement (E14)")
    escorts_per_convoy: int = number(2, "vehicle", "escort vehicles of a convoy", low=0, high=50)
    willingness_loss_truck: float = share(
        0.01, "willingness of drivers lost with a truck", unit="1/truck", source="judgement (E13)"
    )
    willingness_loss_casualty: float = share(
        0.03, "the same with a driver or escort wounded", unit="1/person", source="judgement (E13)"
    )
    willingness_days: float = number(30.0, "day", "time in which it recovers", low=1, high=1000)
    least_willingness: float = number(0.2, "1", "it never falls below", low=0.05, high=1)
    tonnes_per_truck: float = number(18.0, "t", "load of a truck", low=0.1, high=50)
    stock_at_start_days: float = number(30.0, "day", "stock at the start", low=0, high=365)
    reorder_days: float = number(
        28.0, "day", "a convoy is sent when stock and what is under way fall below", low=0, high=365
    )
    minimum_days: float = number(10.0, "day", "stock below this counts as short", low=0, high=365)
    assembly_hours: int = number(96, "hour", "from order to departure, the border included", low=0, high=1000)
    unloading_hours: int = number(24, "hour", "at the site", low=0, high=1000)
    travel_from_hour: int = number(5, "hour of day", "convoys move from", low=0, high=23)
    travel_until_hour: int = number(
        21, "hour of day", "convoys move until (over midnight if not after the start)", low=1, high=24
    )
    avoidance: float = number(0.5, "1/attack", "detour accepted per recent attack on the way", low=0, high=10)
    memory_days: float = number(14.0, "day", "how long an attack on a road is remembered", low=0.1, high=365)


class Forces(ParameterSection):
    """Iraqi units (rules/patrols.py, rules/raids.py)."""

    patrol_hours: int = number(12, "hour", "a patrol stays this long in a square", low=1, high=200)
    beat_km: float = number(15.0, "km", "a patrol stays this near its home", low=0, high=500)
    p_see: float = share(0.15, "chance to see an exposed cell in the same square")
    p_find_device: float = share(0.2, "chance to find a device in the same square")
    p_stop: float = share(0.02, "chance that a unit stops a cell passing its square", symbol="p")
    reaction_radius_km: float = number(40.0, "km", "reaction units come from within", low=0, high=1000)
    speed_kmh: float = number(30.0, "km/h", "speed of a reaction unit", low=1, high=200)
    p_raid: float = share(0.5, "chance that a fully reliable raid on a cell in place succeeds")
    p_leak: float = share(0.6, "chance that a wholly unreliable unit warns the cell")
    p_loss: float = share(0.1, "chance that a raid costs the unit")
    loss_share: float = share(0.3, "share of strength so lost")
    recovery_days: float = number(60.0, "day", "time to recover a whole unit", low=1, high=2000)
    rest_hours: int = number(12, "hour", "rest after a raid", low=0, high=1000)


class Details(ParameterSection):
    """Foreign protected vehicles on the roads (rules/details.py), S3."""

    rest_hours: float = number(60.0, "hour", "mean time between trips", low=1, high=5000)


class Parameters(ParameterSection):
    """All sections; the dotted keys of sweeps and of the parameter table."""

    common_state: CommonState = CommonState()
    operations: Operations = Operations()
    choice: Choice = Choice()
    skill: Skill = Skill()
    fire: Fire = Fire()
    defence: Defence = Defence()
    harm: Harm = Harm()
    roadside: Roadside = Roadside()
    supply: Supply = Supply()
    coordination: Coordination = Coordination()
    response_numbers: ResponseNumbers = ResponseNumbers()
    forces: Forces = Forces()
    details: Details = Details()
    intelligence: Intelligence = Intelligence()
    militias: Militias = Militias()
    relation: Relation = Relation()
    baghdad: BaghdadSection = BaghdadSection()
    zone: Zone = Zone()
    washington: WashingtonSection = WashingtonSection()
    retaliation: Retaliation = Retaliation()
    mission: Mission = Mission()
    pressure: Pressure = Pressure()


def flat(parameters: Parameters) -> dict[str, float | int | str]:
    """Dotted key → value, in the order of the schema."""
    return {f"{section}.{name}": value for section, group in parameters for name, value in group}


def place_of(key: str, word: str) -> int:
    """A word of a switch as the rules have it: its place among the words that the switch may take."""
    section, _, name = key.partition(".")
    words = get_args(Parameters.model_fields[section].annotation.model_fields[name].annotation)  # type: ignore[union-attr]
    return words.index(word)
