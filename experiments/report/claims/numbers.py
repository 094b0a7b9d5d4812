"""The numbers of the claims: verdicts counted, what was tested of each claim, whose words these are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.report.style.words import listed
from experiments.studies.claims.catalogue import Claim, ClaimsCatalogue, load_claims
from sim.numbers import percent

VERDICTS = ("supported", "contradicted", "undetermined")
ASSUMED = "assumed"


def claims_of(about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The claims that were tested, as far as the study's entry in the manifest tells."""
    return list(about.get("catalogue", {}).get("claims", []))


def supported_from(about: Mapping[str, Any]) -> float | None:
    """The share of draws from which a claim counts as supported, as far as the manifest tells."""
    return about.get("catalogue", {}).get("supported_from")


def statements(about: Mapping[str, Any]) -> dict[str, str]:
    """What was tested of each claim, by its number, as far as the study's entry in the manifest tells."""
    return {claim["id"]: claim["statement"] for claim in claims_of(about)}


def counted(rows: pd.DataFrame) -> str:
    """`5 supported, 4 contradicted, 5 undetermined; 2 assumed by rule, so no finding`."""
    counts = rows["verdict"].value_counts()
    words = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    assumed = counts.get(ASSUMED, 0)
    return f"{words}; {assumed} assumed by rule, so no finding" if assumed else words


def of_verdict(rows: pd.DataFrame, verdict: str) -> pd.DataFrame:
    """The claims of a verdict."""
    return rows[rows["verdict"] == verdict]


def by_verdict(rows: pd.DataFrame) -> str:
    """`supported S15 97% and S16 95%; assumed, without a verdict, S17`."""
    parts = []
    for verdict in VERDICTS:
        some = of_verdict(rows, verdict)
        each = [f"{c} {percent(p)}" for c, p in zip(some["claim"], some["probability"], strict=True)]
        parts += [f"{verdict} {listed(each)}"] if each else []
    assumed = list(of_verdict(rows, ASSUMED)["claim"])
    return "; ".join([*parts, *([f"assumed, without a verdict, {listed(assumed)}"] if assumed else [])])


def over(rows: pd.DataFrame, about: Mapping[str, Any]) -> str:
    """`500 draws of the ensemble 2020`."""
    ensemble = f" of the ensemble {about['ensemble']}" if "ensemble" in about else ""
    return f"{rows['draws'].max():,} draws{ensemble}"


# --- whose words ---------------------------------------------------------------------------------------
def as_the_program_has_them(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Without a manifest the words are those of the program's own catalogue, if its tests are those of the table."""
    catalogue = load_claims()
    known = {claim.id: claim for claim in catalogue.claims}
    for claim, rows in tables.get("claim_tests", pd.DataFrame({"claim": []})).groupby("claim"):
        if claim not in known or _tests(known[str(claim)]) != _tests_of(rows):
            return {}
    ids = set(tables["claims"]["claim"])
    tested = set(tables["claim_tests"]["claim"]) if "claim_tests" in tables else set()
    if ids != tested or not _verdicts_fit(tables, catalogue):
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
