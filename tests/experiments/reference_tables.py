"""The tables of `results/reference`, read by a few lines of their own."""

import csv

from sim.config_files import configs_folder

REFERENCE = configs_folder().parent / "results" / "reference"


def rows(name):
    """The rows of a reference table as they stand there, numbers as numbers."""
    with open(REFERENCE / f"{name}.csv", encoding="utf-8", newline="") as file:
        file.readline()
        return [{key: _value(text) for key, text in row.items()} for row in csv.DictReader(file)]


def _value(text):
    try:
        return float(text)
    except ValueError:
        return text
