from html.parser import HTMLParser

from dxclient.domain.dicom import Reason
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import LeftOutCount, PartReceipt, Receipt, ScanReceipt
from dxclient.transfer.receipts import from_json, to_html, to_json

RECEIPT = Receipt(
    job_id="j",
    server="https://xnat.example.org",
    user="nurse",
    project="P",
    subject="S<1>",
    session='E"1&',
    url="/data/prearchive/projects/P/1/E",
    archived=False,
    confirmed=True,
    scans=(ScanReceipt(scan_id="5-MR1", sent=3, found=3),),
    parts=(PartReceipt(number=1, sha256="ab" * 32, size=12, files=3),),
    left_out=(LeftOutCount(series_number="7", reason=Reason.REJECTED, files=2),),
    findings=(Finding(severity=Severity.NOTE, code="c", sentence="<script>alert(1)</script>"),),
    plan_digest="cd" * 32,
    scripts=("XNAT site: site",),
    plugins=("x 1.0",),
    date_check="2024-01-02",
    started="2024-01-02T10:00:00+00:00",
    finished="2024-01-02T10:01:00+00:00",
    client="dxclient 1",
)


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.text += data + " "


def read(receipt):
    page = Page()
    page.feed(to_html(receipt).decode())
    return page


def test_a_receipt_survives_json():
    assert from_json(to_json(RECEIPT)) == RECEIPT


def test_every_value_is_escaped_in_the_page_and_can_be_read():
    page = read(RECEIPT)
    assert "script" not in page.tags
    for text in ("S<1>", 'E"1&', "<script>alert(1)</script>", "5-MR1", "ab" * 32, "cd" * 32):
        assert text in page.text


def test_the_page_needs_nothing_from_elsewhere():
    page = read(RECEIPT)
    assert not {"src", "href"} & set(page.attributes)
    assert not {"link", "img", "iframe"} & set(page.tags)


def test_the_page_says_when_it_is_not_confirmed():
    from dataclasses import replace

    scans = (ScanReceipt(scan_id="5", sent=3, found=2),)
    text = read(replace(RECEIPT, confirmed=False, scans=scans)).text
    assert "Not confirmed: 3 files were sent, the server lists 2." in text
