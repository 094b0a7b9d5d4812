"""Rules as tests can call them: a rule has no Python wrapper, so each gets a compiled one here.

World and state come as arrays of one row; where a test wants many draws, the loop is in here.
"""

from __future__ import annotations

import numpy as np
from compiling import entry

from sim import digest as digest_module
from sim import draws, maths
from sim.rules import (
    choice,
    coordinator,
    defence,
    devices,
    factions,
    fire,
    momentum,
    operations,
    politics,
    retaliation,
    warnings,
)
from sim.state import ROAD

# --- draws ---------------------------------------------------------------------------------------------------


@entry
def philox(key, counter):
    words = np.zeros(4, np.uint64)
    words[0], words[1], words[2], words[3] = draws.philox(key, counter[0], counter[1], counter[2], counter[3])
    return words


@entry
def uniforms(seeds, names, whos, hours, indices):
    out = np.zeros(len(seeds))
    for n in range(len(seeds)):
        out[n] = draws.uniform(seeds[n], names[n], whos[n], hours[n], indices[n])
    return out


@entry
def bernoulli(seed, whos, p):
    out = np.zeros(len(whos), np.int64)
    for n in range(len(whos)):
        out[n] = 1 if draws.happens(seed, draws.HIT_CASUALTY, whos[n], 3, 0, p) else 0
    return out


@entry
def integers(seed, whos, n_values):
    out = np.zeros(len(whos), np.int64)
    for n in range(len(whos)):
        out[n] = draws.integer(seed, draws.PATROL_STEP, whos[n], 3, 0, n_values)
    return out


@entry
def exponentials(seed, whos, mean):
    out = np.zeros(len(whos))
    for n in range(len(whos)):
        out[n] = draws.exponential(seed, draws.PREPARATION_HOURS, whos[n], 3, 0, mean)
    return out


@entry
def gumbels(seed, whos):
    out = np.zeros(len(whos))
    for n in range(len(whos)):
        out[n] = draws.gumbel(seed, draws.CHOOSE_OPTION, whos[n], 3, 0)
    return out


@entry
def positive_stables(seed, whos, index, alpha):
    out = np.zeros(len(whos))
    for n in range(len(whos)):
        out[n] = draws.positive_stable(seed, draws.CHOOSE_SQUARE, whos[n], 3, index, alpha)
    return out


@entry
def option_noise(seed, whos, index):
    out = np.zeros(len(whos))
    for n in range(len(whos)):
        out[n] = draws.gumbel(seed, draws.CHOOSE_OPTION, whos[n], 3, index)
    return out


@entry
def salvos(us, exponent, shift, cap):
    out = np.zeros(len(us), np.int64)
    for n in range(len(us)):
        out[n] = draws.salvo_size(us[n], exponent, shift, cap)
    return out


# --- maths ---------------------------------------------------------------------------------------------------


@entry
def exps(xs):
    out = np.zeros(len(xs))
    for n in range(len(xs)):
        out[n] = maths.exp(xs[n])
    return out


@entry
def logs(xs):
    out = np.zeros(len(xs))
    for n in range(len(xs)):
        out[n] = maths.log(xs[n])
    return out


@entry
def sins(xs):
    out = np.zeros(len(xs))
    for n in range(len(xs)):
        out[n] = maths.sin(xs[n])
    return out


@entry
def powers(xs, ys):
    out = np.zeros(len(xs))
    for n in range(len(xs)):
        out[n] = maths.power(xs[n], ys[n])
    return out


@entry
def hypots(xs, ys):
    out = np.zeros(len(xs))
    for n in range(len(xs)):
        out[n] = maths.hypot(xs[n], ys[n])
    return out


# --- digest --------------------------------------------------------------------------------------------------


@entry
def xxh64(words, start, stop, seed):
    return digest_module.xxh64(words, start, stop, seed)


@entry
def digest_rows(words, spans, rows, seed):
    return digest_module.digest_rows(words, spans, rows, seed)


@entry
def digests_with_one_word_changed(words, spans, rows, seed):
    """For each word, the digest when only its lowest bit is turned."""
    out = np.zeros(len(words), np.uint64)
    for n in range(len(words)):
        words[n] ^= np.uint64(1)
        out[n] = digest_module.digest_rows(words, spans, rows, seed)
        words[n] ^= np.uint64(1)
    return out


# --- rules: `hours` gives one draw for each hour -------------------------------------------------------------


@entry
def leaks(world, state, cell, site, inside, drone, hours):
    """Rounds that leak of `inside` rounds, in each hour, all sites with the bursts that they had before."""
    out, ready = np.zeros(len(hours), np.int64), state[0].sites["ready"].copy()
    for n in range(len(hours)):
        state[0].hour = state[0].cells[cell].began = hours[n]
        for j in range(len(ready)):
            state[0].sites[j].ready = ready[j]
        out[n] = inside - defence.engage(cell, site, inside, drone, world[0], state[0])[1]
    return out


@entry
def choices(world, state, cell, hours):
    out, event = np.zeros(len(hours), np.int64), state[0].events[0]
    for n in range(len(hours)):
        state[0].hour = hours[n]
        out[n] = choice.choose(world[0], state[0], cell, event)[0]
    return out


@entry
def squares_chosen(world, state, cell, option, hours):
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        state[0].hour = hours[n]
        out[n] = choice.choose_square(world[0], state[0], cell, option)
    return out


@entry
def utilities(world, state, cell, options):
    out = np.zeros(len(options))
    for n in range(len(options)):
        out[n] = choice.utility(world[0], state[0], cell, options[n])
    return out


@entry
def salvo_rounds(world, state, cell, hours):
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        state[0].cells[cell].began = hours[n]
        out[n] = fire.rounds(cell, world[0], state[0])
    return out


