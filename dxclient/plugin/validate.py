"""What is wrong with a plugin, said before it is registered."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pluggy

from dxclient.plugin.specs import HookSpec

PREFIX = "dxclient_"


def problems_of(
    plugin: object, manager: pluggy.PluginManager, specs: Mapping[str, HookSpec]
) -> tuple[str, ...]:
    """One sentence for each mistake: unknown hooks, wrong arguments, wrappers, lost markers."""
    found: list[str] = []
    for name in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, name)
        if options is not None:
            found += _marked(plugin, name, dict(options), specs)
        elif name in specs and inspect.isroutine(inspect.getattr_static(plugin, name)):
            found.append(f"{name} is not marked with @hookimpl, so it would never be called.")
    return tuple(found)


def _marked(
    plugin: object, name: str, options: Mapping[str, Any], specs: Mapping[str, HookSpec]
) -> Iterator[str]:
    hook = str(options.get("specname") or name)
    if options.get("wrapper") or options.get("hookwrapper"):
        yield f"{hook} is a wrapper; wrappers are not part of the plugin API."
    elif hook not in specs:
        if not options.get("optionalhook"):
            yield f"There is no hook {hook}{_instead(hook, specs)}"
    else:
        spec = specs[hook]
        for argument in _arguments(getattr(plugin, name)):
            if argument not in spec.arguments:
                hint = _instead(argument, spec.arguments)
                yield f"{hook} has no argument “{argument}”{hint}"


def _arguments(function: Any) -> tuple[str, ...]:
    """Names of what the function must be given, without the instance."""
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    needed = (p for p in parameters if p.kind in plain or p.default is p.empty)
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return tuple(p.name for p in needed if p.kind not in variable)


def _instead(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else "."
