"""The claims of the source: which of the source the model supports, contradicts or leaves open, which it assumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from experiments.report.claims import figures, numbers
from experiments.report.claims.numbers import held_in, of_verdict, statements
from experiments.report.page.document import Grid
from experiments.report.study import MEASURE, Folder, StudySection
from experiments.report.style import tables
from experiments.report.style.words import listed, sentence
from experiments.studies.claims.words import ASSUMED, VERDICTS
from sim.numbers import as_given, percent


def _gather(found: Folder) -> Folder:
    """Without a manifest with the words of the program's own catalogue, if its tests are those of the tables."""
    return found if found.about else replace(found, about=numbers.as_the_program_has_them(found.tables))


# --- findings ------------------------------------------------------------------------------------------
def _verdicts(rows: pd.DataFrame, found: Folder) -> Iterator[str]:
    said = statements(found.about)
    yield f"Of {len(rows)} claims, over {numbers.over(rows, found.about)}: {numbers.counted(rows)}."
    for verdict in VERDICTS:
        some = of_verdict(rows, verdict)
        for row, share in zip(some.to_dict("records"), tables.intervals(some, "probability"), strict=True):
            statement = f": that {said[row['claim']]}" if row["claim"] in said else ""
            held = f"It holds in {held_in(share, int(row['draws']))}"
            yield f"{row['claim']} {verdict}{statement}. {held}.{_turned(row)}"
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
        yield f"{row['claim']} hangs on the structure {row['structure']}: with it {having}, without it {lacking}."
    apart = sides.groupby("claim", sort=False)["differs"].sum()
    none = list(apart[apart == 0].index)
    if none:
        yield f"No rival structure makes a difference that can be told: {listed(none)}."


def _turned(row: Mapping[Any, Any]) -> str:
    """What would change the verdict."""
    overturned = row["overturned_by"]
    if not isinstance(overturned, str) or not overturned:
        return ""
    return f" Another verdict where {overturned.replace('; ', ', or ')} (in brackets the share there)."


# --- tables --------------------------------------------------------------------------------------------
def _claims_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    said = statements(found.about)
    columns = [
        tables.text("claim"),
        tables.text("what is tested", lambda row: said.get(row["claim"], "")),
        tables.text("kind"),
        tables.text("verdict", lambda row: "none: assumed" if row["verdict"] == ASSUMED else row["verdict"]),
        tables.interval("holds in", "probability", unit="1"),
        tables.number("over the wide priors", "prior_probability"),
        tables.text("would overturn it", "overturned_by"),
    ]
    note = (
        f"Share of {rows['draws'].max():,} states in which every test that counts holds, with its 95% interval. An "
        "assumed claim has its numbers shown and no verdict."
    )
    yield found.grid("claims", "Claims and verdicts", rows, columns, note)


def _tests_grid(rows: pd.DataFrame, found: Folder) -> Iterator[Grid]:
    columns = [
        *(*tables.texts("claim", "case"), tables.text("against", "base"), MEASURE),
        tables.text("on", lambda row: tables.text_of(row.get("on"))),
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
        tables.text("what the source says", lambda claim: sentence(claim["claim"])),
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
    findings=[("claims", _verdicts), ("claim_structures", _structures)],
    pictures=figures.pictures,
    grids=[("claims", _claims_grid), ("claim_tests", _tests_grid), ("claims", _assumed_grid)],
    caveats=_caveats,
    gather=_gather,
).section
