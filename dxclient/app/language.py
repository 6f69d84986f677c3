"""The functions that extensions add to the script language, and how plans name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dxclient.domain.plan import PluginVersion
from dxclient.domain.preferences import SettingsView
from dxclient.domain.protocols import DicomEditFunction
from dxclient.plugin import GuardedFunction, PluginHost


def script_functions(
    host: PluginHost, settings: SettingsView | None = None
) -> tuple[DicomEditFunction, ...]:
    """Ask all plugins. Raises PluginHookError when one fails: it may anonymize.

    Parameters
    ----------
    settings : SettingsView or None
        Of the program, for no project in particular. Without them, what a setting has to allow
        is not offered.
    """
    answers = host.strict("dxclient_dicomedit_functions", settings=settings or SettingsView({}))
    return tuple(
        replace(one, function=GuardedFunction(plugin, one.name, one.function))
        for plugin, found in answers
        for one in found
    )


def function_versions(functions: Iterable[DicomEditFunction]) -> tuple[PluginVersion, ...]:
    """Name functions as a plan does, so that another version is noticed."""
    return tuple(PluginVersion(f"function {one.name}", one.version) for one in functions)
