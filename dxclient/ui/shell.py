"""The frame around the views: top bar, rail, title, content, status line."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ttkbootstrap as ttk

from dxclient.domain.contributions import Ref
from dxclient.domain.draft import UploadDraft
from dxclient.domain.events import FolderScanned, FolderScanning
from dxclient.domain.jobs import UploadJob
from dxclient.ui import dialogs, words
from dxclient.ui.board import Group, JobBoard
from dxclient.ui.bridge import UiBridge
from dxclient.ui.context import UNSAVED, View, ViewContext
from dxclient.ui.herald import Herald
from dxclient.ui.metrics import em
from dxclient.ui.notices import NoticeBar
from dxclient.ui.panelhost import resolve
from dxclient.ui.theme import MUTED, TITLE
from dxclient.ui.theme import RAIL as RAIL_STYLE
from dxclient.ui.widgets.findings import ErrorCard

if TYPE_CHECKING:
    from dxclient.app import App

#: Views by id; the modules are loaded when a view is first shown.
VIEWS = {
    "login": Ref("dxclient.ui.views.login:LoginView"),
    "home": Ref("dxclient.ui.views.home:HomeView"),
    "upload": Ref("dxclient.ui.upload.view:UploadView"),
    "transfers": Ref("dxclient.ui.views.transfers:TransfersView"),
    "history": Ref("dxclient.ui.views.history:HistoryView"),
    "receipt": Ref("dxclient.ui.views.receipt:ReceiptView"),
    "scripts": Ref("dxclient.ui.scripts.view:ScriptsView"),
    "settings": Ref("dxclient.ui.views.settings:SettingsPage"),
    "about": Ref("dxclient.ui.views.about:AboutView"),
}
#: Id, sign, text, key with Alt.
RAIL = (
    ("home", "⌂", "Home", "h"),
    ("upload", "⇪", "Upload", "u"),
    ("transfers", "⇅", "Transfers", "t"),
    ("scripts", "✎", "Scripts", "c"),
    ("settings", "⚙", "Settings", "s"),
    ("about", "ⓘ", "About", "b"),
)
#: Pages of the transfers that have no place of their own in the rail.
_OF_TRANSFERS = frozenset({"receipt", "history"})
_NEED_SERVER = frozenset({"home", "upload"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def server_words(url: str, *, verify: bool) -> str:
    """How safe the line to a server is, in words."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        word = "verified" if verify else "not verified!"
    else:
        word = "on this computer" if parts.hostname in _LOCAL else "not encrypted!"
    return f"● {parts.netloc}{parts.path} ({word})"