@entry
def hazard(world, state, cell):
    return operations.hazard_per_day(world[0], state[0], cell)


@entry
def excite(world, state, faction):
    momentum.excite(world[0], state[0], faction)


@entry
def momentum_now(world, state, faction):
    return momentum.momentum(world[0], state[0], faction)


@entry
def bombs_set_off(world, state, option, square, passed, hours):
    """How many of the bombs in a square are set off after `passed` others, for bombs laid in each hour."""
    out, p = np.zeros(len(hours), np.int64), world[0].roadside.p_set_off
    for n in range(len(hours)):
        for i in range(world[0].n_cells):
            state[0].cells[i].device_began, state[0].cells[i].device_passed = hours[n], passed
            out[n] += devices.goes_off(i, option, square, p, world[0], state[0])
    return out


@entry
def set_off_with(world, state, i, square, hours, p):
    """Is the bomb of cell `i` in a square set off with chance `p`, for bombs laid in each hour?"""
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        state[0].cells[i].device_began, state[0].cells[i].device_passed = hours[n], 0
        out[n] = devices.goes_off(i, ROAD, square, p, world[0], state[0])
    return out


@entry
def passing(world, state, convoy, cells, passages, hours):
    """Bombs of `cells` set off by convoys that pass their square `passages` times, laid anew in each hour."""
    w, s = world[0], state[0]
    out, square = np.zeros(len(hours), np.int64), s.convoys[convoy].square
    for n in range(len(hours)):
        for i in cells:
            cell = s.cells[i]
            cell.device_square, cell.device_for, cell.device_until = square, ROAD, hours[n] + 1
            cell.device_began, cell.device_passed = hours[n], 0
            s.squares[square].devices += 1
        s.hour, before = hours[n], s.tally.convoy_attacks
        for _ in range(passages):
            s.n_events = 0
            s.convoys[convoy].trucks, s.convoys[convoy].cargo = 5, 90.0
            devices.meet_convoy(convoy, w, s)
        out[n] = s.tally.convoy_attacks - before
        for i in cells:
            if s.cells[i].device_square >= 0:
                s.cells[i].device_square = -1
                s.squares[square].devices -= 1
    return out


@entry
def preparations(world, state, cell, hours):
    """Hours until ready and until noticed, of a cell that starts to prepare in each hour."""
    out = np.zeros((len(hours), 2), np.int64)
    for n in range(len(hours)):
        s = state[0]
        s.hour = s.cells[cell].began = hours[n]
        mean = world[0].operations.preparation_hours
        out[n, 0] = 1 + operations.waiting(cell, draws.PREPARATION_HOURS, mean, world[0], s)
        warnings.expect(cell, world[0], s)
        out[n, 1] = s.cells[cell].warn_at - hours[n]
    return out


@entry
def casualties(world, state, cell, site, leaked, hours):
    """People wounded by `leaked` rounds, in each hour; nobody is taken away."""
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        state[0].hour = state[0].cells[cell].began = hours[n]
        people = state[0].sites[site].people
        out[n] = defence.hit(cell, site, leaked, 0, world[0], state[0])[0]
        state[0].sites[site].people = people
    return out


@entry
def drones_found(world, state, cell, hours):
    """Is the drone of a cell found before launch, in each hour?"""
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        state[0].n_events = 0
        state[0].hour = state[0].cells[cell].began = hours[n]
        out[n] = fire.found_before_launch(cell, world[0], state[0])
    return out


@entry
def strikes_decided(world, state, cell, killed, hours):
    """Does Washington decide to strike for an attack that killed so many, in each hour?"""
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        state[0].cells[cell].began, state[0].washington[0].strike_on = hours[n], -1
        politics.consider_strike(cell, killed, world[0], state[0])
        out[n] = state[0].washington[0].strike_on >= 0
    return out


@entry
def motions(world, state, faction, relation, hours):
    """Is there a motion to expel after a strike at this relation, in each hour?"""
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        state[0].n_events, state[0].hour, state[0].relation = 0, hours[n], relation
        before = state[0].tally.motions
        retaliation.motion(faction, 0, world[0], state[0])
        out[n] = state[0].tally.motions - before
    return out


@entry
def leaders_back(world, state, faction, days):
    """Days until one leader who is gone on a day is replaced, for each of many losses, one after the other."""
    w, s = world[0], state[0]
    out, n, since = np.zeros(days, np.int64), 0, -1
    for day in range(days):
        s.hour = 24 * day + 23
        factions.replace_leaders(faction, w, s)
        if s.factions[faction].leaders == w.factions[faction].leaders:
            if since >= 0:
                out[n] = day - since
                n += 1
            s.factions[faction].leaders -= 1
            factions.replace_leaders(faction, w, s)
            since = day
    return out[:n]


@entry
def directions(world, state, faction, hours):
    """Tempo and focus that a faction feels under the direction drawn in each hour, and the hours that it holds."""
    out, s = np.zeros((len(hours), 3)), state[0]
    for n in range(len(hours)):
        s.hour = hours[n]
        coordinator.change(0, world[0], s)
        out[n, 0] = coordinator.tempo_felt(faction, world[0], s)
        out[n, 1] = coordinator.focus_felt(faction, world[0], s)
        out[n, 2] = s.coordinator[0].wake - s.hour
    return out


@entry
def rate_of(world, state, faction):
    return factions.rate_per_day(faction, world[0], state[0])


@entry
def collect(world, state, cell, rounds):
    fire.collect(cell, rounds, world[0], state[0])


@entry
def effects(world, state, cell, hours):
    """Does a bomb of a cell, laid in each hour, have an effect when it goes off?"""
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        state[0].cells[cell].device_began = hours[n]
        out[n] = devices.has_effect(cell, world[0], state[0])
    return out
