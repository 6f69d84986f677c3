"""The few questions of the page, and the window that shows differences."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence

import ttkbootstrap as ttk

from dxclient.ui.dialogs import Dialog, Question
from dxclient.ui.metrics import em
from dxclient.ui.scripts.colouring import CODE, palette
from dxclient.ui.scripts.documents import Document
from dxclient.ui.widgets.misc import Heading, LabelledEntry, Muted, PrimaryButton

SAVE, LOSE, STAY = "save", "lose", "stay"


class NameDialog(Dialog):
    """Asks for the name under which a script is kept.

    Parameters
    ----------
    taken : sequence of str
        Names that are in use; taking one says that it is replaced.
    """

    def __init__(self, root: tk.Misc, name: str, taken: Sequence[str]) -> None:
        super().__init__(root, "Save as my own script")
        self.answer = ""
        self._taken = {one.casefold() for one in taken}
        Heading(self.body, "Save as my own script").pack(anchor="w")
        Muted(self.body, "It is kept on this computer, never on the server.").pack(fill="x")
        self.entry = LabelledEntry(
            self.body, "Name", value=name, check=self._check, on_change=self._changed
        )
        self.entry.pack(fill="x", pady=(em(root, 0.6), 0))
        self.button = PrimaryButton(self.buttons, "Save", self._save)
        self.button.pack(side="right")
        ttk.Button(self.buttons, text="Cancel", command=self.destroy).pack(
            side="right", padx=em(root, 0.4)
        )
        for key in ("<Return>", "<KP_Enter>"):
            self.entry.entry.bind(key, lambda _event: self._save())
        self._changed(name)
        self.entry.focus_set()
        self.entry.entry.selection_range(0, "end")

    def _check(self, text: str) -> str:
        replaced = text.strip().casefold() in self._taken
        return "You have a script of this name; it will be replaced." if replaced else ""

    def _changed(self, text: str) -> None:
        replaces = bool(self._check(text))
        self.button.configure(text="Replace" if replaces else "Save")
        self.button.state(["!disabled" if text.strip() else "disabled"])
        if text:
            self.entry.say(self._check(text))

    def _save(self) -> None:
        if self.entry.value.strip():
            self.answer = self.entry.value.strip()
            self.destroy()


def ask_name(root: tk.Misc, name: str, taken: Sequence[str]) -> str:
    """Ask for a name; empty when the person thinks better of it."""
    dialog = NameDialog(root, name, taken)
    dialog.wait(root)
    return dialog.answer


def ask_unsaved(root: tk.Misc, unsaved: Sequence[Document], title: str, verb: str) -> str:
    """Ask what becomes of changes that are not saved: SAVE, LOSE or STAY."""
    names = ", ".join(f"“{one.name}”" for one in unsaved[:4])
    more = f" and {len(unsaved) - 4:,} more" if len(unsaved) > 4 else ""
    has = "has" if len(unsaved) == 1 else "have"
    sentence = f"{names}{more} {has} changes that are not saved. Without saving they are lost."
    placed = all(one.has_place for one in unsaved)
    verbs = ([f"Save and {verb}"] if placed else []) + [f"{verb.capitalize()} without saving"]
    question = Question(root, title, sentence, verbs, leave="Stay", dangerous=not placed)
    question.wait(root)
    if question.answer is None:
        return STAY
    return SAVE if placed and question.answer == 0 else LOSE


class DifferencesDialog(Dialog):
    """What was changed, line by line: removed lines begin with −, new ones with +."""

    def __init__(self, root: tk.Misc, one: Document) -> None:
        super().__init__(root, "Differences")
        against = "the original" if one.original is not None else "what is saved"
        Heading(self.body, f"“{one.name}” and {against}").pack(anchor="w")
        Muted(self.body, "Lines with − are gone, lines with + are new.").pack(fill="x")
        lines = [line for line in one.differences().split("\n") if line][2:]
        self.text = tk.Text(
            self.body,
            font=CODE,
            wrap="none",
            height=max(4, min(24, len(lines) + 1)),
            width=84,
            borderwidth=0,
            padx=em(root, 0.4),
            pady=em(root, 0.3),
        )
        bar = ttk.Scrollbar(self.body, orient="vertical", command=self.text.yview)
        bar.pack(side="right", fill="y")
        self.text.configure(yscrollcommand=bar.set)
        self.text.pack(fill="both", expand=True, pady=(em(root, 0.4), 0))
        self._fill(lines)
        button = PrimaryButton(self.buttons, "Close", self.destroy)
        button.pack(side="right")
        button.focus_set()

    def _fill(self, lines: Sequence[str]) -> None:
        now, text = palette(), self.text
        text.configure(background=now.back, foreground=now.fore)
        text.tag_configure("+", foreground=now.kinds["string"])
        text.tag_configure("-", foreground=now.kinds["error"])
        text.tag_configure("@", foreground=now.muted)
        for line in lines:
            shown = f"−{line[1:]}" if line[0] == "-" else line
            text.insert("end", _place(line) if line[0] == "@" else f"{shown}\n", line[0])
        text.configure(state="disabled")


def _place(line: str) -> str:
    """The head of a group of changes, in words."""
    number = line.split("+", 1)[-1].split(" ", 1)[0].split(",", 1)[0]
    return f"From line {number}:\n"
