"""The subject: one of the project's, found by typing, or a new one."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from dxclient.domain.labels import label_problem, same_label
from dxclient.domain.project import ProjectSettings, Subject
from dxclient.ui.metrics import em
from dxclient.ui.upload.parts import pack_entry
from dxclient.ui.upload.texts import origin_text
from dxclient.ui.widgets.misc import Heading, LabelledEntry, LinkLabel, Muted, WrapLabel

#: Entries of the drop-down list; typing finds the others.
LISTED = 200


class SubjectPicker(ttk.Frame):
    """Two ways to name the subject.

    Parameters
    ----------
    on_change : callable
        Called after each change; read `label` and `creates`.
    """

    def __init__(self, parent: tk.Misc, on_change: Callable[[], None]) -> None:
        super().__init__(parent)
        self._on_change = on_change
        self._subjects: tuple[Subject, ...] = ()
        self._quiet = False
        self.mode = tk.StringVar(self, value="choose")
        Heading(self, "Subject").pack(anchor="w")
        self.choose_radio = self._radio("Choose a subject of the project", "choose")
        self.choice = tk.StringVar(self)
        self.box = ttk.Combobox(self, textvariable=self.choice, width=30)
        self.box.pack(anchor="w", padx=(em(self, 1.6), 0), pady=em(self, 0.2))
        self.says = WrapLabel(self)
        self.link = LinkLabel(self, "", self._follow)
        self.create_radio = self._radio("Create a new subject", "create")
        self.new = LabelledEntry(
            self, "Label of the new subject", on_change=lambda _text: self._changed()
        )
        pack_entry(self.new, padx=(em(self, 1.6), 0), pady=em(self, 0.2))
        self.why_not = Muted(self)
        self.why_not.pack(fill="x", padx=(em(self, 1.6), 0))
        self.choice.trace_add("write", lambda *_: self._changed())
        self.box.bind("<KeyRelease>", lambda _event: self._list_matches(), add="+")
        self.box.bind("<FocusIn>", lambda _event: self._list_matches(), add="+")

    def _radio(self, text: str, value: str) -> ttk.Radiobutton:
        radio = ttk.Radiobutton(
            self, text=text, variable=self.mode, value=value, command=self._changed
        )
        radio.pack(anchor="w", pady=(em(self, 0.4), 0))
        return radio

    # -- what is chosen ------------------------------------------------------------------

    @property
    def creates(self) -> bool:
        """Whether the subject is to be created."""
        return self.mode.get() == "create"

    @property
    def label(self) -> str:
        """The label as XNAT has it, or as it will be; empty when it is none."""
        if self.creates:
            return self.new.value.strip()
        found = self._find(self.choice.get())
        return found.label if found else ""

    def show(self, subjects: tuple[Subject, ...], settings: ProjectSettings) -> None:
        """Offer these subjects, and a new one where the project allows it."""
        self._subjects = subjects
        self.choose_radio.configure(text=f"Choose a subject of the project ({len(subjects):,})")
        allowed = settings.allow_create_subject
        self.create_radio.state(["!disabled" if allowed.value else "disabled"])
        self.why_not.configure(
            text=""
            if allowed.value
            else f"New subjects are not allowed here, says the {origin_text(allowed.origin)}. "
            "Ask the owner of the project to add the subject."
        )
        if not allowed.value:
            self.mode.set("choose")
        elif not subjects:
            self.mode.set("create")
        nobody = not subjects and bool(allowed.value)
        self.choose_radio.state(["disabled" if nobody else "!disabled"])
        self._list_matches()
        self._changed()

    def focus_here(self) -> None:
        """Put the keyboard where the subject is typed."""
        (self.new.entry if self.creates else self.box).focus_set()

    def set(self, label: str, *, create: bool) -> None:
        """Show a label that was chosen before, or is proposed; nobody is told."""
        self._quiet = True
        self.mode.set("create" if create else "choose")
        self.choice.set("" if create else label)
        self.new.value = label if create else ""
        self._quiet = False
        self._show_state()

    def propose(self, label: str) -> None:
        """Fill in a proposal: a subject that is there is chosen, another would be new."""
        create = self._find(label) is None
        if create and self.create_radio.instate(["disabled"]):
            return
        self.set(label, create=create)
        self._on_change()

    def _find(self, text: str) -> Subject | None:
        wanted = text.strip()
        return next((s for s in self._subjects if same_label(s.label, wanted)), None)

    def problem(self) -> str:
        """What is wrong with the choice; empty when nothing is."""
        if not self.creates:
            typed = self.choice.get().strip()
            if self._find(typed):
                return ""
            return f"No subject here is called “{typed}”." if typed else "Choose a subject."
        if self._find(self.label):
            return f"There is already a subject {self.label}."
        return label_problem(self.label)

    # -- showing -------------------------------------------------------------------------

    def _list_matches(self) -> None:
        typed = self.choice.get().strip().casefold()
        if self._find(typed):
            typed = ""
        found = [s.label for s in self._subjects if typed in s.label.casefold()]
        self.box.configure(values=found[:LISTED])

    def _changed(self) -> None:
        if self._quiet:
            return
        self._show_state()
        self._on_change()

    def _show_state(self) -> None:
        create = self.creates
        self.box.state(["disabled" if create else "!disabled"])
        self.new.entry.state(["!disabled" if create else "disabled"])
        problem = self.problem()
        typed = self.new.value if create else self.choice.get().strip()
        self.new.say(problem if create and typed else "")
        wrong = bool(problem and typed and not create)
        self.says.configure(text=f"⚠ {problem}")
        if wrong:
            self.says.pack(fill="x", padx=(em(self, 1.6), 0), after=self.box)
        else:
            self.says.pack_forget()
        self._offer(create)

    def _offer(self, create: bool) -> None:
        """A link to the other way, where that is what the person means."""
        text = ""
        if create and self._find(self.label):
            text = f"Use {self.label}"
        elif not create and self._can_create(self.choice.get().strip()):
            text = f"Create {self.choice.get().strip()}"
        self.link.configure(text=text)
        if text:
            after = self.new if create else self.says if self.says.winfo_manager() else self.box
            self.link.pack(anchor="w", padx=(em(self, 1.6), 0), after=after)
        else:
            self.link.pack_forget()

    def _can_create(self, label: str) -> bool:
        free = self._find(label) is None and not label_problem(label)
        return free and not self.create_radio.instate(["disabled"])

    def _follow(self) -> None:
        label = self.label if self.creates else self.choice.get().strip()
        found = self._find(label)
        self.set(found.label if found else label, create=found is None)
        self._on_change()
