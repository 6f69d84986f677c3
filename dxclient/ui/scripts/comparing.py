"""Running scripts on files for the comparison: on a worker thread, in memory, nothing written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dxclient.app import scripting
from dxclient.app.elements import element_name
from dxclient.app.scripting import Comparison
from dxclient.domain.project import ScriptSource
from dxclient.domain.protocols import DicomEditFunction
from dxclient.ui import words
from dxclient.ui.scripts.gutter import SIGN
from dxclient.ui.widgets.table import Row

#: Longer values are cut in the table; header values may be megabytes.
_MOST = 300
_ABSENT, _REMOVED, _EMPTY = "(not there)", "(removed)", "(empty)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be compared.

    Parameters
    ----------
    stamp : int
        Counts the wishes, so that answers to an older one are known as such.
    """

    stamp: int
    scripts: tuple[ScriptSource, ...]
    paths: tuple[Path, ...]
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileCompared:
    """The answer for one file."""

    path: Path
    comparison: Comparison
    names: Mapping[str, str] = field(default_factory=dict, repr=False)


def run_all(
    wish: Wish,
    functions: Callable[[], Sequence[DicomEditFunction]],
    progress: Callable[[object], None],
    cancelled: Callable[[], bool],
) -> tuple[FileCompared, ...]:
    """Compare file by file; what is done is told after each."""
    known, done = functions(), []
    for path in wish.paths:
        if cancelled():
            break
        found = scripting.compare(wish.scripts, path, wish.values, known)
        names = {one.element: element_name(one.element) for one in found.changes}
        done.append(FileCompared(path, found, names))
        progress((wish.stamp, len(done)))
    return tuple(done)


def result_words(comparison: Comparison, *, only_changes: bool) -> str:
    """What became of a file, in a few words."""
    if comparison.rejected:
        return f"{SIGN} rejected"
    if comparison.missing:
        return f"{SIGN} value missing"
    if comparison.sentence:
        return f"{SIGN} failed"
    count = sum(1 for one in comparison.changes if not only_changes or one.old != one.new)
    return words.plural(count, "change") if count else "nothing changes"


def change_rows(file: FileCompared, *, only_changes: bool, stale: bool) -> list[Row]:
    """The rows of the table for one file."""
    rows = []
    several = len({one.script for one in file.comparison.changes}) > 1
    for number, one in enumerate(file.comparison.changes):
        if only_changes and one.old == one.new:
            continue
        # the number first: names of scripts may be long
        where = f"line {one.line}" + (f", {one.script}" if several else "")
        values = (
            one.element,
            file.names.get(one.element, ""),
            _shown(one.old, _ABSENT),
            _shown(one.new, _REMOVED if one.old is not None else _ABSENT),
            where,
        )
        tags = ("muted",) if stale else ()
        rows.append(Row(str(number), values, tags, (*values[:4], (one.script, one.line))))
    return rows


def _shown(value: str | None, absent: str) -> str:
    if value is None:
        return absent
    # a table shows one line; characters that Tk cannot draw are shown as a box
    text = "".join(char if char.isprintable() else "␣" for char in value[:_MOST])
    return f"{text}…" if len(value) > _MOST else text or _EMPTY
