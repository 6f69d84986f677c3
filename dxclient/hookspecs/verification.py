"""Hooks that check a session before it is sent."""

from __future__ import annotations

from collections.abc import Iterable

from dxclient.domain.dicom import ImageSession
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding
from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import ProjectSettings
from dxclient.domain.protocols import DateVerification
from dxclient.hookspecs.markers import Kind, hookspec


@hookspec(Kind.DECIDE)
def dxclient_date_verification(
    session: ImageSession, project: ProjectSettings, settings: SettingsView
) -> DateVerification | None:
    """Decide what a person is asked about the date of a session, and how it is judged.

    Called on any thread, when the session is verified and again before it is queued.
    Kind: decide; extensions are asked before the built-in answer.

    Parameters
    ----------
    session : ImageSession
        The session on disk.
    project : ProjectSettings
        What the project demands.
    settings : SettingsView
        Settings of the program, merged for this project.

    Returns
    -------
    DateVerification or None
        None leaves the decision to the next plugin.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_date_verification(session):
    ...     return DateVerification(question="Day of the visit?", judge=compare(session))

    .. versionadded:: 1.0
    """
    return None


@hookspec(Kind.GUARD)
def dxclient_verify_session(
    session: ImageSession, draft: UploadDraft, project: ProjectSettings, settings: SettingsView
) -> Iterable[Finding]:
    """Check a session against what was decided for it.

    Called on a worker thread, while the person decides and again before the session is
    queued. Kind: guard.

    Parameters
    ----------
    session : ImageSession
        The session on disk.
    draft : UploadDraft
        What was decided so far.
    project : ProjectSettings
        What the project demands.
    settings : SettingsView
        Settings of the program, merged for this project.

    Returns
    -------
    iterable of Finding
        One that STOPS keeps the session from being queued; one that NEEDS_YOU must be
        acknowledged.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_verify_session(session):
    ...     if "MR" not in session.modalities:
    ...         yield Finding(severity=Severity.STOPS, code="acme.no-mr", sentence="No MR scan.")

    .. versionadded:: 1.0
    """
    return ()
