"""Small pieces that several steps use."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from typing import Any

import ttkbootstrap as ttk

from dxclient.ui.widgets.misc import LabelledEntry, WrapLabel

#: More than this is shown in a text that scrolls: a label for each would take seconds.
_LABELS, _LETTERS, _HEIGHT = 20, 4000, 14


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


def sentences(parent: tk.Misc, lines: Sequence[str]) -> None:
    """Show sentences one under the other; many of them, or long ones, scroll."""
    if len(lines) <= _LABELS and sum(map(len, lines)) <= _LETTERS:
        for line in lines:
            WrapLabel(parent, f"• {line}").pack(fill="x")
        return
    frame = ttk.Frame(parent)
    frame.pack(fill="x")
    text = tk.Text(frame, height=_HEIGHT, wrap="word", font="TkDefaultFont", spacing3=2)
    bar = ttk.Scrollbar(frame, orient="vertical", command=text.yview)
    bar.pack(side="right", fill="y")
    text.configure(yscrollcommand=bar.set)
    text.insert("1.0", "\n".join(f"• {line}" for line in lines))
    text.configure(state="disabled")
    text.pack(side="left", fill="x", expand=True)
