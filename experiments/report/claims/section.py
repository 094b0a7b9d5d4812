"""The claims of the source: which of the source the model supports, contradicts or leaves open, which it assumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from experiments.analysis.results import Results
from experiments.report.claims.figures import ASSUMED, VERDICTS, counted, pictures, statements, supported_from
from experiments.report.page.document import Cell, Grid, Section
from experiments.report.study_figures import intervals, listed
from experiments.report.study_words import caveats, line, reproduce, share_words, study_of, tables_of
from experiments.report.style.words import readable, sentence
from experiments.studies.claims.catalogue import Claim, ClaimsCatalogue, load_claims
from sim.numbers import number, percent

TABLES = ("claims", "claim_tests")
Study = Mapping[str, Any]


def section(results: Results) -> Section | None:
    """The section of a folder with the tables of `posture claims`."""
    tables, made = tables_of(results, TABLES), study_of(results, "claims")
    if "claims" not in tables:
        return None
    study = made or _as_the_program_has_them(tables)
    return Section(
        key="claims",
        title="Claims of the source",
        question="Which claims of the source does the model support, which does it contradict, which stay open, and "
        "which are true in it because a rule says so?",
        findings=list(_findings(tables["claims"], study)),
        pictures=pictures(tables, study),
        tables=list(_grids(tables, study, results)),
        caveats=[*caveats(made, tables), *_caveats(tables["claims"], study)],
        reproduce=reproduce(results, results.manifest if made else {}, tables),
    )


def _as_the_program_has_them(tables: Mapping[str, pd.DataFrame]) -> Study:
    """Without a manifest the words are those of the program's own catalogue, if its tests are those of the table."""
    catalogue = load_claims()
    known = {claim.id: claim for claim in catalogue.claims}
    for claim, rows in tables.get("claim_tests", pd.DataFrame({"claim": []})).groupby("claim"):
        if claim not in known or _tests(known[str(claim)]) != _tests_of(rows):
            return {}
    ids = set(tables["claims"]["claim"])
    if (
        "claim_tests" not in tables
        or ids != set(tables["claim_tests"]["claim"])
        or not _verdicts_fit(tables, catalogue)
    ):
        return {}
    return {"catalogue": catalogue.model_dump(mode="json")}


def _tests(claim: Claim) -> set[tuple[str, str, str, float]]:
    return {(test.case.label, test.measure, test.sign, test.size) for test in claim.tests}


def _tests_of(rows: pd.DataFrame) -> set[tuple[str, str, str, float]]:
    return set(rows[["case", "measure", "sign", "size"]].itertuples(index=False, name=None))


def _verdicts_fit(tables: Mapping[str, pd.DataFrame], catalogue: ClaimsCatalogue) -> bool:
    """Whether the verdicts are those that the catalogue's limit gives."""
    rows = tables["claims"][tables["claims"]["verdict"] != ASSUMED]
    high, low = rows["probability"] >= catalogue.supported_from, 1 - rows["probability"] >= catalogue.supported_from
    return bool(((rows["verdict"] == "supported") == high).all() and ((rows["verdict"] == "contradicted") == low).all())


# --- findings ------------------------------------------------------------------------------------------
def _findings(rows: pd.DataFrame, study: Study) -> Iterator[str]:
    ensemble = f" of the ensemble {study['ensemble']}" if "ensemble" in study else ""
    yield f"Of {len(rows)} claims, over {rows['draws'].max():,} draws{ensemble}: {counted(rows)}."
    said = statements(study)
    for verdict in VERDICTS:
        some = rows[rows["verdict"] == verdict]
        for row, interval in zip(some.to_dict("records"), intervals(some, "probability"), strict=True):
            statement = f": that {said[row['claim']]}" if row["claim"] in said else ""
            held = f"It holds in {share_words(interval)} of the draws"
            yield f"{row['claim']} {verdict}{statement}. {held}.{_turned(row)}"
    assumed = rows.loc[rows["verdict"] == ASSUMED, "claim"]
    if len(assumed):
        yield f"No finding: {listed(assumed)}. There the model does what its rules say, so it proves nothing."


