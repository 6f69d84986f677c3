"""Hooks for choosing what of a session is sent, and for the steps of the workflow."""

from __future__ import annotations

from collections.abc import Iterable

from dxclient.domain.contributions import Step
from dxclient.domain.dicom import Scan
from dxclient.domain.findings import Verdict
from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import PetTracer, ProjectSettings
from dxclient.hookspecs.markers import Kind, hookspec


@hookspec(Kind.GUARD)
def dxclient_accept_scan(
    scan: Scan, project: ProjectSettings, settings: SettingsView
) -> Verdict | None:
    """Accept or refuse a scan, as a series import filter does.

    Called on a worker thread, for each scan of a session. Kind: guard; one refusal is enough.

    Parameters
    ----------
    scan : Scan
        The scan.
    project : ProjectSettings
        What the project demands.
    settings : SettingsView
        Settings of the program, merged for this project.

    Returns
    -------
    Verdict or None
        None is no opinion.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_accept_scan(scan):
    ...     if "LOCALIZER" in scan.description.upper():
    ...         return Verdict(False, "localizers are not wanted")

    .. versionadded:: 1.0
    """
    return None


@hookspec(Kind.OFFER)
def dxclient_workflow_steps(settings: SettingsView) -> Iterable[Step]:
    """Add steps to the upload.

    Called on the main thread, when an upload begins. Kind: offer.

    Parameters
    ----------
    settings : SettingsView
        Settings of the program.

    Returns
    -------
    iterable of Step
        Placed by `after` and `before`; the built-in ids are ``core.project``,
        ``core.sessions``, ``core.verify``, ``core.labels`` and ``core.confirm``.

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_workflow_steps():
    ...     return [Step(id="acme.visit", title="Visit", after=("core.labels",), form=ask)]

    .. versionadded:: 1.0
    """
    return ()


@hookspec(Kind.OFFER)
def dxclient_pet_tracers(project: ProjectSettings, settings: SettingsView) -> Iterable[PetTracer]:
    """Offer PET tracers.

    Called on a worker thread, when a session has PET scans. Kind: offer.

    Parameters
    ----------
    project : ProjectSettings
        What the project demands, with the tracers of project or site.
    settings : SettingsView
        Settings of the program, merged for this project.

    Returns
    -------
    iterable of PetTracer

    Examples
    --------
    >>> @hookimpl
    ... def dxclient_pet_tracers():
    ...     return [PetTracer("FDG"), PetTracer("PIB")]

    .. versionadded:: 1.0
    """
    return ()
