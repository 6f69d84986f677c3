"""A script of this computer for an upload: chosen from a list, explained, removed, remembered."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import ttkbootstrap as ttk

from dxclient.domain.project import ScriptSource
from dxclient.ui.theme import DANGER
from dxclient.ui.upload.parts import clear, sentences
from dxclient.ui.upload.step import StepView
from dxclient.ui.upload.texts import does_lines, offer_text
from dxclient.ui.widgets.findings import sentence_of
from dxclient.ui.widgets.misc import LinkLabel, Muted, WrapLabel

if TYPE_CHECKING:
    from dxclient.app.offers import Offer

_AFTER = "It runs on this computer, after the scripts of the server."
_ALONE = "It runs on this computer, before anything is sent."


class OwnScriptBox(ttk.Frame):
    """The choice of a script of this computer, and what became of it.

    Parameters
    ----------
    step : StepView
        Reads scripts in the background, and knows the draft.
    on_change : callable
        Called after the draft has another script, or none.
    """

    def __init__(self, parent: tk.Misc, step: StepView, on_change: Callable[[], None]) -> None:
        super().__init__(parent)
        self._step, self._on_change = step, on_change
        self._remember = tk.BooleanVar(self)
        self._open = ""
        #: What can be pressed now, by what it does; offers by their id.
        self.buttons: dict[str, tk.Widget] = {}
        self.body = ttk.Frame(self)
        self.body.pack(fill="x")

    def show(self) -> None:
        """Show what the draft has: a script, none, or one that is gone."""
        self._open = ""
        self.buttons.clear()
        clear(self.body)
        draft = self._step.flow.draft
        if draft.own_script is not None:
            self._show_chosen(draft.own_script)
        elif draft.lost_script:
            self._show_lost(draft.lost_script)
        else:
            self._show_none()

    # -- the three states ----------------------------------------------------------------

    def _show_none(self) -> None:
        settings = self._step.flow.draft.settings
        verb = "Add" if settings and settings.scripts else "Choose"
        self._choose_button(f"{verb} a ready-made script…")
        if self._step.flow.known.remembered:
            Muted(self.body, "The script that you chose for this project is not used now.").pack(
                fill="x"
            )
            self._link("forget", "Do not use it from now on", lambda: self._keep(None))

    def _show_chosen(self, script: ScriptSource) -> None:
        em = self._step.em
        line = ttk.Frame(self.body)
        line.pack(fill="x", pady=em(0.2))
        ttk.Label(line, text=f"✔ {script.name}, chosen by you", font="DxBold").pack(side="left")
        under = ttk.Frame(self.body, padding=(em(1), 0, 0, 0))
        under.pack(fill="x")
        self._link("does", "What it does", lambda: self._toggle("does", script, under), line)
        self._link("remove", "Remove", lambda: self._take(None), line)
        settings = self._step.flow.draft.settings
        Muted(self.body, _AFTER if settings and settings.scripts else _ALONE).pack(fill="x")
        self._remember.set(self._step.flow.known.remembered)
        box = ttk.Checkbutton(
            self.body,
            text="Use it for this project from now on",
            variable=self._remember,
            command=lambda: self._keep(script if self._remember.get() else None),
        )
        box.pack(anchor="w", pady=em(0.2))
        self.buttons["remember"] = box

    def _show_lost(self, sentence: str) -> None:
        WrapLabel(self.body, f"⚠ {sentence} It would not run.", style=DANGER).pack(fill="x")
        self._choose_button("Choose another script…")
        self._link("without", "Go on without it", self._go_without)

    def _choose_button(self, text: str) -> None:
        button = ttk.Button(self.body, text=text, command=self._load_offers)
        button.pack(anchor="w", pady=self._step.em(0.2))
        self.buttons["choose"] = button

    def _link(
        self, name: str, text: str, command: Callable[[], None], line: ttk.Frame | None = None
    ) -> None:
        link = LinkLabel(line or self.body, text, command)
        if line is None:
            link.pack(anchor="w")
        else:
            link.pack(side="left", padx=(self._step.em(1), 0))
        self.buttons[name] = link

    # -- the list ------------------------------------------------------------------------

    def _load_offers(self) -> None:
        offers = self._step.flow.app.offers

        self._step.load(
            "offers", "Reading the scripts of this computer…", offers.all, self._show_offers
        )

    def _show_offers(self, found: tuple[Offer, ...]) -> None:
        if not self.winfo_exists():
            return
        self._open = ""
        self.buttons.clear()
        clear(self.body)
        for offer in found:
            self._row(offer)
        self._link("close", "Close the list", self._closed)
        self.focus_here()

    def _row(self, offer: Offer) -> None:
        em = self._step.em
        line = ttk.Frame(self.body)
        line.pack(fill="x", pady=(em(0.4), 0))
        ttk.Label(line, text=offer.script.name, font="DxBold").pack(side="left")
        under = ttk.Frame(self.body, padding=(em(1), 0, 0, 0))
        if offer.problem:
            text = f"It has errors; mend it on the page Scripts. {offer.problem}"
            WrapLabel(self.body, text, style=DANGER).pack(fill="x")
            return
        self._link(offer.id, "Use this", lambda: self._take(offer.script), line)
        name = f"does {offer.id}"
        self._link(name, "What it does", lambda: self._toggle(name, offer.script, under), line)
        Muted(self.body, offer_text(offer)).pack(fill="x")
        under.pack(fill="x")

    def _toggle(self, name: str, script: ScriptSource, under: ttk.Frame) -> None:
        """Open what a script does below it, or close it."""
        clear(under)
        self._open = "" if self._open == name else name
        if not self._open:
            return
        Muted(under, "Reading the script…").pack(fill="x")
        offers = self._step.flow.app.offers

        def say(*lines: str) -> None:
            if under.winfo_exists():
                clear(under)
                sentences(under, lines)

        self._step.load(
            "does",
            "",
            lambda: offers.check(script),
            lambda checked: say(*does_lines(checked)),
            lambda error: say(sentence_of(error)),
        )

    # -- what a person does --------------------------------------------------------------

    def _take(self, script: ScriptSource | None) -> None:
        flow = self._step.flow
        draft = replace(flow.draft, own_script=script, lost_script="", accepts_no_script=False)
        flow.put(draft)
        if script is not None and flow.known.remembered:
            self._keep(script)
        self._changed()

    def _go_without(self) -> None:
        """Nothing runs in place of the one that is gone, now and from now on."""
        self._take(None)
        self._keep(None)

    def _changed(self) -> None:
        self._on_change()
        if self.winfo_exists():
            self._closed()

    def _closed(self) -> None:
        self.show()
        self.focus_here()

    def focus_here(self) -> None:
        """Give the keyboard to what can be pressed first."""
        for button in self.buttons.values():
            button.focus_set()
            return

    def _keep(self, script: ScriptSource | None) -> None:
        """Remember a choice for the project, or forget it."""
        flow = self._step.flow
        if flow.draft.settings is None:
            return
        project, offers = flow.draft.settings.project.id, flow.app.offers
        before, flow.known.remembered = flow.known.remembered, script is not None

        def failed(error: BaseException) -> None:
            flow.known.remembered = before
            flow.context.error(error)
            if self.winfo_exists():
                self.show()

        def done(_nothing: None) -> None:
            if self.winfo_exists() and script is None:
                self.show()

        self._step.load("remember", "", lambda: offers.remember(project, script), done, failed)
