"""Hooks that add to the window and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dxclient.domain.contributions import Command, Panel
from dxclient.hookspecs.markers import Kind, hookspec


@hookspec(Kind.OFFER)
def dxclient_panels() -> Iterable[Panel]:
    """Add panels to the window.

    Called on the main thread, when the window opens. Kind: offer. A panel names its factory as
    text, so that importing the plugin needs no toolkit.

    Returns
    -------
    iterable of Panel

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_panels():
    ...     return [Panel(id="acme.help", slot="settings", title="Acme",
    ...                   factory=Ref("acme.panel:build"))]

    .. versionadded:: 1.0
    """
    return ()


@hookspec(Kind.OFFER)
def dxclient_commands() -> Iterable[Command]:
    """Add commands to the menu and the command palette.

    Called on the main thread, when the window opens. Kind: offer.

    Returns
    -------
    iterable of Command

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_commands():
    ...     return [Command(id="acme.report", title="Report", action=Ref("acme.report:run"))]

    .. versionadded:: 1.0
    """
    return ()


@hookspec(Kind.OFFER)
def dxclient_cli_commands(subparsers: Any) -> None:
    """Add commands to the command line.

    Called on the main thread, while the command line is read. Kind: offer.

    Parameters
    ----------
    subparsers : argparse subparsers
        Add a parser; set its default ``run`` to a function of the parsed arguments that
        returns the exit status.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_cli_commands(subparsers):
    ...     parser = subparsers.add_parser("acme", help="Acme's report")
    ...     parser.set_defaults(run=report)

    .. versionadded:: 1.0
    """
