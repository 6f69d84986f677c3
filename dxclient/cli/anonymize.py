"""``dxclient anonymize --script FILE… INPUT OUTPUT``; ``dxclient script run`` is the same."""

from __future__ import annotations

import argparse
from pathlib import Path

from dxclient.app.files import FilesAnonymized, anonymize_files, plan_of
from dxclient.cli.output import console, show_json
from dxclient.cli.scriptfiles import add_runnable, counting, functions_of
from dxclient.cli.variables import variables


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("input", type=Path, help="file or folder")
    parser.add_argument("output", type=Path, help="file or folder to write; never overwritten")
    add_runnable(parser)


def run(arguments: argparse.Namespace) -> int:
    """Anonymize file by file; a file that fails is named and not written."""
    functions = functions_of(arguments)
    plan = plan_of(arguments.script, variables(arguments.var), functions)
    with counting("Anonymizing") as told:
        result = anonymize_files(
            plan, arguments.input, arguments.output, functions=functions, told=told
        )
    if arguments.json:
        show_json(result)
    else:
        _show(result)
    return 1 if result.failed else 0


def _show(result: FilesAnonymized) -> None:
    out = console()
    out.print(
        f"{result.anonymized} anonymized, {result.rejected} rejected by a script, "
        f"{len(result.failed)} failed"
    )
    for path in result.rejected_files:
        out.print(f"  {path}: rejected by a script", markup=False)
    for failed in result.failed:
        out.print(f"  {failed.path}: {failed.sentence}", markup=False)
