"""Named draws: every random number is a pure function of (run seed, name, who, hour, index).

The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC'11, doi:10.1145/2063384.2063405): the seed is its 64-bit key, the other four words are its counter. So the
same agent meets the same draws at the same hour in every posture, no matter how many others draw, in which
order, or on how many workers. `who` is a hash of an agent's name, never a row number. `hour` is the hour to which
the draw belongs: all that a cell's operation meets (preparation, salvo, hits, its bomb) belongs to the hour at which
the operation began, so that an operation meets the same draws in two postures even when its way is longer in one.

To add a draw, add a line below with a number that was never used before.
"""

from __future__ import annotations

import math
import zlib

import numpy as np

from sim.compiled import entry, hot_rule, rule
from sim.maths import log, power, sin

# --- the names ---------------------------------------------------------------------------------------------
MEANING: dict[int, str] = {}
"""Number of a draw → which law, who, which index."""


def _draw(number: int, meaning: str) -> int:
    """A named draw: its number was never used before, and never is again."""
    assert number not in MEANING, f"two draws have number {number}"
    MEANING[number] = meaning
    return number


START_OPERATION = _draw(1, "does this cell start an operation today (uniform; who: cell)")
CHOOSE_OPTION = _draw(2, "Gumbel noise of one option (who: cell; index: the option's name)")
CHOOSE_SQUARE = _draw(3, "Gumbel noise of one square for a bomb or a launch (who: cell; index: square's name)")
PREPARATION_HOURS = _draw(4, "hours of preparation (exponential; who: cell)")
LIE_LOW_HOURS = _draw(5, "hours of lying low after an operation (exponential; who: cell)")
REGROW_HOURS = _draw(6, "hours until a broken cell is formed again (exponential; who: cell)")
CELL_SPOTTED = _draw(7, "is a moving cell stopped by the forces in a square it enters (who: cell; index: square)")
SALVO_SIZE = _draw(8, "rounds of a salvo (truncated power law; who: cell)")
ROUND_INSIDE = _draw(9, "does a round head for the inside of the perimeter (who: cell; index: round)")
BATTERY_AVAILABLE = _draw(10, "is a battery working (who: site that holds it; index: battery)")
ROUND_INTERCEPTED = _draw(11, "is an engaged round destroyed (who: cell; index: round)")
STRAY_SHELL = _draw(12, "does an engagement drop a shell on the city (who: cell; index: round)")
STRAY_HARM = _draw(13, "does a stray shell harm a civilian (who: cell; index: round)")
HIT_CASUALTY = _draw(14, "does a hit wound somebody (who: cell; index: round)")
HIT_DEATH = _draw(15, "does the wounded person die (who: cell; index: round)")
DEVICE_LIFE_HOURS = _draw(16, "hours that a device stays usable (exponential; who: cell)")
DEVICE_SET_OFF = _draw(17, "is the device set off against its n-th passer-by (who: cell; index: n)")
DEVICE_EFFECT = _draw(18, "the effect of a device that went off (uniform; who: cell)")
DEVICE_CASUALTY = _draw(19, "does the device wound somebody (who: cell)")
DEVICE_FOUND = _draw(20, "does a unit find a device in its square (who: unit; index: cell)")
DEVICE_TRUCKS = _draw(21, "trucks lost to a device, and what armour stops (who: cell; index: truck)")
PATROL_STEP = _draw(22, "which neighbouring square a patrol goes to (who: unit)")
RAID_LEAKED = _draw(23, "is the raid leaked to the cell (who: unit; index: cell)")
RAID_CATCHES = _draw(24, "does the raid catch the cell (who: unit; index: cell)")
UNIT_LOSS = _draw(25, "does the raid cost the unit (who: unit; index: cell)")
DETAIL_TRIP = _draw(26, "hours until a foreign detail's next trip (exponential; who: detail)")
SETTLE_IN = _draw(27, "values at the start of a run (who: agent; index: which value)")
LEAVE_HOURS = _draw(28, "hours near the launch place after acting (exponential; who: cell)")
DEVICE_DEATH = _draw(30, "does the person wounded by a device die (who: cell)")
SEED_OF_REPLICATE = _draw(31, "the seed of a replicate (key: the study's seed; who: replicate)")
UNIT_SEES = _draw(32, "does a unit see an exposed cell in its square (who: unit; index: cell)")
WARNING_NOTICED = _draw(33, "hours until a preparation is noticed (exponential; who: cell)")
FALSE_ALARM = _draw(34, "is there a false alarm today (who: site)")
BAGHDAD_ACTS = _draw(
    35, "does Baghdad send a unit after the cell (who: cell; index: 1 on a warning, 0 after an attack)"
)
ORDER_CARRIED_OUT = _draw(36, "is a standing order carried out this time (who: order; index: area, cell or strike)")
DRONE_FOUND = _draw(37, "is a drone in position found before launch (who: cell)")
CLEARED_CELL = _draw(38, "is a cell broken when its home is cleared (who: cell)")
CLASH = _draw(39, "is there a clash (who: area that is cleared, or cell that is taken down)")
CLASH_DEATH = _draw(40, "does the clash kill one of the Iraqi forces (who: as before)")
PLAN_LEAKED = _draw(41, "is the plan of a take-down leaked (who: order)")
TAKEN_DOWN = _draw(42, "is a cell broken in a take-down (who: cell)")
LEADER_ARRESTED = _draw(43, "is a leader arrested (who: faction; index: which of those sought)")
LEADER_REPLACED = _draw(44, "hours until a leader is replaced (exponential; who: faction)")
FACADE = _draw(45, "does a faction take a facade name after a threat (who: faction)")
STRIKE_DECIDED = _draw(46, "does Washington strike after this attack (who: cell)")
STRIKE_KILLS_LEADER = _draw(47, "does a strike kill a leader (who: faction)")
MOB = _draw(48, "does a mob come after a strike (who: faction struck)")
MOTION = _draw(49, "is there a motion to expel after a strike (who: faction struck)")
PARTNER_LEAVES = _draw(50, "hours from the closure until a partner leaves (exponential; who: its number)")
GIVES_UP = _draw(51, "does a cell that waits before a closed area give up in this hour (who: cell)")
DIRECTION = _draw(52, "tempo and focus that the coordinating body asks for (who: 0; index: 0 tempo, 1 focus)")
DIRECTION_HOURS = _draw(53, "hours that it keeps to them (exponential; who: 0)")
TIPPED_OFF = _draw(54, "is the bomb laid for a convoy that is known to come (who: cell)")
LIKE_PLACE = _draw(
    55, "what makes sites of a place alike as temptations (positive stable; who: cell; index: the place)"
)
LIKE_CITY = _draw(56, "the same for the sites of a city (positive stable; who: cell; index: the city)")

