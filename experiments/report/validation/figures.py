"""Figures of a validation, drawn from its tables: targets, the year week by week, scores beside null models, facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from experiments.report.page.document import Picture
from experiments.report.reported import reported, text_of
from experiments.report.study_figures import Drawn, in_order, is_quick, listed, panels
from experiments.report.style.colours import COLOURS, MARKERS, clean, label_rows, new_figure
from experiments.report.style.words import folded, readable, sentence
from experiments.studies.targets import LEVELS
from experiments.studies.validation.left_out import MODEL, SEEN
from sim.numbers import number

KINDS = {
    "fire_attacks": "Rocket and drone attacks",
    "convoy_attacks": "Bombs against supply convoys",
    "detail_attacks": "Bombs against foreign details",
}
SCORES = {"crps": "CRPS [attacks]", "log_score": "log score [nats]"}
RESTS = {"emergent": COLOURS[0], "fitted": COLOURS[4], "assumed": "0.6"}
DAY = timedelta(days=1)
Tables = Mapping[str, pd.DataFrame]
"""Tables by name (`validation_targets` …); any may be missing."""


def pictures(tables: Tables, study: Mapping[str, Any]) -> list[Picture]:
    """Every figure that the tables allow; `study` is the entry of the manifest, or empty."""
    quick = any(map(is_quick, tables.values()))
    return [drawn.picture(quick=quick) for drawn in _all(tables, study)]


def _all(tables: Tables, study: Mapping[str, Any]) -> Iterator[Drawn]:
    n = runs_in_words(tables, study)
    if "validation_targets" in tables:
        yield targets(tables["validation_targets"], n, tolerances(study))
    if {"validation_targets", "validation_weekly"} <= set(tables):
        windows = _windows(tables, study)
        yield year(tables["validation_weekly"], windows, first_day(tables, study), n)
    if "validation_scores" in tables:
        yield scores(tables["validation_scores"])
    if "validation_facts" in tables:
        yield facts(tables["validation_facts"])


# --- what the manifest says, or the tables -------------------------------------------------------------
def runs_in_words(tables: Tables, study: Mapping[str, Any]) -> str:
    """`600 runs, ensemble 2020`. Without a manifest the number is the one that most facts have."""
    n = study.get("runs")
    if n is None and "validation_facts" in tables:
        n = int(tables["validation_facts"]["runs"].mode().iloc[0])
    ensemble = next((frame["ensemble"].iloc[0] for frame in tables.values() if len(frame)), "unknown")
    return f"{n:,} runs, ensemble {ensemble}" if n is not None else f"runs of the ensemble {ensemble}"


def tolerances(study: Mapping[str, Any]) -> dict[str, float]:
    """Target → the share by which sources differ; empty without a manifest."""
    listed_there = study.get("targets", {}).get("targets", [])
    return {target["name"]: float(target["tolerance"]) for target in listed_there}


def first_day(tables: Tables, study: Mapping[str, Any]) -> date:
    """First day of the runs; without a manifest the first day of any window."""
    known = study.get("start")
    return date.fromisoformat(known or min(map(str, tables["validation_targets"]["from"])))


def _windows(tables: Tables, study: Mapping[str, Any]) -> pd.DataFrame:
    """The windows of the counts that were scored, with what was reported in them and the tolerance (NaN: unknown)."""
    columns = ["measure", "target", "from", "until", "reported"]
    found = tables["validation_targets"][columns]
    scored = set(tables["validation_scores"]["window"]) if "validation_scores" in tables else set()
    return found[found["target"].isin(scored)].assign(tolerance=found["target"].map(tolerances(study)))


# --- targets -------------------------------------------------------------------------------------------
def inside(found: pd.DataFrame, level: int) -> tuple[int, int, int]:
    """Targets inside the middle `level` per cent of the runs: how many, of how many, how many of them were fitted."""
    held = found[found[f"inside_{level}"] == 1]
    return len(held), len(found), int(held["fitted"].sum())


def targets(found: pd.DataFrame, runs: str, tolerance: Mapping[str, float]) -> Drawn:
    """A panel for each target: ranges of single runs, and what was reported."""
    columns = 3
    figure = new_figure(10.5, 1.5 + 1.35 * -(-len(found) // columns))
    for axes, row in zip(panels(figure, len(found), columns), found.to_dict("records"), strict=True):
        _draw_target(axes, row, tolerance.get(row["target"], 0.0))
    (wide, n, fitted), (half, *_) = inside(found, 90), inside(found, 50)
    spread = ", its line: ± tolerance or bounds" if tolerance else ", a line: bounds"
    return Drawn(
        "targets",
        figure,
        f"{wide} of {n} reported figures lie in the middle 90% of {runs}, {half} in the middle 50%; "
        f"{int(found['fitted'].sum())} were fitted",
        f"Bars: middle half and middle 90% of single runs; circle: median; ★ reported{spread}.",
        "validation_targets",
        f"Reported figures beside ranges of single runs, a panel for each of {n} targets; {fitted} of the {wide} "
        "inside had been fitted.",
    )


def _draw_target(axes: Axes, row: Mapping[Any, Any], tolerance: float) -> None:
    low, quarter, median, three_quarters, high = (float(row[q]) for q in ("q05", "q25", "q50", "q75", "q95"))
    axes.hlines(0, low, high, color=COLOURS[0], linewidth=2)
    axes.hlines(0, quarter, three_quarters, color=COLOURS[0], linewidth=7)
    axes.plot(median, 0, "o", color="white", markeredgecolor=COLOURS[0], markersize=6)
    _draw_report(axes, row["reported"], tolerance, float(np.nanmax([high, 1.0])))
    axes.set_ylim(-1, 1.4)
    axes.set_yticks([])
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=_is_count(row)))
    axes.set_xlabel(_quantity(row), fontsize=8)
    axes.set_title(folded(f"{row['target']}{'' if row['fitted'] else ' (not fitted)'}", 9, 3.1), fontsize=9, loc="left")
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _is_count(row: Mapping[Any, Any]) -> bool:
    """Whether single runs give whole numbers: no ratio, no mean of a level."""
    return not text_of(row["per"]) and row["measure"] not in LEVELS


def _quantity(row: Mapping[Any, Any]) -> str:
    per = text_of(row["per"])
    return f"{readable(row['measure'])} / {readable(per)}" if per else readable(row["measure"])


def _draw_report(axes: Axes, cell: Any, tolerance: float, far: float) -> None:
    report = reported(cell)
    low, high = report.within(tolerance)
    ends = max(low, 0.0), high if np.isfinite(high) else max(far, low)
    axes.hlines(0.7, *ends, color=COLOURS[1], linewidth=2)
    if report.value is not None:
        axes.plot(report.value, 0.7, "*", color=COLOURS[1], markersize=10)
    elif not np.isfinite(high):
        axes.plot(ends[1], 0.7, ">", color=COLOURS[1], markersize=6)
    elif not np.isfinite(low):
        axes.plot(ends[0], 0.7, "<", color=COLOURS[1], markersize=6)


# --- the year ------------------------------------------------------------------------------------------
def running_totals(windows: pd.DataFrame, start: date) -> list[tuple[int, float, float]]:
    """Day (from 1), sum reported until then, and its tolerance (NaN: unknown), while windows join from the start on."""
    found, total, error, begins = [], 0.0, 0.0, start
    for row in windows.sort_values("from").to_dict("records"):
        report = reported(row["reported"])
        if report.value is None or date.fromisoformat(row["from"]) != begins:
            break
        total, error = total + report.value, error + row["tolerance"] * report.value
        until = date.fromisoformat(row["until"])
        found.append(((until - start).days + 1, total, error))
        begins = until + DAY
    return found


def year(weekly: pd.DataFrame, windows: pd.DataFrame, start: date, runs: str) -> Drawn:
    """Running totals week by week: ranges of single runs, reported totals at the ends of their windows."""
    scored = set(windows["measure"])
    shown = [m for m in in_order(weekly, "measure") if m in scored] or in_order(weekly, "measure")[:2]
    figure = new_figure(3.6 * max(len(shown), 2), 4.4)
    said: list[str] = []
    for axes, measure in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        totals = running_totals(windows[windows["measure"] == measure], start)
        rows = weekly[weekly["measure"] == measure]
        _draw_year(axes, rows, totals, start)
        axes.set_title(KINDS.get(measure, readable(measure)), fontsize=10, loc="left")
        said += _total_in_words(measure, rows, totals)
    figure.axes[0].set_ylabel("attacks since the start")
    # The first panel with a report has every mark.
    handles, labels = max((axes.get_legend_handles_labels() for axes in figure.axes), key=lambda both: len(both[1]))
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    known = bool(windows["tolerance"].notna().any())
    return Drawn(
        "weekly",
        figure,
        sentence("; ".join(said)) or "Attacks since the start, week by week",
        f"Running totals of {runs}: median [5%, 95%]{'; bars on the reports: ± tolerance' if known else ''}.",
        "validation_weekly",
        "Attacks since the start, week by week, as ranges of single runs, with reported totals at the ends of windows.",
    )


def _draw_year(axes: Axes, rows: pd.DataFrame, totals: list[tuple[int, float, float]], start: date) -> None:
    days = rows["day"].to_numpy(float)
    axes.fill_between(days, rows["q05"], rows["q95"], color="0.9", linewidth=0, label="5% to 95% of runs")
    axes.fill_between(days, rows["q25"], rows["q75"], color="0.78", linewidth=0, label="middle half")
    axes.plot(days, rows["q50"], color=COLOURS[0], label="median of runs")
    for day, total, error in totals:
        bar = error if np.isfinite(error) else None
        style: dict[str, Any] = {"fmt": "*", "color": COLOURS[1], "markersize": 11, "capsize": 4}
        label = "_" if day != totals[0][0] else "reported, running total"
        axes.errorbar(day, total, yerr=bar, label=label, clip_on=False, zorder=4, **style)
    axes.set_xlabel(f"day from {start}")
    axes.set_ylim(bottom=0)
    clean(axes)


def _total_in_words(measure: str, rows: pd.DataFrame, totals: list[tuple[int, float, float]]) -> Iterator[str]:
    """The last reported total beside the runs at the end of that week, or the week before it."""
    weeks = rows[rows["day"] <= totals[-1][0]] if totals else rows[:0]
    if len(weeks):
        q05, median, q95 = weeks.iloc[-1][["q05", "q50", "q95"]]
        day, total, _ = totals[-1]
        runs = f"{number(median)} [{number(q05)}, {number(q95)}] in runs by day {weeks['day'].iloc[-1]}"
        yield f"{readable(measure)}: {total:g} reported by day {day}, {runs}"


# --- scores --------------------------------------------------------------------------------------------
def means(found: pd.DataFrame) -> pd.DataFrame:
    """Mean scores over the windows of each measure and model, in their order."""
    return found.groupby(["measure", "model"], sort=False)[list(SCORES)].mean()


def as_good(found: pd.DataFrame, score: str) -> dict[str, list[str]]:
    """Measure → the null models whose mean score is as low as the model's own, or lower."""
    values, better = means(found)[score], {}
    for measure in in_order(found, "measure"):
        own = values[measure]
        nulls = own.drop(index=[MODEL, SEEN], errors="ignore")
        better[measure] = [str(name) for name in nulls.index[nulls <= own[MODEL]]]
    return better


