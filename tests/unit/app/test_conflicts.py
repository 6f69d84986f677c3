"""Labels that are taken: what is said, and what the upload then does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dxclient.app.conflicts import Lookout, label_findings, settled
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import DxError
from dxclient.domain.findings import Severity
from dxclient.domain.project import (
    Destination,
    Place,
    Project,
    ProjectContents,
    Sourced,
    TakenLabel,
)
from dxclient.testing import examples


def draft(destination: Destination = Destination.ARCHIVE, **known: object) -> UploadDraft:
    project = replace(examples.project(), destination=Sourced(destination))
    given = {"subject": "S1", "label": "S1_MR_1", "settings": project, **known}
    return replace(examples.draft(), **given)  # type: ignore[arg-type]


def taken(place: Place, label: str = "S1_MR_1", subject: str = "S1") -> ProjectContents:
    return ProjectContents(taken=(TakenLabel(label=label, place=place, subject=subject),))


#: Where the label is, as what, and what is said of it.
TABLE = [
    (taken(Place.ARCHIVE), Severity.NEEDS_YOU, "session.in-archive", "add to that session"),
    (taken(Place.PREARCHIVE), Severity.NEEDS_YOU, "session.in-prearchive", "add to that session"),
    (taken(Place.ARCHIVE, subject=""), Severity.NEEDS_YOU, "session.in-archive", "go on to add"),
    (taken(Place.ARCHIVE, subject="s1"), Severity.NEEDS_YOU, "session.in-archive", "go on to add"),
    (taken(Place.QUEUE), Severity.STOPS, "session.in-queue", "until that upload is over"),
    (taken(Place.QUEUE, "s1_mr_1"), Severity.STOPS, "session.in-queue", "another label"),
    (taken(Place.ARCHIVE, subject="S2"), Severity.STOPS, "session.other-subject", "another label"),
    (taken(Place.PREARCHIVE, subject="S2"), Severity.STOPS, "session.other-subject", "another"),
    (taken(Place.QUEUE, subject="S2"), Severity.STOPS, "session.other-subject", "another label"),
    (taken(Place.ARCHIVE, "S1_mr_1"), Severity.STOPS, "session.other-case", "write it S1_mr_1"),
]


@pytest.mark.parametrize(("contents", "severity", "code", "hint"), TABLE)
def test_a_label_that_is_taken_is_told_with_where_it_is(contents, severity, code, hint) -> None:
    (found,) = label_findings(draft(), contents)
    assert (found.severity, found.code) == (severity, code)
    assert hint in found.hint


def test_a_label_that_is_free_is_not_spoken_of() -> None:
    assert label_findings(draft(), taken(Place.ARCHIVE, "S1_MR_2")) == ()
    assert settled(draft(), ProjectContents()).overwrite == "none"


@pytest.mark.parametrize(
    ("destination", "overwrite"),
    [
        (Destination.PREARCHIVE, "append"),
        (Destination.ARCHIVE, "append"),
        (Destination.ARCHIVE_OVERWRITE, "delete"),
    ],
)
def test_going_on_adds_and_replaces_only_where_the_project_allows(destination, overwrite) -> None:
    there = taken(Place.ARCHIVE)
    assert settled(draft(destination), there).overwrite == overwrite
    assert settled(draft(destination, overwrite="append"), there).overwrite == "append"
    (found,) = label_findings(draft(destination), there)
    assert ("replace those" in found.hint) == (overwrite == "delete")


def test_replacing_is_refused_where_the_project_does_not_allow_it() -> None:
    with pytest.raises(DxError, match="does not allow to replace") as caught:
        settled(draft(overwrite="delete"), taken(Place.ARCHIVE))
    assert caught.value.details == "session.no-replacing"


@pytest.mark.parametrize("row", [row for row in TABLE if row[1] is Severity.STOPS])
def test_nothing_is_queued_under_a_label_that_cannot_be_used(row) -> None:
    with pytest.raises(DxError) as caught:
        settled(draft(), row[0])
    assert row[2] in caught.value.details


def test_the_project_is_asked_again_only_when_what_was_seen_is_old() -> None:
    now = [0.0]
    asked: list[str] = []
    lookout = Lookout(lambda: now[0])
    one = draft()
    assert one.settings is not None
    project = one.settings.project

    def read(wanted: Project) -> ProjectContents:
        asked.append(wanted.id)
        return lookout.saw("https://a", wanted, taken(Place.ARCHIVE))

    lookout.saw("https://a", project, ProjectContents())
    assert lookout.settle(one, "https://a", read).overwrite == "none"
    assert asked == []
    assert lookout.settle(one, "https://b", read).overwrite == "append"
    now[0] = 61.0
    assert lookout.settle(one, "https://a", read).overwrite == "append"
    assert asked == [project.id, project.id]