# --- the generator -----------------------------------------------------------------------------------------
Word = np.uint64
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_ROUNDS = 10
_SIX, _TWO_26, _TO_UNIT = np.uint64(6), np.uint64(1 << 26), 2.0**-52


@hot_rule
def philox(
    key: int | Word, c0: int | Word, c1: int | Word, c2: int | Word, c3: int | Word
) -> tuple[Word, Word, Word, Word]:
    """Philox4x32-10: four 32-bit words (as uint64) for a 64-bit key and a counter of four 32-bit words."""
    k0, k1 = np.uint64(key) & _LOW, np.uint64(key) >> _SHIFT
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    for _ in range(_ROUNDS):
        p0, p1 = _MULTIPLIER_0 * x0, _MULTIPLIER_1 * x2  # 32 × 32 bits: never overflows 64
        x0, x1, x2, x3 = (p1 >> _SHIFT) ^ (x1 ^ k0), p1 & _LOW, (p0 >> _SHIFT) ^ (x3 ^ k1), p0 & _LOW
        k0, k1 = (k0 + _WEYL_0) & _LOW, (k1 + _WEYL_1) & _LOW
    return x0, x1, x2, x3


@hot_rule
def uniform(seed: int, name: int, who: int, hour: int, index: int) -> float:
    """A number in the open interval (0, 1), with 52 random bits."""
    high, low, _, _ = philox(seed, index, hour, who, name)
    return _unit(high, low)


@hot_rule
def _unit(high: Word, low: Word) -> float:
    """A number in (0, 1) of two words: an odd multiple of 2^−53."""
    return (float((high >> _SIX) * _TWO_26 + (low >> _SIX)) + 0.5) * _TO_UNIT


