from dxclient.domain.dicom import ImageSession, Scan
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.project import Project, ProjectSettings
from dxclient.ui.upload import state

MEM = ProjectSettings(project=Project(id="MEM"))
HEART = ProjectSettings(project=Project(id="HEART"))
SCANS = (Scan(series_uid="1.1"), Scan(series_uid="1.2"))
ONE = ImageSession(study_uid="1", scans=SCANS)
TWO = ImageSession(study_uid="2")


def test_another_project_asks_again_what_was_accepted_for_the_first():
    draft = UploadDraft(settings=MEM, subject="S1", accepts_no_script=True)
    again = state.with_project(draft, MEM)
    other = state.with_project(draft, HEART)
    assert again.accepts_no_script
    assert not other.accepts_no_script
    assert other.subject == "S1"


def test_another_session_takes_nothing_over_and_the_first_comes_back_whole():
    known = state.Known(verdicts={"1.1": Verdict(False)})
    draft = UploadDraft(settings=MEM, session=ONE, subject="S1", label="E1", label_typed=True)
    other = state.with_session(draft, TWO, known)
    assert (other.subject, other.label, other.settings) == ("", "", MEM)
    assert known.verdicts == {}
    back = state.with_session(other, ONE, known)
    assert (back.subject, back.label, back.label_typed) == ("S1", "E1", True)


def test_the_same_session_again_keeps_what_was_typed():
    draft = UploadDraft(session=ONE, subject="S1")
    assert state.with_session(draft, ONE, state.Known()).subject == "S1"


def test_scans_can_be_left_out_and_included_again():
    draft = UploadDraft(session=ONE)
    without = state.with_scan(draft, ["1.1"], wanted=False)
    assert [scan.series_uid for scan in without.scans] == ["1.2"]
    assert state.with_scan(without, ["1.1"], wanted=True).scan_uids is None


def test_refused_scans_are_not_sent_though_wanted():
    known = state.Known(verdicts={"1.2": Verdict(False, "localizer")})
    assert [s.series_uid for s in state.sent_scans(UploadDraft(session=ONE), known)] == ["1.1"]


def test_an_acknowledged_finding_no_longer_holds_but_a_stop_always_does():
    asks = Finding(severity=Severity.NEEDS_YOU, code="a", sentence="", subject="1")
    stop = Finding(severity=Severity.STOPS, code="b", sentence="")
    note = Finding(severity=Severity.NOTE, code="c", sentence="")
    draft = UploadDraft()
    assert state.open_findings(draft, [asks, stop, note]) == (asks, stop)
    for finding in (asks, stop):
        draft = state.acknowledge(draft, finding, seen=True)
    assert state.open_findings(draft, [asks, stop, note]) == (stop,)
    draft = state.acknowledge(draft, asks, seen=False)
    assert state.open_findings(draft, [asks]) == (asks,)


def test_the_same_finding_is_shown_once():
    one = Finding(severity=Severity.NOTE, code="a", sentence="x")
    other = Finding(severity=Severity.NOTE, code="a", sentence="x", subject="2")
    assert state.distinct([one, other, one]) == (one, other)