class Shell(ttk.Frame):
    """The window's frame. Views are kept, so that coming back loses nothing.

    Parameters
    ----------
    on_saved : callable
        Called with the key of a setting that a person changed.
    login_options : mapping
        Options for the first login view, such as the demonstration's user.
    samples : pathlib.Path or None
        The demonstration's sample sessions.
    """

    def __init__(
        self,
        root: tk.Misc,
        app: App,
        bridge: UiBridge,
        *,
        on_saved: Callable[[str], None],
        login_options: dict[str, Any] | None = None,
        samples: Path | None = None,
    ) -> None:
        super().__init__(root)
        self.app, self.bridge = app, bridge
        self.board = JobBoard(app, bridge)
        self._on_saved, self._login_options = on_saved, login_options or {}
        self._views: dict[str, View] = {}
        self.current: View | None = None
        self.context = ViewContext(
            root=self,
            app=app,
            bridge=bridge,
            show=self.show,
            error=self.show_error,
            status=self.say,
            confirm=lambda title, sentence, verb: dialogs.confirm(self, title, sentence, verb),
            ask_login=lambda server, user: self.herald.ask(server, user),
            samples=samples,
        )
        self.columnconfigure(1, weight=1)
        self.rowconfigure(1, weight=1)
        self._build_top()
        self._build_rail()
        self._build_status()
        self._build_content()
        self._bind_keys(root)
        self.herald = Herald(self.context, self.board, self.notices, self._at_login)
        self.board.listen(self._jobs_changed, self)
        bridge.subscribe(FolderScanning, self._scanning, self)
        bridge.subscribe(FolderScanned, lambda _event: self.say(""), self)
        self._ticket = ""
        self.bind("<Destroy>", self._gone, add="+")
        self._tick()

    # -- building ------------------------------------------------------------------------

    def _build_top(self) -> None:
        bar = ttk.Frame(self, padding=(em(self, 1), em(self, 0.4)))
        bar.grid(row=0, column=0, columnspan=2, sticky="ew")
        bar.columnconfigure(1, weight=1)
        ttk.Label(bar, text="dxclient", font="DxHeading").grid(row=0, column=0)
        self.server = ttk.Label(bar)
        self.server.grid(row=0, column=1, sticky="w", padx=em(self, 2))
        self.user = ttk.Menubutton(bar, text="")
        menu = ttk.Menu(self.user, tearoff=False)
        menu.add_command(label="Log in to another server…", command=lambda: self.show("login"))
        menu.add_command(label="Log out", command=self.log_out)
        self.user.configure(menu=menu)
        for column, (text, command) in enumerate(
            (("?", self.help), ("⚙", lambda: self.show("settings"))), start=3
        ):
            button = ttk.Button(bar, text=text, command=command, bootstyle="link", width=2)
            button.grid(row=0, column=column)
        ttk.Separator(self).grid(row=0, column=0, columnspan=2, sticky="sew")

    def _build_rail(self) -> None:
        rail = ttk.Frame(self, padding=(em(self, 0.4), em(self, 0.8)))
        rail.grid(row=1, column=0, sticky="ns")
        self._place = tk.StringVar(self, value="home")
        self.rail: dict[str, ttk.Radiobutton] = {}
        for view, sign, text, _key in RAIL:
            button = ttk.Radiobutton(
                rail,
                text=f"{sign}  {text}",
                variable=self._place,
                value=view,
                command=lambda view=view: self.show(view),
                style=RAIL_STYLE,
                width=18,
                underline=3 + text.casefold().index(_key),
            )
            button.pack(fill="x", pady=(0, em(self, 0.2)))
            self.rail[view] = button

    def _build_status(self) -> None:
        line = ttk.Frame(self, padding=(em(self, 1), em(self, 0.3)))
        line.grid(row=2, column=0, columnspan=2, sticky="ew")
        line.columnconfigure(0, weight=1)
        self.status = ttk.Label(line, style=MUTED)
        self.status.grid(row=0, column=0, sticky="w")
        self.uploads = ttk.Label(line, style=MUTED)
        self.uploads.grid(row=0, column=1, sticky="e")
        ttk.Separator(self).grid(row=2, column=0, columnspan=2, sticky="new")

    def _build_content(self) -> None:
        area = ttk.Frame(self)
        area.grid(row=1, column=1, sticky="nsew")
        area.columnconfigure(0, weight=1)
        area.rowconfigure(3, weight=1)
        self.title_label = ttk.Label(area, style=TITLE, padding=(em(self, 1), em(self, 0.6)))
        self.title_label.grid(row=0, column=0, sticky="w")
        self.notices = NoticeBar(area)
        self.notices.grid(row=1, column=0, sticky="ew", padx=em(self, 1))
        self._toast = ttk.Frame(area)
        self._toast.grid(row=2, column=0, sticky="ew", padx=em(self, 1))
        self._content = ttk.Frame(area)
        self._content.grid(row=3, column=0, sticky="nsew")
        self._content.columnconfigure(0, weight=1)
        self._content.rowconfigure(0, weight=1)

    def _bind_keys(self, root: tk.Misc) -> None:
        for number, (view, _sign, _text, key) in enumerate(RAIL, start=1):
            root.bind(f"<Alt-{key}>", self._goer(view))
            root.bind(f"<Control-Key-{number}>", self._goer(view))
        root.bind("<F1>", lambda _event: self.help())
        root.bind("<Escape>", self._escape)
        root.bind("<Return>", self._enter)
        root.bind("<KP_Enter>", self._enter)

    # -- moving about --------------------------------------------------------------------

    def start(self) -> None:
        """Show the first screen, and let the queue work."""
        self.board.start()
        if self.app.connection is not None:
            self.show("home")
        else:
            self.show("login", **self._login_options)

    def show(self, view_id: str, **options: Any) -> None:
        """Go to a view; with options it is made anew, unless it can take them as it is."""
        if view_id in _NEED_SERVER and self.app.connection is None:
            view_id, options = "login", self._login_options
        view = self._view(view_id, options)
        if view is None:
            return
        self._clear_toast()
        if self.current is not None and self.current is not view and self.current.winfo_exists():
            self.current.grid_remove()
            self.current.on_hide()
        self.current = view
        self._place.set("transfers" if view_id in _OF_TRANSFERS else view_id)
        view.grid(row=0, column=0, sticky="nsew")
        self.retitle()
        self._show_server()
        view.on_show()

    def retitle(self) -> None:
        """Show the title of the current view, which may have changed."""
        if self.current is not None:
            self.title_label.configure(text=self.current.title)

    def _view(self, view_id: str, options: dict[str, Any]) -> View | None:
        known = self._views.get(view_id)
        if known is not None and (not options or known.arrive(**options)):
            return known
        make = resolve(VIEWS[view_id])
        view: View = make(self._content, self.context, **self._extras(view_id), **options)
        if known is not None:
            known.destroy()
        self._views[view_id] = view
        view.bind("<<TitleChanged>>", lambda _event: self.retitle())
        view.bind("<<UnsavedChanged>>", lambda _event: self._show_unsaved())
        return view

    def _extras(self, view_id: str) -> dict[str, Any]:
        if view_id in ("home", "transfers", "history"):
            return {"board": self.board}
        if view_id == "settings":
            return {"on_saved": self._on_saved}
        if view_id == "scripts":
            return {"draft": self._upload_draft}
        return {"on_done": self._logged_in} if view_id == "login" else {}

    def _goer(self, view_id: str) -> Callable[[tk.Event[Any]], str]:
        def go(_event: tk.Event[Any]) -> str:
            self.show(view_id)
            return "break"

        return go

    def _escape(self, _event: tk.Event[Any]) -> None:
        if self.current is not None:
            self.current.back()

    def _enter(self, event: tk.Event[Any]) -> str | None:
        """Press the button that has the keyboard; else do the view's main action."""
        if isinstance(event.widget, tk.Text | ttk.Menubutton | ttk.Combobox):
            return None
        if isinstance(event.widget, ttk.Button | ttk.Radiobutton | ttk.Checkbutton):
            event.widget.invoke()
            return "break"
        if self.current is not None and str(event.widget).startswith(str(self.current)):
            self.current.primary()
        return None

    def dropped(self, paths: tuple[Path, ...]) -> None:
        """Give what was dropped on the window to the view; else go to the upload with it."""
        if self.current is None or not self.current.dropped(paths):
            self.show("upload", folders=paths)

    def _upload_draft(self) -> UploadDraft | None:
        """The upload that is under way, whatever view is shown."""
        view = self._views.get("upload")
        return view.draft if view is not None else None

    def may_close(self) -> bool:
        """Let the views ask about what would be lost; False to stay."""
        return all(view.may_close() for view in tuple(self._views.values()))

    def _show_unsaved(self) -> None:
        """Mark the views in the rail that hold what is not saved."""
        view = self._views.get("scripts")
        dot = f"  {UNSAVED}" if view is not None and view.unsaved() else ""
        self.rail["scripts"].configure(text=f"✎  Scripts{dot}")

    def help(self) -> None:
        """Explain the current view."""
        if self.current is not None:
            keys = (
                "\n\nKeys: Enter does the main action, Esc goes back, Alt and the underlined "
                "letter goes to a screen, F1 shows this."
            )
            dialogs.show_text(self, self.current.title, self.current.help_text + keys)

    # -- logging in and out --------------------------------------------------------------

    def _logged_in(self) -> None:
        """Forget views that show another server's projects."""
        for name in ("home", "upload"):
            view = self._views.pop(name, None)
            if view is not None:
                view.destroy()
        self._show_server()

    def log_out(self) -> None:
        """Log out of this server; uploads that run go on."""
        app = self.app

        def done(_result: object) -> None:
            self._logged_in()
            self.show("login")

        self.bridge.run(lambda _p, _c: app.log_out(), done, self.show_error)

    def _show_server(self) -> None:
        connection = self.app.connection
        if connection is None:
            self.server.configure(text="not logged in")
            self.user.grid_remove()
            return
        server = connection.server
        self.server.configure(text=server_words(server.url, verify=server.verify))
        self.user.configure(text=f"{connection.user}   ")
        self.user.grid(row=0, column=2)

    def _at_login(self) -> bool:
        return self.current is not None and self.current.id == "login"

    # -- saying things -------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say something in the status line."""
        self.status.configure(text=text)

    def show_error(self, error: BaseException) -> None:
        """Show an error above the view, which keeps what it shows."""
        self._clear_toast()
        ErrorCard(self._toast, error, close=self._clear_toast).pack(fill="x")

    def _clear_toast(self) -> None:
        for child in self._toast.winfo_children():
            child.destroy()
        self._toast.configure(height=1)

    def _scanning(self, event: FolderScanning) -> None:
        progress = event.progress
        self.say(
            " · ".join(
                (
                    f"Reading: {words.plural(progress.files, 'file')}",
                    words.plural(progress.sessions, "session"),
                    f"{progress.left_out:,} left out",
                )
            )
        )

    def _jobs_changed(self, job: UploadJob | None) -> None:
        if job is None:
            self._show_uploads()

    def _tick(self) -> None:
        """Once a second is often enough for speeds and counts."""
        self._show_uploads()
        self._ticket = self.after(1000, self._tick)

    def _gone(self, event: tk.Event[Any]) -> None:
        if event.widget is self:
            self.after_cancel(self._ticket)

    def _show_uploads(self) -> None:
        running = self.board.count(Group.RUNNING)
        needs = self.board.count(Group.NEEDS_YOU)
        count = running + needs
        said = f"{count}" if count < 1000 else "999+"
        badge = f"⇅  Transfers ({said})" if count else "⇅  Transfers"
        if str(self.rail["transfers"].cget("text")) != badge:
            self.rail["transfers"].configure(text=badge)
        speed, left = self.board.total_speed, self.board.total_seconds_left
        parts = [
            words.plural(running, "upload") if running else "",
            f"{words.size(speed)}/s" if speed else "",
            words.duration(left) if left else "",
            f"⚠ {needs:,} need you" if needs > 1 else "⚠ 1 needs you" if needs else "",
        ]
        self.uploads.configure(text=" · ".join(part for part in parts if part))
