"""The page of scripts: the list, the editor, and what belongs to it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ttkbootstrap as ttk

from dxclient.app.language import script_functions
from dxclient.domain.draft import UploadDraft
from dxclient.domain.problems import Problem
from dxclient.domain.project import ProjectSettings, ScriptSource
from dxclient.domain.protocols import DicomEditFunction
from dxclient.ui.context import View, ViewContext
from dxclient.ui.scripts import files
from dxclient.ui.scripts.checker import Checker, Look
from dxclient.ui.scripts.colouring import code_fonts
from dxclient.ui.scripts.desk import Desk
from dxclient.ui.scripts.documents import Document, Kind, Library
from dxclient.ui.scripts.does import DoesPanel
from dxclient.ui.scripts.editor import Editor
from dxclient.ui.scripts.header import Deeds, Header
from dxclient.ui.scripts.keys import KEYS, bind_keys
from dxclient.ui.scripts.needs import NeedsPanel
from dxclient.ui.scripts.pages import DOES, NEEDS, PREVIEW, Pages
from dxclient.ui.scripts.preview import PreviewPanel
from dxclient.ui.scripts.problems import ProblemsPanel
from dxclient.ui.scripts.shelf import Shelf
from dxclient.ui.scripts.trying import Trying

_SUFFIXES = frozenset({".das", ".txt", ".script", ".dicomedit"})


class ScriptsView(View):
    """Scripts of the server, ready-made ones, one's own, and files.

    Parameters
    ----------
    draft : callable
        Gives the upload that is under way, or None.
    settings : ProjectSettings or None
        The project whose scripts to show; None takes that of the upload, else the last one.
    script : str
        Name of the script to open.
    """

    id = "scripts"
    title = "Scripts"
    help_text = (
        "Anonymization scripts say what is changed in DICOM files before they are sent. Scripts "
        "of the server can be read; “Try my change” makes a copy here that you can edit and try "
        "on files. Nothing on this page is ever sent to the server. Scripts that are dropped "
        "on the page are opened, other files are compared.\n\n" + KEYS
    )

    def __init__(
        self,
        parent: tk.Misc,
        context: ViewContext,
        *,
        draft: Callable[[], UploadDraft | None] = lambda: None,
        settings: ProjectSettings | None = None,
        script: str = "",
        **options: Any,
    ) -> None:
        super().__init__(parent, context, **options)
        self.configure(padding=(context.em(1), 0, context.em(1), context.em(0.6)))
        code_fonts(self)
        self.draft_of_upload, self._settings, self._wanted = draft, settings, script
        self.library = Library()
        self.editors: dict[str, Editor] = {}
        self.document: Document | None = None
        self.look: Look | None = None
        self._in_front = False
        self._loaded = False
        self._asked = 0
        self._sentence = ""
        self.desk = Desk(self, self.library)
        self.trying = Trying(self)
        self.checker = Checker(
            self, context.bridge, self.functions, self._looked, self._check_failed
        )
        self._build()
        bind_keys(self)
        self.winfo_toplevel().bind("<<DxTheme>>", self._text_size, add="+")
        self._choose_none()

    # -- building ------------------------------------------------------------------------

    def _build(self) -> None:
        em = self.context.em
        self.panes = ttk.Panedwindow(self, orient="horizontal")
        self.panes.pack(fill="both", expand=True)
        self.shelf = Shelf(
            self.panes,
            self.library,
            on_choose=self.choose,
            on_enter=self.focus_text,
            on_new=self.desk.new,
            on_open=self.desk.ask_open,
        )
        self.panes.add(self.shelf, weight=1)
        right = ttk.Frame(self.panes, padding=(em(0.8), 0, 0, 0))
        self.panes.add(right, weight=4)
        self._size = (0, 0)
        self.panes.bind("<Configure>", self._divide, add="+")
        self.header = Header(
            right,
            Deeds(
                copy=self.desk.copy,
                save=self.desk.save,
                save_as=self.desk.save_as,
                differences=self.desk.differences,
                remove=self.desk.remove,
            ),
        )
        self.header.pack(side="top", fill="x")
        self.halves = ttk.Panedwindow(right, orient="vertical")
        self.halves.pack(fill="both", expand=True)
        self._build_upper()
        self._build_lower()

    def _build_upper(self) -> None:
        upper = ttk.Frame(self.halves)
        self.halves.add(upper, weight=3)
        self.problems = ProblemsPanel(upper, self._problem_chosen, self._replace)
        self.problems.pack(side="bottom", fill="x")
        self.desk_frame = ttk.Frame(upper)
        self.desk_frame.pack(fill="both", expand=True)
        self.desk_frame.columnconfigure(0, weight=1)
        self.desk_frame.rowconfigure(0, weight=1)

    def _build_lower(self) -> None:
        self.pages = Pages(self.halves, self._turned)
        self.halves.add(self.pages, weight=2)
        body = self.pages.body
        self.does = DoesPanel(body, self._go_line)
        self.needs = NeedsPanel(body, self._value_changed)
        self.preview = PreviewPanel(
            body,
            self.context,
            scripts=self.trying.to_run,
            values=lambda: self.needs.values,
            functions=self.functions,
            on_choose=self.trying.ask_files,
            on_session=self.trying.take_session,
            on_line=self._go_script_line,
            on_missing=self._give_values,
        )
        for page, widget in ((DOES, self.does), (NEEDS, self.needs), (PREVIEW, self.preview)):
            self.pages.add(page, widget)

    def _divide(self, event: tk.Event[Any]) -> None:
        """Give more than half to the editor, until a person moves the dividers."""
        em, (width, height) = self.context.em, self._size
        if abs(event.width - width) > em(4) or abs(event.height - height) > em(4):
            self._size = event.width, event.height
            room = self.shelf.needed_width + em(1)
            self.panes.sashpos(0, max(room, min(em(19), event.width * 24 // 100)))
            self.update_idletasks()
            self.halves.sashpos(0, self.halves.winfo_height() * 52 // 100)

    def _text_size(self, _event: tk.Event[Any]) -> None:
        if self.winfo_exists():
            code_fonts(self)

    # -- coming and going ----------------------------------------------------------------

    def arrive(
        self, *, settings: ProjectSettings | None = None, script: str = "", **options: Any
    ) -> bool:
        """Show another project's scripts; everything that was typed stays."""
        if options:
            return False
        self._settings, self._wanted = settings or self._settings, script
        return True

    def on_show(self) -> None:
        """Read the scripts that there are; what is being edited stays as it is."""
        self._in_front = True
        self.load()
        self.preview.offer_session(bool(self.trying.session_files()))
        self.shelf.tree.focus_set()
        self.focus_text()

    def on_hide(self) -> None:
        """Keys are for another page now."""
        self._in_front = False

    @property
    def in_front(self) -> bool:
        """Whether keys are for this page."""
        return self._in_front

    def unsaved(self) -> tuple[str, ...]:
        """Names of scripts with changes that closing would lose."""
        return tuple(one.name for one in self.library.unsaved())

    def may_close(self) -> bool:
        """Ask what becomes of changes that are not saved; False to stay."""
        return self.desk.may_close()

    def dropped(self, paths: tuple[Path, ...]) -> bool:
        """Open scripts that are dropped here; compare other files."""
        scripts = [path for path in paths if path.suffix.lower() in _SUFFIXES]
        for path in scripts:
            self.desk.open(path)
        others = tuple(path for path in paths if path not in scripts)
        if others:
            self.trying.take_files(others)
        return True

    def back(self) -> None:
        """Close what is open above the text, leave the text, then the page."""
        editor = self.editor
        if editor is not None:
            if editor.close_find():
                return
            if self.focus_get() is editor.text:
                self.shelf.tree.focus_set()
                return
        super().back()

    def primary(self) -> None:
        """Compare; without files, choose them."""
        self.pages.turn(PREVIEW)
        if self.preview.paths:
            self.preview.compare()
        else:
            self.trying.ask_files()

    # -- what there is -------------------------------------------------------------------

    def load(self) -> None:
        """Read the scripts of the server, the ready-made ones, and one's own."""
        draft = self.draft_of_upload()
        settings = self._settings or (draft.settings if draft else None)
        self._settings = None
        app, self._asked = self.context.app, self._asked + 1
        asked = self._asked
        if settings is not None:
            self._show_server(asked, files.of_settings(settings))
        else:
            self.shelf.say("Looking for the scripts of your last project…")
            self.read(
                lambda: files.of_last_project(app),
                lambda found: self._show_server(asked, found),
                lambda error: self._no_server(asked, error),
            )
        if not self.library.of(Kind.READY):
            self.read(files.ready_made, lambda got: self._show(Kind.READY, got))
        self.load_own()

    def load_own(self) -> None:
        """Read the scripts that are kept on this computer."""
        app = self.context.app
        self.read(lambda: files.own(app), lambda got: self._show(Kind.OWN, got))

    def read(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Do slow work in the background; an error is shown above the page."""
        self.context.bridge.run(
            lambda _p, _c: work(),
            done,
            failed or self.context.error,
            owner=self,
        )

    def _show_server(self, asked: int, found: files.ServerScripts) -> None:
        if asked == self._asked:  # else somebody asked for another project meanwhile
            self._sentence = found.sentence
            self._show(Kind.SERVER, found.scripts)

    def _no_server(self, asked: int, error: BaseException) -> None:
        self.context.error(error)
        if asked == self._asked:
            self._sentence = "The server's scripts cannot be read now."
            self.refresh()

    def _show(self, kind: Kind, sources: Sequence[ScriptSource]) -> None:
        self.library.show_sources(kind, sources)
        for one in self.library.of(kind):
            editor = self.editors.get(one.id)
            if editor is not None and editor.content() != one.text:
                editor.load()
                self.checker.ask(editor)
        if self.document is not None and self.document not in self.library.documents:
            self._choose_none()
        for gone in [key for key in self.editors if self.library.get(key) is None]:
            self.editors.pop(gone).destroy()
        self._choose_wanted()
        self.refresh()

    def _choose_wanted(self) -> None:
        """Open the script that was asked for; at first, the first of the server."""
        if self._wanted:
            one = self.library.named(self._wanted, Kind.SERVER)
            if one is not None:
                self._wanted = ""
                self.choose(one)
        elif self.document is None and not self._loaded and self.library.of(Kind.SERVER):
            self.choose(self.library.of(Kind.SERVER)[-1])

    # -- the chosen script ---------------------------------------------------------------

    @property
    def editor(self) -> Editor | None:
        """The editor that is shown."""
        return self.editors.get(self.document.id) if self.document else None

    def choose(self, one: Document, *, focus: bool = False) -> None:
        """Show a script."""
        self._loaded = True
        if self.document is not one:
            if self.editor is not None:
                self.editor.grid_remove()
            self.hint.grid_remove()
            self.document, self.look = one, None
            if one.id not in self.editors:
                self.editors[one.id] = Editor(self.desk_frame, one, self._changed)
                self.desk.bind_editor(self.editors[one.id])
            editor = self.editors[one.id]
            editor.grid(row=0, column=0, sticky="nsew")
            self.does.clear()
            self.problems.show((), (), editable=False)
            self.problems.say("Reading the script…")
            self.preview.outdated()
            self.checker.now(editor)
        if focus:
            self.editors[one.id].text.focus_set()
        self.refresh()

    def _choose_none(self) -> None:
        if self.editor is not None:
            self.editor.grid_remove()
        self.document, self.look = None, None
        if not hasattr(self, "hint"):
            self.hint = ttk.Label(
                self.desk_frame,
                text="Choose a script on the left, or begin a new one with Ctrl+N.",
                anchor="center",
            )
        self.hint.grid(row=0, column=0, sticky="nsew")
        self.problems.show((), (), editable=False)
        self.problems.say("")
        self.does.clear()
        self.preview.usable(False)

    def refresh(self) -> None:
        """Show names, dots and buttons as they are now."""
        self.shelf.show(self.document)
        self.shelf.say(self._sentence)
        self.header.show(self.document)
        self.preview.offer_site(self.trying.site() is not None)
        self.event_generate("<<UnsavedChanged>>")

    def focus_text(self) -> None:
        """Give the keyboard to the text."""
        if self.editor is not None:
            self.editor.text.focus_set()

    def close_document(self, one: Document) -> None:
        """Take a script off the page."""
        if self.document is one:
            self._choose_none()
        editor = self.editors.pop(one.id, None)
        if editor is not None:
            editor.destroy()
        self.library.remove(one)
        self.refresh()

    def _changed(self, editor: Editor) -> None:
        one = editor.document
        self.shelf.renew(one)
        self.header.show(one)
        self.checker.ask(editor)
        self.preview.outdated()
        self.event_generate("<<UnsavedChanged>>")

    def _looked(self, look: Look) -> None:
        look.editor.show_colours(look.colours)
        checked = look.checked
        look.editor.show_problems(checked.problems, checked.warnings)
        if look.editor is not self.editor:
            return
        self.look = look
        one = look.editor.document
        self.problems.show(checked.problems, checked.warnings, editable=not one.read_only)
        about = files.ready_sentences().get(one.name, "") if one.kind is Kind.READY else ""
        self.does.show(checked, blank=not one.text.strip(), about=about)
        self.pages.label(DOES, f"{len(checked.sentences):,}" if checked.sentences else "")
        if not checked.problems:
            self.needs.show(checked.variables)
            needed = sum(1 for variable in checked.variables if variable.required)
            self.pages.label(NEEDS, str(needed) if needed else "")
        was = self.preview.runnable
        self.preview.usable(not checked.problems)
        if not was or not self.preview.current:
            self.preview.outdated()

    def _check_failed(self, error: BaseException) -> None:
        self.problems.say("The script cannot be checked.")
        self.context.error(error)

    # -- problems and places -------------------------------------------------------------

    def _problem_chosen(self, problem: Problem) -> None:
        if self.editor is not None and problem.line:
            self.editor.jump(problem.line, problem.column)

    def next_problem(self, step: int) -> None:
        """Go to the next problem, or the one before."""
        if self.editor is not None:
            self.problems.mark(self.editor.next_problem(step))

    def show_problem_here(self) -> None:
        """Select the problem under the cursor in the list, with its suggestion."""
        if self.editor is not None:
            self.problems.mark(self.editor.problem_at(self.editor.text.index("insert")))

    def _replace(self, problem: Problem) -> None:
        if self.editor is not None and not self.editor.replace(problem):
            self.context.status("The text has changed; look at the problem again.")

    def _go_line(self, line: int) -> None:
        if self.editor is not None:
            self.editor.jump(line, focus=False)

    def _go_script_line(self, name: str, line: int) -> None:
        """Show the line that made a change, also of the site's script."""
        if self.document is None or self.document.name != name:
            other = self.library.named(name, Kind.SERVER)
            if other is None:
                return
            self.choose(other)
        self._go_line(line)

    def find(self) -> None:
        """Show the bar that finds text."""
        if self.editor is not None:
            self.editor.find()

    # -- trying --------------------------------------------------------------------------

    def functions(self) -> Sequence[DicomEditFunction]:
        """What extensions add to the language. Runs on a worker thread."""
        app = self.context.app
        return script_functions(app.host, app.settings())

    def _value_changed(self) -> None:
        self.preview.outdated()

    def _give_values(self, names: tuple[str, ...]) -> None:
        self.pages.turn(NEEDS)
        self.needs.focus_on(names)

    def _turned(self, page: str) -> None:
        if page == PREVIEW:
            self.preview.came_forward()
