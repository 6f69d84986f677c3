"""A server's certificate that is not trusted: what is known of it, and three honest choices."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from dxclient.domain.errors import CertificateUntrusted
from dxclient.domain.findings import Severity
from dxclient.ui.metrics import em
from dxclient.ui.theme import CARD, MARKS
from dxclient.ui.widgets.misc import Muted, WrapLabel


class CertificateCard(ttk.Frame):
    """Issuer, dates and fingerprint, to compare with what the server's people say."""

    def __init__(
        self,
        parent: tk.Misc,
        error: CertificateUntrusted,
        *,
        cancel: Callable[[], None],
        ca_file: Callable[[], None],
        allow: Callable[[], None],
    ) -> None:
        super().__init__(parent, style=CARD, padding=em(parent, 0.8))
        mark = MARKS[Severity.STOPS]
        WrapLabel(self, f"{mark.icon} {error.sentence}", style=mark.style).pack(fill="x")
        self._facts(error)
        Muted(
            self,
            "Nothing was sent, not even your password. Ask the people who run the server which "
            "certificate it has. Only if the fingerprint agrees, allow it.",
        ).pack(fill="x", pady=em(self, 0.4))
        buttons = ttk.Frame(self)
        buttons.pack(fill="x", pady=(em(self, 0.4), 0))
        self.cancel = ttk.Button(buttons, text="Cancel", command=cancel)
        self.ca_file = ttk.Button(buttons, text="Give a CA file…", command=ca_file)
        self.allow = ttk.Button(
            buttons,
            text="Allow for this server",
            command=allow,
            bootstyle="danger-outline",
        )
        for button in (self.cancel, self.ca_file, self.allow):
            button.pack(side="left", padx=(0, em(self, 0.5)))

    def _facts(self, error: CertificateUntrusted) -> None:
        table = ttk.Frame(self)
        table.pack(fill="x", pady=(em(self, 0.5), 0))
        table.columnconfigure(1, weight=1)
        dates = " to ".join(filter(None, (error.valid_from, error.valid_until)))
        facts = (
            ("Issued by", error.issuer),
            ("Valid", dates),
            ("SHA-256", halves(error.fingerprint)),
        )
        for row, (name, value) in enumerate(facts):
            ttk.Label(table, text=name).grid(row=row, column=0, sticky="nw", padx=(0, em(self, 1)))
            WrapLabel(table, value or "not known").grid(row=row, column=1, sticky="ew")


def halves(text: str) -> str:
    """A long text without blanks in two lines, which Tk would not break by itself."""
    middle = (len(text) + 1) // 2
    return f"{text[:middle]}\n{text[middle:]}" if len(text) > 40 else text
