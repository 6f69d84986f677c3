"""Logging in: saved servers, a new server, and trouble with certificates."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tkinter import filedialog
from typing import Any
from urllib.parse import urlsplit

import ttkbootstrap as ttk

from dxclient.domain.errors import BadCredentials, CertificateUntrusted
from dxclient.domain.project import Server
from dxclient.ui.bridge import Task
from dxclient.ui.context import View, ViewContext
from dxclient.ui.theme import CARD
from dxclient.ui.views.certificate import CertificateCard
from dxclient.ui.widgets.findings import ErrorCard
from dxclient.ui.widgets.misc import (
    Heading,
    LabelledEntry,
    Muted,
    PrimaryButton,
    ScrollArea,
    WrapLabel,
)


def server_url(text: str) -> str:
    """The address as a person typed it, with scheme and without a trailing slash."""
    text = text.strip().rstrip("/")
    return text if not text or "://" in text else f"https://{text}"


def address_problem(text: str) -> str:
    """What is wrong with an address; empty when nothing is."""
    url = server_url(text)
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in url:
        return "An address looks like xnat.example.org or https://xnat.example.org/path."
    return ""


def host_of(url: str) -> str:
    """Host, port and path of an address, for people."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


class LoginView(View):
    """Saved servers as cards on the left, address, user and password on the right."""

    id = "login"
    title = "Log in to your XNAT server"
    help_text = (
        "Choose a server that you used before, or type the address of your XNAT server, your user "
        "name and your password there. The password is sent to this server only. It is kept in "
        "the keychain of your computer if you wish, and nowhere else."
    )

    def __init__(
        self,
        parent: tk.Misc,
        context: ViewContext,
        *,
        server: str = "",
        user: str = "",
        password: str = "",
        hint: str = "",
        on_done: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(parent, context)
        self._on_done = on_done
        self._server = Server(url=server)
        self._task: Task | None = None
        area = ScrollArea(self, padding=context.em(1))
        area.pack(fill="both", expand=True)
        # fields as wide as the window would look as if much were asked for
        area.body.columnconfigure(1, weight=3)
        area.body.columnconfigure(2, weight=2)
        self._saved = ttk.Frame(area.body)
        self._saved.grid(row=0, column=0, sticky="n", padx=(0, context.em(2)))
        self._form = ttk.Frame(area.body)
        # the width comes from the window, never from the text in it: else text that wraps to its
        # width, and a width that follows the text, chase each other
        self._form.grid(row=0, column=1, sticky="new")
        self._build_form(server, user, password, hint)
        self._show_saved()
        self._ask_keychain()

    # -- building ------------------------------------------------------------------------

    def _build_form(self, server: str, user: str, password: str, hint: str) -> None:
        em = self.context.em
        form = self._form
        if hint:
            WrapLabel(form, hint).pack(fill="x", pady=(0, em(0.8)))
        self.address = LabelledEntry(
            form, "Server address", value=server, check=address_problem, on_change=self._typed
        )
        self.user = LabelledEntry(form, "User name", value=user)
        self.password = LabelledEntry(form, "Password", value=password, secret=True)
        for entry in (self.address, self.user, self.password):
            entry.pack(fill="x", pady=(0, em(0.7)))
        self.remember = tk.BooleanVar(self, value=False)
        self.remember_box = ttk.Checkbutton(
            form, text="Remember in my keychain", variable=self.remember, state="disabled"
        )
        self.remember_box.pack(anchor="w")
        self.remember_reason = Muted(form)
        buttons = ttk.Frame(form)
        buttons.pack(side="bottom", fill="x", pady=em(1))
        self.button = PrimaryButton(buttons, "Log in", self.primary)
        self.button.pack(side="left")
        self._cancel = ttk.Button(buttons, text="Cancel", command=self.cancel)
        self.state_label = ttk.Label(buttons)
        self.state_label.pack(side="left", padx=em(0.8))
        self._trouble = ttk.Frame(form)
        self._trouble.pack(side="bottom", fill="x")

    def _show_saved(self) -> None:
        for child in self._saved.winfo_children():
            child.destroy()
        servers = self.context.app.saved_servers()
        self._saved.grid() if servers else self._saved.grid_remove()
        Heading(self._saved, "Servers used before").pack(anchor="w")
        for server in servers:
            self._card(server)

    def _card(self, server: Server) -> None:
        em = self.context.em
        card = ttk.Frame(self._saved, style=CARD, padding=em(0.6))
        card.pack(fill="x", pady=(em(0.6), 0))
        ttk.Label(card, text=host_of(server.url), font="DxBold").pack(anchor="w")
        about = f"as {server.user}" + ("" if server.verify else " — certificate not verified!")
        ttk.Label(card, text=about).pack(anchor="w")
        line = ttk.Frame(card)
        line.pack(fill="x", pady=(em(0.4), 0))
        ttk.Button(line, text="Log in", command=lambda: self.use(server)).pack(side="left")
        ttk.Button(
            line, text="Remove", bootstyle="link", command=lambda: self._forget(server)
        ).pack(side="right", padx=(em(1), 0))

    def _ask_keychain(self) -> None:
        app = self.context.app
        self.context.bridge.run(
            lambda _p, _c: app.remembers(),
            self._keychain,
            lambda _e: self._keychain(False),
            owner=self,
        )

    def _keychain(self, available: object) -> None:
        if available:
            self.remember_box.configure(state="normal")
            return
        self.remember_reason.configure(
            text="No keychain was found on this computer, so the password is asked each time."
        )
        self.remember_reason.pack(fill="x", after=self.remember_box)

    # -- doing ---------------------------------------------------------------------------

    def on_show(self) -> None:
        """Put the keyboard where something is missing."""
        entries = (self.address, self.user, self.password)
        next((entry for entry in entries if not entry.value), self.password).focus_set()

    def back(self) -> None:
        """Stop a login that runs; else home, when somebody is logged in."""
        if self._task is not None:
            self.cancel()
        elif self.context.app.connection is not None:
            self.context.show("home")

    def use(self, server: Server) -> None:
        """Take a saved server; log in at once when its password is known."""
        self._server = server
        self.address.value, self.user.value = server.url, server.user
        app = self.context.app

        def known(password: object) -> None:
            if password:
                self.password.value = str(password)
                self.primary()
            else:
                self.password.value = ""
                self.password.focus_set()

        self.context.bridge.run(
            lambda _p, _c: app.password_for(server, server.user), known, self._failed, owner=self
        )

    def primary(self) -> None:
        """Log in with what is typed."""
        if self._task is not None or not self._complete():
            return
        url = server_url(self.address.value)
        if self._server.url != url:
            saved = (one for one in self.context.app.saved_servers() if one.url == url)
            self._server = next(saved, Server(url=url))
        self.log_in(self._server)

    def _complete(self) -> bool:
        problem = address_problem(self.address.value)
        if problem:
            self.address.say(problem)
            self.address.focus_set()
            return False
        for entry, words in ((self.user, "user name"), (self.password, "password")):
            if not entry.value:
                entry.say(f"Your {words} is needed.")
                entry.focus_set()
                return False
        return True

    def log_in(self, server: Server) -> None:
        """Log in to this server with the user and password that are typed."""
        self._server = server
        app, user, password = self.context.app, self.user.value, self.password.value
        remember = bool(self.remember.get())
        self._clear_trouble()
        self._busy(True)
        self._task = self.context.bridge.run(
            lambda _p, _c: app.log_in(server, user, password, remember=remember) and None,
            self._done,
            self._failed,
            owner=self,
        )

    def cancel(self) -> None:
        """Stop waiting for the server."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._busy(False)

    def _busy(self, busy: bool) -> None:
        self.button.configure(state="disabled" if busy else "normal")
        text = f"Asking {urlsplit(self._server.url).hostname}…" if busy else ""
        self.state_label.configure(text=text)
        if busy:
            self._cancel.pack(side="left", padx=(self.context.em(0.5), 0))
        else:
            self._cancel.pack_forget()

    def _done(self, _result: object) -> None:
        self._task = None
        self._busy(False)
        self.password.value = ""
        self.context.status("")
        if self._on_done is not None:
            self._on_done()
        self.context.show("home")

    def _failed(self, error: BaseException) -> None:
        self._task = None
        self._busy(False)
        self._clear_trouble()
        card: Any
        if isinstance(error, CertificateUntrusted):
            card = CertificateCard(
                self._trouble,
                error,
                cancel=self._clear_trouble,
                ca_file=self._give_ca_file,
                allow=lambda: self.log_in(replace(self._server, verify=False)),
            )
        else:
            retry = None if isinstance(error, BadCredentials) else self.primary
            card = ErrorCard(self._trouble, error, retry=retry)
        card.pack(fill="x", pady=(self.context.em(0.8), 0))
        if isinstance(error, BadCredentials):
            self.password.focus_set()
            self.password.entry.selection_range(0, "end")

    def _give_ca_file(self) -> None:
        chosen = filedialog.askopenfilename(
            parent=self,
            title="File with the certificate authority (PEM)",
            filetypes=[("Certificates", "*.pem *.crt *.cer"), ("All files", "*")],
        )
        if chosen:
            self.log_in(replace(self._server, ca_file=Path(chosen)))

    def _clear_trouble(self) -> None:
        for child in self._trouble.winfo_children():
            child.destroy()
        self._trouble.configure(height=1)

    def _typed(self, text: str) -> None:
        if server_url(text).startswith("http://"):
            self.address.say("Not encrypted: others on the network can read what is sent.")

    def _forget(self, server: Server) -> None:
        app = self.context.app
        self.context.bridge.run(
            lambda _p, _c: app.forget_server(server),
            lambda _r: self._show_saved(),
            self.context.error,
            owner=self,
        )
