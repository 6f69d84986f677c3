"""Small building blocks: wrapping labels, headings, folds, entries, buttons, scrolling."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from time import monotonic
from typing import Any

import ttkbootstrap as ttk

from dxclient.ui.metrics import em
from dxclient.ui.theme import DANGER, HEADING, LINK, MUTED, TITLE

#: The toolkit lets the blank at a line's end, and its own edge, reach beyond; in ems.
_BEYOND = 0.4


def wrap(label: ttk.Label, within: tk.Misc | None = None, less: int = 0) -> ttk.Label:
    """Let a label break its lines at its own width (or that of *within*, minus *less* pixels)."""
    frame = within or label
    before, current, changed = 0, 0, 0.0

    def resized(event: tk.Event[Any]) -> None:
        nonlocal before, current, changed
        width = max(event.width - less, em(label, 4))
        if event.widget is not frame or abs(width - current) <= 1:
            return
        # a width that follows the text, and a text that follows the width, would go on for ever
        if width > current and abs(width - before) <= 1 and monotonic() - changed < 0.1:
            return
        before, current, changed = current, width, monotonic()
        label.configure(wraplength=width - em(label, _BEYOND))

    frame.bind("<Configure>", resized, add="+")
    return label


class WrapLabel(ttk.Label):
    """A label that breaks its lines at its own width; pack it with ``fill="x"``."""

    def __init__(self, parent: tk.Misc, text: str = "", **options: Any) -> None:
        options.setdefault("wraplength", em(parent, 40))
        super().__init__(parent, text=text, justify="left", **options)
        wrap(self)


class Title(ttk.Label):
    """The sentence at the top of a view."""

    def __init__(self, parent: tk.Misc, text: str = "", **options: Any) -> None:
        super().__init__(parent, text=text, style=TITLE, **options)


class Heading(ttk.Label):
    """The heading of a part of a view."""

    def __init__(self, parent: tk.Misc, text: str = "", **options: Any) -> None:
        super().__init__(parent, text=text, style=HEADING, **options)


class Muted(WrapLabel):
    """Text that explains, in a quieter colour."""

    def __init__(self, parent: tk.Misc, text: str = "", **options: Any) -> None:
        super().__init__(parent, text, style=MUTED, **options)


class PrimaryButton(ttk.Button):
    """The one main action of a screen; Enter presses it while it has the focus."""

    def __init__(self, parent: tk.Misc, text: str, command: Callable[[], Any], **kw: Any) -> None:
        super().__init__(parent, text=text, command=command, bootstyle="success", **kw)
        self.bind("<Return>", self._enter)
        self.bind("<KP_Enter>", self._enter)

    def _enter(self, _event: tk.Event[Any]) -> str:
        self.invoke()
        return "break"


class LinkLabel(ttk.Label):
    """A text that does something; reachable with Tab, pressed with Enter or Space."""

    def __init__(self, parent: tk.Misc, text: str, command: Callable[[], Any]) -> None:
        super().__init__(parent, text=text, style=LINK, cursor="hand2", takefocus=True)
        for event in ("<Button-1>", "<Return>", "<space>"):
            self.bind(event, lambda _event: command())
        self.bind("<FocusIn>", lambda _event: self.configure(bootstyle="inverse-primary"))
        self.bind("<FocusOut>", lambda _event: self.configure(style=LINK))


class Fold(ttk.Frame):
    """Something hidden behind a heading that opens it. Put the content into `.body`."""

    def __init__(self, parent: tk.Misc, title: str, *, opened: bool = False) -> None:
        super().__init__(parent)
        self._title = title
        self._open = False
        self.button = ttk.Button(self, command=self.toggle, bootstyle="link")
        self.button.pack(anchor="w")
        self.body = ttk.Frame(self, padding=(em(self, 1), 0, 0, 0))
        self._show(opened)

    @property
    def opened(self) -> bool:
        """Whether the content is to be seen."""
        return self._open

    def toggle(self) -> None:
        """Open or close."""
        self._show(not self._open)

    def _show(self, opened: bool) -> None:
        self._open = opened
        self.button.configure(text=("▾ " if opened else "▸ ") + self._title)
        if opened:
            self.body.pack(fill="both", expand=True)
        else:
            self.body.pack_forget()


class LabelledEntry(ttk.Frame):
    """An entry with its label above and a live message below.

    Parameters
    ----------
    check : callable
        Gets the text; returns what is wrong with it, or nothing.
    secret : bool
        Hide what is typed, with a toggle to show it.
    """

    def __init__(
        self,
        parent: tk.Misc,
        label: str,
        *,
        value: str = "",
        check: Callable[[str], str] | None = None,
        secret: bool = False,
        on_change: Callable[[str], None] | None = None,
        width_em: float = 24,
    ) -> None:
        super().__init__(parent)
        self._check, self._on_change = check, on_change
        self.columnconfigure(0, weight=1)
        self.label = ttk.Label(self, text=label)
        self.label.grid(row=0, column=0, columnspan=2, sticky="w")
        self.variable = tk.StringVar(self, value=value)
        self.entry = ttk.Entry(
            self,
            textvariable=self.variable,
            width=max(4, round(width_em * 1.4)),
            show="•" if secret else "",
        )
        self.entry.grid(row=1, column=0, sticky="ew", pady=(em(self, 0.15), 0))
        if secret:
            self._toggle = ttk.Button(self, text="Show", width=6, command=self._reveal)
            self._toggle.grid(row=1, column=1, padx=(em(self, 0.4), 0))
        self.message = WrapLabel(self, style=DANGER)
        self.variable.trace_add("write", lambda *_: self._changed())

    @property
    def value(self) -> str:
        """What is typed."""
        return self.variable.get()

    @value.setter
    def value(self, text: str) -> None:
        self.variable.set(text)

    @property
    def problem(self) -> str:
        """What is wrong with the text now."""
        return self._check(self.value) if self._check else ""

    def say(self, text: str) -> None:
        """Show a message under the entry; empty takes it away."""
        self.message.configure(text=f"⚠ {text}" if text else "")
        if text:
            self.message.grid(row=2, column=0, columnspan=2, sticky="ew")
        else:
            self.message.grid_forget()

    def focus_set(self) -> None:
        """Give the keyboard to the entry."""
        self.entry.focus_set()

    def _changed(self) -> None:
        self.say(self.problem if self.value else "")
        if self._on_change:
            self._on_change(self.value)

    def _reveal(self) -> None:
        hidden = bool(str(self.entry.cget("show")))
        self.entry.configure(show="" if hidden else "•")
        self._toggle.configure(text="Hide" if hidden else "Show")


class ScrollArea(ttk.Frame):
    """A frame that scrolls up and down; put the content into `.body`."""

    def __init__(self, parent: tk.Misc, padding: int = 0) -> None:
        super().__init__(parent)
        self._canvas = ttk.Canvas(self, highlightthickness=0, borderwidth=0, width=1, height=1)
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._canvas.yview)
        self._canvas.grid(row=0, column=0, sticky="nsew")
        self.columnconfigure(0, weight=1)
        # always there: a bar that comes and goes can make text wrap to and fro without end
        self._bar.grid(row=0, column=1, sticky="ns")
        self.rowconfigure(0, weight=1)
        self._canvas.configure(yscrollcommand=self._bar.set)
        self.body = ttk.Frame(self._canvas, padding=padding)
        self._item = self._canvas.create_window(0, 0, window=self.body, anchor="nw")
        self.body.bind("<Configure>", lambda _event: self._fit())
        self._canvas.bind("<Configure>", lambda _event: self._fit())
        # one binding for all areas (bind_all without add replaces): no area leaves one behind
        for event in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
            self.bind_all(event, _wheel)
        self.bind_all("<FocusIn>", _follow)

    def _fit(self) -> None:
        """Follow the width of the window; the height stays the body's own.

        A fixed height would hide later growth of the body: Tk tells of no change then.
        """
        width, height = self._canvas.winfo_width(), self._canvas.winfo_height()
        tall = self.body.winfo_reqheight()
        self._canvas.itemconfigure(self._item, width=width)
        self._canvas.configure(scrollregion=(0, 0, width, max(tall, height)))

    def scroll(self, units: int) -> None:
        """Scroll down by so many lines; negative numbers go up."""
        self._canvas.yview_scroll(units, "units")

    def reveal(self, widget: tk.Misc) -> None:
        """Bring a widget of the body into view."""
        top = widget.winfo_rooty() - self.body.winfo_rooty()
        shown = self._canvas.canvasy(0)
        height, whole = self._canvas.winfo_height(), max(self.body.winfo_height(), 1)
        if top < shown or top + widget.winfo_height() > shown + height:
            self._canvas.yview_moveto(max(0, top - height // 3) / whole)


def _area_of(widget: object) -> ScrollArea | None:
    while isinstance(widget, tk.Misc) and not isinstance(widget, ScrollArea):
        widget = widget.master
    return widget if isinstance(widget, ScrollArea) else None


def _wheel(event: tk.Event[Any]) -> None:
    area = _area_of(event.widget)
    if area is not None and not isinstance(event.widget, ttk.Treeview | tk.Text):
        area.scroll(-2 if event.num == 4 or event.delta > 0 else 2)


def _follow(event: tk.Event[Any]) -> None:
    """Bring what got the keyboard into view."""
    area = _area_of(event.widget)
    if area is not None and event.widget is not area:
        area.reveal(event.widget)
