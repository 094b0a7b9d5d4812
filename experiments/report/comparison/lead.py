"""The first screen of a comparison: its finding as title, the scorecard, sentences, and the map of where attacks go."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.analysis.results import Results
from experiments.files.states import read_states
from experiments.report.comparison import answer, scorecard
from experiments.report.comparison.answer import SCORECARD
from experiments.report.comparison.numbers import is_few
from experiments.report.comparison.sentences import percent_of, sentences, title
from experiments.report.page.document import Lead, Picture, Score, ScoreRow
from experiments.report.style.words import policy, sentence
from experiments.runs.comparison import Comparison, Pair, replicates_in
from experiments.studies.structures.rivals import included, load_rivals
from sim.numbers import UNKNOWN, counted

MEASURES: Mapping[str, str] = {
    "fire_attacks": "fire attacks on sites",
    "rounds_leaked": "rounds that land",
    "us_wounded": "US people wounded, killed",
    "convoy_attacks": "bombs against convoys",
    "hits_per_100_convoys": "hits for every 100 convoys",
    "drivers_wounded": "drivers wounded, killed",
    "relation_mean": "relation with Baghdad, 0–1",
    "capital_mean": "political capital of Baghdad, 0–1",
}
"""Columns of the scorecard, in words for a reader who never saw the model."""
WORDS, ENDED = {answer.BETTER: "better", answer.WORSE: "worse", answer.OPEN: "unclear"}, "ended"
"""Of a cell; what falls since the mission has ended is no gain."""
MAPS = ("displacement", "displacement_near")
"""The pictures of another section that stand on the first screen."""
FOLDED, FOLDED_OF_FEW = ("course", "displacement"), ("tradeoff",)
"""Sections of the same folder that the answer makes an appendix of; of few policies it says what a front would."""


def lead(comparison: Comparison, results: Results) -> Lead:
    """The first screen; `results` says over what the comparison is."""
    known, manifest = structures(comparison, results), results.manifest
    turns = answer.turned(comparison, known) if known else ""
    return Lead(
        title=title(comparison),
        over=over(comparison, manifest),
        columns=[MEASURES[measure] for measure in measures(comparison)],
        rows=list(_rows(comparison, manifest)),
        key=_key(comparison),
        sentences=list(sentences(comparison, turns)),
        pictures=MAPS,
        folds=(*FOLDED, *(FOLDED_OF_FEW if is_few(comparison) else ())),
        drawn=drawn(comparison, manifest),
    )


def measures(comparison: Comparison) -> list[str]:
    """The columns: those that the runs have."""
    return [measure for measure in MEASURES if measure in comparison.values[comparison.names[0]]]


def structures(comparison: Comparison, results: Results) -> dict[str, NDArray[np.bool_]]:
    """Whether each rival structure is in, by state; {} where the folder has no states."""
    if comparison.states is None or "states" not in results:
        return {}
    states = list(read_states(results.files["states"]).values())
    rivals = load_rivals().within(states[0].keys())
    return dict(zip((rival.name for rival in rivals), included(states, rivals).T, strict=True))


# --- words -----------------------------------------------------------------------------------------------
def over(comparison: Comparison, manifest: Mapping[str, Any]) -> str:
    """Over what the answer is."""
    if comparison.states is None:
        sample = f"{counted(comparison.n, 'pair')} of runs under the same luck, at one point of the parameters"
    else:
        runs = counted(replicates_in(comparison.states), "run")
        states = f"{counted(comparison.n_states, 'state')} of the world (draws of what nobody knows)"
        sample = f"{states}, {runs} of each policy in each"
    return f"{sample}{_when(comparison, manifest)}. A model, no forecast."


def _when(comparison: Comparison, manifest: Mapping[str, Any]) -> str:
    posture = manifest.get("postures", {}).get(comparison.names[0])
    if not posture:
        return ""
    start = date.fromisoformat(str(posture["start"]))
    return f"; {posture['days']} days from {start.day} {start:%B %Y}"


def _key(comparison: Comparison) -> str:
    """How a cell is read."""
    colours = "Blue: better for the defence; orange: worse."
    if comparison.states is None:
        return f"{colours} In a cell: change in a run ± its 95% interval · share of pairs with its sign."
    return (
        f"{colours} In a cell: change in a run ± 95% interval of the mean · share of states with its sign; "
        "where nine in ten states lie."
    )


# --- the scorecard -----------------------------------------------------------------------------------------
def _rows(comparison: Comparison, manifest: Mapping[str, Any]) -> Iterator[ScoreRow]:
    """The base with its means, every other, then those with equal budgets."""
    base, columns = comparison.names[0], measures(comparison)
    means = [comparison.pair(comparison.names[1], measure) for measure in columns]
    yield ScoreRow(
        sentence(policy(base)), described(base, manifest), [answer.value_words(p, p.base_value.mean) for p in means]
    )
    for before, after in answer.carded(comparison):
        cells = [score(comparison, comparison.pair(after, measure, before)) for measure in columns]
        yield ScoreRow(*_named(comparison, manifest, before, after), cells)


def _named(comparison: Comparison, manifest: Mapping[str, Any], base: str, posture: str) -> tuple[str, str]:
    """The name of a row, and what it is."""
    if base == comparison.names[0]:
        return sentence(policy(posture)), described(posture, manifest)
    return "Equal budgets", f"{policy(posture)} against {policy(base)}, same people and batteries"


def described(label: str, manifest: Mapping[str, Any]) -> str:
    """What a policy is, in a few words of its own files; a posture with responses is told by these."""
    posture = manifest.get("postures", {}).get(label)
    if not posture:
        return ""
    titles = [str(use["response"]["title"]) for use in posture["responses"]] or [str(posture["title"])]
    return "; ".join(each.partition(", ")[0] for each in titles)


def score(comparison: Comparison, pair: Pair) -> Score:
    """A cell; nothing is said of an effect that is not known."""
    verdict = answer.verdict_in(comparison, pair)
    mean, spread, share = pair.difference.mean, answer.range_of(pair), answer.chance_of(pair)
    return Score(
        percent=percent_of(pair) if math.isfinite(mean) else UNKNOWN,
        change=answer.change_words(pair),
        range="" if spread == UNKNOWN else spread,
        holds="" if share == UNKNOWN else share,
        verdict=verdict,
        word=ENDED if verdict != answer.verdict(pair) else WORDS[verdict],
        direction=int(np.sign(mean)) if math.isfinite(mean) else 0,
    )


def drawn(comparison: Comparison, manifest: Mapping[str, Any]) -> Picture:
    """The scorecard as a figure for a slide."""
    words = title(comparison)
    figure = scorecard.answer_figure(comparison, measures(comparison), words, over(comparison, manifest))
    columns = ", ".join(SCORECARD.get(m, MEASURES[m]) for m in measures(comparison))
    return Picture("answer", words, f"Changes in {columns}. {words}.", figure)
