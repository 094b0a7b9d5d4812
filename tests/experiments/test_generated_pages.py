"""The generated pages are complete and up to date."""

from __future__ import annotations

from experiments.files.columns import COMPARISON_FIELDS, DAILY_FIELDS, RUN_FIELDS
from experiments.files.events import EVENT_FIELDS
from experiments.report import docs_pages as docs
from experiments.studies import catalogue
from sim.parameters import Parameters, flat
from sim.rules.events import KINDS


def test_the_pages_in_the_repository_are_up_to_date():
    assert docs.stale() == []
    assert docs.main(["--check"]) == 0


def test_every_column_is_in_the_dictionary():
    page = docs.data_dictionary()
    for field in (*RUN_FIELDS, *DAILY_FIELDS, *EVENT_FIELDS, *COMPARISON_FIELDS):
        assert f"| `{field.name}` | {field.unit} | {field.meaning} |" in page


def test_every_file_of_the_studies_is_in_the_dictionary():
    page = docs.data_dictionary()
    for name, _, fields in catalogue.files():
        assert f"## {name}\n" in page
        assert all(f"| `{field.name}` | {field.unit} | {field.meaning} |" in page for field in fields)


def test_every_kind_of_event_is_in_the_dictionary_with_its_rule():
    page = docs.data_dictionary()
    for kind in KINDS:
        assert f"| {kind.name} | `{kind.rule}` |" in page
        assert f"| {', '.join(kind.values)} |" in page


def test_a_switch_shows_its_words():
    (line,) = [line for line in docs.parameters().splitlines() if "`retaliation.effect`" in line and "| word |" in line]
    assert all(f"{word}:" in line for word in ("provokes", "deters", "none"))


def test_every_parameter_is_in_the_table():
    page = docs.parameters()
    assert all(f"| `{key}` |" in page for key in flat(Parameters()))
    assert "| `defence.availability` | 1 | 0.85 | 0 – 1 |" in page.replace("0.0 – 1.0", "0 – 1")


def test_a_stale_page_is_found_and_written(tmp_path, capsys):
    assert docs.main(["--check", "--folder", str(tmp_path)]) == 1
    assert "data-dictionary.md is stale" in capsys.readouterr().err
    assert docs.main(["--folder", str(tmp_path)]) == 0
    assert docs.main(["--check", "--folder", str(tmp_path)]) == 0
    (tmp_path / "parameters.md").write_text("old")
    assert docs.stale(tmp_path) == ["parameters.md"]
