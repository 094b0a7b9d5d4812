"""Figure of information: for each question what is worth how much to know, beside the floor of chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from experiments.report import study
from experiments.report.information import numbers
from experiments.report.study import Drawn, Tabled, in_order
from experiments.report.style import panels as draw
from experiments.report.style.forest import label_rows, room_for, row_labels
from experiments.report.style.panels import means, new_figure
from experiments.report.style.tables import intervals


def charts(frame: pd.DataFrame, _: Tabled) -> Iterator[Drawn]:
    """One for the choice, and for each claim of which a single datum can be told to be worth something."""
    for question in in_order(frame, "question"):
        rows = numbers.of_question(frame, question)
        if question == numbers.CHOICE or numbers.told(rows):
            yield _chart(numbers.shown(rows), question)


def _chart(rows: pd.DataFrame, question: str) -> Drawn:
    records = rows.to_dict("records")
    labels = row_labels([numbers.label(row) for row in records])
    room, row = room_for(labels)
    figure = new_figure(room + 4.8, 1.7 + row * len(labels))
    axes = figure.subplots()
    axes.axvline(0, color="0.4", linewidth=1)
    means(axes, intervals(rows), range(len(rows)), label="worth of knowing it (95% t interval)")
    style: dict[str, Any] = {
        "linestyle": "none",
        "marker": "|",
        "markersize": 10,
        "color": "0.35",
        "label": "floor of chance",
    }
    axes.plot([each["floor"] for each in records], range(len(rows)), **style)
    label_rows(axes, labels)
    draw.clean(axes)
    draw.key(figure, axes)
    unit = str(records[0]["unit"])
    what = "chance of being wrong that it saves" if unit == "chance" else f"expected loss that it saves [{unit}]"
    axes.set_xlabel(what)
    clear = numbers.clear(numbers.single(rows))
    best = [f"{numbers.label(r)}, {numbers.worth_words(r['mean'], unit)}" for r in clear.head(1).to_dict("records")]
    about = "the choice of a policy" if question == numbers.CHOICE else f"claim {question}"
    finding = f"For {about} worth most to know: {best[0] if best else 'no single datum, as far as these states tell'}"
    how = "Clear: above its floor, and above 0 corrected for all that was tried. Lower bounds: a rule is learnt."
    return Drawn(f"information_{question}", figure, finding, how, f"Dot chart, a row for what is known: {finding}.")


pictures = study.pictures(("information", charts))
