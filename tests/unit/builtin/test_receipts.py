"""The formats of receipts that the program brings along; PDF above all."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxclient.builtin.receipts import dxclient_receipt_writers
from dxclient.builtin.receipts_pdf import many_to_pdf, to_pdf
from dxclient.domain.dicom import Reason
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import InstanceReceipt, LeftOutCount, PartReceipt, ScanReceipt
from dxclient.domain.protocols import BatchReceiptWriter
from tests.helpers.pdftext import pdf_text
from tests.unit.transfer.test_receipts import RECEIPT

NOTE = "shown by their numbers in Unicode"
BIG = replace(
    RECEIPT,
    scans=tuple(ScanReceipt(scan_id=f"{n}", sent=n, found=n) for n in range(1, 120)),
    parts=tuple(PartReceipt(number=n, sha256="0f" * 32, size=n, files=1) for n in range(200)),
)


def test_every_format_takes_one_receipt_and_several():
    writers = dxclient_receipt_writers()
    assert [w.suffix for w in writers] == ["html", "pdf", "csv", "instances.csv", "json"]
    uid = InstanceReceipt(scan_id="5", sop_instance_uid="2.25.1", size=1)
    one = replace(RECEIPT, instances=(uid,))
    for writer in writers:
        assert isinstance(writer, BatchReceiptWriter)
        assert writer.title
        assert writer.render(one)
        assert len(writer.render_many([BIG, one])) > len(writer.render_many([BIG]))


def test_a_pdf_says_what_the_page_says():
    text = pdf_text(to_pdf(RECEIPT))
    for word in ("https://xnat.example.org", "Confirmed: the server lists all 3 files", "5-MR1"):
        assert word in text
    for word in ("ab" * 32, "cd" * 32, "rejected by an anonymization script", "2024-01-02"):
        assert word in text
    assert NOTE not in text


def test_the_same_receipt_gives_the_same_pdf_dated_by_its_end():
    first = to_pdf(RECEIPT)
    assert first == to_pdf(RECEIPT)
    assert b"/CreationDate (D:20240102100100+00'00')" in first
    code = (
        "import sys, hashlib\n"
        "from tests.unit.builtin.test_receipts import RECEIPT, to_pdf\n"
        "print(hashlib.sha256(to_pdf(RECEIPT)).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**__import__("os").environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_another_receipt_gives_another_pdf():
    assert to_pdf(RECEIPT) != to_pdf(replace(RECEIPT, subject="S2"))


def test_letters_of_europe_are_shown_as_they_are():
    receipt = replace(RECEIPT, user="Ирина Παπαδάκη Łukasz Ýmir Nguyễn")
    text = pdf_text(to_pdf(receipt))
    assert "Ирина Παπαδάκη Łukasz Ýmir Nguyễn" in text
    assert NOTE not in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("李明", "[U+674E][U+660E]"),
        ("שלום", "[U+05E9][U+05DC][U+05D5][U+05DD]"),
        ("ไทย", "[U+0E44][U+0E17][U+0E22]"),
        ("\U0001f9e0", "[U+1F9E0]"),
        ("a\x00b\u202ec", "a[U+0000]b[U+202E]c"),
    ],
)
def test_letters_that_the_page_cannot_show_are_named_and_the_page_says_so(name, shown):
    text = pdf_text(to_pdf(replace(RECEIPT, user=name)))
    assert shown in text
    assert NOTE in text


def test_several_receipts_are_one_pdf_with_an_overview_first():
    second = replace(RECEIPT, session="E2", confirmed=False, finished="2024-01-03T00:00:00+00:00")
    data = many_to_pdf([RECEIPT, second])
    text = pdf_text(data)
    assert text.index("Receipts of 2 uploads") < text.index("Overview") < text.index("Upload of E2")
    assert "not confirmed" in text
    assert len(re.findall(rb"/Type /Page\b", data)) == 3
    assert b"/CreationDate (D:20240103000000+00'00')" in data


def test_no_receipts_are_an_empty_overview():
    assert "Receipts of 0 uploads" in pdf_text(many_to_pdf([]))


def test_long_tables_go_over_pages_with_their_heads_repeated():
    data = to_pdf(BIG)
    pages = len(re.findall(rb"/Type /Page\b", data))
    assert pages > 5
    assert pdf_text(data).count("Files on the server") >= 3


def test_a_text_longer_than_a_page_is_no_trouble():
    receipt = replace(
        RECEIPT,
        session="E" * 3000,
        findings=(Finding(severity=Severity.NOTE, code="c", sentence="much to say " * 1500),),
        left_out=(LeftOutCount(series_number="9" * 500, reason=Reason.FILTERED, files=1),),
    )
    assert len(re.findall(rb"/Type /Page\b", to_pdf(receipt))) > 3


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_name_can_be_printed(name):
    receipt = replace(RECEIPT, user=name, session=name, subject=name, scripts=(name,))
    assert to_pdf(receipt).startswith(b"%PDF-")


def test_reportlab_is_loaded_only_for_a_pdf():
    code = (
        "import sys\nfrom dxclient.builtin.receipts import dxclient_receipt_writers as w\n"
        "w()[0], sys.exit('reportlab' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
