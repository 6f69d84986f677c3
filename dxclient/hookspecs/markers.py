"""Markers for hook specifications and implementations, and the kinds of hook."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

import pluggy

PROJECT_NAME = "dxclient"

F = TypeVar("F", bound=Callable[..., Any])


class Kind(Enum):
    """What happens when a plugin fails in a hook."""

    NOTIFY = "notify"
    OFFER = "offer"
    DECIDE = "decide"
    GUARD = "guard"


#: Hook name → kind.
KINDS: dict[str, Kind] = {}

_spec = pluggy.HookspecMarker(PROJECT_NAME)
_impl = pluggy.HookimplMarker(PROJECT_NAME)


def hookspec(kind: Kind, *, historic: bool = False) -> Callable[[F], F]:
    """Mark a hook specification with its kind."""

    def mark(function: F) -> F:
        KINDS[function.__name__] = kind
        _spec(firstresult=kind is Kind.DECIDE, historic=historic)(function)
        return function

    return mark


def hookimpl(
    function: F | None = None, *, optionalhook: bool = False, tryfirst: bool = False
) -> Any:
    """Mark a function of a plugin as the implementation of the hook of the same name.

    Wrappers are not part of the plugin API: they would hide which plugin failed.
    """
    mark = _impl(optionalhook=optionalhook, tryfirst=tryfirst)
    return mark if function is None else mark(function)
