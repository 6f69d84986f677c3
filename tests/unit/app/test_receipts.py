"""Receipts through plugins: one by one, in batches, and when a plugin fails."""

import pytest

from dxclient.api import Receipt, hookimpl
from dxclient.app import receipts
from dxclient.builtin import BUILTIN
from dxclient.domain.errors import DxError
from dxclient.plugin import PluginHost, load_plugins
from tests.unit.transfer.test_receipts import RECEIPT


class Word:
    """A writer as plugins made it before there were batches."""

    suffix = "txt"
    title = "A word"

    def render(self, receipt: Receipt) -> bytes:
        return receipt.session.encode()


class Broken:
    suffix = "pdf"
    title = "Broken"

    def render(self, receipt: Receipt) -> bytes:
        raise ValueError(receipt.subject)

    def render_many(self, receipts: object) -> bytes:
        raise ValueError("DOE")


class Plugin:
    def __init__(self, *writers: object) -> None:
        self.writers = writers

    @hookimpl
    def dxclient_receipt_writers(self) -> list[object]:
        return list(self.writers)


@pytest.fixture
def host() -> PluginHost:
    made = PluginHost()
    load_plugins(made, BUILTIN, only=[])
    return made


def test_a_writer_without_batches_still_writes_single_receipts(host):
    host.register(Plugin(Word()), "word")
    assert receipts.write(host, RECEIPT, "txt") == b'E"1&'
    assert "txt" not in {one.suffix for one in receipts.batch_formats(host)}
    with pytest.raises(DxError, match=r"html, pdf, csv, instances\.csv, json"):
        receipts.write_many(host, [RECEIPT], "txt")


def test_a_plugin_may_stand_in_for_a_format(host):
    class Mine(Word):
        suffix = "json"

    host.register(Plugin(Mine()), "mine")
    assert receipts.write(host, RECEIPT, "json") == b'E"1&'


def test_a_writer_that_fails_is_recorded_and_its_words_are_not_told(host):
    host.register(Plugin(Broken()), "broken")
    for write in (
        lambda: receipts.write(host, RECEIPT, "pdf"),
        lambda: receipts.write_many(host, [RECEIPT], "pdf"),
    ):
        with pytest.raises(DxError, match="Choose another format") as caught:
            write()
        assert RECEIPT.subject not in str(caught.value) + caught.value.details
    assert len(host.failures) == 2


def test_every_format_of_the_program_takes_a_batch(host):
    for writer in receipts.batch_formats(host):
        assert receipts.write_many(host, [RECEIPT, RECEIPT], writer.suffix)
    with pytest.raises(DxError, match="None of these uploads has a receipt"):
        receipts.write_many(host, [], "html")


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("receipt.pdf", "pdf"),
        ("Receipt.PDF", "pdf"),
        ("r.csv", "csv"),
        ("r.instances.csv", "instances.csv"),
        ("r.doc", ""),
        ("pdf", ""),
    ],
)
def test_the_name_of_a_file_says_its_format(host, name, suffix):
    assert receipts.format_for(host, name) == suffix


def test_a_receipt_that_is_not_there_yet_is_said(host):
    with pytest.raises(DxError, match="no receipt yet"):
        receipts.write(host, None, "pdf")
