"""Runs that information is about: those of the final stage of `posture decide`, or a few policies' own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.runs.design import Point
from experiments.studies.decide.policies import Policy, check, policy_of
from experiments.studies.decide.scores import Scored, score
from experiments.studies.decide.study import seed_of
from experiments.studies.ensemble import states_of
from experiments.studies.priors import GROUPS, Priors
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import DecideSizes, InformationSizes, load_sizes
from experiments.studies.structures.rivals import Rivals
from experiments.studies.study import StudyRequest
from sim.config_files import validate
from sim.errors import ConfigError
from sim.input_files import read_json

STAGE = "policies"
STRUCTURE = "structure"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Data:
    """What is to be run: policies in states, and under which seed; `folder` holds runs that are there already."""

    sizes: DecideSizes
    policies: list[Policy]
    states: list[Point]
    replicates: int
    streams: int
    ensemble: str
    seed: int
    folder: Path | None = None

    def scored(self, runner: StudyRunner) -> Scored:
        """The policies in their states; what the folder has is not run again."""
        if self.folder is None:
            return score(runner, STAGE, self.sizes, self.states, self.policies, self.replicates, self.streams)
        there = StudyRunner(self.folder, runner.pool, self.seed, runner.quick, runner.progress)
        found = score(there, STAGE, self.sizes, self.states, self.policies, self.replicates, self.streams)
        runner.stages.update(there.stages)
        runner.scenarios.update(there.scenarios)
        return found


def data_of(request: StudyRequest[InformationSizes], *, quick: bool = False) -> Data:
    """What is asked: the final stage of a folder, or the policies of the sizes."""
    if request.decided is not None:
        return decided(request.decided)
    sizes = load_sizes(DecideSizes, "decide", quick=quick)
    policies = [_named(text) for text in dict.fromkeys([sizes.base, *request.sizes.policies])]
    postures = tuple(dict.fromkeys(policy.posture for policy in policies))
    sizes = sizes.model_copy(update={"postures": postures})
    check(sizes)
    states = states_of(request.ensemble, request.sizes.states, request.seed)
    return Data(sizes, policies, states, request.sizes.replicates, 0, request.ensemble, request.seed)


def _named(text: str) -> Policy:
    posture, _, responses = text.partition("+")
    return policy_of({"posture": posture, "responses": responses or "none"})


def decided(folder: Path) -> Data:
    """The final stage of a folder of `posture decide`."""
    path = folder / MANIFEST
    try:
        manifest = read_json(path, "--decided")
        study, final = manifest["study"], manifest["study"]["final"]
    except (ConfigError, TypeError, KeyError) as error:
        allowed = "it must be a finished folder of `posture decide`, with its manifest"
        raise ConfigError(None, "--decided", str(folder), f"{allowed}: {error}") from error
    sizes = validate(DecideSizes, _tuples(study["settings"]), path)
    states = states_of(study["ensemble"], final["states"], seed_of(manifest["seed"], final["part"]))
    policies = [policy_of(point) for point in final["policies"]]
    where = (study["ensemble"], manifest["seed"], folder)
    return Data(sizes, policies, states, final["replicates"], final["part"], *where)


def _tuples(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they were validated: what is not set stands in the manifest as null."""
    return {key: value for key, value in settings.items() if value is not None}


def groups_of(keys: list[str], priors: Priors, rivals: Rivals) -> dict[str, list[str]]:
    """Group → keys, as the priors have it. A key without a prior is structure if a rival names it, else its section."""
    named = {**dict.fromkeys(rivals.old, STRUCTURE), **{prior.key: prior.group for prior in priors.priors}}
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    for key in keys:
        found.setdefault(named.get(key, key.partition(".")[0]), []).append(key)
    return {name: members for name, members in found.items() if members}
