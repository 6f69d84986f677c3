"""Labels: proposals by schemes."""

from __future__ import annotations

from collections.abc import Iterable

from dxclient.domain.draft import UploadDraft
from dxclient.domain.labels import clean_label
from dxclient.domain.project import ProjectContents
from dxclient.domain.protocols import LabelingScheme, LabelKind
from dxclient.plugin import PluginHost


def schemes_of(
    answers: Iterable[tuple[str, Iterable[LabelingScheme]]], kind: LabelKind
) -> tuple[LabelingScheme, ...]:
    """The schemes of one kind, one for each id; extensions come first and win."""
    found: dict[str, LabelingScheme] = {}
    for _, offered in answers:
        for scheme in offered:
            if scheme.kind is kind:
                found.setdefault(scheme.id, scheme)
    return tuple(found.values())


def propose(
    host: PluginHost,
    scheme: LabelingScheme | None,
    draft: UploadDraft,
    contents: ProjectContents,
) -> str:
    """A cleaned proposal; empty when there is none, or when the scheme fails."""
    if scheme is None or draft.session is None:
        return ""
    session = draft.session
    proposal = host.contain(scheme.id, lambda: scheme.propose(session, draft, contents))
    return clean_label(proposal or "")
