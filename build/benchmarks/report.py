"""Tables of measurements."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table


def show(title: str, titles: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print one table; the first column is text, the others are numbers."""
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(titles):
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*map(str, row))
    Console(width=110).print(table)
