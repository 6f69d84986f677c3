"""Arguments that commands on scripts share, and what follows from them."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from dxclient.app import App
from dxclient.app.language import script_functions
from dxclient.cli.output import errors, progress
from dxclient.domain.protocols import DicomEditFunction


def add_scripts(parser: argparse.ArgumentParser) -> None:
    """Add script files as arguments of their own."""
    parser.add_argument(
        "script", nargs="+", type=Path, metavar="FILE", help="script file; - is standard input"
    )
    add_common(parser)


def add_runnable(parser: argparse.ArgumentParser) -> None:
    """Add scripts as options, and values for their variables."""
    parser.add_argument(
        "--script",
        action="append",
        type=Path,
        required=True,
        metavar="FILE",
        help="DicomEdit script; repeatable, they run in this order",
    )
    parser.add_argument(
        "--var",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a variable; repeatable",
    )
    add_common(parser)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every command on scripts has."""
    parser.add_argument(
        "--functions", action="store_true", help="know the functions of installed extensions, too"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def functions_of(arguments: argparse.Namespace) -> tuple[DicomEditFunction, ...]:
    """Functions of extensions, and those that settings allow, where they are asked for."""
    if not arguments.functions:
        return ()
    with App.open() as app:
        return script_functions(app.host, app.settings())


@contextlib.contextmanager
def counting(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; what comes back is told the files done, and all."""
    with progress(errors()) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
