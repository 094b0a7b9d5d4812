"""The claims of the source: which of the source the model supports, contradicts or leaves open, which it assumes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from experiments.report.claims import figures, numbers
from experiments.report.claims.numbers import held_in, of_verdict
from experiments.report.page.document import Grid
from experiments.report.study import MEASURE, Folder, StudySection
from experiments.report.style import tables
from experiments.report.style.names import condition_words, policy_words, structure_words
from experiments.report.style.words import listed, readable, sentence
from experiments.studies.claims.words import ASSUMED, VERDICTS
from sim.numbers import as_given, percent
from sim.statistics import Interval

_ORDER = (*VERDICTS, ASSUMED)


def _gather(found: Folder) -> Folder:
    """Without a manifest with the words of the program's own catalogue, if its tests are those of the tables."""
    return found if found.about else replace(found, about=numbers.as_the_program_has_them(found.tables))


# --- findings ------------------------------------------------------------------------------------------
def _in_short(rows: pd.DataFrame, found: Folder) -> Iterator[str]:
    """How many claims of each verdict; which have none."""
    yield f"Of {len(rows)} claims, over {numbers.over(rows, found.about)}: {numbers.counted(rows)}."
    assumed = of_verdict(rows, ASSUMED)["claim"]
    if len(assumed):
        yield f"No finding: {listed(assumed)}. There the model does what its rules say, so it proves nothing."


def _structures(sides: pd.DataFrame, _: Folder) -> Iterator[str]:
    """Which claims hang on which rival structures."""
    for row in sides[sides["differs"] == 1].to_dict("records"):
        having, lacking = (
            held_in(tables.interval_of(row, key, f"{key}_low", f"{key}_high"), int(row[f"n_{key}"]))
            for key in ("with", "without")
        )
        yield f"{row['claim']} hangs on “{structure_words(row['structure'])}”: with it {having}, without it {lacking}."
    apart = sides.groupby("claim", sort=False)["differs"].sum()
    none = list(apart[apart == 0].index)
    if none:
        yield f"No rival structure makes a difference that can be told: {listed(none)}."


def _turned(row: Mapping[Any, Any]) -> str:
    """What would change the verdict, in brackets the share there."""
    return condition_words(tables.text_of(row["overturned_by"]).replace("; ", ", or "))


# --- tables --------------------------------------------------------------------------------------------
def _claims_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    """A row a claim in the words of the source; those that rules say come last, with no number."""
    said = {claim["id"]: sentence(claim["claim"]) for claim in numbers.claims_of(found.about)}
    turned = any(map(_turned, rows.to_dict("records")))
    columns = [
        tables.text("claim"),
        *([tables.text("source says", lambda row: said.get(row["claim"], ""))] if said else []),
        tables.text("verdict", lambda row: "none: assumed" if row["verdict"] == ASSUMED else row["verdict"]),
        tables.number("holds in", _held, unit="% of states"),
        *([tables.text("another verdict where", _turned)] if turned else []),
    ]
    note = f"Of {rows['draws'].max():,} states, those in which every test that counts holds, with the 95% interval."
    note += " In brackets: the share in which it holds there." if turned else ""
    order = rows.sort_values("verdict", key=lambda each: each.map(_ORDER.index), kind="stable")
    yield found.grid("claims", "Claims and verdicts", order, columns, note)


def _held(row: Mapping[Any, Any]) -> Interval | None:
    """In how many per cent a claim holds; nothing for one that holds because a rule says so."""
    if row["verdict"] == ASSUMED:
        return None
    return Interval(*(100 * float(row[key]) for key in ("probability", "low", "high")))


def _case(key: str) -> Callable[[Mapping[Any, Any]], str]:
    """What was run, in words."""
    return lambda row: policy_words(tables.text_of(row[key]))


def _tests_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        tables.text("claim"),
        *(tables.text(heading, _case(key)) for heading, key in (("case", "case"), ("against", "base"))),
        MEASURE,
        tables.text("on", lambda row: readable(tables.text_of(row.get("on")))),
        tables.number("size that matters", lambda row: f"{row['sign']} {as_given(row['size'])}", tables.OF_ROW),
        *tables.columns_of(
            tables.OF_ROW, ("mean effect", "mean"), ("5th percentile", "p05"), ("95th percentile", "p95")
        ),
        tables.number("spread that is not replicate noise", "reliability"),
        tables.number("holds in", "probability"),
        tables.text("alone", lambda row: tables.text_of(row.get("verdict"))),
        tables.UNIT,
    ]
    note = (
        "Percentiles are of the states, replicate noise taken out of their spread; none where the states do not differ "
        "by more than that. Intervals, states without any effect (0/0), ceilings: claim_tests.csv."
    )
    yield found.grid("claim_tests", "The tests of the claims", rows, columns, note)


def _assumed_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    shown = set(rows["claim"])
    claims = [claim for claim in numbers.claims_of(found.about) if claim["id"] in shown]
    columns = [
        tables.text("claim", "id"),
        tables.text("assumed"),
        tables.text("not covered", lambda claim: claim.get("limits", "")),
    ]
    title = "What is assumed by rule, and so no finding"
    if claims:
        yield tables.grid("claims_assumed", title, claims, columns, "A test is about the part that is left open.")


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(found: Folder) -> Iterator[str]:
    rows, edge = found["claims"], numbers.supported_from(found.about)
    if edge:
        yield (
            f"Supported means that every test holds in {percent(edge)} of the states or more, contradicted in "
            f"{percent(1 - edge)} or fewer, with the whole 95% interval, else undetermined. Cannot be tested: not even "
            "the order at full strength, all the time, turns a test. Limit and sizes that matter are judgements."
        )
    else:
        yield "The sizes that matter, and the share from which a claim counts as supported, are judgements."
    yield (
        "A verdict is about this model under these states, not about Iraq. That a claim holds in all of them says "
        "nothing of what the priors leave out, or of structures that no rival covers."
    )
    partly = rows.loc[rows["kind"] == "partly assumed", "claim"]
    if len(partly):
        yield f"{len(partly)} of {len(rows)} claims are partly assumed: their tests are about the open part alone."
    yield "What would overturn a verdict is looked for in one parameter at a time, not in several together."


section = StudySection(
    key="claims",
    title="Claims of the source",
    question="Which claims of the source does the model support, which does it contradict, which stay open, and which "
    "are true in it because a rule says so?",
    tables=["claims", "claim_tests", "claim_structures"],
    needed=["claims"],
    short=[("claims", _in_short)],
    best=["claims"],
    findings=[("claim_structures", _structures)],
    pictures=figures.pictures,
    grids=[("claims", _claims_grid), ("claim_tests", _tests_grid), ("claims", _assumed_grid)],
    caveats=_caveats,
    gather=_gather,
).section