def scores(found: pd.DataFrame) -> Drawn:
    """CRPS and log score of each model, a row of panels for each measure: means, and a stroke for each window."""
    measures, models = in_order(found, "measure"), in_order(found, "model")
    figure = new_figure(10.5, 1.6 + 1.9 * len(measures))
    grid = figure.subplots(len(measures), len(SCORES), squeeze=False)
    for line, measure in zip(grid, measures, strict=True):
        for axes, (score, name) in zip(line, SCORES.items(), strict=True):
            _draw_scores(axes, found[found["measure"] == measure], models, score)
            axes.set_xlabel(f"{name}, lower is better", fontsize=9)
        line[0].set_title(KINDS.get(measure, readable(measure)), fontsize=10, loc="left")
        line[1].tick_params(axis="y", labelleft=False)
    return Drawn(
        "scores",
        figure,
        f"Windows predicted from the others: {scores_title(found)}",
        f"Marks: means; strokes: windows ({listed(_window_counts(found))}). Grey has seen the window.",
        "validation_scores",
        f"Scores of {len(models)} models on {found['window'].nunique()} windows, lower is better.",
    )


def _window_counts(found: pd.DataFrame) -> list[str]:
    counts = found.groupby("measure", sort=False)["window"].nunique()
    return [f"{n} of {readable(str(measure))}" for measure, n in counts.items()]


