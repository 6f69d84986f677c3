"""Receipts as tables for spreadsheets."""

import csv
import io
import os
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.domain.dicom import Reason
from dxclient.domain.jobs import InstanceReceipt, LeftOutCount, ScanReceipt
from dxclient.transfer.receipts import many_from_json, many_to_html, many_to_json, to_html
from dxclient.transfer.receipts_csv import harmless, instances_to_csv, scans_to_csv, to_csv
from dxclient.transfer.receipts_tables import local
from tests.unit.transfer.test_receipts import RECEIPT

FULL = replace(
    RECEIPT,
    scans=(
        ScanReceipt(scan_id="5", sent=2, found=2, matched=2),
        ScanReceipt(scan_id="6", sent=1, found=1),
    ),
    left_out=(
        LeftOutCount(series_number="5", reason=Reason.REJECTED, files=3),
        LeftOutCount(series_number="9", reason=Reason.FILTERED, files=4),
        LeftOutCount(series_number="", reason=Reason.NOT_DICOM, files=1),
    ),
    instances=(
        InstanceReceipt(scan_id="5", sop_instance_uid="2.25.1", size=10, md5="aa"),
        InstanceReceipt(scan_id="5", sop_instance_uid="2.25.2", size=20),
        InstanceReceipt(scan_id="6", sop_instance_uid="2.25.3", size=7, sha256="bb"),
    ),
    script_digests=("ef" * 32,),
    resent=1,
)


def read(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_each_scan_has_a_row_also_those_of_which_nothing_was_sent():
    rows = read(scans_to_csv([FULL]))
    assert [(r["scan"], r["files_sent"], r["bytes"]) for r in rows] == [
        ("5", "2", "30"),
        ("6", "1", "7"),
        ("9", "0", "0"),
        ("", "0", "0"),
    ]
    assert [r["left_out"] for r in rows] == [
        "3: rejected by an anonymization script",
        "",
        "4: left out by the series import filter",
        "1: not DICOM",
    ]
    assert {r["equal_by_digest"] for r in rows} == {"2", "0"}


def test_each_row_of_a_scan_says_where_and_by_which_scripts_it_went():
    [row, *_] = read(scans_to_csv([FULL]))
    assert row["address"] == "https://xnat.example.org/data/prearchive/projects/P/1/E"
    assert row["script_sha256"] == "ef" * 32
    assert row["plan_sha256"] == "cd" * 32
    assert row["part_sha256"] == "ab" * 32
    assert (row["plugins"], row["client"], row["resent"]) == ("x 1.0", "dxclient 1", "1")


def test_each_instance_has_a_row_with_its_new_uid():
    rows = read(instances_to_csv([FULL, replace(FULL, session="E2", instances=())]))
    assert [(r["scan"], r["sop_instance_uid"], r["md5"], r["sha256"]) for r in rows] == [
        ("5", "2.25.1", "aa", ""),
        ("5", "2.25.2", "", ""),
        ("6", "2.25.3", "", "bb"),
    ]


def test_what_is_missing_on_the_server_is_named():
    [first, *others] = FULL.instances
    lost = replace(first, sop_instance_uid="2.25.77", missing=True)
    receipt = replace(FULL, confirmed=False, instances=(lost, *others))
    rows = read(instances_to_csv([receipt]))
    assert [r["sop_instance_uid"] for r in rows if r["missing"] == "yes"] == ["2.25.77"]
    page = to_html(receipt).decode()
    assert "Missing or different on the server" in page
    assert "Not confirmed: of 3 files 1 are missing on the server or differ." in page
    assert "2.25.77" in page
    assert "Missing or different" not in to_html(FULL).decode()


def test_a_batch_is_one_table():
    rows = read(scans_to_csv([FULL, replace(FULL, session="E2")]))
    assert [r["session"] for r in rows] == ['E"1&'] * 4 + ["E2"] * 4


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0@", "＝", "＋"]
)
def test_no_cell_is_a_formula(start):
    hostile = f"{start}cmd|'/c calc'!A1"
    receipt = replace(FULL, subject=hostile, user=hostile, scripts=(hostile,), plugins=(hostile,))
    for data in (scans_to_csv([receipt]), instances_to_csv([receipt])):
        for row in read(data):
            assert row["subject"] == f"'{hostile}"
            assert not any(v.lstrip().startswith(tuple("=+-@＝＋－＠")) for v in row.values())


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2))
)
def test_any_text_survives_the_table(rows):
    data = to_csv(["a", "b"], rows)
    found = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert found == [["a", "b"], *[[harmless(cell) for cell in row] for row in rows]]


def test_several_receipts_survive_json():
    assert many_from_json(many_to_json([RECEIPT, FULL])) == (RECEIPT, FULL)


def test_a_page_of_several_has_an_overview_and_a_section_for_each():
    page = many_to_html([RECEIPT, replace(FULL, session="<b>")]).decode()
    assert page.count("<section>") == 2
    assert "Receipts of 2 uploads" in page
    assert "<b>" not in page
    assert page.index("Verdict") < page.index("<section>")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process is fixed here")
def test_times_are_those_of_the_clock_on_the_wall_with_their_zone():
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = "Asia/Kolkata"
        time.tzset()
        assert local("2024-01-02T10:00:00+00:00") == "2024-01-02 15:30:00 (UTC+05:30)"
        os.environ["TZ"] = "America/New_York"
        time.tzset()
        assert local("2024-07-02T10:00:00+00:00") == "2024-07-02 06:00:00 (UTC-04:00)"
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()
    assert local("soon") == "soon"
    assert local("") == ""
