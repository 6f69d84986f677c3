"""Small pieces that several steps use."""

from __future__ import annotations

import tkinter as tk
from typing import Any

import ttkbootstrap as ttk

from dxclient.ui.widgets.misc import LabelledEntry


def pack_entry(entry: LabelledEntry, **options: Any) -> LabelledEntry:
    """Pack an entry that keeps its width, while its message may use the whole line.

    An entry that is packed as wide as its content would change its width with the line breaks
    of the message, and these with its width, without end.
    """
    entry.entry.grid_configure(sticky="w")
    entry.pack(fill="x", **options)
    return entry


def clear(frame: tk.Misc) -> None:
    """Take everything out of a frame; an empty packed frame would keep its last height."""
    for child in frame.winfo_children():
        child.destroy()
    if isinstance(frame, ttk.Frame):
        frame.configure(height=1)
