"""Line numbers beside a text, with a sign on lines that have a problem."""

from __future__ import annotations

import tkinter as tk

import ttkbootstrap as ttk

from dxclient.ui.later import Later
from dxclient.ui.metrics import em
from dxclient.ui.scripts.colouring import CODE, CODE_BOLD, Palette

SIGN = "✖"
WARNING = "⚠"


class Gutter(ttk.Canvas):
    """The numbers of the lines that are to be seen; drawn when the window has time."""

    def __init__(self, parent: tk.Misc, text: tk.Text) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, width=em(parent, 4))
        self._text = text
        self._signs: dict[int, str] = {}
        self._colours: Palette | None = None
        self._later = Later(self, self._draw, None)
        self.bind("<Configure>", lambda _event: self.ask(), add="+")

    def ask(self) -> None:
        """Draw anew, soon."""
        self._later.ask()

    def colours(self, now: Palette) -> None:
        """Use these colours."""
        self._colours = now
        self.configure(background=now.line)
        self.ask()

    def signs(self, lines: dict[int, str]) -> None:
        """Put signs on these lines."""
        self._signs = lines
        self.ask()

    def _draw(self) -> None:
        self.delete("all")
        text, colours = self._text, self._colours
        if colours is None:
            return
        last = text.index("end-1c").split(".")[0]
        width = em(self, 0.62 * max(3, len(last)) + 1.9)
        if int(self.cget("width")) != width:
            self.configure(width=width)
        index = text.index("@0,0")
        while (place := text.dlineinfo(index)) is not None:
            self._number(int(index.split(".")[0]), place[1], width, colours)
            following = text.index(f"{index}+1line linestart")
            if following == index:
                break
            index = following

    def _number(self, line: int, top: int, width: int, colours: Palette) -> None:
        sign = self._signs.get(line, "")
        fill = colours.muted
        if sign:
            fill = colours.problem if sign == SIGN else colours.warning
            self.create_text(em(self, 0.3), top, anchor="nw", text=sign, fill=fill, font=CODE)
        font = CODE_BOLD if sign else CODE
        right = width - em(self, 0.4)
        self.create_text(right, top, anchor="ne", text=str(line), fill=fill, font=font)
