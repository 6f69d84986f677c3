"""The question for a password that uploads wait for. It may be put off; they go on waiting."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from dxclient.domain.errors import CertificateUntrusted
from dxclient.ui.context import ViewContext
from dxclient.ui.dialogs import Dialog
from dxclient.ui.transferwords import host
from dxclient.ui.widgets.findings import sentence_of
from dxclient.ui.widgets.misc import Heading, LabelledEntry, Muted, PrimaryButton, WrapLabel


class AskLogin(Dialog):
    """Asks for one password; nothing behind it is blocked.

    Parameters
    ----------
    on_open : callable
        Called once the server took the password.
    """

    def __init__(
        self, context: ViewContext, server: str, user: str, on_open: Callable[[], None]
    ) -> None:
        super().__init__(context.root, "Password needed")
        self._context, self._server, self._user, self._on_open = context, server, user, on_open
        em = context.em
        Heading(self.body, f"{host(server)} asks for the password of {user}").pack(anchor="w")
        WrapLabel(
            self.body,
            "Uploads wait for it. Nothing that was sent is lost, and they go on where they were.",
        ).pack(fill="x", pady=(em(0.5), em(0.8)))
        self.password = LabelledEntry(self.body, "Password", secret=True)
        self.password.pack(fill="x")
        self.remember = tk.BooleanVar(self, value=False)
        self.remember_box = ttk.Checkbutton(
            self.body, text="Remember in my keychain", variable=self.remember, state="disabled"
        )
        self.remember_box.pack(anchor="w", pady=(em(0.5), 0))
        self.says = Muted(self.body)
        self.says.pack(fill="x", pady=(em(0.5), 0))
        self.button = PrimaryButton(self.buttons, "Log in", self.log_in)
        self.button.pack(side="right")
        self.later = ttk.Button(self.buttons, text="Later", command=self.destroy)
        self.later.pack(side="right", padx=(0, em(0.4)))
        self.password.entry.bind("<Return>", lambda _event: self.log_in())
        self._ask_keychain()

    def _ask_keychain(self) -> None:
        app = self._context.app
        self._context.bridge.run(
            lambda _p, _c: app.remembers(),
            lambda known: self.remember_box.configure(state="normal" if known else "disabled"),
            lambda _error: None,
            owner=self,
        )

    def log_in(self) -> None:
        """Give the password to the server."""
        if not self.password.value:
            self.password.say("Your password is needed.")
            return
        self.button.configure(state="disabled")
        self.says.configure(text=f"Asking {host(self._server)}…")
        app, password, remember = self._context.app, self.password.value, self.remember.get()
        self._context.bridge.run(
            lambda _p, _c: app.unlock(self._server, self._user, password, remember=remember),
            self._done,
            self._failed,
            owner=self,
        )

    def _done(self, _result: object) -> None:
        self.destroy()
        self._on_open()

    def _failed(self, error: BaseException) -> None:
        self.button.configure(state="normal")
        self.says.configure(text="")
        if isinstance(error, CertificateUntrusted):
            # the page of the login shows the certificate, and the choices
            self.destroy()
            self._context.show("login", server=self._server, user=self._user)
            return
        self.password.say(sentence_of(error))
        self.password.entry.selection_range(0, "end")
        self.password.focus_set()