def scores_title(found: pd.DataFrame) -> str:
    """Which null models do as well as the model or better by CRPS, measure by measure."""
    parts = [f"{readable(m)}: {listed(names)}" for m, names in as_good(found, "crps").items() if names]
    if not parts:
        return "no null model does as well as the model by CRPS"
    return f"as good as the model or better by CRPS are for {'; for '.join(parts)}"


def _draw_scores(axes: Axes, found: pd.DataFrame, models: list[str], score: str) -> None:
    for y, model in enumerate(models):
        values = found.loc[found["model"] == model, score]
        colour = COLOURS[0] if model == MODEL else "0.6" if model == SEEN else COLOURS[1]
        axes.plot(values, [y] * len(values), "|", color=colour, markersize=9)
        axes.plot(values.mean(), y, MARKERS[y % len(MARKERS)], color=colour, markersize=7)
    label_rows(axes, models)
    if score == "crps":
        axes.set_xlim(left=0)


# --- facts ---------------------------------------------------------------------------------------------
def facts(found: pd.DataFrame) -> Drawn:
    """Share of the runs that agree with each stylised fact, by what it rests on."""
    figure = new_figure(9.8, 1.9 + 0.36 * len(found))
    axes = figure.add_subplot()
    labels: set[str] = set()
    for y, row in enumerate(found.to_dict("records")):
        name = str(row["rests_on"])
        axes.barh(y, row["p_agree"], height=0.6, color=RESTS.get(name, "0.8"), label="_" if name in labels else name)
        axes.text(1.03, y, f"{row['p_agree']:.2f}, n = {int(row['runs']):,}", va="center", fontsize=8.5)
        labels.add(name)
    label_rows(axes, [folded(f"{row.measure}: {row.known}", 9, 4.2) for row in found.itertuples()])
    axes.axvline(0.5, color="0.3", linestyle=":", linewidth=1)
    axes.set_xlim(0, 1.28)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_xlabel("share of the runs that agree (dotted: half)")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    free = found[found["rests_on"] == "emergent"]
    few = int((free["p_agree"] < 0.5).sum())
    return Drawn(
        "facts",
        figure,
        f"{few} of {len(free)} facts that no rule says and no fit was shown are met by fewer than half of the runs",
        "Assumed and fitted facts are no findings.",
        "validation_facts",
        f"Share of runs that agree with {len(found)} stylised facts.",
    )
