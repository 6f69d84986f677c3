"""``dxclient plugins list``."""

from __future__ import annotations

import argparse

from dxclient.app import App
from dxclient.cli.output import console, show_json, table


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("action", nargs="?", choices=("list",), default="list")
    parser.add_argument("--all", action="store_true", help="the built-in ones too")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """List extensions with their state, and a sentence where there is trouble."""
    with App.open(safe_mode=getattr(arguments, "safe_mode", False)) as app:
        records = app.records if arguments.all else app.extensions
    if arguments.json:
        show_json(records)
        return 0
    if not records:
        console().print("No extensions are installed.")
        return 0
    rows = [(r.name, r.version, r.source, r.state.value, r.sentence) for r in records]
    console().print(table(("Name", "Version", "From", "State", ""), rows, right=set()))
    return 0
