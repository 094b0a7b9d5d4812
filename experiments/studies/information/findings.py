"""The study: what knowing each thing is worth, for the choice of a policy and for each undetermined claim."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.runs.design import Point
from experiments.studies.claims.catalogue import ClaimsCatalogue
from experiments.studies.claims.verdicts import all_hold, run
from experiments.studies.claims.words import ASSUMED, UNDETERMINED, verdict_of
from experiments.studies.decide.scores import Scored
from experiments.studies.information.data import Data, groups_of
from experiments.studies.information.value import Question, Worth, by_name, perfect, rule_of, varied, worths
from experiments.studies.priors import field_of, load_priors
from experiments.studies.runner import StudyRunner
from experiments.studies.settings import InformationSizes
from experiments.studies.structures.rivals import Rivals
from experiments.studies.weights import WeighedStates
from sim.statistics import Values

CHOICE = "choice"
EVERYTHING, ALL = "everything", "all parameters"
KINDS = ("perfect", "all", "group", "rival", "parameter")
CLAIMS = "claims"
HOLDS, FAILS = "it holds", "it does not"


@dataclass(frozen=True)
class Known:
    """What knowing something is worth for a question, in the question's unit; in words what it is, and the rule."""

    question: str
    unit: str
    kind: str
    what: str
    words: str
    worth: Worth
    rule: str = ""


@dataclass(frozen=True)
class Asked:
    """A question: its options, the one that is best without knowing more, how many states, and how open it is.

    `stake`: what the second best loses against the best in the mean; of a claim the chance of being wrong about it.
    """

    question: str
    unit: str
    options: int
    best: str
    stake: float
    states: int


@dataclass(frozen=True)
class Information:
    """All that the study finds."""

    asked: list[Asked]
    known: list[Known]
    decided: str
    left_out: dict[str, int]


def information(
    data: Data, catalogue: ClaimsCatalogue, rivals: Rivals, sizes: InformationSizes, runner: StudyRunner
) -> Information:
    """The choice first, then the claims; each kind of question over its own states."""
    scored = data.scored(runner)
    choice, replicates = choice_of(scored)
    claims, states, lost = claims_of(catalogue, data.states[: sizes.claim_states], sizes, runner)
    known = [known_perfect(choice, replicates)] if replicates.shape[1] > 1 else []
    for questions, there in (([choice], scored.states), (claims, states)):
        if questions and len(questions[0].options) > 1:
            known += list(everything_known(questions, there, rivals, sizes, runner.seed))
    asked = [asked_of(question) for question in (choice, *claims)]
    left_out = {"policies": scored.left_out, CLAIMS: lost}
    return Information(asked, known, "" if data.folder is None else data.folder.name, left_out)


# --- questions ---------------------------------------------------------------------------------------------------
def choice_of(scored: Scored) -> tuple[Question, Values]:
    """The choice among the policies within the limits, and its losses by replicate; all that stay if none is."""
    able = scored.eligible if scored.eligible.any() else scored.stays
    columns = np.flatnonzero(able)
    replicates = scored.loss[:, columns]
    options = tuple(scored.policies[n].name for n in columns)
    unit = scored.sizes.objective(scored.sizes.decides).unit
    return Question(CHOICE, options, np.asarray(replicates.mean(axis=2)), unit), replicates


def claims_of(
    catalogue: ClaimsCatalogue, states: Sequence[Point], sizes: InformationSizes, runner: StudyRunner
) -> tuple[list[Question], list[Point], int]:
    """For each undetermined claim whether to say that it holds: what is lost is the chance of being wrong.

    In a state in which a claim cannot be judged (0/0) nothing is lost.
    """
    tried = run(CLAIMS, catalogue, catalogue.cases, sizes.claim_replicates, WeighedStates(list(states)), runner)
    found = []
    for claim in catalogue.claims:
        chances = all_hold(claim, tried)
        open_ = verdict_of(tried.share(chances), catalogue.supported_from) == UNDETERMINED
        if claim.kind != ASSUMED and open_:
            losses = np.nan_to_num(np.column_stack([1.0 - chances[0], chances[0]]))
            found.append(Question(claim.id, (HOLDS, FAILS), losses, "chance"))
    return found, tried.kept.states, tried.kept.left_out


def asked_of(question: Question) -> Asked:
    """What is chosen without knowing more, and how much hangs on it."""
    means = question.losses.mean(axis=0)
    best, n = int(means.argmin()), len(question.options)
    if question.name == CHOICE:
        stake = float(np.partition(means, 1)[1] - means[best]) if n > 1 else math.nan
    else:
        stake = float(means[best])
    return Asked(question.name, question.unit, n, question.options[best], stake, len(question.losses))


# --- what is known -----------------------------------------------------------------------------------------------
def known_perfect(choice: Question, replicates: Values) -> Known:
    """Everything, for the choice."""
    words = "everything that differs between the states, whether or not a rule is learnt from it"
    return Known(CHOICE, choice.unit, "perfect", EVERYTHING, words, perfect(choice, replicates))


def everything_known(
    questions: Sequence[Question], states: Sequence[Point], rivals: Rivals, sizes: InformationSizes, seed: int
) -> Iterator[Known]:
    """All parameters, each group, each rival structure, each parameter, for all questions over the same states."""
    keys = varied(states)
    groups = groups_of(keys, load_priors("2020"), rivals)
    alone = {rival.name: [key for key in rival.old if key in keys] for rival in rivals.structures}
    named = [
        ("all", {ALL: keys}),
        ("group", groups),
        ("rival", {name: members for name, members in alone.items() if len(members) > 1}),
        ("parameter", {key: [key] for key in keys}),
    ]
    for kind, what in named:
        for name, columns in by_name(states, what).items():
            for question, worth in zip(
                questions, worths(questions, columns, sizes.shuffles, seed, len(what)), strict=True
            ):
                rule = rule_of(question, states, name) if kind == "parameter" and worth.clear else ""
                yield Known(
                    question.name, question.unit, kind, name, words_of(kind, name, what[name], rivals), worth, rule
                )


def words_of(kind: str, name: str, keys: Sequence[str], rivals: Rivals) -> str:
    """What it would be to know it, in plain words."""
    if kind == "parameter":
        return str(field_of(name).description)
    if kind == "rival":
        return next(rival.says for rival in rivals.structures if rival.name == name)
    return f"{len(keys)} parameters"
