"""The editor of one script: numbers, colours, problems underlined, finding."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Any

import ttkbootstrap as ttk

from dxclient.domain.problems import Problem
from dxclient.ui.metrics import em
from dxclient.ui.scripts.colouring import CODE, KINDS, font_of, palette
from dxclient.ui.scripts.documents import Document
from dxclient.ui.scripts.findbar import FindBar
from dxclient.ui.scripts.gutter import SIGN, WARNING, Gutter
from dxclient.ui.scripts.hover import ProblemTip
from dxclient.ui.scripts.places import Coloured, columns_of, piece_end

_PROBLEM, _WARNING, _LINE, _FOUND = "problem", "warning", "line", "found"
#: Marks are drawn in portions, so that a long script does not hold the window.
_PORTION = 600


class Editor(ttk.Frame):
    """A text with what belongs to it. Every script has its own, so that undo stays its own.

    Parameters
    ----------
    on_change : callable
        Called after each change of the text, with the editor.

    Attributes
    ----------
    version : int
        Counts the changes, so that answers for an older text are known as such.
    """

    def __init__(
        self, parent: tk.Misc, document: Document, on_change: Callable[[Editor], object]
    ) -> None:
        super().__init__(parent)
        self.document, self._on_change = document, on_change
        self.version = 0
        self.problems: tuple[Problem, ...] = ()
        self.warnings: tuple[Problem, ...] = ()
        self._coloured: tuple[Coloured, ...] = ()
        self._ticket = ""
        self.columnconfigure(1, weight=1)
        self.rowconfigure(1, weight=1)
        self._build()
        self.find_bar = FindBar(self, self.text, self.close_find)
        self.tip = ProblemTip(self.text, self.problem_at)
        self.bind("<<ThemeChanged>>", lambda _event: self.recolour(), add="+")
        self.bind("<Destroy>", self._gone, add="+")
        self.load()
        self.recolour()

    def _build(self) -> None:
        self.text = tk.Text(
            self,
            wrap="none",
            font=CODE,
            undo=True,
            maxundo=0,
            autoseparators=True,
            borderwidth=0,
            highlightthickness=0,
            padx=em(self, 0.4),
            pady=em(self, 0.2),
            width=20,
            height=4,
        )
        self.gutter = Gutter(self, self.text)
        self.gutter.grid(row=1, column=0, sticky="ns")
        self.text.grid(row=1, column=1, sticky="nsew")
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self.text.yview)
        self._bar.grid(row=1, column=2, sticky="ns")
        across = ttk.Scrollbar(self, orient="horizontal", command=self.text.xview)
        across.grid(row=2, column=1, sticky="ew")
        self.text.configure(yscrollcommand=self._scrolled, xscrollcommand=across.set)
        text = self.text
        text.bind("<<Modified>>", lambda _event: self._modified())
        for event in ("<KeyRelease>", "<ButtonRelease-1>"):
            text.bind(event, lambda _event: self._moved(), add="+")
        text.bind("<Button-1>", lambda _event: text.focus_set(), add="+")
        text.bind("<Control-y>", lambda _event: self._redo())
        text.bind("<Control-a>", lambda _event: self._select_all())
        text.bind("<<Paste>>", lambda _event: self._drop_selection())
        text.bind("<Return>", self._new_line)
        text.bind("<Tab>", self._indent)
        text.bind("<Shift-Tab>", lambda _event: self._leave(back=True))
        text.bind("<ISO_Left_Tab>", lambda _event: self._leave(back=True))

    # -- the text ------------------------------------------------------------------------

    def load(self) -> None:
        """Show the text of the document; undo begins here."""
        text = self.text
        text.configure(state="normal")
        text.delete("1.0", "end")
        text.insert("1.0", self.document.text)
        text.edit_reset()
        text.edit_modified(False)
        text.mark_set("insert", "1.0")
        if self.document.read_only:
            text.configure(state="disabled")
        self._coloured = ()
        self.version += 1
        self.gutter.ask()

    def content(self) -> str:
        """The text as it is now."""
        return self.text.get("1.0", "end-1c")

    def _modified(self) -> None:
        if not self.text.edit_modified():
            return
        self.text.edit_modified(False)
        content = self.content()
        if content == self.document.text:
            return
        self.document.text = content
        self.version += 1
        self.gutter.ask()
        self.tip.hide()
        self._on_change(self)

    def _redo(self) -> str:
        try:
            self.text.edit_redo()
        except tk.TclError:
            self.bell()  # there is nothing to do again
        return "break"

    def _new_line(self, _event: tk.Event[Any]) -> str | None:
        """Begin the next line under the beginning of this one."""
        if self.document.read_only:
            return "break"
        before = self.text.get("insert linestart", "insert")
        blanks = before[: len(before) - len(before.lstrip(" \t"))]
        self._drop_selection()
        self.text.insert("insert", f"\n{blanks}")
        self.text.see("insert")
        return "break"

    def _select_all(self) -> str:
        self.text.tag_add("sel", "1.0", "end-1c")
        return "break"

    def _drop_selection(self) -> None:
        """Let what comes take the place of what is selected; under X11 Tk would keep both."""
        if self.text.tag_ranges("sel") and not self.document.read_only:
            self.text.delete("sel.first", "sel.last")

    def _indent(self, _event: tk.Event[Any]) -> str:
        if self.document.read_only:
            return self._leave()
        self.text.insert("insert", "  ")
        return "break"

    def _leave(self, *, back: bool = False) -> str:
        """Give the keyboard to the next widget; Ctrl+Tab does it, too."""
        following = self.text.tk_focusPrev() if back else self.text.tk_focusNext()
        if following is not None:
            following.focus_set()
        return "break"

    # -- moving --------------------------------------------------------------------------

    def jump(self, line: int, column: int = 1, *, focus: bool = True) -> None:
        """Put the cursor on a place, counted from 1, and show it."""
        at = self._index(line, column)
        self.text.mark_set("insert", at)
        self.text.tag_remove("sel", "1.0", "end")
        self.text.see(at)
        self._moved()
        if focus:
            self.text.focus_set()

    @property
    def line(self) -> int:
        """The line of the cursor, from 1."""
        return int(self.text.index("insert").split(".")[0])

    def next_problem(self, step: int) -> Problem | None:
        """Go to the next problem after the cursor, or the one before; around the end."""
        places = sorted((*self.problems, *self.warnings), key=lambda one: (one.line, one.column))
        if not places:
            return None
        here = tuple(int(part) for part in self.text.index("insert").split("."))
        where = [(one.line, max(0, one.column - 1)) for one in places]
        if step > 0:
            index = next((i for i, one in enumerate(where) if one > here), 0)
        else:
            index = max((i for i, one in enumerate(where) if one < here), default=-1)
        self.jump(places[index].line, places[index].column)
        return places[index]

    def _index(self, line: int, column: int) -> str:
        """Where Tk has this place; it counts some characters twice."""
        row = max(1, line)
        content = self.text.get(f"{row}.0", f"{row}.end")
        return f"{row}.{columns_of(content, max(0, column - 1))}"

    def _moved(self) -> None:
        self.text.tag_remove(_LINE, "1.0", "end")
        self.text.tag_add(_LINE, "insert linestart", "insert+1line linestart")

    def _scrolled(self, first: float, last: float) -> None:
        self._bar.set(first, last)
        self.gutter.ask()

    # -- problems ------------------------------------------------------------------------

    def show_problems(self, problems: Sequence[Problem], warnings: Sequence[Problem]) -> None:
        """Underline these places instead, and put signs on their lines."""
        self.problems, self.warnings = tuple(problems), tuple(warnings)
        for tag, group in ((_PROBLEM, self.problems), (_WARNING, self.warnings)):
            self.text.tag_remove(tag, "1.0", "end")
            for one in group:
                if one.line > 0:
                    self.text.tag_add(tag, *self._range(one))
        signs = {one.line: WARNING for one in self.warnings}
        self.gutter.signs(signs | {one.line: SIGN for one in self.problems})

    def _range(self, one: Problem) -> tuple[str, str]:
        start = self._index(one.line, one.column)
        content = self.text.get(f"{one.line}.0", f"{one.line}.end")
        end = piece_end(content, max(0, one.column - 1), one.piece)
        return start, f"{one.line}.{columns_of(content, end)}"

    def problem_at(self, index: str) -> Problem | None:
        """The problem whose underlined piece is at this index of the text."""
        text, line = self.text, int(index.split(".")[0])
        for one in (*self.problems, *self.warnings):
            if one.line == line:
                start, end = self._range(one)
                if text.compare(start, "<=", index) and text.compare(index, "<", end):
                    return one
        return None

    def replace(self, one: Problem) -> bool:
        """Put the suggestion in the place of the piece; False when the text is another by now."""
        start, end = self._range(one)
        if self.document.read_only or self.text.get(start, end) != one.piece:
            return False
        self.text.edit_separator()
        self.text.replace(start, end, one.suggestion)
        self.text.edit_separator()
        self.jump(one.line, one.column + len(one.suggestion))
        return True

    # -- colours -------------------------------------------------------------------------

    def recolour(self) -> None:
        """Use the colours of the theme."""
        now, text = palette(), self.text
        text.configure(
            background=now.back,
            foreground=now.fore,
            insertbackground=now.fore,
            insertwidth=max(2, em(self, 0.12)),
        )
        text.tag_configure(_LINE, background=now.line)
        text.tag_configure(_FOUND, background=now.found)
        for kind in KINDS:
            text.tag_configure(kind, foreground=now.kinds[kind], font=font_of(kind))
        text.tag_configure(_PROBLEM, underline=True, underlinefg=now.problem)
        text.tag_configure(_WARNING, underline=True, underlinefg=now.warning)
        for tag in (_FOUND, _PROBLEM, _WARNING, "sel"):
            text.tag_raise(tag)
        self.gutter.colours(now)

    def show_colours(self, coloured: Sequence[Coloured]) -> None:
        """Colour these pieces; what stands before the first difference is left alone."""
        new = tuple(coloured)
        old = () if self._ticket else self._coloured  # half painted is not painted
        self._stop_painting()
        pairs = zip(old, new, strict=False)
        same = next((i for i, (one, other) in enumerate(pairs) if one != other), None)
        same = min(len(old), len(new)) if same is None else same
        self._coloured = new
        rest = (*new[same : same + 1], *old[same : same + 1])
        if not rest:
            return
        start = min(one.line for one in rest)
        self._paint([one for one in new if one.line >= start], start, self.version)

    def _stop_painting(self) -> None:
        if self._ticket:
            self.after_cancel(self._ticket)
            self._ticket = ""

    def _paint(self, left: list[Coloured], start: int, version: int) -> None:
        """Colour the next portion, from the beginning of line *start* on."""
        self._ticket = ""
        if version != self.version:
            self._coloured = ()  # the text is another by now; its colours are on their way
            return
        last = left[_PORTION].line if len(left) > _PORTION else 0
        now = [one for one in left[: 2 * _PORTION] if not last or one.line <= last]
        groups: dict[str, list[str]] = {}
        for one in now:
            groups.setdefault(one.kind, []).extend((one.start, one.end))
        for kind in KINDS:
            self.text.tag_remove(kind, f"{start}.0", f"{last + 1}.0" if last else "end")
        for kind, ranges in groups.items():
            self.text.tag_add(kind, *ranges)
        rest = left[len(now) :]
        if rest:
            self._ticket = self.after(1, self._paint, rest, last + 1, version)

    def _gone(self, event: tk.Event[Any]) -> None:
        if event.widget is self:
            self._stop_painting()

    # -- finding -------------------------------------------------------------------------

    def find(self) -> None:
        """Show the bar that finds text."""
        self.find_bar.grid(row=0, column=0, columnspan=3, sticky="ew")
        self.find_bar.open()

    def close_find(self) -> bool:
        """Hide the bar; False when it was not there."""
        if not self.find_bar.winfo_ismapped():
            return False
        self.find_bar.grid_remove()
        self.text.focus_set()
        return True
