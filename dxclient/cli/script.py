"""``dxclient script check|variables|explain|run|diff|profile``."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

#: Task → what it does, module, and the names of its two functions there.
_TASKS = {
    "check": ("find every problem in scripts", "dxclient.cli.script_texts", "check"),
    "variables": ("list the values that scripts ask for", "dxclient.cli.script_texts", "variables"),
    "explain": ("say in sentences what scripts do", "dxclient.cli.script_texts", "explain"),
    "run": ("anonymize files on this machine", "dxclient.cli.anonymize", ""),
    "diff": ("show what scripts change in files; writes nothing", "dxclient.cli.script_diff", ""),
    "profile": ("print a ready-made script", "dxclient.cli.script_profile", ""),
}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the tasks, each with its arguments."""
    tasks = parser.add_subparsers(title="tasks", metavar="TASK", required=True)
    for name, (summary, module, prefix) in _TASKS.items():
        task = tasks.add_parser(name, help=summary, description=summary.capitalize() + ".")
        loaded: Any = importlib.import_module(module)
        getattr(loaded, f"add_{prefix}" if prefix else "add")(task)
        task.set_defaults(run=getattr(loaded, f"run_{prefix}" if prefix else "run"))


def run(arguments: argparse.Namespace) -> int:
    """Never reached: each task brings its own."""
    raise AssertionError(arguments)
