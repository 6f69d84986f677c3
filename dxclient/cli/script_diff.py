"""``dxclient script diff --script FILE… FILE|FOLDER``: before and after; nothing is written."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from dxclient.app.differences import Difference, Differences, Place, differences
from dxclient.app.files import files_of, readable_plan
from dxclient.cli.output import console, show_json, table, visible
from dxclient.cli.scriptfiles import add_runnable, counting, functions_of
from dxclient.cli.variables import variables

#: Characters of a value that are shown; ``--json`` gives all of it.
_WIDTH = 64
#: Columns where the output is no terminal, so that no value is folded.
_PIPED = 400


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("input", type=Path, help="file or folder")
    parser.add_argument("--all", action="store_true", help="list the changes of each file")
    add_runnable(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the scripts in memory and show old and new values."""
    functions = functions_of(arguments)
    plan = readable_plan(arguments.script, variables(arguments.var), functions)
    with counting("Comparing") as told:
        found = differences(
            plan,
            files_of(arguments.input),
            each_file=arguments.all,
            functions=functions,
            told=told,
        )
    if arguments.json:
        show_json(found)
    else:
        _show(found, each_file=arguments.all)
    return 1 if found.failed else 0


def _show(found: Differences, *, each_file: bool) -> None:
    out = console()
    if not out.is_terminal:
        out.width = _PIPED
    if found.changes:
        many = found.files > 1
        last = ("File",) if each_file and many else ("Files",) if many else ()
        titles = ("Element", "Name", "Old", "New", "Script", *last)
        rows = [(*_row(one), *((one.file or one.files),) * bool(last)) for one in found.changes]
        out.print(table(titles, rows, right={"Files"}))
    for path, sentence in ((one.path, one.sentence) for one in (*found.rejected, *found.failed)):
        out.print(f"{path}: {sentence}", markup=False)
    out.print(_summary(found))


def _row(one: Difference) -> tuple[str, ...]:
    return (
        visible(one.element),
        one.name,
        _value(one.old, one.old_values),
        _value(one.new, one.new_values),
        visible(_places(one.places)),
    )


def _places(places: Sequence[Place]) -> str:
    """Script and line; several lines of one script as ``project.das:3, 7``."""
    scripts: dict[str, list[str]] = {}
    for place in places:
        scripts.setdefault(place.script, []).append(str(place.line))
    return "; ".join(f"{script}:{', '.join(lines)}" for script, lines in scripts.items())


def _value(value: str | None, count: int) -> str:
    if count > 1:
        return f"({count} different values)"
    if value is None:
        return "(absent)"
    if not value:
        return "(empty)"
    shown = visible(value)
    return shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 1]}…"


def _summary(found: Differences) -> str:
    files = "1 file" if found.files == 1 else f"{found.files} files"
    return (
        f"{files}: {found.unchanged} unchanged, {len(found.rejected)} rejected by a script, "
        f"{len(found.failed)} failed. Nothing was written."
    )
