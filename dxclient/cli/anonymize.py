"""``dxclient anonymize --script FILE… INPUT OUTPUT``."""

from __future__ import annotations

import argparse
from pathlib import Path

from dxclient.app.files import anonymize_files, plan_of
from dxclient.cli.output import console, show_json
from dxclient.cli.variables import variables


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("input", type=Path, help="file or folder")
    parser.add_argument("output", type=Path, help="file or folder to write; never overwritten")
    parser.add_argument(
        "--script", action="append", type=Path, required=True, help="DicomEdit script; repeatable"
    )
    parser.add_argument("--var", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Anonymize file by file; a file that fails is named and not written."""
    plan = plan_of(arguments.script, variables(arguments.var))
    result = anonymize_files(plan, arguments.input, arguments.output)
    if arguments.json:
        show_json(result)
    else:
        out = console()
        out.print(
            f"{result.anonymized} anonymized, {result.rejected} rejected by a script, "
            f"{len(result.failed)} failed"
        )
        for failed in result.failed:
            out.print(f"  {failed.path}: {failed.sentence}", markup=False)
    return 1 if result.failed else 0
