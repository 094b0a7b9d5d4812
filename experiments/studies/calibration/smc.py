"""ABC-SMC (Toni et al. 2009, J. R. Soc. Interface 6, 187-202) with pyabc; our engine evaluates proposals in batches.

pyabc draws the proposals, weights and perturbs the particles, and keeps the history (in memory). The sampler here takes
its proposals in batches of a size that depends on earlier batches alone, runs each batch at once, and accepts in the
order of the proposals: the result is a function of the seed, whatever the number of workers. So an inference that was
broken off needs no record of its own: it is made again, asks for the same runs, and those are there.
"""

from __future__ import annotations

import logging
import math
import warnings
from typing import Any

import numpy as np

from experiments.studies.calibration.posterior import Generation, Posterior, Schedule
from experiments.studies.calibration.simulator import Simulate, seeds_of
from experiments.studies.reporting import discrepancy
from experiments.studies.study import global_generator
from sim.errors import RunError
from sim.statistics import Values

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own imports
    import pyabc
    from pyabc.inference_util.inference_util import evaluate_proposal

logging.getLogger("ABC").setLevel(logging.ERROR)

SMALLEST, LARGEST = 32, 1024
_EVALUATION = ("t", "models", "summary_statistics", "distance_function", "eps", "acceptor", "x_0", "weight_function")


class _Prepared(pyabc.Model):
    """A model whose result is there already: what the batch gave for the proposal in hand."""

    def __init__(self) -> None:
        super().__init__("posture")
        self.result: dict[str, Any] = {}

    def sample(self, pars: Any) -> dict[str, Any]:
        return self.result


class _Batches(pyabc.sampler.Sampler):
    """Draws, runs and accepts in batches."""

    def __init__(self, simulate: Simulate, names: list[str], model: _Prepared, seed: int, most: int) -> None:
        super().__init__()
        self._names, self._simulate, self._model, self._seed, self._most = names, simulate, model, seed, most

    def sample_until_n_accepted(self, n: int, simulate_one: Any, t: int, **_: Any) -> Any:
        """A generation: the first `n` accepted, in the order of the proposals."""
        sample, runs = self._create_empty_sample(), 0
        with global_generator(int(seeds_of(self._seed, 0, t, n=1)[0]) % 2**32):  # pyabc draws from it
            while sample.n_accepted < n:
                if runs > self._most * n:
                    raise RunError(f"generation {t}: {sample.n_accepted} of {n} draws accepted in {runs} runs")
                size = _batch_size(n - sample.n_accepted, sample.n_accepted, runs)
                self._batch(sample, n, simulate_one.keywords, t, runs, size)
                runs += size
        self.nr_evaluations_ = runs
        return sample

    def _batch(self, sample: Any, n: int, given: dict[str, Any], t: int, first: int, size: int) -> None:
        unit, seeds = self._proposals(given["transitions"][0], t, size), seeds_of(self._seed, 1 + t, first, n=size)
        evaluation = {key: given[key] for key in _EVALUATION}
        for point, row, seed in zip(unit, self._simulate(unit, seeds), seeds, strict=True):
            if sample.n_accepted == n:
                return
            self._model.result = {"y": row, "seed": np.array([seed])}
            theta = pyabc.Parameter(dict(zip(self._names, point.tolist(), strict=True)))
            particle = evaluate_proposal(0, theta, **evaluation, proposal_id=0)
            if particle.accepted:
                sample.append(particle)

    def _proposals(self, transition: Any, t: int, size: int) -> Values:
        """Proposals inside the unit cube (size × parameters): from the prior, later from the particles before."""
        if t == 0:
            return np.random.random((size, len(self._names)))  # noqa: NPY002
        inside = np.empty((0, len(self._names)))
        while len(inside) < size:
            drawn = transition.rvs(4 * size)[self._names].to_numpy()
            inside = np.concatenate([inside, drawn[((drawn > 0.0) & (drawn < 1.0)).all(axis=1)]])
        return inside[:size]


def _batch_size(missing: int, accepted: int, runs: int) -> int:
    """As many proposals as may be needed, judging by the share accepted so far."""
    share = (accepted + 1) / (runs + 2)
    return min(max(math.ceil(1.1 * missing / share), SMALLEST), LARGEST)


def _twice_the_covariance(_effective_size: float, _dimension: int) -> float:
    """Kernel of twice the weighted covariance (Beaumont et al. 2009, Biometrika 96, 983-990).

    pyabc's own rule is narrower; draws in the tails then get weights that outweigh all others.
    """
    return math.sqrt(2.0)


def smc(simulate: Simulate, dimension: int, reported: Values, schedule: Schedule, seed: int) -> Posterior:
    """The posterior of a uniform prior on the unit cube, at the last of the tolerances."""
    model = _Prepared()
    names = [f"u{k:02d}" for k in range(dimension)]
    prior = pyabc.Distribution(**{name: pyabc.RV("uniform", 0, 1) for name in names})
    abc = pyabc.ABCSMC(
        model,
        prior,
        lambda x, x_0: float(discrepancy(x["y"], x_0["y"])),
        population_size=schedule.population,
        transitions=pyabc.MultivariateNormalTransition(bandwidth_selector=_twice_the_covariance),
        eps=pyabc.ListEpsilon(list(schedule.tolerances)),
        sampler=_Batches(simulate, names, model, seed, schedule.most_runs),
    )
    history = abc.new("sqlite://", {"y": reported})
    try:
        abc.run(max_nr_populations=len(schedule.tolerances))
        return _posterior(history, schedule)
    finally:
        _close(history)


def _close(history: Any) -> None:
    """pyabc keeps a database in memory open for good: close it in the thread that opened it."""
    session, engine = history._session, history._engine
    if session is not None:
        session.close()
        engine.dispose()


def _posterior(history: Any, schedule: Schedule) -> Posterior:
    particles = history.get_population().particles
    unit = np.array([[p.parameter[key] for key in sorted(p.parameter)] for p in particles])
    weights = np.array([p.weight for p in particles])
    runs = history.get_all_populations().set_index("t")["samples"]
    generations = tuple(
        _generation(history, t, tolerance, int(runs[t])) for t, tolerance in enumerate(schedule.tolerances)
    )
    return Posterior(
        unit,
        weights / weights.sum(),
        np.array([int(p.sum_stat["seed"][0]) for p in particles]),
        np.array([p.sum_stat["y"] for p in particles]),
        sum(generation.runs for generation in generations),
        generations,
    )


def _generation(history: Any, t: int, tolerance: float, runs: int) -> Generation:
    weights = np.asarray(history.get_weighted_distances(t)["w"])
    return Generation(tolerance, runs, len(weights), float(weights.sum() ** 2 / np.sum(weights**2)))
