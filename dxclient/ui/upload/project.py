"""First step: the project, and what it demands."""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace

import ttkbootstrap as ttk

from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.project import Project, ProjectSettings
from dxclient.ui.theme import MUTED
from dxclient.ui.upload.flow import Flow
from dxclient.ui.upload.parts import clear
from dxclient.ui.upload.scripts import ScriptsPanel
from dxclient.ui.upload.state import with_project
from dxclient.ui.upload.step import StepView
from dxclient.ui.upload.texts import project_warnings, recents_first, setting_rows
from dxclient.ui.widgets.findings import ErrorCard, FindingsList
from dxclient.ui.widgets.misc import Heading, Muted, ScrollArea, wrap
from dxclient.ui.widgets.table import Column, Row, Table

_NO_PROJECTS = (
    "There is no project that you may upload to. Ask the owner of a project to make you a member."
)


class ProjectStep(StepView):
    """Projects on the left, what the chosen one demands on the right."""

    def __init__(self, parent: tk.Misc, flow: Flow) -> None:
        super().__init__(parent, flow)
        self._projects: dict[str, Project] = {}
        self._loading = ""
        panes = ttk.Panedwindow(self, orient="horizontal")
        panes.pack(fill="both", expand=True)
        panes.add(self._build_list(panes), weight=2)
        self.detail = ScrollArea(panes, padding=self.em(0.8))
        panes.add(self.detail, weight=3)
        panes.bind("<Configure>", self._divide, add="+")
        self.panes, self._width = panes, 0
        self._hint("Choose a project to see what it demands.")

    def _divide(self, event: tk.Event[tk.Misc]) -> None:
        """Give two fifths to the list, until a person moves the divider."""
        if abs(event.width - self._width) > self.em(4):
            self._width = event.width
            self.panes.sashpos(0, event.width * 2 // 5)

    def _build_list(self, parent: tk.Misc) -> ttk.Frame:
        left = ttk.Frame(parent, padding=(0, 0, self.em(0.6), 0))
        bar = ttk.Frame(left)
        bar.pack(side="bottom", fill="x", pady=(self.em(0.4), 0))
        self.refresh_button = ttk.Button(bar, text="Refresh list", command=self.refresh)
        self.refresh_button.pack(side="left")
        self.note = Muted(bar)
        self.note.pack(side="left", fill="x", expand=True, padx=self.em(0.6))
        self.problem = ttk.Frame(left)
        self.problem.pack(side="top", fill="x")
        self.table = Table(
            left,
            (
                Column("name", "Project", 14, stretch=True),
                Column("id", "ID", 8),
            ),
            empty="Loading projects…",
            on_select=self._selected,
            on_activate=lambda _id: self.flow.advance(),
        )
        self.table.pack(fill="both", expand=True)
        return left

    # -- the list ------------------------------------------------------------------------

    def enter(self) -> None:
        """Load the projects once; *Refresh* asks again."""
        if not self._projects:
            self._load_projects(ask_server=False)

    def refresh(self) -> None:
        """Let the server look again at what this user may do."""
        self._load_projects(ask_server=True)

    def _load_projects(self, *, ask_server: bool) -> None:
        app = self.flow.app
        clear(self.problem)
        self.note.configure(text="Loading projects…" if self._projects else "")

        def work() -> tuple[tuple[Project, ...], frozenset[str]]:
            if ask_server:
                app.refresh_access()
            recent = app.recent_projects()
            return recents_first(app.projects(), recent), frozenset(recent)

        self.load(
            "projects",
            "Loading projects…",
            work,
            lambda found: self._show_projects(*found),
            self._projects_failed,
        )

    def _show_projects(self, projects: tuple[Project, ...], recent: frozenset[str]) -> None:
        self.note.configure(text="")
        self._projects = {project.id: project for project in projects}
        self.table.set_empty(_NO_PROJECTS)
        self.table.set_rows(
            [
                Row(p.id, (f"{p.title} (recent)" if p.id in recent else p.title, p.id))
                for p in projects
            ]
        )
        wanted = self.flow.wanted_project
        if self.flow.draft.settings is not None:
            wanted = self.flow.draft.settings.project.id
        if wanted in self._projects:
            self.table.select([wanted])

    def _projects_failed(self, error: BaseException) -> None:
        self.note.configure(text="")
        self.table.set_empty("The projects could not be loaded.")
        self.table.set_rows(self.table.rows)
        clear(self.problem)
        card = ErrorCard(self.problem, error, retry=self.refresh)
        card.pack(fill="x", pady=(0, self.em(0.6)))

    # -- the chosen one ------------------------------------------------------------------

    def _selected(self, ids: tuple[str, ...]) -> None:
        if not ids:
            return
        settings = self.flow.draft.settings
        if self._loading == ids[0]:
            return
        if settings is not None and settings.project.id == ids[0] and not self._loading:
            self._show_settings(settings)
            return
        self._load_settings(self._projects[ids[0]])

    def _load_settings(self, project: Project) -> None:
        self._loading = project.id
        self._hint(f"Asking the server what “{project.title}” demands…")
        self.load(
            "settings",
            f"Loading the settings of “{project.title}”…",
            lambda: self._ask(project),
            lambda found: self._loaded(*found),
            lambda error: self._settings_failed(project, error),
        )

    def _ask(self, project: Project) -> tuple[ProjectSettings, UploadDraft]:
        """What the project demands, and which script a person chose for it. On a worker."""
        app = self.flow.app
        settings = app.project_settings(project)
        return settings, app.offers.begin(UploadDraft(settings=settings))

    def _loaded(self, settings: ProjectSettings, begun: UploadDraft) -> None:
        self._loading = ""
        draft, before = with_project(self.flow.draft, settings), self.flow.draft.settings
        if before is None or before.project != settings.project:
            own, lost = begun.own_script, begun.lost_script
            draft = replace(draft, own_script=own, lost_script=lost)
            self.flow.known.remembered = bool(own or lost)
        if self.flow.draft.settings is None or draft.settings != self.flow.draft.settings:
            self.flow.known.contents = None
            self.flow.known.verdicts = {}
        self.flow.put(draft)
        self._show_settings(settings)

    def _settings_failed(self, project: Project, error: BaseException) -> None:
        self._loading = ""
        clear(self.detail.body)
        ErrorCard(self.detail.body, error, retry=lambda: self._load_settings(project)).pack(
            fill="x"
        )

    def _show_settings(self, settings: ProjectSettings) -> None:
        body = self.detail.body
        clear(body)
        Heading(body, settings.project.title).pack(anchor="w")
        if settings.project.description:
            Muted(body, settings.project.description).pack(fill="x")
        self.warnings = FindingsList(body)
        own = self.flow.draft.own_script
        self.warnings.show(project_warnings(settings, own))
        self.warnings.pack(fill="x", pady=self.em(0.4))
        self._show_demands(body, settings)
        self.scripts = ScriptsPanel(body, self, settings, lambda: self._own_changed(settings))
        self.scripts.pack(fill="both", expand=True)

    def _own_changed(self, settings: ProjectSettings) -> None:
        self._show_settings(settings)
        self.scripts.own.focus_here()

    def _show_demands(self, body: ttk.Frame, settings: ProjectSettings) -> None:
        grid = ttk.Frame(body)
        grid.pack(fill="x", pady=(self.em(0.2), self.em(0.8)))
        # shares of the width, never widths of the texts: all cells wrap in the narrowest window
        for column, (title, share) in enumerate((("Setting", 4), ("Value", 6), ("Comes from", 4))):
            grid.columnconfigure(column, weight=share, uniform="cells")
            ttk.Label(grid, text=title, font="DxBold").grid(row=0, column=column, sticky="w")
        for number, row in enumerate(setting_rows(settings, self.flow.draft.own_script), start=1):
            for column, text in enumerate((row.name, row.value, row.origin)):
                style = MUTED if column == 2 else "TLabel"
                cell = ttk.Label(grid, text=text, justify="left", wraplength=1, style=style)
                wrap(cell, less=self.em(0.3))
                gap = self.em(0.8) if column < 2 else 0
                cell.grid(row=number, column=column, sticky="new", padx=(0, gap), pady=self.em(0.2))

    # -- footer --------------------------------------------------------------------------

    def findings(self) -> tuple[Finding, ...]:
        """A script that was chosen for the project and is gone holds the upload here already."""
        lost = self.flow.draft.lost_script
        if not lost:
            return ()
        return (Finding(severity=Severity.STOPS, code="script.own-lost", sentence=lost),)

    def primary_text(self) -> str:
        """Name the project."""
        settings = self.flow.draft.settings
        return f"Continue with “{settings.project.title}”" if settings else "Continue"

    def _hint(self, text: str) -> None:
        clear(self.detail.body)
        Muted(self.detail.body, text).pack(fill="x", pady=self.em(1))
