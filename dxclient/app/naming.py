"""Labels: proposals by schemes, and what is said of a label that is taken."""

from __future__ import annotations

from collections.abc import Iterable

from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.labels import clean_label, label_problem, same_label
from dxclient.domain.project import Place, ProjectContents, TakenLabel
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


def label_findings(draft: UploadDraft, contents: ProjectContents) -> tuple[Finding, ...]:
    """Say whether subject and session labels are legal and free."""
    taken = (t for t in contents.taken if same_label(t.label, draft.label))
    return (*_illegal(draft), *(_taken(draft, one) for one in taken))


def _illegal(draft: UploadDraft) -> Iterable[Finding]:
    for name, text in (("subject.label", draft.subject), ("session.label", draft.label)):
        if problem := label_problem(text):
            yield Finding(
                severity=Severity.STOPS, code=name, sentence=problem, subject=name.split(".")[0]
            )


def _taken(draft: UploadDraft, taken: TakenLabel) -> Finding:
    if taken.subject and not same_label(taken.subject, draft.subject):
        return Finding(
            severity=Severity.STOPS,
            code="session.other-subject",
            sentence=f"The label {taken.label} belongs to another subject.",
            hint="Choose another label.",
            subject="session",
        )
    severity = Severity.STOPS if taken.place is Place.QUEUE else Severity.NEEDS_YOU
    return Finding(
        severity=severity,
        code=f"session.in-{taken.place.value}",
        sentence=f"A session {taken.label} is already in the {taken.place.value}.",
        hint="Choose another label, or go on to add to that session.",
        subject="session",
    )
