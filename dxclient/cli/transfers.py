"""``dxclient transfers``: all that can be done with uploads, for a terminal and for scripts."""

from __future__ import annotations

import argparse
import importlib
from typing import Any

from dxclient.app import App
from dxclient.app.queue import Queue
from dxclient.cli.output import errors, findings_lines

_SHOW, _CHANGE = "dxclient.cli.transfers_show", "dxclient.cli.transfers_change"
_PAST, _WORK = "dxclient.cli.transfers_past", "dxclient.cli.transfers_work"
#: Task → what it does, and the module that has ``add_TASK`` and ``TASK``.
_TASKS = {
    "list": ("list uploads: what they are at, and what you can do", _SHOW),
    "show": ("show one upload with its scans", _SHOW),
    "run": ("work off the queue, here and now", _WORK),
    "pause": ("stop uploads for a while; what was accepted stays", _CHANGE),
    "resume": ("let paused uploads go on", _CHANGE),
    "cancel": ("end uploads for good", _CHANGE),
    "retry": ("try uploads again that failed, wait, or need you", _CHANGE),
    "answer": ("answer an upload that needs you", _CHANGE),
    "first": ("let an upload go before all others", _CHANGE),
    "move": ("let an upload go earlier or later", _CHANGE),
    "receipt": ("print or write receipts", _PAST),
    "history": ("search uploads that are over", _PAST),
    "forget": ("forget uploads that are over, with their receipts", _PAST),
}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the tasks, each with its arguments; without one, the list is meant."""
    listing = importlib.import_module(_SHOW)
    listing.add_list(parser)
    parser.set_defaults(act=listing.list_)
    tasks = parser.add_subparsers(title="tasks", metavar="TASK")
    for name, (summary, module) in _TASKS.items():
        task = tasks.add_parser(name, help=summary, description=summary.capitalize() + ".")
        loaded: Any = importlib.import_module(module)
        getattr(loaded, f"add_{name}")(task)
        task.set_defaults(act=getattr(loaded, "list_" if name == "list" else name))


def run(arguments: argparse.Namespace) -> int:
    """Do the task."""
    safe_mode = getattr(arguments, "safe_mode", False)
    with App.open(safe_mode=safe_mode) as app, Queue(app) as queue:
        for line in findings_lines(queue.notices()):
            errors().print(line, markup=False)
        done: int = arguments.act(app, queue, arguments)
        return done
