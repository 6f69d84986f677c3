"""Dropping folders on the window, where the tkdnd library can be loaded."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import Any


def enable_drop(root: tk.Misc, on_paths: Callable[[tuple[Path, ...]], None]) -> bool:
    """Call *on_paths* with what is dropped anywhere on the window.

    Returns
    -------
    bool
        False where dropping does not work; choosing a folder always does.
    """
    try:
        from tkinterdnd2 import COPY, DND_FILES, TkinterDnD

        TkinterDnD._require(root)
    except (ImportError, RuntimeError, tk.TclError, OSError):
        return False

    def dropped(data: str) -> str:
        paths = tuple(Path(text) for text in root.tk.splitlist(data))
        if paths:
            # after the drop has ended, so that the file manager does not wait for us
            root.after(1, lambda: on_paths(paths))
        return str(COPY)

    name = root.register(dropped)
    call: Any = root.tk.call
    call("tkdnd::drop_target", "register", root._w, (DND_FILES,))  # type: ignore[attr-defined]
    call("bind", root._w, "<<Drop>>", f"{name} %D")  # type: ignore[attr-defined]
    return True
