"""What the steps of one upload share: the draft, what was loaded for it, and what is still open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dxclient.domain.dicom import FolderReport, ImageSession, Scan
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.project import ProjectContents, ProjectSettings

ACCEPTED = Verdict(accepted=True)


@dataclass(slots=True)
class Known:
    """What was loaded for the draft, and the drafts of sessions that were left for another.

    Parameters
    ----------
    verdicts : dict of str to Verdict
        By series UID, for the session of the draft.
    remembered : bool
        A script of this computer was chosen for good for the project.
    """

    report: FolderReport | None = None
    contents: ProjectContents | None = None
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    drafts: dict[str, UploadDraft] = field(default_factory=dict)
    remembered: bool = False


def with_project(draft: UploadDraft, settings: ProjectSettings) -> UploadDraft:
    """Point the draft to a project; what was accepted for another project is asked again."""
    if draft.settings is not None and draft.settings.project == settings.project:
        return replace(draft, settings=settings)
    return replace(
        draft,
        settings=settings,
        accepts_no_script=False,
        acknowledged=frozenset(),
        own_script=None,
        lost_script="",
    )


def with_session(draft: UploadDraft, session: ImageSession, known: Known) -> UploadDraft:
    """Point the draft to a session.

    What was typed for another session may be of another patient, so nothing of it is taken
    over; it comes back when that session is chosen again.
    """
    if draft.session is not None:
        if draft.session.study_uid == session.study_uid:
            return replace(draft, session=session)
        known.drafts[draft.session.study_uid] = draft
    kept = known.drafts.get(session.study_uid, UploadDraft())
    known.verdicts = {}
    return with_project_of(draft, replace(kept, session=session))


def with_project_of(draft: UploadDraft, other: UploadDraft) -> UploadDraft:
    """Carry the project of *draft* over to *other*, with the script that was added for it."""
    if draft.settings is None:
        return other
    return replace(
        with_project(other, draft.settings),
        own_script=draft.own_script,
        lost_script=draft.lost_script,
    )


def with_scan(draft: UploadDraft, series_uids: Iterable[str], *, wanted: bool) -> UploadDraft:
    """Include or leave out scans; all included is None again."""
    if draft.session is None:
        return draft
    every = frozenset(scan.series_uid for scan in draft.session.scans)
    chosen = every if draft.scan_uids is None else draft.scan_uids
    chosen = chosen | set(series_uids) if wanted else chosen - set(series_uids)
    return replace(draft, scan_uids=None if chosen == every else frozenset(chosen))


def sent_scans(draft: UploadDraft, known: Known) -> tuple[Scan, ...]:
    """The scans that are wanted by the person and accepted by the project."""
    return tuple(
        scan for scan in draft.scans if known.verdicts.get(scan.series_uid, ACCEPTED).accepted
    )


def open_findings(draft: UploadDraft, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that still hold the upload: what stops, and what nobody has acknowledged."""
    return tuple(
        finding
        for finding in findings
        if finding.severity is Severity.STOPS
        or (finding.severity is Severity.NEEDS_YOU and key_of(finding) not in draft.acknowledged)
    )


def key_of(finding: Finding) -> str:
    """Name a finding, to remember that it was acknowledged."""
    return f"{finding.code}:{finding.subject}" if finding.subject else finding.code


def acknowledge(draft: UploadDraft, finding: Finding, *, seen: bool) -> UploadDraft:
    """Remember (or forget) that a person has seen a finding.

    The code alone is remembered too: that is what the way through the steps asks for.
    """
    keys = {key_of(finding), finding.code}
    acknowledged = draft.acknowledged | keys if seen else draft.acknowledged - keys
    return replace(draft, acknowledged=acknowledged)


def distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, in order; two steps may say the same."""
    return tuple({key_of(finding): finding for finding in findings}.values())
