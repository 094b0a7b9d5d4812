"""The numbers of the claims: verdicts counted, what was tested of each claim, whose words these are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.report.style.tables import intervals
from experiments.report.style.words import listed
from experiments.studies.claims.catalogue import Claim, ClaimsCatalogue, load_claims
from experiments.studies.claims.words import ASSUMED, UNTESTABLE, VERDICTS, verdict_of
from sim.numbers import chance, percent
from sim.statistics import Interval


def held_in(share: Interval, n: int) -> str:
    """`84% of 400 states (79% to 88%)`; of all or none of them what that leaves open."""
    if not n:
        return "no state that can be judged"
    if share.mean > 1.0 - 0.5 / n:
        return f"all {n:,} states tried (at least {chance(share.low)})"
    if share.mean < 0.5 / n:
        return f"none of {n:,} states tried (at most {chance(share.high)})"
    return f"{chance(share.mean)} of {n:,} states ({chance(share.low)} to {chance(share.high)})"


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
    told = [verdict for verdict in VERDICTS if verdict != UNTESTABLE or verdict in counts]
    words = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in told)
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


def named(rows: pd.DataFrame) -> str:
    """`supported: S18 and S22; contradicted: S16`."""
    each = {verdict: list(of_verdict(rows, verdict)["claim"]) for verdict in VERDICTS}
    return "; ".join(f"{verdict}: {listed(claims)}" for verdict, claims in each.items() if claims) or "no verdict"


def over(rows: pd.DataFrame, about: Mapping[str, Any]) -> str:
    """`400 states of the ensemble 2020`."""
    ensemble = f" of the ensemble {about['ensemble']}" if "ensemble" in about else ""
    return f"{rows['draws'].max():,} states{ensemble}"


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


def _tests(claim: Claim) -> set[tuple[str, str, str, str, float]]:
    return {(test.case.label, test.measure, test.words, test.sign, test.size) for test in claim.tests}


def _tests_of(rows: pd.DataFrame) -> set[tuple[str, str, str, str, float]]:
    with_days = rows.assign(on=rows["on"].fillna("") if "on" in rows else "")
    return set(with_days[["case", "measure", "on", "sign", "size"]].itertuples(index=False, name=None))


def _verdicts_fit(tables: Mapping[str, pd.DataFrame], catalogue: ClaimsCatalogue) -> bool:
    """Whether the verdicts are those that the catalogue's limit gives."""
    rows = tables["claims"][~tables["claims"]["verdict"].isin([ASSUMED, UNTESTABLE])]
    shares = intervals(rows, "probability")
    return [verdict_of(share, catalogue.supported_from) for share in shares] == list(rows["verdict"])
