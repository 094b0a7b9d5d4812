"""Named draws: every random number is a pure function of (run seed, name, who, hour, index).

The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC'11, doi:10.1145/2063384.2063405): the seed is its 64-bit key, the other four words are its counter. So the
same agent meets the same draws at the same hour in every posture, no matter how many others draw, in which
order, or on how many workers. `who` is a hash of an agent's name, never a row number. `hour` is the hour to which
the draw belongs: all that a cell's operation meets (preparation, salvo, hits, its bomb) belongs to the hour at which
the operation began, so that an operation meets the same draws in two postures even when its way is longer in one.

To add a draw, add a name below (a number never used before) and its line in `MEANING`.
"""

from __future__ import annotations

import math
import zlib

import numpy as np

from sim.compiled import entry, rule

# --- the names ---------------------------------------------------------------------------------------------
START_OPERATION = 1
CHOOSE_OPTION = 2
CHOOSE_SQUARE = 3
PREPARATION_HOURS = 4
LIE_LOW_HOURS = 5
REGROW_HOURS = 6
CELL_SPOTTED = 7
SALVO_SIZE = 8
ROUND_INSIDE = 9
BATTERY_AVAILABLE = 10
ROUND_INTERCEPTED = 11
STRAY_SHELL = 12
STRAY_HARM = 13
HIT_CASUALTY = 14
HIT_DEATH = 15
DEVICE_LIFE_HOURS = 16
DEVICE_SET_OFF = 17
DEVICE_EFFECT = 18
DEVICE_CASUALTY = 19
DEVICE_FOUND = 20
DEVICE_TRUCKS = 21
PATROL_STEP = 22
RAID_LEAKED = 23
RAID_CATCHES = 24
UNIT_LOSS = 25
DETAIL_TRIP = 26
SETTLE_IN = 27
LEAVE_HOURS = 28
DEVICE_DEATH = 30
SEED_OF_REPLICATE = 31
UNIT_SEES = 32
WARNING_NOTICED = 33
FALSE_ALARM = 34
BAGHDAD_ACTS = 35
ORDER_CARRIED_OUT = 36
DRONE_FOUND = 37
CLEARED_CELL = 38
CLASH = 39
CLASH_DEATH = 40
PLAN_LEAKED = 41
TAKEN_DOWN = 42
LEADER_ARRESTED = 43
LEADER_REPLACED = 44
FACADE = 45
STRIKE_DECIDED = 46
STRIKE_KILLS_LEADER = 47
MOB = 48
MOTION = 49
PARTNER_LEAVES = 50
GIVES_UP = 51

MEANING: dict[int, str] = {
    START_OPERATION: "does this cell start an operation today (uniform; who: cell)",
    CHOOSE_OPTION: "Gumbel noise of one option (who: cell; index: the option's name)",
    CHOOSE_SQUARE: "Gumbel noise of one square for a bomb or a launch (who: cell; index: square's name)",
    PREPARATION_HOURS: "hours of preparation (exponential; who: cell)",
    LIE_LOW_HOURS: "hours of lying low after an operation (exponential; who: cell)",
    REGROW_HOURS: "hours until a broken cell is formed again (exponential; who: cell)",
    CELL_SPOTTED: "is a moving cell stopped by the forces in a square it enters (who: cell; index: square)",
    SALVO_SIZE: "rounds of a salvo (truncated power law; who: cell)",
    ROUND_INSIDE: "does a round head for the inside of the perimeter (who: cell; index: round)",
    BATTERY_AVAILABLE: "is a battery working (who: site that holds it; index: battery)",
    ROUND_INTERCEPTED: "is an engaged round destroyed (who: cell; index: round)",
    STRAY_SHELL: "does an engagement drop a shell on the city (who: cell; index: round)",
    STRAY_HARM: "does a stray shell harm a civilian (who: cell; index: round)",
    HIT_CASUALTY: "does a hit wound somebody (who: cell; index: round)",
    HIT_DEATH: "does the wounded person die (who: cell; index: round)",
    DEVICE_LIFE_HOURS: "hours that a device stays usable (exponential; who: cell)",
    DEVICE_SET_OFF: "is the device set off against its n-th passer-by (who: cell; index: n)",
    DEVICE_EFFECT: "the effect of a device that went off (uniform; who: cell)",
    DEVICE_CASUALTY: "does the device wound somebody (who: cell)",
    DEVICE_DEATH: "does the person wounded by a device die (who: cell)",
    DEVICE_FOUND: "does a unit find a device in its square (who: unit; index: cell)",
    DEVICE_TRUCKS: "trucks lost to a device, and what armour stops (who: cell; index: truck)",
    PATROL_STEP: "which neighbouring square a patrol goes to (who: unit)",
    RAID_LEAKED: "is the raid leaked to the cell (who: unit; index: cell)",
    RAID_CATCHES: "does the raid catch the cell (who: unit; index: cell)",
    UNIT_LOSS: "does the raid cost the unit (who: unit; index: cell)",
    DETAIL_TRIP: "hours until a foreign detail's next trip (exponential; who: detail)",
    SETTLE_IN: "values at the start of a run (who: agent; index: which value)",
    LEAVE_HOURS: "hours near the launch place after acting (exponential; who: cell)",
    SEED_OF_REPLICATE: "the seed of a replicate (key: the study's seed; who: replicate)",
    UNIT_SEES: "does a unit see an exposed cell in its square (who: unit; index: cell)",
    WARNING_NOTICED: "hours until a preparation is noticed (exponential; who: cell)",
    FALSE_ALARM: "is there a false alarm today (who: site)",
    BAGHDAD_ACTS: "does Baghdad send a unit after the cell (who: cell; index: 1 on a warning, 0 after an attack)",
    ORDER_CARRIED_OUT: "is a standing order carried out this time (who: order; index: area, cell or strike)",
    DRONE_FOUND: "is a drone in position found before launch (who: cell)",
    CLEARED_CELL: "is a cell broken when its home is cleared (who: cell)",
    CLASH: "is there a clash (who: area that is cleared, or cell that is taken down)",
    CLASH_DEATH: "does the clash kill one of the Iraqi forces (who: as before)",
    PLAN_LEAKED: "is the plan of a take-down leaked (who: order)",
    TAKEN_DOWN: "is a cell broken in a take-down (who: cell)",
    LEADER_ARRESTED: "is a leader arrested (who: faction; index: which of those sought)",
    LEADER_REPLACED: "hours until a leader is replaced (exponential; who: faction)",
    FACADE: "does a faction take a facade name after a threat (who: faction)",
    STRIKE_DECIDED: "does Washington strike after this attack (who: cell)",
    STRIKE_KILLS_LEADER: "does a strike kill a leader (who: faction)",
    MOB: "does a mob come after a strike (who: faction struck)",
    MOTION: "is there a motion to expel after a strike (who: faction struck)",
    GIVES_UP: "does a cell that waits before a closed area give up in this hour (who: cell)",
    PARTNER_LEAVES: "hours from the closure until a partner leaves (exponential; who: its number)",
}

