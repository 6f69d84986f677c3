"""Renders a `Form`: the questions of plugins, in one look and with one keyboard."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import filedialog

import ttkbootstrap as ttk

from dxclient.domain.findings import Finding, Severity
from dxclient.domain.forms import Field, FieldKind, Form
from dxclient.ui.metrics import em
from dxclient.ui.widgets.findings import FindingsList
from dxclient.ui.widgets.misc import Muted, WrapLabel


class FormView(ttk.Frame):
    """Fields of a form from top to bottom, each with its help, and the findings below.

    Parameters
    ----------
    answers : mapping
        Answers given before; defaults fill the rest.
    on_change : callable
        Called after each change of an answer.
    """

    def __init__(
        self,
        parent: tk.Misc,
        form: Form,
        answers: Mapping[str, str] | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(parent)
        self.form = form
        self._on_change = on_change
        self._variables: dict[str, tk.StringVar] = {}
        self._widgets: dict[str, tk.Widget] = {}
        self.columnconfigure(0, weight=1)
        self._findings = FindingsList(self)
        for field in form.fields:
            self._add(field, (answers or {}).get(field.name, field.default))
        self._findings.pack(fill="x")

    @property
    def answers(self) -> dict[str, str]:
        """The answers as texts, by the names of the fields."""
        return {name: variable.get() for name, variable in self._variables.items()}

    def set_answer(self, name: str, value: str) -> None:
        """Answer a field."""
        self._variables[name].set(value)

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the answers now; also shown under the fields."""
        found = (*self._missing(), *self.form.check(self.answers))
        self._findings.show(found)
        return found

    def focus_first(self) -> None:
        """Give the keyboard to the first field."""
        for widget in self._widgets.values():
            widget.focus_set()
            return

    def _missing(self) -> tuple[Finding, ...]:
        return tuple(
            Finding(
                severity=Severity.NEEDS_YOU,
                code="form.missing",
                sentence=f"“{field.label}” is needed.",
                subject=field.name,
            )
            for field in self.form.fields
            if field.required and field.name in self._variables and not self._filled(field)
        )

    def _filled(self, field: Field) -> bool:
        value = self._variables[field.name].get().strip()
        return value == "true" if field.kind is FieldKind.CHECK else bool(value)

    def _add(self, field: Field, value: str) -> None:
        box = ttk.Frame(self)
        box.pack(fill="x", pady=(0, em(self, 0.7)))
        if field.kind is FieldKind.NOTE:
            WrapLabel(box, field.label).pack(fill="x")
            return
        variable = tk.StringVar(self, value=value)
        variable.trace_add("write", lambda *_: self._changed())
        self._variables[field.name] = variable
        if field.kind is FieldKind.CHECK:
            variable.set("true" if value == "true" else "false")
        else:
            ttk.Label(box, text=_label(field)).pack(anchor="w")
        self._widgets[field.name] = self._widget(box, field, variable)
        if field.help:
            Muted(box, field.help).pack(fill="x")

    def _widget(self, box: ttk.Frame, field: Field, variable: tk.StringVar) -> tk.Widget:
        if field.kind is FieldKind.CHECK:
            widget: tk.Widget = ttk.Checkbutton(
                box, text=_label(field), variable=variable, onvalue="true", offvalue="false"
            )
            widget.pack(anchor="w")
        elif field.kind is FieldKind.CHOICE:
            widget = ttk.Combobox(
                box, textvariable=variable, values=field.options, state="readonly"
            )
            widget.pack(fill="x")
        elif field.kind in (FieldKind.FILE, FieldKind.FOLDER):
            widget = self._path(box, field, variable)
        else:
            widget = ttk.Entry(
                box, textvariable=variable, show="•" if field.kind is FieldKind.SECRET else ""
            )
            widget.pack(fill="x")
        return widget

    def _path(self, box: ttk.Frame, field: Field, variable: tk.StringVar) -> tk.Widget:
        def choose() -> None:
            ask = (
                filedialog.askdirectory
                if field.kind is FieldKind.FOLDER
                else filedialog.askopenfilename
            )
            chosen = ask(parent=self, title=field.label)
            if chosen:
                variable.set(str(chosen))

        line = ttk.Frame(box)
        line.pack(fill="x")
        ttk.Button(line, text="Choose…", command=choose).pack(side="right", padx=(4, 0))
        entry = ttk.Entry(line, textvariable=variable)
        entry.pack(side="left", fill="x", expand=True)
        return entry

    def _changed(self) -> None:
        if self._findings.findings:
            self.findings()
        if self._on_change:
            self._on_change()


def _label(field: Field) -> str:
    if field.kind is FieldKind.CHECK:
        return field.label
    form = " (YYYY-MM-DD)" if field.kind is FieldKind.DATE else ""
    return field.label + form + ("" if field.required else " (may stay empty)")
