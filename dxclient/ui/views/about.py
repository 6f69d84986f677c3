"""About: versions, licences, and what became of every plugin."""

from __future__ import annotations

import platform
import tkinter as tk
from importlib import metadata
from pathlib import Path
from tkinter import filedialog

import ttkbootstrap as ttk

from dxclient.app.support import INSIDE, save_support
from dxclient.ui.context import View, ViewContext
from dxclient.ui.widgets.misc import Heading, Muted, WrapLabel
from dxclient.ui.widgets.table import Column, Row, Table

_LIBRARIES = ("pydicom", "requests", "ttkbootstrap", "pluggy", "numpy", "lark", "keyring")
_LICENCE = (
    "dxclient is free software under the Apache License 2.0. It comes without warranty and is "
    "not a medical device."
)
_INSIDE = "; ".join(INSIDE)


def versions(version: str, tk_version: str) -> str:
    """Versions of the program and of what it is built from, one a line."""
    lines = [
        f"dxclient {version}",
        f"Python {platform.python_version()} · Tk {tk_version} · {platform.system()}",
    ]
    for name in _LIBRARIES:
        try:
            lines.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return "\n".join((*lines[:2], " · ".join(lines[2:])))


class AboutView(View):
    """What this program is made of."""

    id = "about"
    title = "About dxclient"
    help_text = (
        "Copy the versions when you report a problem, or save a support file and send it along; "
        "neither holds anything of your data."
    )

    def __init__(self, parent: tk.Misc, context: ViewContext) -> None:
        super().__init__(parent, context)
        em = context.em
        top = ttk.Frame(self, padding=em(1))
        top.pack(side="top", fill="x")
        self.text = versions(context.app.version, str(self.tk.call("info", "patchlevel")))
        WrapLabel(top, self.text).pack(fill="x")
        Muted(top, _LICENCE).pack(fill="x", pady=(em(0.5), em(0.5)))
        ttk.Button(top, text="Copy versions", command=self.copy).pack(anchor="w")
        Muted(top, f"A support file holds {_INSIDE}.").pack(fill="x", pady=(em(1), em(0.5)))
        ttk.Button(top, text="Save a support file…", command=self.save_support).pack(anchor="w")
        Heading(self, "Plugins", padding=(em(1), 0)).pack(side="top", anchor="w")
        self.table = Table(
            self,
            (
                Column("name", "Name", 16),
                Column("version", "Version", 7),
                Column("source", "From", 9),
                Column("state", "State", 8),
                Column("sentence", "", 20, stretch=True),
            ),
            empty="No plugins are loaded: not even the built-in ones. Start without safe mode.",
            on_activate=self._explain,
        )
        self.table.pack(fill="both", expand=True, padx=em(1), pady=em(0.5))
        self.table.set_rows(self._rows())

    def _rows(self) -> list[Row]:
        return [
            Row(
                f"{index}",
                (one.name, one.version, one.source, one.state.value, one.sentence),
            )
            for index, one in enumerate(self.context.app.records)
        ]

    def _explain(self, row: str) -> None:
        self.context.status(self.context.app.records[int(row)].sentence)

    def copy(self) -> None:
        """Put the versions and the plugins on the clipboard."""
        plugins = "\n".join("\t".join(row.values) for row in self.table.rows)
        self.clipboard_clear()
        self.clipboard_append(f"{self.text}\n{plugins}")
        self.context.status("The versions are on the clipboard.")

    def save_support(self) -> None:
        """Ask where, and write a support file there."""
        chosen = filedialog.asksaveasfilename(
            parent=self,
            title="Save a support file",
            defaultextension=".zip",
            initialfile="dxclient-support.zip",
            filetypes=[("Zip", "*.zip")],
        )
        if not chosen:
            return
        app = self.context.app

        def save(_progress: object, _cancelled: object) -> None:
            save_support(app, Path(chosen))

        self.context.bridge.run(save, self._saved, self.context.error, owner=self)

    def _saved(self, _result: object) -> None:
        self.context.status("The support file is saved; you may send it to anyone.")
