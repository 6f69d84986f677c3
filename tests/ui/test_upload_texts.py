from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.domain.dicom import (
    DicomFile,
    FolderReport,
    ImageSession,
    LeftOut,
    Reason,
    Scan,
    ScanProgress,
)
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.jobs import JobRequest, LeftOutCount, SourceFile, UploadTarget
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.project import Origin, Project, ProjectSettings, ScriptSource, Sourced
from dxclient.ui.upload import texts

PROJECT = Project(id="MEM", name="Memory Study")


def scan(number="1", modality="MR", files=2):
    return Scan(
        series_uid=f"1.2.{number}",
        number=number,
        description="T1",
        modality=modality,
        files=tuple(
            DicomFile(
                path=Path(f"{n}.dcm"),
                size=500_000,
                modified_ns=0,
                sop_class_uid="1.2",
                sop_instance_uid=f"1.3.{number}.{n}",
                transfer_syntax_uid="1.2.840.10008.1.2.1",
            )
            for n in range(files)
        ),
    )


def test_a_person_name_is_written_as_people_write_it():
    assert texts.patient_text(ImageSession(study_uid="1", patient_name="Doe^Jane^A")) == (
        "Doe, Jane A"
    )
    assert texts.patient_text(ImageSession(study_uid="1")) == "–"


def test_a_session_row_tells_the_numbers_of_its_scans():
    found = Finding(severity=Severity.NEEDS_YOU, code="x", sentence="Two patients.")
    session = ImageSession(
        study_uid="1",
        date=date(2024, 3, 9),
        patient_id="P1",
        scans=(scan("1"), scan("2", "PT")),
        findings=(found,),
    )
    row = texts.session_row(session)
    assert row[1:3] == ("P1", "2024-03-09")
    assert row[4:] == ("MR, PT", "2", "4", "2.0 MB", "⚠ 1 needs you")


def test_the_title_of_a_session_never_names_the_patient():
    session = ImageSession(study_uid="1", patient_name="Doe^Jane", patient_id="P1", scans=(scan(),))
    assert texts.session_title(session) == "MR without a date"


def test_a_refused_scan_says_why():
    assert texts.scan_row(scan(), Verdict(False, "localizers are not wanted"))[-1] == (
        "localizers are not wanted"
    )
    assert texts.scan_row(scan(), Verdict(True))[-1] == ""


def test_findings_are_summed_up_worst_first():
    note = Finding(severity=Severity.NOTE, code="n", sentence="")
    stop = Finding(severity=Severity.STOPS, code="s", sentence="")
    assert texts.findings_text([note, stop, stop]) == "✖ 2 stop  • 1 note"
    assert texts.findings_text([]) == ""


def test_the_footer_draws_only_mistakes_as_mistakes():
    missing = Finding(severity=Severity.STOPS, code="session.none", sentence="Choose a session.")
    wrong = Finding(severity=Severity.STOPS, code="date.differs", sentence="Not the date.")
    assert texts.held_text([]) == ""
    assert texts.held_text([missing]) == "Choose a session."
    assert texts.held_text([wrong]) == "✖ Not the date."
    assert texts.held_text([wrong, missing]) == "2 things are left. First: Not the date."


def test_progress_names_a_total_once_it_is_known():
    assert texts.progress_text(ScanProgress(files=5)).startswith("5 files · 0 sessions")
    assert texts.progress_text(ScanProgress(files=5, total=9)).startswith("5 of 9 files")


def test_what_was_left_out_is_counted_by_reason():
    items = tuple(
        LeftOut(path=Path(str(n)), reason=Reason.NOT_DICOM if n else Reason.EMPTY) for n in range(3)
    )
    report = FolderReport(roots=(), left_out=items, files_seen=3, cancelled=True)
    assert texts.left_out_counts(report) == (("not DICOM", 2), ("empty file", 1))
    assert texts.report_text(report) == (
        "0 sessions in 3 files, 3 left out (stopped before the end)"
    )


def test_settings_are_told_with_their_origin():
    settings = ProjectSettings(
        project=PROJECT,
        scripts=(ScriptSource(name="site script", text="", origin=Origin.SITE),),
        allow_bulk_upload=Sourced(False, Origin.PROJECT),
    )
    rows = {row.name: (row.value, row.origin) for row in texts.setting_rows(settings)}
    assert rows["Anonymization"] == ("site script", "XNAT site")
    assert rows["Many sessions at once"] == ("not allowed", "XNAT project")
    assert rows["Series import filters"] == ("none", "–")
    assert rows["Session label"] == ("subject, modality and number", "default of XNAT")


def test_a_project_without_script_is_warned_of():
    codes = [finding.code for finding in texts.project_warnings(ProjectSettings(project=PROJECT))]
    assert codes == ["project.no-script"]
    scripted = ProjectSettings(
        project=PROJECT,
        scripts=(ScriptSource(name="s", text="", origin=Origin.SITE),),
        allow_bulk_upload=Sourced(False, Origin.PROJECT),
    )
    assert [f.code for f in texts.project_warnings(scripted)] == ["project.single"]


def test_projects_used_last_come_first_then_by_title():
    projects = [Project(id=i, name=n) for i, n in (("A", "zeta"), ("B", "Alpha"), ("C", ""))]
    assert [p.id for p in texts.recents_first(projects, ["C"])] == ["C", "B", "A"]


def test_the_filter_looks_for_every_word():
    assert texts.matches("study mem", PROJECT)
    assert not texts.matches("study heart", PROJECT)


@given(st.dates())
def test_a_date_is_read_in_both_forms(day):
    assert texts.read_date(f" {day.isoformat()} ") == day
    assert texts.read_date(day.isoformat().replace("-", "")) == day


@pytest.mark.parametrize("typed", ["", "2024", "2024-13-01", "2024-0101", "01.02.2024", "2024-W01"])
def test_what_is_not_a_full_date_is_not_read(typed):
    assert texts.read_date(typed) is None


def test_the_last_button_says_how_much_goes():
    request = JobRequest(
        target=UploadTarget(
            server="http://x", user="", project="P", subject="S", session="E", create_subject=True
        ),
        study_uid="1",
        plan=AnonymizationPlan(),
        scans=(),
        files=tuple(
            SourceFile(
                path="", size=52_000_000, modified_ns=0, series_uid="1", sop_instance_uid=str(n)
            )
            for n in range(2)
        ),
        left_out=(LeftOutCount(series_number="3", reason=Reason.FILTERED, files=1),),
    )
    assert texts.upload_text(request) == "Upload 1 session (2 files, 104 MB)"
    rows = dict(texts.target_rows(request))
    assert rows["Subject"] == "S (new, will be created)"
    assert rows["Left out"] == "scan 3 (1 file): left out by the series import filter"
    assert rows["Scripts"] == "none"


def test_the_view_names_the_project_once_it_is_chosen():
    assert texts.view_title(UploadDraft()) == "Upload an image session"
    draft = UploadDraft(settings=ProjectSettings(project=PROJECT))
    assert texts.view_title(draft) == "Upload to “Memory Study”"