# --- laws, each of one call of the generator; all but the last by inversion of one uniform number ---------
@rule
def happens(seed: int, name: int, who: int, hour: int, index: int, p: float) -> bool:
    """Bernoulli: True with chance `p`."""
    return uniform(seed, name, who, hour, index) < p


@hot_rule
def integer(seed: int, name: int, who: int, hour: int, index: int, n: int) -> int:
    """An integer of 0 … n−1, each with the same chance."""
    return min(int(uniform(seed, name, who, hour, index) * n), n - 1)


@rule
def exponential(seed: int, name: int, who: int, hour: int, index: int, mean: float) -> float:
    """An exponential waiting time with the given mean, in the mean's unit."""
    return -log(uniform(seed, name, who, hour, index)) * mean


@rule
def gumbel(seed: int, name: int, who: int, hour: int, index: int) -> float:
    """Standard Gumbel noise: the option with the largest utility + noise is a logit choice."""
    return -log(-log(uniform(seed, name, who, hour, index)))


@rule
def chance_of_size(n: int, exponent: float, shift: float, cap: int) -> float:
    """P(N = n) of `salvo_size`, for 1 ≤ n ≤ cap: what lies beyond the cap is at the cap."""
    at_least = power((n - 1.0 + shift) / shift, 1.0 - exponent)
    return float(at_least if n == cap else at_least - power((n + shift) / shift, 1.0 - exponent))


@rule
def barrage_size(u: float, smallest: int, largest: int) -> int:
    """Rounds of a barrage: each whole number from the smallest to the largest with the same chance."""
    more = max(0, largest - smallest)
    return int(smallest + min(int(u * (more + 1)), more))


@rule
def salvo_size(u: float, exponent: float, shift: float, cap: int) -> int:
    """Rounds of a salvo, 1 … cap: a power law P(N ≥ k) = ((k − 1 + shift) / shift)^(1 − exponent).

    The tail is heavy (E8, E17) and ends at `cap` (all mass beyond it is at the cap). Inverted from one
    uniform number `u`.
    """
    beyond_one = min(shift * power(u, 1.0 / (1.0 - exponent)) - shift, float(cap))
    return max(1, min(int(beyond_one) + 1, cap))


@rule
def positive_stable(seed: int, name: int, who: int, hour: int, index: int, alpha: float) -> float:
    """ln S of a positive α-stable S with E[exp(−t·S)] = exp(−t^α), for 0 < α ≤ 1: what options of a nest share.

    With G standard Gumbel noise of an option and S of its nest, α · (G + ln S) is standard Gumbel too, and the choice
    of the largest utility + noise is a nested logit with dissimilarity α (α = 1: S = 1, a logit). By Kanter's formula
    (doi:10.1214/aop/1176996309; Chambers, Mallows and Stuck, doi:10.1080/01621459.1976.10480344), its logarithm taken
    term by term, as S itself leaves the range of floats for small α: θ is uniform on (0, π), W standard exponential.
    """
    if alpha == 1.0:
        return 0.0
    first, second, third, fourth = philox(seed, index, hour, who, name)
    u, w = _unit(first, second), -log(_unit(third, fourth))
    theta, rest = math.pi * u, 1.0 - alpha
    log_sin = log(sin(math.pi * min(u, 1.0 - u)))  # sin θ, to the last digit also near π
    return log(sin(alpha * theta)) - log_sin / alpha + rest / alpha * (log(sin(rest * theta)) - log(w))


def name_hash(name: str) -> int:
    """The 32-bit word that stands for an agent's name in the counter (CRC-32)."""
    return zlib.crc32(name.encode())


def replicate_seed(seed: int, replicate: int) -> int:
    """The run seed of a replicate, the same in every posture: 49 bits, below 10^15, as spreadsheets keep 15 digits."""
    return replicate_words(seed, replicate)


@entry
def replicate_words(seed: int, replicate: int) -> int:
    """The first 49 bits of a draw of the two numbers."""
    high, low, _, _ = philox(np.uint64(seed), 0, 0, np.uint64(replicate), SEED_OF_REPLICATE)
    return int(high) << 17 | int(low) >> 15
