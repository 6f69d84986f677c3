"""Guards that judge a session against what was decided for it."""

from __future__ import annotations

from collections.abc import Iterable

from dxclient.api import (
    Finding,
    ImageSession,
    ProjectSettings,
    Severity,
    UploadDraft,
    hookimpl,
    label_problem,
)


@hookimpl
def dxclient_verify_session(
    session: ImageSession, draft: UploadDraft, project: ProjectSettings
) -> Iterable[Finding]:
    """Pass on what the scan found, and hold what is incomplete."""
    yield from session.findings
    if not draft.scans:
        yield _stop("scans.none", "No scan of this session is selected.", "Select at least one.")
    if problem := label_problem(draft.subject):
        yield _stop("subject.label", f"The subject has no usable label. {problem}")
    if problem := label_problem(draft.label):
        yield _stop("session.label", f"The session has no usable label. {problem}")
    if draft.has_pet and not draft.tracer.strip():
        yield _stop("tracer.missing", "A PET session needs the name of its tracer.")
    if draft.create_subject and not project.allow_create_subject.value:
        yield _stop(
            "subject.create",
            "This project does not allow new subjects.",
            "Choose one of its subjects, or ask the owner of the project.",
        )


def _stop(code: str, sentence: str, hint: str = "") -> Finding:
    return Finding(severity=Severity.STOPS, code=code, sentence=sentence, hint=hint)
