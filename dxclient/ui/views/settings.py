"""Settings: each field with where its value comes from, locked where the site fixed it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

import ttkbootstrap as ttk

from dxclient.domain.preferences import SettingField, SettingsView, Value
from dxclient.domain.project import Origin
from dxclient.ui.context import View, ViewContext
from dxclient.ui.widgets.misc import (
    Heading,
    LabelledEntry,
    LinkLabel,
    Muted,
    ScrollArea,
    WrapLabel,
)

#: Kept by the window itself; nothing to choose.
_INTERNAL = frozenset({"ui.geometry", "ui.last_folder"})
_OWNERS = {"ui": "Window", "transfer": "Transfers", "upload": "Upload", "connection": "Connection"}


def parse_value(field: SettingField, text: str) -> Value:
    """A value from what was typed. Raises ValueError with a sentence."""
    default = field.default
    if isinstance(default, bool):
        return text == "true"
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, int | float):
        return _number(field, text, type(default))
    return text.strip()


def _number(field: SettingField, text: str, kind: type[int] | type[float]) -> Value:
    try:
        number = kind(text.replace(",", "").strip())
    except ValueError:
        raise ValueError("A number is needed.") from None
    if field.minimum is not None and number < field.minimum:
        raise ValueError(f"At least {field.minimum:g}.")
    if field.maximum is not None and number > field.maximum:
        raise ValueError(f"At most {field.maximum:g}.")
    return number


def as_text(value: Value) -> str:
    """A value as it is shown in an entry."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


class SettingLine(ttk.Frame):
    """One setting: its name, its value, its origin, its help."""

    def __init__(
        self,
        parent: tk.Misc,
        context: ViewContext,
        field: SettingField,
        on_saved: Callable[[str], None],
    ) -> None:
        super().__init__(parent, padding=(0, context.em(0.4)))
        self.field = field
        self._context, self._on_saved = context, on_saved
        self._quiet = False
        self.variable = tk.StringVar(self)
        self._build()
        self.columnconfigure(0, weight=1)
        self.origin = ttk.Label(self, style="Muted.TLabel")
        self.origin.grid(row=0, column=1, sticky="ne", padx=(context.em(1), 0))
        self.reset = ttk.Button(
            self, text="Forget my choice", bootstyle="link", command=lambda: self._write(None)
        )
        if field.help:
            Muted(self, field.help).grid(row=1, column=0, columnspan=2, sticky="ew")
        self.message = WrapLabel(self, style="Danger.TLabel")

    def _build(self) -> None:
        field = self.field
        self.editor: tk.Widget
        if isinstance(field.default, bool):
            self.editor = ttk.Checkbutton(
                self,
                text=field.label,
                variable=self.variable,
                onvalue="true",
                offvalue="false",
                command=self.save,
            )
            self.editor.grid(row=0, column=0, sticky="w")
            return
        box = ttk.Frame(self)
        box.grid(row=0, column=0, sticky="ew")
        ttk.Label(box, text=field.label).pack(anchor="w")
        if field.choices:
            self.editor = ttk.Combobox(
                box, textvariable=self.variable, values=field.choices, state="readonly"
            )
            self.editor.bind("<<ComboboxSelected>>", lambda _event: self.save())
        else:
            self.editor = ttk.Entry(box, textvariable=self.variable, width=40)
            self.editor.bind("<Return>", self._enter)
            self.editor.bind("<FocusOut>", lambda _event: self.save())
        self.editor.pack(anchor="w")

    def show(self, settings: SettingsView) -> None:
        """Show the value as it is now."""
        if self.field.key not in settings:
            return
        sourced = settings.sourced(self.field.key)
        locked = settings.locked(self.field.key)
        self._saved = as_text(sourced.value)
        self.variable.set(self._saved)
        text = f"from: {_origin(sourced.origin)}" + (" · locked by your site" if locked else "")
        self.origin.configure(text=text)
        state = "readonly" if self.field.choices else "normal"
        self.editor.configure(state="disabled" if locked else state)  # type: ignore[call-arg]
        if sourced.origin is Origin.USER and not locked:
            self.reset.grid(row=1, column=1, sticky="ne")
        else:
            self.reset.grid_remove()

    def _enter(self, _event: tk.Event[tk.Misc]) -> str:
        self.save()
        return "break"

    def save(self) -> None:
        """Keep the value, when it is one."""
        if self.variable.get() == self._saved:
            return
        try:
            value = parse_value(self.field, self.variable.get())
        except ValueError as error:
            self._say(str(error))
            return
        self._write(value)

    def _write(self, value: Value | None) -> None:
        self._say("")
        app, key = self._context.app, self.field.key
        self._context.bridge.run(
            lambda _p, _c: app.set_setting(key, value),
            lambda _r: self._on_saved(key),
            lambda error: self._say(str(error)),
            owner=self,
        )

    def _say(self, text: str) -> None:
        self.message.configure(text=f"⚠ {text}" if text else "")
        if text:
            self.message.grid(row=2, column=0, columnspan=2, sticky="ew")
        else:
            self.message.grid_remove()

    @property
    def words(self) -> str:
        """What the search looks through."""
        return f"{self.field.label} {self.field.help} {self.field.key}".casefold()


