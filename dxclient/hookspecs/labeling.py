"""The hook for labeling schemes."""

from __future__ import annotations

from collections.abc import Iterable

from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import ProjectSettings
from dxclient.domain.protocols import LabelingScheme
from dxclient.hookspecs.markers import Kind, hookspec


@hookspec(Kind.OFFER)
def dxclient_labeling_schemes(
    project: ProjectSettings, settings: SettingsView
) -> Iterable[LabelingScheme]:
    """Offer schemes that propose labels for subjects or for sessions.

    Called on any thread, when labels are asked for. Kind: offer. A proposal is cleaned and
    checked for collisions, and shown to the person; it is never sent unseen.

    Parameters
    ----------
    project : ProjectSettings
        What the project demands.
    settings : SettingsView
        Settings of the program, merged for this project.

    Returns
    -------
    iterable of LabelingScheme

    Examples
    --------
    >>> class ByStudyId:
    ...     id, title, kind = "acme.study-id", "Study ID", LabelKind.SESSION
    ...     def propose(self, session, draft, contents):
    ...         return session.study_id
    >>> @hookimpl
    ... def dxclient_labeling_schemes():
    ...     return [ByStudyId()]

    .. versionadded:: 1.0
    """
    return ()
