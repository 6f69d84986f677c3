"""What is shown once the session is in the queue."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from dxclient.domain.jobs import UploadJob
from dxclient.ui.context import ViewContext
from dxclient.ui.widgets.misc import Heading, WrapLabel


class QueuedPanel(ttk.Frame):
    """Says that the session is queued, and where to watch it."""

    def __init__(
        self, parent: tk.Misc, context: ViewContext, job: UploadJob, again: Callable[[], None]
    ) -> None:
        super().__init__(parent, padding=context.em(1))
        self.again = again
        Heading(self, f"✔ Session {job.target.session} is in the queue").pack(anchor="w")
        WrapLabel(
            self,
            "It is anonymized and sent in the background. You may close the window: what was "
            "sent is not sent again, and the rest goes on at the next start.",
        ).pack(fill="x", pady=context.em(0.5))
        self.transfers_button = ttk.Button(
            self, text="Show transfers", command=lambda: context.show("transfers")
        )
        self.transfers_button.pack(anchor="w")