class ScriptsLink(ttk.Frame):
    """The way to the page of scripts."""

    words = "scripts anonymization editor dicomedit"

    def __init__(self, parent: tk.Misc, context: ViewContext) -> None:
        super().__init__(parent)
        Heading(self, "Script editor").pack(anchor="w")
        Muted(
            self, "Read the anonymization scripts of your projects, write your own, try them."
        ).pack(fill="x")
        self.link = LinkLabel(self, "Open the page of scripts", lambda: context.show("scripts"))
        self.link.pack(anchor="w")


class SettingsPage(View):
    """All settings, by owner, with a search."""

    id = "settings"
    title = "Settings"
    help_text = (
        "Every change is kept at once. A setting may come from the program, from your site's "
        "administrators, from the XNAT server, its project, or from you; each says which."
    )

    def __init__(
        self, parent: tk.Misc, context: ViewContext, *, on_saved: Callable[[str], None]
    ) -> None:
        super().__init__(parent, context)
        self._on_saved = on_saved
        em = context.em
        top = ttk.Frame(self, padding=(em(1), em(0.5)))
        top.pack(side="top", fill="x")
        self.search = LabelledEntry(top, "Search", on_change=lambda _text: self._filter())
        self.search.pack(fill="x")
        area = ScrollArea(self, padding=em(1))
        area.pack(fill="both", expand=True)
        self._nothing = Muted(area.body, "No setting matches.")
        self._groups: list[tuple[Heading, list[SettingLine]]] = []
        self._build(area.body)
        self._refresh()

    def _build(self, parent: ttk.Frame) -> None:
        fields = [f for f in self.context.app.setting_fields() if f.key not in _INTERNAL]
        owners = dict.fromkeys(field.key.partition(".")[0] for field in fields)
        for owner in owners:
            heading = Heading(parent, _OWNERS.get(owner, owner.capitalize()))
            lines = [
                SettingLine(parent, self.context, field, self._saved)
                for field in fields
                if field.key.partition(".")[0] == owner
            ]
            self._groups.append((heading, lines))
        self.scripts = ScriptsLink(parent, self.context)
        self._filter()

    @property
    def lines(self) -> tuple[SettingLine, ...]:
        """All lines."""
        return tuple(line for _, lines in self._groups for line in lines)

    def on_show(self) -> None:
        """Show the values as they are now."""
        self._refresh()
        self.search.focus_set()

    def _refresh(self) -> None:
        settings = self.context.app.settings()
        for line in self.lines:
            line.show(settings)

    def _saved(self, key: str) -> None:
        self._refresh()
        self.context.status("Saved.")
        self._on_saved(key)

    def _filter(self) -> None:
        text = self.search.value.casefold().split()
        self._nothing.pack_forget()
        found = False
        for heading, lines in self._groups:
            heading.pack_forget()
            for line in lines:
                line.pack_forget()
            shown = [line for line in lines if all(word in line.words for word in text)]
            if shown:
                heading.pack(anchor="w", pady=(self.context.em(0.6), 0))
            for line in shown:
                line.pack(fill="x")
            found = found or bool(shown)
        self.scripts.pack_forget()
        if all(word in self.scripts.words for word in text):
            self.scripts.pack(fill="x", pady=(self.context.em(0.6), 0))
            found = True
        if not found:
            self._nothing.pack(fill="x")


def _origin(origin: Origin) -> str:
    return {
        Origin.DEFAULT: "the program",
        Origin.MACHINE: "this computer's administrators",
        Origin.USER: "you",
        Origin.PLUGIN: "an extension",
    }.get(origin, origin.value)
