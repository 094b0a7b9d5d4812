"""The table of `test_every_parameter.py`: what each parameter does to which measure (see there)."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

# Much happens in few days: all means are used, and some of everything is seen, hit and broken.
LIVELY = {
    "days": 45,
    "operations.base_rate_per_day": 0.2,
    "operations.preparation_hours": 12.0,
    "operations.munitions_at_start": 40.0,
    "operations.munitions_per_day": 3.0,
    "operations.lie_low_days": 2.0,
    "choice.rationality": 0.3,
    "details.rest_hours": 12.0,
    "supply.stock_at_start_days": 20.0,
}


class Row(NamedTuple):
    """One parameter: what is compared, how, and what else must hold; `n` paired runs."""

    low: float | int | str
    high: float | int | str
    measure: str
    direction: int
    extra: dict[str, Any] = {}  # noqa: RUF012  (never written to)
    n: int = 20
    posture: str = "six"
    responses: tuple[str, ...] = ()


HUNGRY = {"supply.stock_at_start_days": 8.0, "supply.minimum_days": 10.0, "supply.reorder_days": 14.0}
DRONES = {"choice.cost_drone": 0.0}
BOMBS = {"choice.value_road": 30.0}
# much fire, by cells that mind Iraqi units, and are seen where they launch alone
LAUNCHING = {
    "choice.cost_rocket": 0.0,
    "choice.cost_road": 20.0,
    "choice.cost_detail": 20.0,
    "choice.risk_per_unit": 2.0,
}
LAUNCHING |= {"operations.leaving_hours": 24.0, "forces.p_see": 1.0, "forces.p_stop": 0.0}
LAUNCHING["forces.reaction_radius_km"] = 0.0
DETAILS = {"choice.cost_detail": 0.0, "details.rest_hours": 2.0}
EXPOSED = {"operations.leaving_hours": 6.0, "forces.p_raid": 1.0, "forces.p_leak": 0.0}
NO_CHECKPOINTS = {"forces.p_stop": 0.0}
WATCHED = {"forces.patrol_hours": 1, "forces.p_see": 1.0, "forces.p_raid": 1.0, "forces.p_leak": 0.0, **NO_CHECKPOINTS}
# skill 0.8 or so: what unskilled cells do hardly counts
SKILLED = {"skill.at_start": 0.8}
UNWILLING = {**BOMBS, **HUNGRY, "supply.willingness_loss_truck": 0.2}
EMPTYING = {"defence.ready_bursts": 4, "defence.capacity_per_salvo": 20}
WARNED = {"intelligence.notice_per_day": 2.0, "operations.preparation_hours": 48.0}
HURT = {"harm.p_wound": 1.0}
STRAYS = {"defence.p_stray_shell": 0.5, "defence.p_stray_harm": 1.0}
DEADLY = {**HURT, "harm.p_death": 1.0}
# Washington does nothing of its own: neither steps nor strikes
CALM = {f"washington.{what}": 0.0 for what in ("warn_below", "threaten_below", "strike_below", "close_below")}
CALM["washington.p_strike_lethal"] = 0.0
IMPATIENT = {"washington.patience_at_start": 0.5, "washington.step_days": 7}
# Baghdad's capital only falls
SPENT = {"baghdad.gain_catch": 0.0, "baghdad.cost_attack": 0.01}
# responses start on day 30 or later, and what they do takes a while
POOR = {"days": 120, **CALM, "operations.munitions_at_start": 1.0, "operations.munitions_per_day": 1.0}
CLEARED = {"days": 90, "baghdad.capital_at_start": 1.0, "zone.return_days": 1000.0, **CALM}
SLIPPING = {**CLEARED, "zone.return_days": 30.0}
CLASHES = {**WATCHED, **CALM, "days": 120, "forces.recovery_days": 2000.0}
THREATENED = {"days": 150, **CALM}
HIDDEN = {**THREATENED, "washington.threat_restraint": 4.0, "militias.restraint_days": 100.0}
STRUCK = {"days": 120, **CALM}
STRUCK_OFTEN = {"washington.p_strike_other": 0.3, **CALM}
CLOSED = {"days": 180, **CALM}
# no momentum, so that few leaders are seen to matter
LEADERS = {**CALM, "days": 180, "operations.momentum_branching": 0.0}
# few operations of their own, so that what a strike excites is seen
EXCITABLE = {**STRUCK, "operations.base_rate_per_day": 0.02, "operations.momentum_branching": 0.5}

NO_LEARNING = {"choice.learning_rate": 0.0}
GIVEN = {**NO_LEARNING, "choice.beliefs": "given"}
BARRAGES = {"fire.barrage_share": 0.5}
# from a few days before the truce of the calendar to its end: of what decays, something would last beyond
TRUCE: dict[str, Any] = {"start": date(2020, 10, 5), "days": 29, "calendar": "2020_2021"}
ARRESTS = {"days": 90, **CALM}

ROWS: dict[str, Row] = {
    "common_state.attacks_per_start": Row(0.2, 1.0, "operations", -1),
    "common_state.share_going": Row(0.2, 1.0, "operations", +1, {"choice.waiting": "budget"}),
    "common_state.traffic": Row(0.1, 5.0, "convoy_attacks", +1, NO_LEARNING),
    "common_state.detail_traffic": Row(0.1, 5.0, "detail_attacks", +1, {**DETAILS, **NO_LEARNING}),
    "common_state.visits": Row(0.0, 5.0, "convoy_attacks", -1, NO_LEARNING, n=60),
    "operations.base_rate_per_day": Row(0.05, 0.2, "operations", +1),
    "operations.grievance": Row(0.0, 1.0, "operations", +1),
    "operations.grievance_effect": Row(0.2, 1.5, "operations", +1, {"operations.grievance": 1.0}),
    "operations.restraint": Row(0.0, 1.0, "operations", -1),
    "operations.restraint_effect": Row(0.2, 2.0, "operations", -1, {"operations.restraint": 1.0}),
    "operations.prestige_effect": Row(0.0, 5.0, "operations", +1, {"militias.prestige_per_hit": 0.1}),
    "operations.leader_effect": Row(
        0.0, 1.0, "operations", -1, {**LEADERS, "militias.leader_days": 1000.0}, responses=("leader_arrests",)
    ),
    "operations.shelter_effect": Row(
        0.0, 1.0, "operations", -1, {**CLEARED, "operations.regrow_days": 1.0}, responses=("zone_clearance",)
    ),
    "operations.presence_effect": Row(0.0, 1.0, "operations", -1),
    "operations.momentum_branching": Row(0.0, 0.7, "operations", +1),
    # what is excited slowly has not happened yet by the end
    "operations.momentum_days": Row(3.0, 120.0, "operations", -1, {"operations.momentum_branching": 0.8}),
    "operations.preparation_hours": Row(6.0, 150.0, "operations", -1),
    # the quicker a cell is there, the fewer patrols find it on its way
    "operations.squares_per_hour": Row(1, 10, "cells_broken", -1, WATCHED),
    "operations.leaving_hours": Row(0.0, 24.0, "cells_broken", +1),
    "operations.lie_low_days": Row(1.0, 20.0, "operations", -1),
    "operations.regrow_days": Row(5.0, 200.0, "cells_at_large_mean", -1, EXPOSED),
    "operations.wait_hours": Row(1.0, 100.0, "operations_given_up", -1, WARNED, responses=("zone_closure_on_warning",)),
    "operations.radius_km": Row(10.0, 60.0, "operations", +1),
    # those who live far off fire at the embassy no more, and those inside the Zone live among checkpoints
    "operations.outside_weight": Row(0.2, 5.0, "embassy_fire_attacks", -1),
    "operations.zone_weight": Row(0.2, 10.0, "operations", -1),
    "operations.restraint_scope": Row(0.0, 1.0, "convoy_attacks", -1, {"operations.restraint": 2.0}),
    "operations.munitions_at_start": Row(0.0, 50.0, "operations", +1, {"operations.munitions_per_day": 0.3}),
    "operations.munitions_per_day": Row(0.1, 3.0, "operations", +1, {"operations.munitions_at_start": 1.0}),
    # a bomb takes more than the lower cap; fire goes on, in smaller salvos and more of them
    "operations.munitions_cap": Row(2.0, 40.0, "devices_planted", +1, {"operations.munitions_at_start": 0.0}),
    # drones cost more than they promise: the more rational, the fewer
    "choice.rationality": Row(0.0, 1.0, "drone_attacks", -1),
    "choice.value_site": Row(0.5, 2.0, "fire_attacks", +1),
    "choice.value_road": Row(1.0, 20.0, "convoy_attacks", +1),
    "choice.value_detail": Row(1.0, 30.0, "detail_attacks", +1, DETAILS),
    "choice.cost_rocket": Row(1.0, 10.0, "rocket_attacks", -1),
    "choice.cost_drone": Row(2.0, 15.0, "drone_attacks", -1),
    "choice.cost_road": Row(-5.0, 5.0, "convoy_attacks", -1),
    "choice.cost_detail": Row(-5.0, 10.0, "detail_attacks", -1, {"details.rest_hours": 2.0}),
    "choice.risk_per_unit": Row(0.0, 5.0, "fire_attacks", -1),
    "choice.traffic_half_per_day": Row(0.05, 10.0, "convoy_attacks", -1, BOMBS),
    # one temptation instead of several
    "choice.dissimilarity_city": Row(0.1, 1.0, "fire_attacks", +1),
    "choice.dissimilarity_place": Row(0.1, 1.0, "fire_attacks", +1),
    "choice.size_effect": Row(0.0, 1.0, "fire_attacks", -1),
    "choice.waiting": Row("option", "budget", "abstained", -1),
    # success is expected nearly always, and is not: who learns comes to expect less
    "choice.learning_rate": Row(
        0.0, 0.3, "expected_fire_end", -1, {"choice.expect_rocket": 0.95, "choice.beliefs": "given"}
    ),
    "choice.beliefs": Row("outcomes", "given", "expected_fire_end", -1, NO_LEARNING),
    "choice.expect_rocket": Row(0.1, 0.9, "rocket_attacks", +1, GIVEN),
    "choice.expect_drone": Row(0.1, 0.9, "drone_attacks", +1, GIVEN),
    "choice.expect_road": Row(0.1, 0.9, "convoy_attacks", +1, GIVEN),
    "skill.at_start": Row(0.1, 0.8, "rounds_inside", +1),
    "skill.spread": Row(0.0, 0.3, "mean_skill_end", 0),
    "skill.gain": Row(0.0, 0.4, "mean_skill_end", +1),
    "skill.loss": Row(0.0, 1.0, "mean_skill_end", -1, {**EXPOSED, "skill.gain": 0.4}),
    # the more launch squares there are to choose from, the farther from Iraqi units is the one chosen
    "fire.range_km": Row(5.0, 30.0, "cells_broken", -1, LAUNCHING, n=300),
    "fire.salvo_exponent": Row(1.5, 5.0, "rounds_fired", -1),
    "fire.salvo_shift": Row(0.5, 10.0, "rounds_fired", +1),
    "fire.salvo_cap": Row(1, 20, "rounds_fired", +1),
    "fire.barrage_share": Row(0.0, 0.5, "rounds_fired", +1),
    "fire.barrage_from": Row(6, 28, "rounds_fired", +1, BARRAGES),
    "fire.barrage_to": Row(20, 50, "rounds_fired", +1, BARRAGES),
    "fire.p_inside_unskilled": Row(0.0, 0.6, "rounds_inside", +1),
    "fire.p_inside_skilled": Row(0.2, 1.0, "rounds_inside", +1, SKILLED),
    "fire.p_inside_drone": Row(0.1, 1.0, "rounds_inside", +1, DRONES),
    "fire.p_drone_found": Row(0.0, 0.9, "drone_attacks", -1, DRONES),
    "fire.drone_rounds": Row(1.0, 30.0, "drone_attacks", -1, DRONES),
    "defence.radius_km": Row(0.0, 5.0, "covered_fire_attacks", +1, posture="fourteen"),
    "defence.capacity_per_salvo": Row(1, 10, "rounds_intercepted", +1),
    "defence.availability": Row(0.2, 1.0, "rounds_engaged", +1),
    "defence.p_intercept": Row(0.2, 0.9, "rounds_leaked", -1),
    "defence.p_intercept_drone": Row(0.1, 0.9, "rounds_leaked", -1, {**DRONES, "choice.cost_rocket": 20.0}),
    "defence.ready_bursts": Row(1, 20, "rounds_engaged", +1),
    "defence.reserve_bursts": Row(0, 400, "rounds_engaged", +1, EMPTYING),
    "defence.reload_hours": Row(0.1, 500.0, "rounds_engaged", -1, EMPTYING),
    "defence.p_stray_shell": Row(0.01, 0.5, "stray_shells", +1),
    "defence.p_stray_harm": Row(0.0, 0.9, "civilian_harm", +1, {"defence.p_stray_shell": 0.5, "harm.p_civilian": 0.0}),
    "harm.p_wound": Row(0.1, 0.9, "us_wounded", +1),
    "harm.p_death": Row(0.1, 0.9, "us_killed", +1, {"harm.p_wound": 1.0}),
    "harm.shelter": Row(0.0, 1.0, "us_wounded", -1, {**HURT, "intelligence.notice_per_day": 10.0}),
    "harm.damage_per_hit": Row(0.5, 2.0, "damage", +1),
    "harm.p_civilian": Row(0.01, 0.3, "civilian_harm", +1),
    "roadside.munitions": Row(1.0, 30.0, "devices_planted", -1),
    "roadside.life_hours": Row(6.0, 300.0, "devices_expired", -1, BOMBS),
    # bombs that soon expire meet few convoys, unless they wait for one
    "roadside.tip_off": Row(0.0, 1.0, "convoy_attacks", +1, {**BOMBS, "roadside.life_hours": 12.0}),
    "roadside.progress": Row("cheaper", "surer", "convoys_hit", 0, {**BOMBS, "roadside.progress_exponent": 1.0}),
    "roadside.progress_exponent": Row(0.0, 1.0, "convoy_attacks", +1, {"choice.cost_road": 3.0}),
    "roadside.p_set_off": Row(0.1, 0.9, "convoy_attacks", +1, BOMBS),
    "roadside.p_effect_unskilled": Row(0.0, 0.8, "convoys_hit", +1, BOMBS),
    "roadside.p_effect_skilled": Row(0.1, 1.0, "convoys_hit", +1, {**BOMBS, **SKILLED}),
    "roadside.p_next_truck": Row(0.0, 0.9, "trucks_lost", +1, BOMBS),
    "roadside.p_wound": Row(0.1, 0.9, "drivers_wounded", +1, BOMBS),
    "roadside.p_death": Row(0.1, 0.9, "drivers_killed", +1, {**BOMBS, "roadside.p_wound": 1.0}),
    "roadside.delay_hours": Row(0, 400, "lowest_supply_days_mean", -1, {**BOMBS, **HUNGRY}),
    "roadside.turn_back_share": Row(0.1, 1.0, "convoys_turned_back", -1, BOMBS),
    "roadside.p_escort_finds": Row(0.0, 0.9, "convoy_attacks", -1, BOMBS),
    "roadside.armour": Row(0.0, 1.0, "foreign_wounded", -1, {**DETAILS, "roadside.p_wound": 1.0}),
    "supply.tonnes_per_person_day": Row(0.05, 0.3, "supply_used", +1),
    "supply.tonnes_per_site_day": Row(0.0, 50.0, "supply_used", +1),
    "supply.tonnes_out_per_person": Row(0.5, 10.0, "outbound_sent", +1, {"days": 120}, posture="drawdown_2020"),
    # the first handover is on day 76
    "supply.outbound_days": Row(5, 60, "outbound_sent", +1, {"days": 60}, posture="drawdown_2020"),
    "supply.trucks_per_convoy": Row(2, 20, "convoys_sent", -1),
    "supply.escorts_per_convoy": Row(0, 20, "convoy_attacks", -1, {**BOMBS, "roadside.p_escort_finds": 0.2}),
    "supply.willingness_loss_truck": Row(0.0, 0.2, "lowest_supply_days_mean", -1, {**BOMBS, **HUNGRY}),
    "supply.willingness_loss_casualty": Row(0.0, 0.5, "lowest_supply_days_mean", -1, {**BOMBS, **HUNGRY}),
    "supply.willingness_days": Row(2.0, 500.0, "lowest_supply_days_mean", -1, UNWILLING),
    "supply.least_willingness": Row(0.05, 1.0, "lowest_supply_days_mean", +1, UNWILLING),
    "supply.tonnes_per_truck": Row(4.0, 30.0, "convoys_sent", -1),
    "supply.stock_at_start_days": Row(5.0, 30.0, "site_hours_short", -1),
    "supply.reorder_days": Row(10.0, 30.0, "site_hours_short", -1),
    "supply.minimum_days": Row(2.0, 25.0, "site_hours_short", +1),
    "supply.assembly_hours": Row(6, 300, "lowest_supply_days_mean", -1, HUNGRY),
    "supply.unloading_hours": Row(6, 300, "lowest_supply_days_mean", -1, HUNGRY),
    # the hours of the day on the road become fewer, or more
    "supply.travel_from_hour": Row(5, 18, "lowest_supply_days_mean", -1, HUNGRY),
    "supply.travel_until_hour": Row(8, 21, "lowest_supply_days_mean", +1, HUNGRY),
    # bombs lie where convoys passed: who always takes the same way meets most (interdiction games)
    "supply.avoidance": Row(0.0, 5.0, "convoy_attacks", -1, BOMBS),
    # a long memory avoids more, but in the end all ways alike
    "supply.memory_days": Row(1.0, 100.0, "convoy_attacks", 0, BOMBS),
    "coordination.tempo_spread": Row(0.0, 2.0, "operations", 0),
    "coordination.focus_spread": Row(0.0, 4.0, "convoy_attacks", 0),
    "coordination.length_days": Row(5.0, 100.0, "directions", -1, {"coordination.tempo_spread": 0.5}),
    "coordination.truce": Row("held", "decays", "operations", +1, TRUCE),
    "response_numbers.effect_log_odds": Row(-2.0, 2.0, "leaders_removed", +1, ARRESTS, responses=("leader_arrests",)),
    "response_numbers.cost_factor": Row(0.0, 5.0, "capital_mean", -1, ARRESTS, responses=("leader_arrests",)),
    "forces.patrol_hours": Row(2, 72, "devices_found", -1, BOMBS),
    "forces.beat_km": Row(5.0, 60.0, "devices_found", 0),
    "forces.p_see": Row(0.0, 0.9, "cells_broken", +1, EXPOSED),
    "forces.p_find_device": Row(0.05, 0.9, "devices_found", +1, BOMBS),
    "forces.p_stop": Row(0.0, 0.2, "cells_broken", +1),
    "forces.reaction_radius_km": Row(5.0, 100.0, "raids", +1),
    "forces.speed_kmh": Row(5.0, 150.0, "cells_broken", +1, {**EXPOSED, **NO_CHECKPOINTS}, n=60),
    "forces.p_raid": Row(0.1, 0.9, "cells_broken", +1, {"operations.leaving_hours": 6.0}),
    "forces.p_leak": Row(0.0, 1.0, "raids_leaked", +1),
    "forces.p_loss": Row(0.0, 0.5, "unit_losses", +1),
    "forces.loss_share": Row(0.0, 1.0, "cells_broken", -1, {**EXPOSED, **NO_CHECKPOINTS, "forces.p_loss": 1.0}),
    "forces.recovery_days": Row(
        1.0,
        2000.0,
        "cells_broken",
        -1,
        {**EXPOSED, **NO_CHECKPOINTS, "forces.p_loss": 1.0, "forces.loss_share": 1.0},
    ),
    "forces.rest_hours": Row(0, 1000, "raids", -1),
    "details.rest_hours": Row(3.0, 200.0, "detail_attacks", -1, {"choice.cost_detail": 0.0}),
    "intelligence.notice_per_day": Row(0.01, 1.0, "warnings", +1),
    "intelligence.relation_effect": Row(0.0, 1.0, "warnings", -1, {"relation.at_start": 0.1}),
    "intelligence.false_alarms_per_month": Row(0.0, 10.0, "false_alarms", +1),
    "intelligence.validity_hours": Row(1, 500, "us_wounded", -1, {**HURT, **WARNED, "harm.shelter": 1.0}),
    "militias.restraint_days": Row(3.0, 500.0, "operations", -1, THREATENED, responses=("closure_threat",)),
    "militias.grievance_days": Row(3.0, 1000.0, "operations", +1, {"days": 120, **CALM}, responses=("surge",)),
    "militias.prestige_days": Row(3.0, 1000.0, "operations", +1, {"militias.prestige_per_hit": 0.1}),
    "militias.prestige_per_hit": Row(0.0, 0.1, "operations", +1),
    "militias.leader_days": Row(
        1.0, 500.0, "operations", -1, {**LEADERS, "operations.leader_effect": 1.0}, responses=("leader_arrests",)
    ),
    "militias.funds_days": Row(5.0, 1000.0, "operations", -1, POOR, responses=("financial_pressure",)),
    "militias.facade_days": Row(0.0, 200.0, "operations", +1, HIDDEN, responses=("closure_threat",)),
    "militias.facade_cover": Row(0.0, 1.0, "operations", +1, HIDDEN, responses=("closure_threat",)),
    "militias.facade_discount": Row(0.0, 1.0, "relation_mean", +1, THREATENED, responses=("closure_threat",)),
    "relation.at_start": Row(0.3, 0.9, "relation_mean", +1),
    "relation.recovery_days": Row(10.0, 1000.0, "relation_mean", -1, CALM),
    "relation.loss_fire": Row(0.0, 0.02, "relation_mean", -1, CALM),
    "relation.loss_convoy": Row(0.0, 0.02, "relation_mean", -1, BOMBS),
    "relation.loss_detail": Row(0.0, 0.02, "relation_mean", -1, DETAILS),
    "relation.quiet_share": Row(0.0, 1.0, "relation_mean", -1),
    "relation.loss_wounded": Row(0.0, 0.1, "relation_mean", -1, HURT),
    "relation.loss_killed": Row(0.0, 0.3, "relation_mean", -1, DEADLY),
    "baghdad.capital_at_start": Row(0.3, 0.9, "capital_mean", +1),
    "baghdad.capital_days": Row(5.0, 1000.0, "capital_mean", -1, SPENT),
    "baghdad.will_at_start": Row(0.2, 1.0, "raids", +1),
    "baghdad.will_days": Row(
        3.0, 500.0, "will_mean", +1, {**THREATENED, "baghdad.will_capital_effect": 0.0}, responses=("closure_threat",)
    ),
    "baghdad.will_capital_effect": Row(0.0, 3.0, "raids", -1, SPENT),
    "baghdad.intimidation": Row(0.0, 0.6, "raids", -1),
    "baghdad.support_at_start": Row(0.0, 1.0, "fighters_in_zone_mean", -1, SLIPPING, responses=("zone_clearance",)),
    "baghdad.cost_raid": Row(0.0, 0.02, "capital_mean", -1),
    "baghdad.gain_catch": Row(0.0, 0.05, "capital_mean", +1),
    "baghdad.cost_stray_shell": Row(0.0, 0.02, "capital_mean", -1, STRAYS),
    "baghdad.cost_civilian": Row(0.0, 0.02, "capital_mean", -1, STRAYS),
    "baghdad.cost_attack": Row(0.0, 0.01, "capital_mean", -1),
    "baghdad.cost_closure_hour": Row(0.0, 0.001, "capital_mean", -1, WARNED, responses=("zone_closure_on_warning",)),
    "baghdad.cost_clash": Row(0.0, 0.2, "capital_mean", -1, CLEARED, responses=("zone_clearance",)),
    "baghdad.gain_weapon": Row(0.0, 0.01, "capital_mean", +1, CLEARED, responses=("zone_clearance",)),
    "baghdad.floor": Row(0.0, 1.0, "areas_cleared", -1, {"days": 90, **CALM}, responses=("zone_clearance",)),
    "zone.fighters_factor": Row(0.2, 3.0, "fighters_in_zone_mean", +1),
    "zone.return_days": Row(10.0, 1000.0, "fighters_in_zone_mean", -1, CLEARED, responses=("zone_clearance",)),
    "zone.p_clash_death": Row(0.0, 1.0, "forces_killed", +1, CLEARED, responses=("zone_clearance",)),
    "zone.clash_loss": Row(0.0, 1.0, "cells_broken", -1, CLASHES, n=60, responses=("zone_clearance", "key_takedown")),
    "zone.clash_grievance": Row(0.0, 1.0, "operations", +1, CLEARED, responses=("zone_clearance",)),
    "washington.patience_at_start": Row(0.5, 0.9, "patience_mean", +1),
    "washington.patience_days": Row(5.0, 1000.0, "patience_mean", -1, CALM),
    "washington.loss_attack": Row(0.0, 0.02, "patience_mean", -1, CALM),
    "washington.quiet_share": Row(0.0, 1.0, "patience_mean", -1, CALM),
    "washington.loss_wounded": Row(0.0, 0.05, "patience_mean", -1, {**HURT, **CALM}),
    "washington.loss_killed": Row(0.0, 0.3, "patience_mean", -1, {**DEADLY, **CALM}),
    "washington.gain_catch": Row(0.0, 0.05, "patience_mean", +1, CALM),
    "washington.warn_below": Row(0.0, 0.9, "ladder_steps", +1, {**CALM, "washington.step_days": 7}),
    "washington.threaten_below": Row(0.0, 0.9, "threats", +1, {**CALM, "washington.step_days": 7}),
    "washington.strike_below": Row(0.0, 0.9, "strikes", +1, {**CALM, "washington.step_days": 7}),
    "washington.close_below": Row(0.0, 0.9, "embassy_open_days", -1, {**CALM, "washington.step_days": 7}),
    "washington.step_days": Row(1, 60, "ladder_steps", -1, IMPATIENT),
    "washington.patience_step": Row(0.0, 0.5, "patience_mean", +1, IMPATIENT),
    "washington.warn_restraint": Row(0.0, 3.0, "operations", -1, IMPATIENT),
    "washington.threat_restraint": Row(0.0, 3.0, "operations", -1, THREATENED, responses=("closure_threat",)),
    "washington.threat_capital": Row(0.0, 0.3, "capital_mean", -1, THREATENED, responses=("closure_threat",)),
    "washington.threat_will": Row(0.0, 0.4, "will_mean", +1, THREATENED, responses=("closure_threat",)),
    "washington.threat_relation": Row(0.0, 0.3, "relation_mean", -1, THREATENED, responses=("closure_threat",)),
    "washington.p_strike_lethal": Row(0.0, 1.0, "strikes", +1, DEADLY),
    "washington.p_strike_other": Row(0.0, 0.5, "strikes", +1),
    "retaliation.effect": Row("deters", "provokes", "fire_attacks", +1, STRUCK, responses=("leadership_strikes",)),
    "retaliation.grievance": Row(
        0.0, 3.0, "operations", +1, {**STRUCK, "retaliation.effect": "provokes"}, responses=("leadership_strikes",)
    ),
    "retaliation.attacks": Row(
        0.0, 50.0, "operations", +1, {**EXCITABLE, "retaliation.effect": "provokes"}, responses=("leadership_strikes",)
    ),
    "retaliation.restraint": Row(
        0.0, 3.0, "operations", -1, {**STRUCK, "retaliation.effect": "deters"}, responses=("leadership_strikes",)
    ),
    "retaliation.p_leader": Row(0.0, 1.0, "leaders_mean", -1, STRUCK_OFTEN),
    "retaliation.p_mob": Row(0.0, 1.0, "mobs", +1, STRUCK_OFTEN),
    "retaliation.mob_days": Row(1, 15, "mob_days", +1, STRUCK_OFTEN),
    "retaliation.mob_relation": Row(0.0, 0.2, "relation_mean", -1, STRUCK_OFTEN),
    "retaliation.mob_capital": Row(0.0, 0.2, "capital_mean", -1, STRUCK_OFTEN),
    "retaliation.mob_prestige": Row(0.0, 1.0, "operations", +1, STRUCK_OFTEN),
    "retaliation.p_motion": Row(0.0, 1.0, "motions", +1, STRUCK_OFTEN),
    "retaliation.motion_relation": Row(0.0, 0.3, "relation_mean", -1, STRUCK_OFTEN),
    "retaliation.motion_capital": Row(0.0, 0.3, "capital_mean", -1, STRUCK_OFTEN),
    "mission.evacuation_days": Row(0, 60, "fire_attacks", +1, CLOSED, responses=("embassy_closure",)),
    "mission.partners": Row(5, 60, "partners_end", +1),
    "mission.partner_days": Row(5.0, 1000.0, "partners_end", +1, CLOSED, responses=("embassy_closure",)),
    "mission.closure_prestige": Row(0.0, 3.0, "prestige_mean", +1, CLOSED, responses=("embassy_closure",)),
    "mission.closure_relation": Row(0.0, 0.5, "relation_mean", -1, CLOSED, responses=("embassy_closure",)),
    "mission.closure_capital": Row(0.0, 0.5, "capital_mean", -1, CLOSED, responses=("embassy_closure",)),
    "mission.closure_will": Row(0.0, 0.5, "will_mean", -1, CLOSED, responses=("embassy_closure",)),
    "pressure.fire_attack": Row(0.0, 3.0, "pressure", +1),
    "pressure.leaked_round": Row(0.0, 3.0, "pressure", +1),
    "pressure.convoy_attack": Row(0.0, 3.0, "pressure", +1),
    "pressure.truck": Row(0.0, 3.0, "pressure", +1),
    "pressure.detail_attack": Row(0.0, 6.0, "pressure", +1, DETAILS),
    "pressure.us_wounded": Row(0.0, 15.0, "pressure", +1, HURT),
    "pressure.us_killed": Row(0.0, 75.0, "pressure", +1, DEADLY),
    "pressure.other_harmed": Row(0.0, 6.0, "pressure", +1),
    "pressure.short_site_day": Row(0.0, 6.0, "pressure", +1, HUNGRY),
    "pressure.crisis": Row(0.0, 60.0, "pressure", +1, STRUCK_OFTEN),
    "pressure.relation_day": Row(0.0, 3.0, "pressure", +1),
    "pressure.closed_day": Row(0.0, 30.0, "pressure", +1, CLOSED, responses=("embassy_closure",)),
}
