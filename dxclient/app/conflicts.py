"""Session labels that are in use: what is said of them, and what an upload does about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import DxError
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.labels import label_problem, same_label
from dxclient.domain.project import Destination, Place, Project, ProjectContents, TakenLabel

#: Seconds for which what a project holds is taken as known when uploads are queued one by one.
_KNOWN_FOR = 60.0


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
        return _finding(
            Severity.STOPS,
            "session.other-subject",
            f"The label {taken.label} belongs to another subject.",
            "Choose another label.",
        )
    there = f"A session {taken.label} is already in the {taken.place.value}."
    code = f"session.in-{taken.place.value}"
    if taken.place is Place.QUEUE:
        hint = "Choose another label, or wait until that upload is over."
        return _finding(Severity.STOPS, code, there, hint)
    if taken.label != draft.label:
        # To XNAT these are two sessions, to the folders of many servers one.
        return _finding(
            Severity.STOPS,
            "session.other-case",
            f"{there} The labels differ only in upper and lower case.",
            f"Choose another label, or write it {taken.label} to add to that session.",
        )
    return _same(draft, code, there)


def _same(draft: UploadDraft, code: str, there: str) -> Finding:
    """The label is that of a session of this subject: add, replace, or choose another."""
    replaces = replaces_files(draft)
    if draft.overwrite == "delete" and not replaces:
        return _finding(
            Severity.STOPS,
            "session.no-replacing",
            f"{there} The project does not allow to replace files.",
            "Choose another label, or add to that session.",
        )
    if replaces:
        hint = "Choose another label, or go on: files that come again replace those that are there."
    else:
        hint = "Choose another label, or go on to add to that session."
    return _finding(Severity.NEEDS_YOU, code, there, hint)


def replaces_files(draft: UploadDraft) -> bool:
    """Whether the project takes files again that it has already."""
    known = draft.settings
    return known is not None and known.destination.value is Destination.ARCHIVE_OVERWRITE


def _finding(severity: Severity, code: str, sentence: str, hint: str) -> Finding:
    return Finding(severity=severity, code=code, sentence=sentence, hint=hint, subject="session")


def settled(draft: UploadDraft, contents: ProjectContents) -> UploadDraft:
    """Make a draft say what becomes of a session that has its label.

    A person who goes on with a label that is taken adds to that session; files are replaced
    only where the project allows it.

    Raises
    ------
    DxError
        The label cannot be used; nothing was queued.
    """
    found = label_findings(draft, contents)
    stops = [one for one in found if one.severity is Severity.STOPS]
    if stops:
        sentence = f"{stops[0].sentence} {stops[0].hint}".strip()
        raise DxError(sentence, details=" ".join(one.code for one in stops))
    if not found or draft.overwrite != "none":
        return draft
    return replace(draft, overwrite="delete" if replaces_files(draft) else "append")


class Lookout:
    """Looks once more at what a project holds before an upload is queued.

    What was seen a moment ago is not asked again, so that thousands of sessions are queued
    quickly; the server and the queue have the last word anyway.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, ProjectContents]] = {}

    def saw(
        self,
        server: str,
        project: Project,
        contents: ProjectContents,
        queued: Iterable[TakenLabel] = (),
    ) -> ProjectContents:
        """Remember what a project holds now, and what waits in the queue; returns both."""
        contents = replace(contents, taken=(*contents.taken, *queued))
        self._seen[server, project.id] = (self._clock(), contents)
        return contents

    def settle(
        self, draft: UploadDraft, server: str, read: Callable[[Project], ProjectContents]
    ) -> UploadDraft:
        """See `settled`; *read* asks the server. Raises DxError."""
        if draft.settings is None:
            return draft
        project = draft.settings.project
        when, contents = self._seen.get((server, project.id), (float("-inf"), ProjectContents()))
        if self._clock() - when > _KNOWN_FOR:
            contents = read(project)
        return settled(draft, contents)
