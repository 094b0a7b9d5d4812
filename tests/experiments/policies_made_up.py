"""A stand-in for runs of policies: what each comes to in each state is known, and noise is as streams make it."""

from __future__ import annotations

import zlib
from types import SimpleNamespace

import numpy as np

from experiments.studies.decide.policies import policy_of
from experiments.studies.runner import Outcomes
from experiments.studies.settings import DecideSizes, load_sizes

TIP_OFF = "roadside.tip_off"
WORLD = {"relation_mean": 0.6, "capital_mean": 0.6, "people_mean": 3000.0, "convoys_sent": 500.0}


def sizes_of(**changed):
    """The program's quick sizes with other postures, responses or numbers; checked as a file is."""
    quick = load_sizes(DecideSizes, "decide", quick=True).model_dump()
    return DecideSizes.model_validate({**quick, **changed})


class StandIn:
    """`truth(policy, state)` gives measures of a run that differ from WORLD; pressure has normal noise beside it."""

    def __init__(self, truth, noise=0.0, seed=1):
        self.truth, self.noise, self.seed = truth, noise, seed
        self.scenarios = {"any": SimpleNamespace(days=274)}
        self.asked, self.pool, self.quick, self.stages = [], None, False, {}

    def run(self, stage, states, policies, replicates, measures, *, streams=0, own_streams=False):
        assert own_streams
        self.asked.append((stage, len(states), [dict(point) for point in policies], replicates, streams))
        values = {m: np.full((len(states), len(policies), replicates), WORLD.get(m, 0.0)) for m in measures}
        for p, point in enumerate(policies):
            policy = policy_of(point)
            for s, state in enumerate(states):
                for measure, value in self.truth(policy, state).items():
                    values[measure][s, p] = value
                draws = np.random.default_rng([self.seed, streams, s, zlib.crc32(policy.name.encode())])
                values["pressure"][s, p] += self.noise * draws.standard_normal(replicates)
        return Outcomes(values)


def mixed(n, part=0):
    """`n` states; the rival `encounter` is in in every other one, all the others are out."""
    from experiments.studies.structures.rivals import load_rivals

    rng = np.random.default_rng([n, part])
    old = load_rivals().old
    return [{**old, TIP_OFF: 0.5 * (k % 2), "skill.gain": float(rng.random())} for k in range(n)]
