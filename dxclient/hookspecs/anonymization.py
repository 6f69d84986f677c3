"""Hooks that say what is done to each file before it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor

from dxclient.domain.dicom import ImageSession
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import PackedPart, UploadJob
from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import ProjectSettings
from dxclient.domain.protocols import AnonymizationStep, DicomEditFunction, Redaction
from dxclient.hookspecs.markers import Kind, hookspec


@hookspec(Kind.GUARD)
def dxclient_anonymization_steps(
    project: ProjectSettings, draft: UploadDraft, settings: SettingsView
) -> Iterable[AnonymizationStep]:
    """Say which scripts run over each file, and in which order.

    Called on a worker thread, when the plan is frozen. Kind: guard.

    Parameters
    ----------
    project : ProjectSettings
        What the project demands, with the scripts of site and project.
    draft : UploadDraft
        What was decided for this session.
    settings : SettingsView
        Settings of the program, merged for this project.

    Returns
    -------
    iterable of AnonymizationStep
        The built-in steps have the orders 100 (site), 200 (project) and 300 (a script that the
        person adds to the upload).

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_anonymization_steps():
    ...     script = ScriptSource(name="acme", text=TEXT, origin=Origin.PLUGIN)
    ...     return [AnonymizationStep(order=300, script=script)]

    .. versionadded:: 1.0
    """
    return ()


@hookspec(Kind.GUARD)
def dxclient_dicomedit_functions(settings: SettingsView) -> Iterable[DicomEditFunction]:
    """Add functions to the DicomEdit language.

    Called when a script is to be understood. Kind: guard. The functions run in worker processes,
    so they must be importable by name, and are named with their version in the frozen plan.

    Parameters
    ----------
    settings : SettingsView
        Settings of the program, for no project in particular.

    Returns
    -------
    iterable of DicomEditFunction

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_dicomedit_functions():
    ...     return [DicomEditFunction(name="acmeCode", version="1", function=code,
    ...                               min_args=1, max_args=1)]

    .. versionadded:: 1.0
    """
    return ()


@hookspec(Kind.GUARD)
def dxclient_redactions(session: ImageSession, settings: SettingsView) -> Iterable[Redaction]:
    """Propose pixel areas to blank.

    Called on a worker thread, when a session is inspected. Kind: guard.

    Parameters
    ----------
    session : ImageSession
        The session on disk.
    settings : SettingsView
        Settings of the program, merged for this project.

    Returns
    -------
    iterable of Redaction

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_redactions(session):
    ...     return [Redaction(series_uid=s.series_uid, left=0, top=0, right=s.columns, bottom=40)
    ...             for s in session.scans if s.modality == "US"]

    .. versionadded:: 1.0
    """
    return ()


@hookspec(Kind.GUARD)
def dxclient_verify_output(part: PackedPart, job: UploadJob) -> Iterable[Finding]:
    """Check what is about to be sent.

    Called on a worker thread, for each part after it was anonymized and packed. Kind: guard.

    Parameters
    ----------
    part : PackedPart
        The zip in memory, and what it holds.
    job : UploadJob
        The job that the part belongs to.

    Returns
    -------
    iterable of Finding
        One that STOPS keeps the part, and so the job, from being sent.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_verify_output(part):
    ...     if len(part.body) > LIMIT:
    ...         yield Finding(severity=Severity.STOPS, code="acme.size", sentence="Too big.")

    .. versionadded:: 1.0
    """
    return ()


@hookspec(Kind.DECIDE)
def dxclient_executor(settings: SettingsView) -> Executor | None:
    """Choose where files are anonymized.

    Called once, when the first job starts. Kind: decide; the built-in answer is a pool of
    processes on this machine.

    Parameters
    ----------
    settings : SettingsView
        Settings of the program.

    Returns
    -------
    concurrent.futures.Executor or None
        None leaves the choice to the next plugin.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_executor(settings):
    ...     return ProcessPoolExecutor(max_workers=2)

    .. versionadded:: 1.0
    """
    return None
