"""``dxclient support FILE.zip``: what one sends along when one reports a fault."""

from __future__ import annotations

import argparse
from pathlib import Path

from dxclient.app import App
from dxclient.app.support import INSIDE, save_support
from dxclient.cli.output import console, show_json


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", type=Path, help="the zip to write")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Write a support file; it works while the window is open, too."""
    with App.open(safe_mode=getattr(arguments, "safe_mode", False)) as app:
        save_support(app, arguments.file)
    if arguments.json:
        show_json({"file": str(arguments.file), "inside": list(INSIDE)})
        return 0
    out = console()
    out.print(f"Written: {arguments.file}. You may send it to anyone; it holds", markup=False)
    for one in INSIDE:
        out.print(f"  • {one}", markup=False)
    return 0
