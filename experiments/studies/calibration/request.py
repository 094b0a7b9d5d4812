"""What a calibration or a validation is asked, and what carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from experiments.studies.priors import Priors
from experiments.studies.targets import Loaded

Told = Callable[[str, int, int], None]
"""Called as work goes on: stage, done so far, of how many."""
S = TypeVar("S")


@dataclass(frozen=True)
class Asked(Generic[S]):
    """Targets, priors, setting, seed; `workers` threads do it, `told` hears of it."""

    loaded: Loaded
    priors: Priors
    setting: S
    seed: int
    workers: int = field(default=2, kw_only=True)
    told: Told = field(default=lambda stage, done, of: None, kw_only=True)

    def content(self) -> dict[str, Any]:
        """What decides the result."""
        scenario = self.loaded.scenario
        return {
            "targets": self.loaded.targets.model_dump(mode="json"),
            "posture": scenario.posture.model_dump(mode="json", by_alias=True),
            "calendar": scenario.calendar.model_dump(mode="json", by_alias=True) if scenario.calendar else None,
            "responses": [repr(response) for response in scenario.responses],
            "priors": self.priors.model_dump(mode="json"),
            "setting": repr(self.setting),
            "seed": self.seed,
        }
