"""What every view gets of the window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ttkbootstrap as ttk

from dxclient.domain.draft import UploadDraft
from dxclient.ui.bridge import UiBridge
from dxclient.ui.metrics import em

if TYPE_CHECKING:
    from dxclient.app import App

#: The sign of what is not saved.
UNSAVED = "●"


def _nobody(_server: str, _user: str) -> None:
    """Ask nobody for a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewContext:
    """The program, the bridge, and what the window does for a view.

    Parameters
    ----------
    show : callable
        ``show(view_id, **kwargs)`` goes to another view.
    error : callable
        ``error(exception)`` shows an error without losing what the view shows.
    status : callable
        ``status(text)`` says something in the status line.
    confirm : callable
        ``confirm(title, sentence, verb)`` asks before something is lost; True for yes.
    ask_login : callable
        ``ask_login(server, user)`` asks for the password that uploads wait for.
    samples : pathlib.Path or None
        Folder with the demonstration's sample sessions, offered where a folder is asked for.
    """

    root: tk.Misc
    app: App
    bridge: UiBridge
    show: Callable[..., None]
    error: Callable[[BaseException], None]
    status: Callable[[str], None]
    confirm: Callable[[str, str, str], bool]
    ask_login: Callable[[str, str], None] = _nobody
    samples: Path | None = None

    def em(self, n: float) -> int:
        """Pixels of *n* ems."""
        return em(self.root, n)


class View(ttk.Frame):
    """Base of the views: a frame with a title that the shell shows.

    Attributes
    ----------
    id, title : str
        How the shell calls it, and the sentence at the top.
    help_text : str
        Shown by F1.
    """

    id = ""
    title = ""
    help_text = ""

    def __init__(self, parent: tk.Misc, context: ViewContext, **_options: Any) -> None:
        super().__init__(parent)
        self.context = context

    def arrive(self, **options: Any) -> bool:
        """Take new options as the view is, so that nothing is lost; False asks for a new view."""
        return not options

    def on_show(self) -> None:
        """Called each time the view comes to the front."""

    def on_hide(self) -> None:
        """Called each time another view takes its place."""

    def unsaved(self) -> tuple[str, ...]:
        """Names of what a person changed and has not saved."""
        return ()

    def may_close(self) -> bool:
        """Ask about what closing the window would lose; False to stay."""
        return True

    def dropped(self, _paths: tuple[Path, ...]) -> bool:
        """Take files that were dropped on the window; False leaves them to the upload."""
        return False

    @property
    def draft(self) -> UploadDraft | None:
        """The upload that this view is about."""
        return None

    def primary(self) -> None:
        """Do the main action (Enter)."""

    def back(self) -> None:
        """Go back (Esc)."""
        self.context.show("home")
