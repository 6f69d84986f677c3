"""Checks a text while it is typed: in the background, one look at a time, the newest text wins."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from dxclient.app import scripting
from dxclient.app.scripting import CheckedScript
from dxclient.domain.protocols import DicomEditFunction
from dxclient.ui.bridge import UiBridge
from dxclient.ui.later import Later
from dxclient.ui.scripts.editor import Editor
from dxclient.ui.scripts.places import Coloured, coloured

#: Milliseconds without typing before a look.
WAIT_MS = 150


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in one version of a text."""

    editor: Editor = field(repr=False)
    version: int
    checked: CheckedScript
    colours: tuple[Coloured, ...] = field(default=(), repr=False)


def look_at(
    text: str, functions: Sequence[DicomEditFunction]
) -> tuple[CheckedScript, tuple[Coloured, ...]]:
    """Check and colour a text. Runs on a worker thread."""
    return scripting.check_text(text, functions), coloured(text, scripting.highlight(text))


class Checker:
    """Looks at the text of an editor after it has rested a little.

    Parameters
    ----------
    functions : callable
        What extensions add to the language; asked on the worker thread.
    on_look : callable
        Gets the answer, never one for an older text.
    """

    def __init__(
        self,
        owner: tk.Misc,
        bridge: UiBridge,
        functions: Callable[[], Sequence[DicomEditFunction]],
        on_look: Callable[[Look], object],
        on_error: Callable[[BaseException], object],
    ) -> None:
        self._owner, self._bridge = owner, bridge
        self._functions, self._on_look, self._on_error = functions, on_look, on_error
        self._editor: Editor | None = None
        self._busy = False
        self._later = Later(owner, self._start, WAIT_MS)

    def ask(self, editor: Editor) -> None:
        """Look at this text once it rests."""
        self._editor = editor
        self._later.ask_anew()

    def now(self, editor: Editor) -> None:
        """Look at this text at once."""
        self._editor = editor
        self._later.cancel()
        self._start()

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._busy

    def _start(self) -> None:
        editor = self._editor
        if self._busy or editor is None or not editor.winfo_exists():
            return  # when this look is done, the newest text has its turn
        self._editor, self._busy = None, True
        text, version, functions = editor.content(), editor.version, self._functions

        def done(answer: object) -> None:
            checked, colours = cast("tuple[CheckedScript, tuple[Coloured, ...]]", answer)
            self._busy = False
            if editor.winfo_exists() and editor.version == version:
                self._on_look(Look(editor, version, checked, colours))
            self._start()

        def failed(error: BaseException) -> None:
            self._busy = False
            self._on_error(error)

        self._bridge.run(lambda _p, _c: look_at(text, functions()), done, failed, owner=self._owner)
