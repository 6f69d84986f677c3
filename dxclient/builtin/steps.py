"""The steps of the upload."""

from __future__ import annotations

from dxclient.api import Finding, Ref, Severity, Step, UploadDraft, hookimpl


@hookimpl
def dxclient_workflow_steps() -> list[Step]:
    """From the choice of a project to the confirmation."""
    return [
        Step(
            id="core.project",
            title="Project",
            check=_project,
            panel=Ref("dxclient.ui.upload.project:ProjectStep"),
        ),
        Step(
            id="core.sessions",
            title="Sessions",
            after=("core.project",),
            check=_session,
            panel=Ref("dxclient.ui.upload.sessions:SessionsStep"),
        ),
        Step(
            id="core.verify",
            title="Verify",
            after=("core.sessions",),
            applies=_has_to_verify,
            panel=Ref("dxclient.ui.upload.verify:VerifyStep"),
        ),
        Step(
            id="core.labels",
            title="Labels",
            after=("core.verify",),
            panel=Ref("dxclient.ui.upload.labels:LabelsStep"),
        ),
        Step(
            id="core.confirm",
            title="Confirm",
            after=("core.labels",),
            panel=Ref("dxclient.ui.upload.confirm:ConfirmStep"),
        ),
    ]


def _has_to_verify(draft: UploadDraft) -> bool:
    asks = draft.settings is not None and draft.settings.require_date.value
    return asks or bool(draft.session and draft.session.findings)


def _project(draft: UploadDraft) -> tuple[Finding, ...]:
    return () if draft.settings else (_missing("project.none", "Choose a project."),)


def _session(draft: UploadDraft) -> tuple[Finding, ...]:
    if draft.session is None:
        return (_missing("session.none", "Choose a session."),)
    return () if draft.scans else (_missing("scans.none", "Select at least one scan."),)


def _missing(code: str, sentence: str) -> Finding:
    return Finding(severity=Severity.STOPS, code=code, sentence=sentence)