# --- the generator -----------------------------------------------------------------------------------------
Word = np.uint64
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_ROUNDS = 10
_SIX, _TWO_26, _TO_UNIT = np.uint64(6), np.uint64(1 << 26), 2.0**-52


@rule
def philox(
    key: int | Word, c0: int | Word, c1: int | Word, c2: int | Word, c3: int | Word
) -> tuple[Word, Word, Word, Word]:
    """Philox4x32-10: four 32-bit words (as uint64) for a 64-bit key and a counter of four 32-bit words."""
    k0, k1 = np.uint64(key) & _LOW, np.uint64(key) >> _SHIFT
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    for _ in range(_ROUNDS):
        p0, p1 = _MULTIPLIER_0 * x0, _MULTIPLIER_1 * x2  # 32 × 32 bits: never overflows 64
        x0, x1, x2, x3 = (p1 >> _SHIFT) ^ x1 ^ k0, p1 & _LOW, (p0 >> _SHIFT) ^ x3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _WEYL_0) & _LOW, (k1 + _WEYL_1) & _LOW
    return x0, x1, x2, x3


@rule
def uniform(seed: int, name: int, who: int, hour: int, index: int) -> float:
    """A number in the open interval (0, 1), with 52 random bits."""
    high, low, _, _ = philox(seed, index, hour, who, name)
    return (float((high >> _SIX) * _TWO_26 + (low >> _SIX)) + 0.5) * _TO_UNIT


# --- laws, each by inversion of one uniform draw -------------------------------------------------------------
@rule
def happens(seed: int, name: int, who: int, hour: int, index: int, p: float) -> bool:
    """Bernoulli: True with chance `p`."""
    return uniform(seed, name, who, hour, index) < p


@rule
def integer(seed: int, name: int, who: int, hour: int, index: int, n: int) -> int:
    """An integer of 0 … n−1, each with the same chance."""
    return min(int(uniform(seed, name, who, hour, index) * n), n - 1)


@rule
def exponential(seed: int, name: int, who: int, hour: int, index: int, mean: float) -> float:
    """An exponential waiting time with the given mean, in the mean's unit."""
    return -math.log(uniform(seed, name, who, hour, index)) * mean


@rule
def gumbel(seed: int, name: int, who: int, hour: int, index: int) -> float:
    """Standard Gumbel noise: the option with the largest utility + noise is a logit choice."""
    return -math.log(-math.log(uniform(seed, name, who, hour, index)))


@rule
def salvo_size(u: float, exponent: float, shift: float, cap: int) -> int:
    """Rounds of a salvo, 1 … cap: a power law P(N ≥ k) = ((k − 1 + shift) / shift)^(1 − exponent).

    The tail is heavy (E8, E17) and ends at `cap` (all mass beyond it is at the cap). Inverted from one
    uniform number `u`.
    """
    beyond_one = min(shift * u ** (1.0 / (1.0 - exponent)) - shift, float(cap))
    return max(1, min(int(beyond_one) + 1, cap))


def name_hash(name: str) -> int:
    """The 32-bit word that stands for an agent's name in the counter (CRC-32)."""
    return zlib.crc32(name.encode())


def replicate_seed(seed: int, replicate: int) -> int:
    """The run seed of a replicate: 52 bits (exact in CSV, JSON and spreadsheets), the same in every posture."""
    high, low = _seed_words(np.uint64(seed), np.uint64(replicate))
    return int(high) << 20 | int(low) >> 12


@entry
def _seed_words(seed: Word, replicate: Word) -> tuple[Word, Word]:
    high, low, _, _ = philox(seed, 0, 0, replicate, SEED_OF_REPLICATE)
    return high, low
