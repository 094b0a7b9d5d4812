"""What `posture describe` shows as tables: a row for each record, its values as words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


def title_of(content: dict[str, Any]) -> str:
    """Name, title and source."""
    return f"{content['name']}: {content['title']} (source: {content['source']})"


def table_of(title: str, columns: Sequence[str], rows: Sequence[dict[str, Any]], numbers_from: int) -> Iterator[Table]:
    """A table of rows, if there are any."""
    from experiments.cli import screen

    if not rows:
        return
    table = screen.new_table(title, [column.replace("_", " ") for column in columns], numbers_from=numbers_from)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    yield table


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "changed" if value else ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
