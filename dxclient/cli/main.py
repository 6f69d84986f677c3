"""Read the command line, run the command, and say in one sentence what went wrong.

Exit status: 0 done, 1 a failure with a sentence on standard error, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import multiprocessing
import sys
from collections.abc import Sequence
from typing import Any

from dxclient import __version__
from dxclient.domain.errors import DxError

#: Command → module with `add(parser)` and `run(arguments) -> int`; imported only when asked for.
COMMANDS = {
    "demo": ("try everything on an embedded server with sample sessions", "dxclient.cli.demo"),
    "scan": ("list the image sessions in a folder", "dxclient.cli.scan"),
    "projects": ("list the projects that you may upload to", "dxclient.cli.projects"),
    "upload": ("send one image session, or what arrives in a folder", "dxclient.cli.upload"),
    "transfers": ("list, resume, cancel uploads; show receipts", "dxclient.cli.transfers"),
    "anonymize": ("run anonymization scripts over files on this machine", "dxclient.cli.anonymize"),
    "script": ("check, explain and try anonymization scripts", "dxclient.cli.script"),
    "plugins": ("list extensions and their state", "dxclient.cli.plugins"),
    "support": ("write a file for reporting a fault, free of patient data", "dxclient.cli.support"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; without any, open the window."""
    multiprocessing.freeze_support()
    _speak_utf8()
    arguments = list(sys.argv[1:] if argv is None else argv)
    parsed = argparse.Namespace()
    try:
        parsed = _parser(arguments).parse_args(arguments)
        with _told(parsed):
            return int(parsed.run(parsed))
    except KeyboardInterrupt:
        return _fail(
            "Stopped. What was accepted by the server is kept and will not be sent again.",
            as_json=getattr(parsed, "json", False),
        )
    except BrokenPipeError:
        return 1
    except DxError as error:
        return _fail(error.sentence, error.details, as_json=getattr(parsed, "json", False))
    except Exception as error:
        # The last edge: an unknown error's own words may hold paths or patient data.
        return _fail(
            "Something unexpected went wrong; nothing that was accepted is lost.",
            type(error).__name__,
            as_json=getattr(parsed, "json", False),
        )


def _told(parsed: argparse.Namespace) -> contextlib.AbstractContextManager[None]:
    """Show the log, where that is wanted; it says as little as the one that is kept."""
    if not getattr(parsed, "verbose", False):
        return contextlib.nullcontext()
    from dxclient.app.logs import logging_to, open_screen
    from dxclient.app.program import home_folder

    return logging_to(open_screen(home_folder()))


def _speak_utf8() -> None:
    """Names of patients may hold any character; what goes into a pipe is UTF-8 everywhere."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            terminal = stream.isatty()
            stream.reconfigure(encoding=None if terminal else "utf-8", errors="backslashreplace")


def window() -> int:
    """Open the window: the entry point of the graphical program."""
    return main([])


def _fail(sentence: str, details: str = "", *, as_json: bool = False) -> int:
    if as_json:
        text = json.dumps({"error": sentence, "details": details}, ensure_ascii=False)
        print(text, file=sys.stderr)  # noqa: T201
    else:
        print(f"dxclient: {sentence}", file=sys.stderr)  # noqa: T201
        if details:
            print(f"  details: {details}", file=sys.stderr)  # noqa: T201
    return 1


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dxclient",
        description="Send DICOM image sessions to an XNAT server, anonymized on this machine. "
        "Without a command the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"dxclient {__version__}")
    parser.add_argument("--safe-mode", action="store_true", help="load no extensions")
    parser.add_argument("--verbose", action="store_true", help="show the log on standard error")
    parser.set_defaults(run=_window)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    asked = next((word for word in arguments if not word.startswith("-")), "")
    for name, (summary, module) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        if name == asked:
            _fill(command, module)
    if asked and asked not in COMMANDS and "--safe-mode" not in arguments:
        _extensions(commands)
    return parser


def _fill(command: argparse.ArgumentParser, module: str) -> None:
    """Import the command's module and let it add its arguments."""
    loaded = importlib.import_module(module)
    loaded.add(command)
    if command.get_default("run") is None:
        command.set_defaults(run=loaded.run)


def _extensions(commands: Any) -> None:
    """Let plugins add their commands, when none of ours was asked for."""
    from dxclient.app import App

    with contextlib.suppress(DxError), App.open() as app:
        app.host.each("dxclient_cli_commands", subparsers=commands)


def _window(arguments: argparse.Namespace) -> int:
    from dxclient.app import App
    from dxclient.ui.main import run

    with App.open(safe_mode=arguments.safe_mode) as app:
        return run(app)
