"""Scanning folders: grouping, counting, links, progress, cancelling, workers."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from dxclient.dicom import pool, scan_folders
from dxclient.domain.dicom import FolderReport, Reason
from dxclient.domain.findings import Severity
from tests.helpers.shared import DATA, needs_data
from tests.unit.dicom.make import data, write

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR", "ignore:Unknown encoding")
FOLDERS = (Reason.LINK_LOOP, Reason.UNREADABLE_FOLDER)


def in_sessions(report: FolderReport) -> int:
    return sum(session.file_count for session in report.sessions)


def reasons(report: FolderReport) -> dict[str, Reason]:
    return {left.path.name: left.reason for left in report.left_out}


def assert_nothing_lost(report: FolderReport) -> None:
    left = sum(1 for each in report.left_out if each.reason not in FOLDERS)
    assert in_sessions(report) + left == report.files_seen


def many(folder: Path, count: int) -> None:
    whole = data()
    for number in range(count):
        uid = f"2.25.{number:03}"
        write(folder, f"{number:04}.dcm", whole.replace(b"2.25.100", uid.encode()))


def test_importing_the_package_loads_neither_pydicom_nor_numpy():
    code = (
        "import sys, dxclient.dicom.scan as s; "
        "print(callable(s.scan_folders), 'pydicom' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "False"]


def test_files_become_scans_and_sessions_in_order(tmp_path):
    write(tmp_path, "a", SOPInstanceUID="2.25.3", InstanceNumber=10)
    write(tmp_path, "b.IMA", SOPInstanceUID="2.25.4", InstanceNumber=2)
    write(tmp_path, "c", SOPInstanceUID="2.25.5", SeriesInstanceUID="2.25.11", SeriesNumber=12)
    write(tmp_path, "x/y/d", SOPInstanceUID="2.25.6", StudyInstanceUID="2.25.2", StudyDate="2019")
    write(
        tmp_path,
        "x/e.dcm",
        SOPInstanceUID="2.25.7",
        StudyInstanceUID="2.25.0",
        StudyDate="20190101",
        Modality="mr",
    )
    report = scan_folders([tmp_path])
    assert [session.study_uid for session in report.sessions] == ["2.25.0", "2.25.1", "2.25.2"]
    early, middle, undated = report.sessions
    assert (str(early.date), early.time, early.modalities) == ("2019-01-01", "10:11:12", ("MR",))
    assert [scan.number for scan in middle.scans] == ["3", "12"]
    assert [file.path.name for file in middle.scans[0].files] == ["b.IMA", "a"]
    assert (middle.scans[0].rows, middle.scans[0].columns) == (16, 16)
    assert undated.date is None
    assert (report.files_seen, report.left_out) == (5, ())


def test_a_fact_that_the_first_file_lacks_comes_from_the_next(tmp_path):
    write(tmp_path, "1", SOPInstanceUID="2.25.3", StudyDescription="", PatientName="")
    write(tmp_path, "2", SOPInstanceUID="2.25.4")
    (session,) = scan_folders([tmp_path]).sessions
    assert (session.description, session.patient_name) == ("Synthetic study", "TEST^SYNTHETIC")
    assert session.findings == ()


def test_a_study_of_several_patients_needs_a_person_and_the_sentence_names_nobody(tmp_path):
    write(tmp_path, "1", SOPInstanceUID="2.25.3")
    write(tmp_path, "2", SOPInstanceUID="2.25.4", PatientID="OTHER", PatientName="ELSE^SOMEBODY")
    (session,) = scan_folders([tmp_path]).sessions
    (finding,) = session.findings
    assert (finding.code, finding.severity) == ("session.several-patients", Severity.NEEDS_YOU)
    assert finding.subject == session.study_uid
    assert not any(word in finding.sentence for word in ("OTHER", "ELSE", "T1", "SYNTHETIC"))


def test_writing_a_name_in_another_way_makes_no_other_patient(tmp_path):
    write(tmp_path, "1", SOPInstanceUID="2.25.3")
    write(tmp_path, "2", SOPInstanceUID="2.25.4", PatientName="Test^Synthetic^^")
    assert scan_folders([tmp_path]).sessions[0].findings == ()


def test_several_dates_and_descriptions_are_found(tmp_path):
    write(tmp_path, "1", SOPInstanceUID="2.25.3")
    write(tmp_path, "2", SOPInstanceUID="2.25.4", StudyDate="20200201", StudyDescription="Other")
    (session,) = scan_folders([tmp_path]).sessions
    found = {finding.code: finding.severity for finding in session.findings}
    assert found == {
        "session.several-dates": Severity.NEEDS_YOU,
        "session.several-descriptions": Severity.NOTE,
    }


def test_the_same_instance_again_is_left_out_but_not_across_studies(tmp_path):
    write(tmp_path, "1")
    write(tmp_path, "2")
    write(tmp_path, "3", PatientComments="longer")
    write(tmp_path, "4", StudyInstanceUID="2.25.2")
    report = scan_folders([tmp_path])
    assert reasons(report) == {"2": Reason.DUPLICATE, "3": Reason.DUPLICATE}
    assert [left.detail for left in report.left_out] == ["same size", "with another size"]
    assert in_sessions(report) == 2


def test_roots_may_be_files_or_lie_within_each_other_without_counting_twice(tmp_path):
    one = write(tmp_path, "sub/1")
    write(tmp_path, "2", SOPInstanceUID="2.25.3")
    report = scan_folders([one, tmp_path / "sub", tmp_path, tmp_path])
    assert (report.files_seen, in_sessions(report), report.left_out) == (2, 2, ())
    assert scan_folders([one]).files_seen == 1


def test_a_root_that_is_not_there_is_listed(tmp_path):
    report = scan_folders([tmp_path / "gone"])
    assert reasons(report) == {"gone": Reason.UNREADABLE}
    assert_nothing_lost(report)


def test_links_are_followed_once_and_loops_are_listed(tmp_path):
    root = tmp_path / "root"
    write(root, "real/1")
    write(tmp_path, "elsewhere/2", SOPInstanceUID="2.25.3")
    (root / "a_link_sorted_first").symlink_to(root / "real")
    (root / "out").symlink_to(tmp_path / "elsewhere")
    (root / "up").symlink_to("..")
    (root / "whole_disk").symlink_to("/")
    (root / "real" / "back").symlink_to("..")
    (root / "nothing").symlink_to("not-there")
    report = scan_folders([root])
    files = {f.path for session in report.sessions for scan in session.scans for f in scan.files}
    assert files == {root / "real" / "1", root / "out" / "2"}
    assert reasons(report) == {
        "a_link_sorted_first": Reason.LINK_LOOP,
        "up": Reason.LINK_LOOP,
        "whole_disk": Reason.LINK_LOOP,
        "back": Reason.LINK_LOOP,
        "nothing": Reason.UNREADABLE,
    }
    assert_nothing_lost(report)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_stop_the_scan(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    report = scan_folders([tmp_path])
    assert reasons(report) == {"pipe": Reason.UNREADABLE}
    assert_nothing_lost(report)


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="this user may open every folder and file"
)
def test_folders_and_files_that_may_not_be_opened_are_listed(tmp_path):
    write(tmp_path, "closed/1")
    secret = write(tmp_path, "2")
    (tmp_path / "closed").chmod(0)
    secret.chmod(0)
    try:
        report = scan_folders([tmp_path])
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert reasons(report) == {"closed": Reason.UNREADABLE_FOLDER, "2": Reason.UNREADABLE}
    assert_nothing_lost(report)


def test_progress_comes_in_steps_and_ends_at_the_total(tmp_path):
    many(tmp_path, 300)
    write(tmp_path, "decoy.txt", b"text")
    told = []
    report = scan_folders([tmp_path], on_progress=told.append)
    assert (told[-1].files, told[-1].total, told[-1].left_out) == (301, 301, 1)
    assert told[-1].sessions == len(report.sessions) == 1
    assert told[-1].size >= report.sessions[0].size
    assert len(told) < 30
    assert [each.files for each in told if each.total] == sorted(
        each.files for each in told if each.total
    )


@pytest.mark.parametrize("workers", [None, 1, 2])
def test_cancelling_ends_the_scan_soon_and_reports_what_was_read(tmp_path, workers):
    many(tmp_path, 600)
    asked = iter([False, False])  # while listing, and before the first file
    slow = []

    def cancelled() -> bool:
        slow.append(time.sleep(0.06))  # so that it is asked again for the next file
        return next(asked, True)

    began = time.monotonic()
    report = scan_folders([tmp_path], cancelled=cancelled, workers=workers)
    assert report.cancelled
    assert time.monotonic() - began < 2
    assert_nothing_lost(report)
    assert report.files_seen < 600


def test_a_scan_cancelled_from_the_start_reads_nothing(tmp_path):
    many(tmp_path, 3)
    report = scan_folders([tmp_path], cancelled=lambda: True)
    assert (report.cancelled, report.files_seen, report.sessions) == (True, 0, ())


@pytest.mark.parametrize("workers", [2, None])
def test_workers_find_what_one_process_finds(tmp_path, workers):
    many(tmp_path, 520)
    write(tmp_path, "decoy", b"text")
    write(tmp_path, "again", data())
    assert scan_folders([tmp_path], workers=workers) == scan_folders([tmp_path], workers=1)


def test_threads_find_what_one_process_finds_where_files_come_slowly(tmp_path):
    many(tmp_path, 300)
    plan = pool._choose(files=10_000, seconds=0.005, waiting=0.9)
    assert plan is not None
    assert plan.start is pool._threads
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    found = list(pool._spread(paths, lambda: False, plan))
    assert found == list(pool.read_here(paths, lambda: False))


def test_small_fast_folders_start_no_workers():
    assert pool._choose(files=1500, seconds=0.0001, waiting=0.1) is None


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor gains nothing by processes")
def test_large_fast_folders_are_read_by_processes():
    plan = pool._choose(files=100_000, seconds=0.0001, waiting=0.7)
    assert plan is not None
    assert plan.start is pool._processes


def test_large_folders_are_read_by_workers_without_losing_or_mixing_files(tmp_path, monkeypatch):
    many(tmp_path, 450)
    alone = scan_folders([tmp_path], workers=1)
    monkeypatch.setattr(pool, "_WORKERS_FROM", 0.0)
    assert scan_folders([tmp_path]) == alone


def _die(workers):
    return _Dying(workers)


class _Dying(pool.ProcessPoolExecutor):
    """A pool whose processes end at their first task, as when memory runs out."""

    def __init__(self, workers):
        super().__init__(workers, pool.multiprocessing.get_context("spawn"))

    def submit(self, call, /, *arguments):
        return super().submit(os._exit, 3)


def test_files_of_workers_that_died_are_not_lost(tmp_path):
    many(tmp_path, 60)
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    found = list(pool._spread(paths, lambda: False, pool._Plan(_die, 2, chunk=20)))
    assert found == list(pool.read_here(paths, lambda: False))


@needs_data
@pytest.mark.parametrize("workers", [None, 2])
def test_no_file_of_the_real_collection_is_lost(workers):
    report = scan_folders([DATA], workers=workers)
    assert report.files_seen == sum(1 for path in DATA.rglob("*") if path.is_file())
    assert_nothing_lost(report)
    assert in_sessions(report) > 1000
    assert len(report.sessions) > 50


@needs_data
def test_hostile_files_are_all_judged_as_expected(tmp_path):
    spec = importlib.util.spec_from_file_location("make_synthetic", DATA / "make_synthetic.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.hostile(tmp_path, 1)
    root = tmp_path / "hostile"
    report = scan_folders([root])
    assert_nothing_lost(report)
    left = {left.path.relative_to(root).as_posix(): left.reason for left in report.left_out}
    expected = json.loads((root / "expect.json").read_text())
    assert report.files_seen == len(expected)  # the loop is none, the list itself is one
    for name, what in expected.items():
        assert left.get(name) in _allowed(name, what), name
    assert Counter(left.values())[Reason.LINK_LOOP] == 1


def _allowed(name: str, what: str) -> set[Reason | None]:
    """What may come of a file, by the words of the generator; None is being in a session."""
    if what.startswith("dicom lacking") and name.endswith("UID.dcm"):
        return {Reason.NO_STUDY_UID, Reason.NO_SERIES_UID, Reason.NO_SOP_UID}
    if what.startswith(("dicom", "duplicate")) or what == "broken or tolerated":
        return {None, Reason.DUPLICATE}
    if what.startswith("broken"):
        return {Reason.TRUNCATED}
    return {Reason.LINK_LOOP} if name == "loop" else {Reason.NOT_DICOM, Reason.EMPTY}
