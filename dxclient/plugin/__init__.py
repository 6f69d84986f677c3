"""Plugins: found, loaded, and called so that one plugin's mistake stays that plugin's."""

from dxclient.plugin.contained import contained_step
from dxclient.plugin.host import GuardedFunction, PluginFailure, PluginHost
from dxclient.plugin.loader import PluginRecord, PluginState, load_plugins
from dxclient.plugin.specs import HookSpec, hook_specs

__all__ = [
    "GuardedFunction",
    "HookSpec",
    "PluginFailure",
    "PluginHost",
    "PluginRecord",
    "PluginState",
    "contained_step",
    "hook_specs",
    "load_plugins",
]
