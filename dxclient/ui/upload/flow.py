"""What a step may ask of the upload it is part of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dxclient.domain.draft import UploadDraft
from dxclient.domain.jobs import UploadJob
from dxclient.ui.context import ViewContext
from dxclient.ui.upload.state import Known

if TYPE_CHECKING:
    from dxclient.app import App


@dataclass(slots=True, kw_only=True)
class Flow:
    """The draft and what was loaded for it; steps replace the draft and say that they did.

    Parameters
    ----------
    changed : callable
        Called after the draft or the readiness of a step changed.
    advance : callable
        Goes to the next step.
    finished : callable
        Called with the job once the session is queued.
    jump : callable
        Goes back to the step of this id.
    """

    context: ViewContext
    changed: Callable[[], None]
    advance: Callable[[], None]
    finished: Callable[[UploadJob], None]
    jump: Callable[[str], None] = lambda _step: None
    draft: UploadDraft = field(default_factory=UploadDraft)
    known: Known = field(default_factory=Known)
    wanted_project: str = ""

    @property
    def app(self) -> App:
        """The program."""
        return self.context.app

    def put(self, draft: UploadDraft) -> None:
        """Replace the draft."""
        if draft != self.draft:
            self.draft = draft
            self.changed()