def _turned(row: Mapping[Any, Any]) -> str:
    """What would change the verdict."""
    overturned = row["overturned_by"]
    if not isinstance(overturned, str) or not overturned:
        return ""
    return f" Another verdict where {overturned.replace('; ', ', or ')} (in brackets the share there)."


# --- tables --------------------------------------------------------------------------------------------
def _grids(tables: Mapping[str, pd.DataFrame], study: Study, results: Results) -> Iterator[Grid]:
    yield _ledger_grid(tables["claims"], study, results)
    if "claim_tests" in tables:
        yield _tests_grid(tables["claim_tests"], results)
    claims = study.get("catalogue", {}).get("claims", [])
    if claims:
        yield _assumed_grid(claims, set(tables["claims"]["claim"]), results)


def _ledger_grid(rows: pd.DataFrame, study: Study, results: Results) -> Grid:
    said = statements(study)
    cells: list[list[Cell]] = [
        [
            *(row["claim"], said.get(row["claim"], ""), row["kind"]),
            "none: assumed" if row["verdict"] == ASSUMED else row["verdict"],
            *(
                interval,
                row["prior_probability"],
                row["overturned_by"] if isinstance(row["overturned_by"], str) else "",
            ),
        ]
        for row, interval in zip(rows.to_dict("records"), intervals(rows, "probability"), strict=True)
    ]
    return Grid(
        name="claims",
        title="Claims and verdicts",
        columns=["claim", "what is tested", "kind", "verdict", "holds in", "over the wide priors", "would overturn it"],
        units=["", "", "", "", "1", "1", ""],
        rows=cells,
        note=f"Share of {rows['draws'].max():,} draws in which every test holds, with the 95% interval from the number "
        "of draws alone. An assumed claim has its numbers shown and no verdict.",
        reproduce=line(results, "claims"),
    )


def _tests_grid(tests: pd.DataFrame, results: Results) -> Grid:
    cells: list[list[Cell]] = [
        [
            *(row["claim"], row["case"], row["base"] if isinstance(row["base"], str) else "", readable(row["measure"])),
            f"{row['sign']} {number(row['size'])}",
            *(float(row[key]) for key in ("mean", "p05", "p95", "reliability", "probability")),
            "" if row["unit"] == "1" else row["unit"],
        ]
        for row in tests.to_dict("records")
    ]
    return Grid(
        name="claim_tests",
        title="The tests of the claims",
        columns=[
            *("claim", "case", "against", "measure", "size that matters"),
            *(
                "mean effect",
                "5th percentile",
                "95th percentile",
                "spread that is not replicate noise",
                "holds in",
                "unit",
            ),
        ],
        units=["", "", "", "", "of the row", "of the row", "of the row", "of the row", "1", "1", ""],
        rows=cells,
        note="Percentiles are of the draws, replicate noise taken out of their spread. Without that: claim_tests.csv.",
        reproduce=line(results, "claim_tests"),
    )


def _assumed_grid(claims: list[dict[str, Any]], shown: set[str], results: Results) -> Grid:
    return Grid(
        name="claims_assumed",
        title="What is assumed by rule, and so no finding",
        columns=["claim", "what the source says", "assumed", "not covered"],
        units=["", "", "", ""],
        rows=[[c["id"], sentence(c["claim"]), c["assumed"], c.get("limits", "")] for c in claims if c["id"] in shown],
        note="A test is about the part that is left open.",
    )


# --- caveats -------------------------------------------------------------------------------------------
def _caveats(rows: pd.DataFrame, study: Study) -> Iterator[str]:
    edge = supported_from(study)
    if edge:
        yield (
            f"Supported means that every test holds in {percent(edge)} of the draws or more, contradicted in "
            f"{percent(1 - edge)} or fewer, else undetermined. That limit and the sizes that matter are judgements."
        )
    else:
        yield "The sizes that matter, and the share from which a claim counts as supported, are judgements."
    yield "A verdict is about this model under these draws, not about Iraq."
    partly = rows.loc[rows["kind"] == "partly assumed", "claim"]
    if len(partly):
        yield f"{len(partly)} of {len(rows)} claims are partly assumed: their tests are about the open part alone."
    yield "What would overturn a verdict is looked for in one parameter at a time, not in several together."
