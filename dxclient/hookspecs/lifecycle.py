"""Hooks for the beginning and the end of the program."""

from __future__ import annotations

from dxclient.domain.protocols import AppInfo
from dxclient.hookspecs.markers import Kind, hookspec


@hookspec(Kind.NOTIFY, historic=True)
def dxclient_startup(app: AppInfo) -> None:
    """Learn that the program started.

    Called once per plugin on the main thread, after all plugins are registered. Kind: notify.

    Parameters
    ----------
    app : AppInfo
        Version and data folder of the program.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_startup(app):
    ...     print(app.version)

    .. versionadded:: 1.0
    """


@hookspec(Kind.NOTIFY)
def dxclient_shutdown(app: AppInfo) -> None:
    """Learn that the program ends.

    Called on the main thread, after transfers stopped. Kind: notify.

    Parameters
    ----------
    app : AppInfo
        Version and data folder of the program.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_shutdown(app):
    ...     connection.close()

    .. versionadded:: 1.0
    """
