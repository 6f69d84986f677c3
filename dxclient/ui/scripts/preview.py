"""Before and after: what the script changes in files of one's choice."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import ttkbootstrap as ttk

from dxclient.domain.project import ScriptSource
from dxclient.domain.protocols import DicomEditFunction
from dxclient.ui import words
from dxclient.ui.bridge import Task
from dxclient.ui.context import ViewContext
from dxclient.ui.later import Later
from dxclient.ui.scripts import files
from dxclient.ui.scripts.comparing import (
    FileCompared,
    Wish,
    change_rows,
    result_words,
    run_all,
)
from dxclient.ui.theme import MUTED
from dxclient.ui.widgets.misc import LinkLabel, PrimaryButton, WrapLabel
from dxclient.ui.widgets.table import Column, Row, Table

WAIT_MS = 400
_FILES = (Column("file", "File", 7, stretch=True), Column("result", "Result", 7))
_CHANGES = (
    Column("element", "Element", 8.2),
    Column("name", "Name", 9),
    Column("old", "Before", 8, stretch=True),
    Column("new", "After", 8, stretch=True),
    Column("where", "Line", 6),
)
_NO_FILES = "Choose DICOM files to see what changes in them. They are only read."
#: Scripts with this function ask servers, with values of the file in the address.
_NETWORK = "getURL"


class PreviewPanel(ttk.Frame):
    """Files on the left, the changes of the chosen one on the right.

    Parameters
    ----------
    scripts : callable
        Gives the scripts to run, in order.
    values : callable
        Gives the values of variables, by name.
    on_line : callable
        Gets script and line of a change that was chosen.
    on_missing : callable
        Gets the names of variables without a value, when a person wants to give them.
    """

    def __init__(
        self,
        parent: tk.Misc,
        context: ViewContext,
        *,
        scripts: Callable[[], tuple[ScriptSource, ...]],
        values: Callable[[], dict[str, str]],
        functions: Callable[[], Sequence[DicomEditFunction]],
        on_choose: Callable[[], object],
        on_session: Callable[[], object],
        on_line: Callable[[str, int], object],
        on_missing: Callable[[tuple[str, ...]], object],
    ) -> None:
        super().__init__(parent)
        self.context = context
        self._scripts, self._values, self._functions = scripts, values, functions
        self._on_line, self._on_missing = on_line, on_missing
        self.paths: tuple[Path, ...] = ()
        self.compared: dict[str, FileCompared] = {}
        self._shown_of = -1
        self._stamp = 0
        self._task: Task | None = None
        self._usable = True
        self.only_changes = tk.BooleanVar(self, value=True)
        self.with_site = tk.BooleanVar(self, value=False)
        self._later = Later(self, self.compare, WAIT_MS)
        self._build_bar(on_choose, on_session)
        self._build_message()
        self._build_tables()
        self._refresh()

    # -- building ------------------------------------------------------------------------

    def _build_bar(self, on_choose: Callable[[], object], on_session: Callable[[], object]) -> None:
        em = self.context.em
        bar = ttk.Frame(self)
        bar.pack(side="top", fill="x")
        self.choose_button = ttk.Button(bar, text="Choose files…", command=on_choose)
        self.choose_button.pack(side="left")
        self.session_button = ttk.Button(bar, text="From the current upload", command=on_session)
        self.compare_button = PrimaryButton(bar, "Compare", self.compare)
        self.compare_button.pack(side="right")
        self.progress = ttk.Label(bar, style=MUTED, anchor="e")
        self.progress.pack(side="right", fill="x", expand=True, padx=em(0.6))
        options = ttk.Frame(self)
        options.pack(side="top", fill="x", pady=(em(0.3), 0))
        self.changes_box = ttk.Checkbutton(
            options,
            text="Only what changes",
            variable=self.only_changes,
            command=self._refresh,
        )
        self.changes_box.pack(side="left", padx=(0, em(1)))
        self.site_box = ttk.Checkbutton(
            options,
            text="With the site's script first",
            variable=self.with_site,
            command=self.outdated,
        )

    def _build_message(self) -> None:
        self._message = ttk.Frame(self)
        self._message.pack(side="top", fill="x")
        self.sentence = WrapLabel(self._message)
        self.missing_link = LinkLabel(self._message, "Give a value", self._give)

    def _build_tables(self) -> None:
        self._panes = ttk.Panedwindow(self, orient="horizontal")
        self._panes.pack(fill="both", expand=True, pady=(self.context.em(0.3), 0))
        self.files = Table(
            self._panes,
            _FILES,
            filterable=False,
            height=3,
            on_select=lambda _ids: self._show_changes(),
        )
        self.changes = Table(
            self._panes,
            _CHANGES,
            empty=_NO_FILES,
            height=3,
            on_activate=lambda _id: self._go(),
        )
        self._panes.add(self.changes, weight=4)
        self._panes.bind("<Configure>", self._divide, add="+")
        self._width = 0

    def _divide(self, event: tk.Event[tk.Misc]) -> None:
        """Give a quarter to the files, until a person moves the divider."""
        if abs(event.width - self._width) > self.context.em(4) and len(self._panes.panes()) > 1:
            self._width = event.width
            self._panes.sashpos(0, event.width * 30 // 100)

    # -- files ---------------------------------------------------------------------------

    def take(self, paths: Sequence[Path]) -> None:
        """Compare these files instead."""
        self.paths = tuple(dict.fromkeys(paths))
        self.compared = {}
        shown = str(self.files) in self._panes.panes()
        if len(self.paths) > 1 and not shown:
            self._panes.insert(0, self.files, weight=1)
            self.update_idletasks()
            self._panes.sashpos(0, self._panes.winfo_width() * 30 // 100)
        elif len(self.paths) <= 1 and shown:
            self._panes.forget(self.files)
        self._refresh()
        if not self.by_hand:
            self.compare()

    def offer_session(self, offered: bool) -> None:
        """Show the button that takes the files of the upload, where there is one."""
        if offered:
            self.session_button.pack(
                side="left", padx=self.context.em(0.4), after=self.choose_button
            )
        else:
            self.session_button.pack_forget()

    def offer_site(self, offered: bool) -> None:
        """Show the box for the site's script, where the site has one and this is another."""
        if offered:
            self.site_box.pack(side="left", after=self.changes_box)
        else:
            self.site_box.pack_forget()
            self.with_site.set(False)

    # -- comparing -----------------------------------------------------------------------

    def usable(self, usable: bool) -> None:
        """Say whether the text can run; without that, what is shown is of an older text."""
        self._usable = usable
        if not usable:
            self._later.cancel()
        self._refresh()

    @property
    def runnable(self) -> bool:
        """Whether the text can run."""
        return self._usable

    def outdated(self) -> None:
        """The text or a value is another now: compare again, once typing rests."""
        was_current = self.current
        self._stamp += 1
        if self.paths and self._usable and self.winfo_ismapped() and not self.by_hand:
            self._later.ask_anew()
        if was_current or not self.compared:
            self._refresh()  # later keys change nothing of what is shown, which is grey by now

    def came_forward(self) -> None:
        """Compare what changed while another page was shown."""
        if self.paths and self._usable and not self.current and not self.by_hand:
            self.compare()

    @property
    def by_hand(self) -> bool:
        """Whether to wait for the button: half an address, with header values, is soon asked."""
        return any(_NETWORK in script.text for script in self._scripts())

    @property
    def current(self) -> bool:
        """Whether what is shown is the answer for the text as it is now."""
        return bool(self.compared) and self._shown_of == self._stamp

    def compare(self) -> None:
        """Run the scripts on the files; an older run is given up."""
        self._later.cancel()
        if not self.paths or not self._usable:
            self._refresh()
            return
        if self._task is not None:
            self._task.cancel()
        wish = Wish(
            stamp=self._stamp, scripts=self._scripts(), paths=self.paths, values=self._values()
        )
        functions = self._functions
        self._task = self.context.bridge.run(
            lambda progress, cancelled: run_all(wish, functions, progress, cancelled),
            lambda answer: self._done(wish, cast("tuple[FileCompared, ...]", answer)),
            self._failed,
            self._progressed,
            owner=self,
        )
        self._refresh()

    def _done(self, wish: Wish, answer: tuple[FileCompared, ...]) -> None:
        self._task = None
        self._shown_of = wish.stamp
        self.compared = {str(n): one for n, one in enumerate(answer)}
        self._refresh()

    def _failed(self, error: BaseException) -> None:
        self._task = None
        self._refresh()
        self.context.error(error)

    def _progressed(self, told: object) -> None:
        _stamp, done = cast("tuple[int, int]", told)
        self.progress.configure(text=f"Comparing… {done:,} of {len(self.paths):,}")

    # -- showing -------------------------------------------------------------------------

    def _refresh(self) -> None:
        only = self.only_changes.get()
        self.files.set_rows(
            [
                Row(str(number), (path.name, self._result(str(number), only)))
                for number, path in enumerate(self.paths)
            ]
        )
        if self.paths and not self.files.selected:
            self.files.select(["0"])
        count = words.plural(len(self.paths), "file")
        self.compare_button.configure(text=f"Compare {count}" if self.paths else "Compare")
        ready = bool(self.paths) and self._usable
        self.compare_button.state(["!disabled" if ready else "disabled"])
        self.progress.configure(text=self._state_words())
        self._show_changes()

    def _result(self, row: str, only: bool) -> str:
        one = self.compared.get(row)
        return "" if one is None else result_words(one.comparison, only_changes=only)

    def _state_words(self) -> str:
        if not self.paths:
            return ""
        if not self._scripts():
            return "No script is chosen."
        if not self._usable:
            return "⚠ The script has errors; this is an older result."
        if self._task is not None:
            return "Comparing…"
        if not self.current and self.by_hand:
            return "The script asks other servers: press Compare."
        if not self.current:
            return "The text has changed."
        if len(self.paths) == files.MOST_FILES:
            return f"Only the first {len(self.paths)} files are compared."
        name = self.paths[0].name if len(self.paths) == 1 else ""
        return f"{name}  ·  only read, never changed" if name else "Files are only read."

    def shown(self) -> FileCompared | None:
        """The file whose changes are shown."""
        row = (self.files.selected or ("0",))[0]
        return self.compared.get(row)

    def _show_changes(self) -> None:
        one = self.shown()
        self._say("")
        if one is None:
            self.changes.set_empty(_NO_FILES if not self.paths else self._state_words())
            self.changes.set_rows([])
            return
        only, stale = self.only_changes.get(), not self.current or not self._usable
        rows = change_rows(one, only_changes=only, stale=stale)
        self.changes.set_empty("" if one.comparison.sentence else self._nothing(one))
        self.changes.set_rows(rows)
        self._say(one.comparison.sentence, give=bool(one.comparison.missing))

    def _nothing(self, one: FileCompared) -> str:
        if one.comparison.changes:
            return "Every value that the script writes is there already."
        return "The script changes nothing in this file."

    def _say(self, sentence: str, *, give: bool = False) -> None:
        """Show why there are no changes to show."""
        for widget in (self.sentence, self.missing_link):
            widget.pack_forget()
        self._message.configure(height=1)
        if sentence:
            self.sentence.configure(text=f"⚠ {sentence}")
        if give:
            self.missing_link.pack(side="right", anchor="n")
        if sentence:
            self.sentence.pack(side="left", fill="x", expand=True)

    def _give(self) -> None:
        one = self.shown()
        if one is not None:
            self._on_missing(one.comparison.missing)

    def _go(self) -> None:
        one = self.shown()
        for row in self.changes.selected[:1]:
            if one is not None:
                change = one.comparison.changes[int(row)]
                self._on_line(change.script, change.line)
