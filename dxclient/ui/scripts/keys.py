"""The keys of the page of scripts."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dxclient.ui.scripts.view import ScriptsView

KEYS = (
    "Ctrl+N begins a script, Ctrl+O opens a file, Ctrl+S saves. F8 and Shift+F8 go from problem "
    "to problem. F5 or Ctrl+Enter compares files before and after. Ctrl+F finds text, Ctrl+Z and "
    "Ctrl+Y undo and redo. In the text, Tab indents; Ctrl+Tab, Shift+Tab and Esc leave it."
)

Handler = Callable[["tk.Event[Any]"], str | None]


def handlers(view: ScriptsView) -> dict[str, Callable[[], object]]:
    """What each key does."""
    return {
        "<Control-n>": view.desk.new,
        "<Control-o>": view.desk.ask_open,
        "<Control-s>": view.desk.save,
        "<F5>": view.primary,
        "<Control-Return>": view.primary,
        "<F8>": lambda: view.next_problem(1),
        "<Shift-F8>": lambda: view.next_problem(-1),
        "<Control-f>": view.find,
    }


def bind_keys(view: ScriptsView) -> None:
    """Let the keys work wherever the keyboard is, while the page is in front."""
    root = view.winfo_toplevel()
    for key, action in handlers(view).items():
        root.bind(key, _while_in_front(view, action), add="+")


def bind_text_keys(view: ScriptsView, text: tk.Text) -> None:
    """Bind them on a text, too, where the toolkit has meanings of its own for some."""
    for key, action in handlers(view).items():
        text.bind(key, _always(action))


def _while_in_front(view: ScriptsView, action: Callable[[], object]) -> Handler:
    def pressed(event: tk.Event[Any]) -> str | None:
        if not view.winfo_exists() or not view.in_front:
            return None
        if isinstance(event.widget, tk.Misc) and event.widget.winfo_toplevel() is not root:
            return None
        action()
        return "break"

    root = view.winfo_toplevel()
    return pressed


def _always(action: Callable[[], object]) -> Handler:
    def pressed(_event: tk.Event[Any]) -> str:
        action()
        return "break"

    return pressed
