"""The few dialogs: only where something would be lost, or something broke."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence

import ttkbootstrap as ttk

from dxclient.ui.metrics import em
from dxclient.ui.widgets.findings import ErrorCard
from dxclient.ui.widgets.misc import Heading, PrimaryButton, WrapLabel


class Dialog(tk.Toplevel):
    """A window over the window; Esc closes it. Content goes into `.body`."""

    def __init__(self, root: tk.Misc, title: str) -> None:
        super().__init__(root)
        self.withdraw()
        self.title(title)
        top = root.winfo_toplevel()
        if top.winfo_viewable():
            self.transient(top)
        frame = ttk.Frame(self, padding=em(root, 1.2))
        frame.pack(fill="both", expand=True)
        self.buttons = ttk.Frame(frame)
        self.buttons.pack(side="bottom", fill="x", pady=(em(root, 1), 0))
        self.body = ttk.Frame(frame)
        self.body.pack(fill="both", expand=True)
        self.bind("<Escape>", lambda _event: self.destroy())

    def place_over(self, root: tk.Misc) -> None:
        """Show it in the upper middle of the window."""
        self.update_idletasks()
        top = root.winfo_toplevel()
        x = top.winfo_rootx() + (top.winfo_width() - self.winfo_reqwidth()) // 2
        y = top.winfo_rooty() + (top.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(0, x)}+{max(0, y)}")
        self.deiconify()
        self.lift()

    def wait(self, root: tk.Misc) -> None:
        """Show it and come back when it is closed."""
        self.place_over(root)
        self.wait_visibility()
        self.grab_set()
        root.wait_window(self)


class Question(Dialog):
    """A question with named answers; `.answer` is the chosen index, None when it was closed.

    Parameters
    ----------
    verbs : sequence of str
        The buttons; the first is the main one and comes last on the right.
    dangerous : bool
        The main button loses something: it is red, and does not have the keyboard.
    """

    def __init__(
        self,
        root: tk.Misc,
        title: str,
        sentence: str,
        verbs: Sequence[str],
        *,
        leave: str = "Cancel",
        dangerous: bool = False,
    ) -> None:
        super().__init__(root, title)
        self.answer: int | None = None
        Heading(self.body, title).pack(anchor="w")
        WrapLabel(self.body, sentence).pack(fill="x", pady=(em(root, 0.5), 0))
        self.choices: list[ttk.Button] = []
        for index, verb in enumerate(verbs):
            button = self._button(index, verb, dangerous)
            button.pack(side="right", padx=(em(root, 0.4), 0))
            self.choices.append(button)
        self.leave = ttk.Button(self.buttons, text=leave, command=self.destroy)
        self.leave.pack(side="right")
        (self.leave if dangerous else self.choices[0]).focus_set()
        self.leave.bind("<Return>", lambda _event: self.destroy())

    def _button(self, index: int, verb: str, dangerous: bool) -> ttk.Button:
        def chosen() -> None:
            self.answer = index
            self.destroy()

        if index == 0 and not dangerous:
            return PrimaryButton(self.buttons, verb, chosen)
        style = "danger" if index == 0 else "default"
        button = ttk.Button(self.buttons, text=verb, command=chosen, bootstyle=style)
        button.bind("<Return>", lambda _event: chosen())
        return button


def confirm(root: tk.Misc, title: str, sentence: str, verb: str) -> bool:
    """Ask before something is lost; True when the person says *verb*."""
    question = Question(root, title, sentence, [verb], dangerous=True)
    question.wait(root)
    return question.answer == 0


def choose(
    root: tk.Misc, title: str, sentence: str, verbs: Sequence[str], *, leave: str = "Cancel"
) -> int | None:
    """Ask which way; None for none of them."""
    question = Question(root, title, sentence, verbs, leave=leave, dangerous=True)
    question.wait(root)
    return question.answer


class ErrorDialog(Dialog):
    """An unexpected error: sentence, details, copy. Never a traceback."""

    def __init__(self, root: tk.Misc, error: BaseException) -> None:
        super().__init__(root, "Something went wrong")
        self.card = ErrorCard(self.body, error)
        self.card.pack(fill="both", expand=True)
        button = PrimaryButton(self.buttons, "Close", self.destroy)
        button.pack(side="right")
        button.focus_set()


def show_text(root: tk.Misc, title: str, text: str) -> Dialog:
    """Show a text to read, such as help."""
    dialog = Dialog(root, title)
    Heading(dialog.body, title).pack(anchor="w")
    WrapLabel(dialog.body, text).pack(fill="x", pady=(em(root, 0.5), 0))
    button = PrimaryButton(dialog.buttons, "Close", dialog.destroy)
    button.pack(side="right")
    dialog.place_over(root)
    button.focus_set()
    return dialog
