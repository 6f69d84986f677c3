"""What commands print: tables and progress for people, JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dxclient.app import App
from dxclient.domain.findings import Finding, Severity

#: Icon and word for a finding; colour is never alone.
MARKS = {Severity.NOTE: "•", Severity.NEEDS_YOU: "⚠", Severity.STOPS: "⛔"}

#: Pictures of control characters; those from 128 on have none of their own.
_PICTURES = {code: chr(0x2400 + code) for code in range(32) if code != 9}
_PICTURES |= {127: "\u2421"} | dict.fromkeys((*range(128, 160), 0x2028, 0x2029), "\ufffd")


def console() -> Console:
    """Standard output, without colour where it is not a terminal."""
    return Console(highlight=False, soft_wrap=True)


def errors() -> Console:
    """Standard error, for progress and questions, so that output can be piped."""
    return Console(stderr=True, highlight=False)


def show_json(value: object) -> None:
    """Print a value as JSON."""
    text = json.dumps(plain(value), indent=2, ensure_ascii=False)
    sys.stdout.write(text + "\n")


def plain(value: object) -> Any:
    """Turn facts into what JSON knows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, date | Path):
        return str(value)
    return value


def table(titles: Sequence[str], rows: Sequence[Sequence[object]], *, right: set[str]) -> Table:
    """A table; columns in `right` hold numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        made.add_column(title, justify="right" if title in right else "left")
    for row in rows:
        made.add_row(*(escape(str(cell)) for cell in row))
    return made


def findings_lines(findings: Sequence[Finding]) -> list[str]:
    """One line a finding, the worst first."""
    order = [Severity.STOPS, Severity.NEEDS_YOU, Severity.NOTE]
    ranked = sorted(findings, key=lambda finding: order.index(finding.severity))
    return [f"{MARKS[f.severity]} {f.sentence} {f.hint}".rstrip() for f in ranked]


def tell_of_damage(app: App) -> None:
    """Say on standard error which files of the program's own are damaged."""
    for line in findings_lines(app.notices()):
        errors().print(line, markup=False)


def progress(out: Console) -> Progress:
    """A progress bar that shows nothing where there is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        console=out,
        disable=not out.is_terminal,
        transient=True,
    )


def visible(text: str) -> str:
    """A text of others with its control characters shown, so that they do nothing here."""
    return text.translate(_PICTURES)


def size_text(size: float) -> str:
    """Bytes as people say them."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return ""
