"""What is compared: which scripts in which order, on which files."""

from __future__ import annotations

from pathlib import Path
from tkinter import filedialog
from typing import TYPE_CHECKING

from dxclient.domain.project import Origin, ScriptSource
from dxclient.ui.scripts import files
from dxclient.ui.scripts.documents import Document, Kind
from dxclient.ui.scripts.pages import PREVIEW

if TYPE_CHECKING:
    from dxclient.ui.scripts.view import ScriptsView


class Trying:
    """Chooses scripts and files for the comparison of the page."""

    def __init__(self, view: ScriptsView) -> None:
        self._view = view

    def to_run(self) -> tuple[ScriptSource, ...]:
        """The scripts of the comparison, in the order in which they run."""
        one = self._view.document
        if one is None:
            return ()
        site = self.site() if self._view.preview.with_site.get() else None
        return (site.source(), one.source()) if site is not None else (one.source(),)

    def site(self) -> Document | None:
        """The site's script, where the chosen one is neither it nor a copy of it."""
        of_server = self._view.library.of(Kind.SERVER)
        found = next((one for one in of_server if one.origin is Origin.SITE), None)
        chosen = self._view.document
        if found is None or chosen is None or chosen is found or chosen.original == found.text:
            return None
        return found

    def ask_files(self) -> None:
        """Ask for files to compare."""
        self._view.pages.turn(PREVIEW)
        chosen = filedialog.askopenfilenames(parent=self._view, title="DICOM files to compare")
        if chosen:
            self.take_files(tuple(Path(one) for one in chosen))

    def take_files(self, paths: tuple[Path, ...]) -> None:
        """Compare these files, and those in these folders."""
        self._view.pages.turn(PREVIEW)
        self._view.read(lambda: files.dicom_files(paths), self._view.preview.take)

    def take_session(self) -> None:
        """Compare the first file of each scan of the upload, with its labels."""
        draft = self._view.draft_of_upload()
        if draft is not None and draft.settings is not None:
            labels = {"project": draft.settings.project.id}
            self._view.needs.suggest(
                labels
                | {
                    "subject": draft.subject,
                    "session": draft.label,
                    "experiment_label": draft.label,
                    "tracer": draft.tracer,
                }
            )
        self.take_files(self.session_files())

    def session_files(self) -> tuple[Path, ...]:
        """The first file of each scan that the upload sends."""
        draft = self._view.draft_of_upload()
        scans = draft.scans if draft is not None else ()
        return tuple(scan.files[0].path for scan in scans if scan.files)
