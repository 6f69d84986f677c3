"""Resolves screens named as text, and contains those that fail.

One of the six edges where a broad ``except`` is right: the screen of an extension may
raise anything, also at import, and the window has to stay.
"""

from __future__ import annotations

import importlib
import tkinter as tk
from collections.abc import Callable
from typing import Any, cast

from dxclient.domain.contributions import Ref
from dxclient.domain.errors import PluginLoadError
from dxclient.ui.widgets.findings import ErrorCard


def resolve(ref: Ref) -> Callable[..., Any]:
    """The function or class that ``"package.module:name"`` names.

    Raises
    ------
    PluginLoadError
        The module cannot be imported or does not have that name.
    """
    module, _, name = ref.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise PluginLoadError(
            module,
            "A screen of an extension cannot be loaded. Everything else works on.",
            details=f"{ref}: {type(error).__name__}",
        ) from error
    return cast("Callable[..., Any]", found)


def build(ref: Ref, parent: tk.Misc, *arguments: Any, **options: Any) -> tk.Widget:
    """Make the widget that *ref* names; an error card in its place when it fails.

    What the screen made before it failed is taken away again.
    """
    before = set(parent.winfo_children())
    try:
        return cast("tk.Widget", resolve(ref)(parent, *arguments, **options))
    except Exception as error:
        for child in set(parent.winfo_children()) - before:
            child.destroy()
        return ErrorCard(parent, error)


def call(function: Callable[..., Any], *arguments: Any) -> BaseException | None:
    """Call into a screen of an extension; return what it raised instead of raising it."""
    try:
        function(*arguments)
    except Exception as error:
        return error
    return None
