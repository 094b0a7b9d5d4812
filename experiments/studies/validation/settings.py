"""How much a validation does: the full setting, and a quick one that shows that it works and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """`runs` of the ensemble, `prior_runs` from the prior, of which the `nearest` predict a window left out."""

    name: str
    runs: int
    prior_runs: int
    nearest: int

    @property
    def quick(self) -> bool:
        """Whether its numbers mean nothing."""
        return self.name == "quick"


FULL = Setting("full", runs=600, prior_runs=3000, nearest=150)
QUICK = Setting("quick", runs=60, prior_runs=120, nearest=30)
