"""``--profile NAME`` and ``--script FILE``: a script of this machine, after those of the server."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from dxclient.app import App
from dxclient.app.files import read_scripts
from dxclient.app.offers import ready_made
from dxclient.app.profiles import profiles
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import DxError

#: Takes no script of this machine, whatever was chosen for the project in the window.
NONE = "none"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the two arguments, of which one can be given."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--profile",
        type=_known,
        metavar="NAME",
        help=f"ready-made script that runs after those of the server: {', '.join(_names())}; "
        f"{NONE} takes none, not even the one that you chose for the project in the window",
    )
    group.add_argument(
        "--script",
        type=Path,
        metavar="FILE",
        help="script of your own that runs after those of the server",
    )


def chosen(app: App, draft: UploadDraft, arguments: argparse.Namespace) -> UploadDraft:
    """The draft with the script that was asked for, else with the one chosen for its project.

    Raises
    ------
    DxError
        The file is no script, or the one that was chosen for the project is gone.
    """
    if arguments.profile == NONE:
        return draft
    if arguments.profile:
        return replace(draft, own_script=ready_made(arguments.profile))
    if arguments.script:
        (own,) = read_scripts([arguments.script])
        return replace(draft, own_script=own)
    begun = app.offers.begin(draft)
    if begun.lost_script:
        raise DxError(
            f"{begun.lost_script} Nothing was sent. Choose another one with --profile NAME or "
            f"--script FILE, or go on without it: --profile {NONE}."
        )
    return begun


def offered() -> str:
    """What to do where there is no script."""
    return (
        f"Ready-made scripts: --profile {' | '.join(_names())}; “dxclient script profile --list” "
        "says what they do. One of your own: --script FILE."
    )


def _names() -> tuple[str, ...]:
    return tuple(one.name for one in profiles())


def _known(name: str) -> str:
    if name not in (NONE, *_names()):
        raise argparse.ArgumentTypeError(
            f"there is no such profile; known are {', '.join((*_names(), NONE))}"
        )
    return name
