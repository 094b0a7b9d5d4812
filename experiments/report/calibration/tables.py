"""Tables of a calibration for a page: parameters, fitted figures, proof by simulation, trade-offs."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from experiments.analysis.results import Results
from experiments.report.calibration.figures import Tables, informed
from experiments.report.calibration.recovery import ALL, LEVELS, covered, methods_of
from experiments.report.page.document import Cell, Grid
from experiments.report.reported import text_of
from experiments.report.study_figures import in_prose, intervals
from experiments.report.study_words import line
from sim.statistics import Interval

PAIRS = 5


def grids(tables: Tables, results: Results) -> Iterator[Grid]:
    """Every table that a page shows, from those of a calibration."""
    yield _parameter_grid(tables["calibration_parameters"], results)
    if "calibration_targets" in tables:
        yield _target_grid(tables["calibration_targets"], results)
    if "calibration_recovery" in tables:
        yield _recovery_grid(tables["calibration_recovery"], results)
    if "calibration_correlations" in tables:
        yield _pair_grid(tables["calibration_correlations"], results)


def _spread(frame: pd.DataFrame, when: str) -> list[Interval]:
    """Median with 5% and 95% of each row."""
    return intervals(frame, f"{when}_q50", f"{when}_q05", f"{when}_q95")


def _parameter_grid(parameters: pd.DataFrame, results: Results) -> Grid:
    clear = set(informed(parameters)["parameter"])
    shown = parameters[parameters["parameter"].isin(clear) | (parameters["calibrated"] == 1)]
    shown = shown.sort_values("contraction", ascending=False, kind="stable")
    both = zip(shown.to_dict("records"), _spread(shown, "prior"), _spread(shown, "posterior"), strict=True)
    rows: list[list[Cell]] = [
        [
            in_prose(row["parameter"]),
            "" if row["unit"] == "1" else text_of(row["unit"]),
            before,
            after,
            float(row["contraction"]),
            *("yes" if each else "no" for each in (row["parameter"] in clear, row["calibrated"])),
        ]
        for row, before, after in both
    ]
    return Grid(
        name="calibration_parameters",
        title="Parameters that are informed, or were meant to be",
        columns=[
            *("parameter", "unit", "prior: median [5%, 95%]", "posterior: median [5%, 95%]"),
            *("contraction", "beyond chance", "calibrated"),
        ],
        units=["", "", "of the row", "of the row", "1", "", ""],
        rows=rows,
        note=f"The other {len(parameters) - len(shown)} parameters: calibration_parameters.csv.",
        reproduce=line(results, "calibration_parameters", "contraction > chance_floor or calibrated == 1"),
    )


def _target_grid(targets: pd.DataFrame, results: Results) -> Grid:
    names = zip(targets["target"], targets["reported"], strict=True)
    both = zip(names, _spread(targets, "prior"), _spread(targets, "accepted"), strict=True)
    rows: list[list[Cell]] = [[target, text_of(cell), before, after] for (target, cell), before, after in both]
    return Grid(
        name="calibration_targets",
        title="Fitted figures, single runs from the prior and accepted runs",
        columns=["target", "reported", "runs from the prior: median [5%, 95%]", "accepted runs: median [5%, 95%]"],
        units=["", "", "1", "1"],
        rows=rows,
        note="Attacks, or people killed or wounded, in the window. Quantiles are of single runs, those of the accepted "
        "ones weighted. Sources: calibration_targets.csv.",
        reproduce=line(results, "calibration_targets"),
    )


def _recovery_grid(recovery: pd.DataFrame, results: Results) -> Grid:
    rows: list[list[Cell]] = []
    for method in methods_of(recovery):
        mine = recovery[recovery["method"] == method]
        single, together = mine[mine["parameter"] != ALL], mine[mine["parameter"] == ALL].iloc[0]
        shares = [covered(recovery, method, level)[0] for level in LEVELS]
        rest = [float(together[name]) for name in ("error_rms", "crps_mean", "runs_mean", "draws_mean")]
        rows.append([method, float(single["rank_p"].min()), *shares, *rest])
    levels = [f"middle {level}%" for level in LEVELS]
    rest_words = ["error (rms)", "CRPS", "runs a set", "effective draws a set"]
    return Grid(
        name="calibration_recovery",
        title="Proof by simulation: all calibrated parameters together",
        columns=["method", "smallest p of ranks", *levels, *rest_words],
        units=["", "1", *["1"] * len(levels), "share of the prior", "share of the prior", "1", "1"],
        rows=rows,
        note="Share of the truths inside the middle of the posterior, with exact 95% intervals over sets × parameters; "
        "the parameters of one set are not quite independent, so the true intervals are somewhat wider. Rejection and "
        "regression share one table of runs for all sets.",
        reproduce=line(results, "calibration_recovery", f"parameter == '{ALL}'"),
    )


def _pair_grid(correlations: pd.DataFrame, results: Results) -> Grid:
    order = correlations["correlation"].abs().sort_values(ascending=False, kind="stable").index[:PAIRS]
    rows: list[list[Cell]] = [
        [in_prose(row["parameter"]), in_prose(row["other"]), float(row["correlation"])]
        for row in correlations.loc[order].to_dict("records")
    ]
    return Grid(
        name="calibration_correlations",
        title=f"The {len(rows)} strongest trade-offs of {len(correlations)}",
        columns=["parameter", "other", "correlation"],
        units=["", "", "1"],
        rows=rows,
        reproduce=line(results, "calibration_correlations"),
    )
