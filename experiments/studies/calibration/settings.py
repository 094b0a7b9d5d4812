"""How much a calibration does: the full setting, and a quick one that shows that it works and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """`runs` from the prior; `sets` of synthetic data (and their cheap inference); the posterior itself."""

    name: str
    runs: int
    sets: int
    cheap_table: int
    cheap_nearest: int
    cheap_population: int
    cheap_tolerances: tuple[float, ...]
    population: int
    tolerances: tuple[float, ...]

    @property
    def quick(self) -> bool:
        """Whether its numbers mean nothing."""
        return self.name == "quick"


FULL = Setting(
    name="full",
    runs=3000,
    sets=100,
    cheap_table=4000,
    cheap_nearest=400,
    cheap_population=40,
    cheap_tolerances=(2.5, 1.5),
    population=520,
    tolerances=(2.2, 1.8, 1.5),
)
QUICK = Setting(
    name="quick",
    runs=200,
    sets=5,
    cheap_table=400,
    cheap_nearest=100,
    cheap_population=20,
    cheap_tolerances=(3.0, 2.0),
    population=40,
    tolerances=(3.0, 2.4),
)
CHEAP_DAYS = 91
"""Synthetic data are of the first quarter alone: a third of the time, and the same engine, priors and methods."""
