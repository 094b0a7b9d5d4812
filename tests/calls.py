"""Rules as tests can call them: a rule has no Python wrapper, so each gets a compiled one here.

World and state come as arrays of one row; where a test wants many draws, the loop is in here.
"""

from __future__ import annotations

import numpy as np

from sim import digest as digest_module
from sim import draws
from sim.compiled import entry
from sim.rules import choice, defence, devices, fire, momentum, operations

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
def salvos(us, exponent, shift, cap):
    out = np.zeros(len(us), np.int64)
    for n in range(len(us)):
        out[n] = draws.salvo_size(us[n], exponent, shift, cap)
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
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        state[0].hour = hours[n]
        out[n] = choice.choose(world[0], state[0], cell)[0]
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
    out = np.zeros(len(hours), np.int64)
    for n in range(len(hours)):
        for i in range(world[0].n_cells):
            state[0].cells[i].device_began, state[0].cells[i].device_passed = hours[n], passed
            out[n] += devices.goes_off(i, option, square, world[0], state[0])
    return out
