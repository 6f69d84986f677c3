"""Labels sessions with the id of the study."""

from __future__ import annotations

from dxclient.api import (
    ImageSession,
    LabelingScheme,
    LabelKind,
    ProjectContents,
    UploadDraft,
    hookimpl,
)


class StudyId:
    """The Study ID (0020,0010) as it is in the header."""

    id = "sample.study-id"
    title = "Study ID"
    kind = LabelKind.SESSION

    def propose(self, session: ImageSession, draft: UploadDraft, contents: ProjectContents) -> str:
        """Dxclient cleans what comes back and shows it; it is never sent unseen."""
        return session.study_id


@hookimpl
def dxclient_labeling_schemes() -> list[LabelingScheme]:
    """Offer the scheme."""
    return [StudyId()]
