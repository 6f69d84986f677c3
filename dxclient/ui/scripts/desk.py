"""Opening, copying, saving and closing scripts; nothing typed is lost without being asked."""

from __future__ import annotations

import tkinter as tk
from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING, Any, cast

from dxclient.app import scripting
from dxclient.domain.errors import DxError
from dxclient.domain.project import ScriptSource
from dxclient.ui.scripts import asking, files
from dxclient.ui.scripts.documents import Document, Kind, Library
from dxclient.ui.scripts.editor import Editor
from dxclient.ui.scripts.keys import bind_text_keys

if TYPE_CHECKING:
    from dxclient.ui.scripts.view import ScriptsView

_TYPES = (("Scripts", "*.das *.txt *.script"), ("All files", "*"))


class Desk:
    """What a person does with scripts as a whole."""

    def __init__(self, view: ScriptsView, library: Library) -> None:
        self._view, self._library = view, library
        #: Scripts that are being written, and whether to write them once more after that.
        self._saving: dict[str, bool] = {}

    def bind_editor(self, editor: Editor) -> None:
        """Give an editor the keys of the page."""
        bind_text_keys(self._view, editor.text)
        editor.text.bind("<Key>", lambda event: self._typed(editor, event), add="+")
        for event in ("<KeyRelease>", "<ButtonRelease-1>"):
            editor.text.bind(event, lambda _event: self._view.show_problem_here(), add="+")

    def _typed(self, editor: Editor, event: tk.Event[Any]) -> None:
        """Say why nothing happens when somebody types into a script that is read only."""
        if editor.document.read_only and event.char and event.char.isprintable():
            verb = "Try my change" if editor.document.kind is Kind.SERVER else "Copy to edit"
            self._view.context.status(f"This script is read only. “{verb}” makes a copy.")

    # -- opening -------------------------------------------------------------------------

    def new(self) -> None:
        """Begin a script of one's own."""
        self._view.choose(self._library.new(), focus=True)
        editor = self._view.editor
        if editor is not None:
            editor.jump(editor.content().count("\n") + 1)

    def copy(self) -> None:
        """Make a working copy of a script that is read only, and edit that."""
        one, editor = self._view.document, self._view.editor
        if one is None or editor is None:
            return
        line = editor.line
        self._view.choose(self._library.copy(one), focus=True)
        if self._view.editor is not None:
            self._view.editor.jump(line)

    def ask_open(self) -> None:
        """Ask for a file and open it."""
        chosen = filedialog.askopenfilename(
            parent=self._view, title="Open a script", filetypes=_TYPES
        )
        if chosen:
            self.open(Path(chosen))

    def open(self, path: Path) -> None:
        """Open a file of this computer."""
        view = self._view

        def opened(answer: object) -> None:
            found = cast("files.ScriptFile", answer)
            view.choose(self._library.file(path, found.text, crlf=found.crlf), focus=True)

        view.context.bridge.run(
            lambda _p, _c: files.read_script(path), opened, view.context.error, owner=view
        )

    # -- saving --------------------------------------------------------------------------

    def save(self) -> None:
        """Keep the text where it belongs; a new script asks for its name."""
        one = self._view.document
        if one is None:
            return
        if one.read_only:
            self._view.context.status("This script is read only; there is nothing to save.")
        elif not one.has_place:
            self.save_as()
        elif one.id in self._saving:
            self._saving[one.id] = True  # once more, when the text on its way is written
        elif one.unsaved:
            text = one.text
            self._saving[one.id] = False
            self._view.context.bridge.run(
                lambda _p, _c: self._write(one, text),
                lambda _answer: self._saved(one, text),
                lambda error: self._not_saved(one, error),
                owner=self._view,
            )

    def _write(self, one: Document, text: str) -> None:
        """Keep a text. Runs on a worker thread, or at the end on the window's."""
        if one.kind is Kind.FILE and one.path is not None:
            files.write_script(one.path, text, crlf=one.crlf, expected=one.saved or "")
        else:
            scripting.save_own(self._view.context.app.home, one.name, text)

    def _saved(self, one: Document, text: str) -> None:
        one.saved = text
        again = self._saving.pop(one.id, False)
        self._view.context.status(f"“{one.name}” is saved on this computer.")
        self._view.refresh()
        if again and one is self._view.document:
            self.save()

    def _not_saved(self, one: Document, error: BaseException) -> None:
        self._saving.pop(one.id, None)
        self._view.context.error(error)

    def save_as(self) -> None:
        """Keep the text as a script of one's own, under a name that is asked for."""
        one = self._view.document
        if one is None:
            return
        taken = [own.name for own in self._library.of(Kind.OWN) if own.saved is not None]
        proposed = one.name.removesuffix(".das").removesuffix(".txt")
        name = asking.ask_name(self._view, proposed, [n for n in taken if n != one.name])
        if not name:
            return
        text, home = one.text, self._view.context.app.home
        self._view.context.bridge.run(
            lambda _p, _c: scripting.save_own(home, name, text),
            lambda kept: self._kept(one, cast("ScriptSource", kept)),
            self._view.context.error,
            owner=self._view,
        )

    def _kept(self, one: Document, kept: ScriptSource) -> None:
        """The script in hand is the kept one now; a file stays a file beside it."""
        same = self._library.named(kept.name, Kind.OWN)
        if same is not None and same is not one:
            self._view.close_document(same)
        if one.kind is Kind.FILE:
            copy = self._library.copy(one)
            copy.original = None
            self._view.choose(copy, focus=True)
            one = copy
        one.kind, one.name, one.saved = Kind.OWN, kept.name, kept.text
        self._view.context.status(f"“{one.name}” is kept on this computer.")
        self._view.refresh()
        self._view.load_own()  # under another name than before, there are two now

    # -- closing -------------------------------------------------------------------------

    def remove(self) -> None:
        """Close a script; one that is kept is deleted, after asking."""
        one, view = self._view.document, self._view
        if one is None or one.read_only:
            return
        if one.kind is Kind.OWN and one.saved is not None:
            sentence = f"“{one.name}” is removed from this computer. This cannot be undone."
            if view.context.confirm("Delete this script?", sentence, "Delete"):
                self._delete(one)
            return
        if one.unsaved:
            answer = asking.ask_unsaved(view, (one,), "Close this script?", "close")
            if answer == asking.STAY or (answer == asking.SAVE and not self._save_now((one,))):
                return
        view.close_document(one)

    def _delete(self, one: Document) -> None:
        home = self._view.context.app.home
        self._view.context.bridge.run(
            lambda _p, _c: scripting.delete_own(home, one.name),
            lambda _answer: self._view.close_document(one),
            self._view.context.error,
            owner=self._view,
        )

    def may_close(self) -> bool:
        """Ask before the program closes; False to stay."""
        unsaved = self._library.unsaved()
        if not unsaved:
            return True
        answer = asking.ask_unsaved(self._view, unsaved, "Close dxclient?", "close")
        if answer == asking.STAY:
            self._view.context.show("scripts")
            self._view.choose(unsaved[0], focus=True)
            return False
        return answer == asking.LOSE or self._save_now(unsaved)

    def _save_now(self, unsaved: tuple[Document, ...]) -> bool:
        """Save at once, because the program or the script closes; False when one cannot be."""
        for one in unsaved:
            try:
                self._write(one, one.text)
            except DxError as error:
                self._view.context.error(error)
                return False
            one.saved = one.text
        return True

    def differences(self) -> None:
        """Show what was changed."""
        one = self._view.document
        if one is not None:
            asking.DifferencesDialog(self._view, one).place_over(self._view)
