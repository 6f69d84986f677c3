"""Hosts and hooks for tests."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from dxclient import __version__
from dxclient.hookspecs import KINDS, Kind
from dxclient.plugin import PluginHost, hook_specs
from dxclient.testing.examples import example


def fill_with_builtins(host: PluginHost) -> None:
    """Register the built-in plugins; one that cannot be imported fails the test."""
    from dxclient.builtin import BUILTIN

    for name in BUILTIN:
        host.register(importlib.import_module(name), name, __version__, builtin=True)


def ask(host: PluginHost, hook: str, known: Mapping[str, Any]) -> Any:
    """Call a hook by its kind; arguments that are not given are filled in."""
    spec = next((one for one in hook_specs() if one.name == hook), None)
    if spec is None:
        raise ValueError(f"There is no hook {hook}.")
    filled = {name: known[name] if name in known else example(name) for name in spec.arguments}
    call = {
        Kind.NOTIFY: host.notify,
        Kind.OFFER: host.each,
        Kind.DECIDE: host.first,
        Kind.GUARD: host.strict,
    }[KINDS[hook]]
    return call(hook, **{**filled, **known})
