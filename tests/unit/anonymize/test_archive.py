import io
import mmap
import os
import random
import shutil
import struct
import subprocess
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxclient.anonymize.archive import ZipBody

NOISE = random.Random(1).randbytes(200_000)
SOFT = bytes(range(64)) * 4000


def packed(files, level=1, **limits):
    out = io.BytesIO()
    body = ZipBody(out, **limits)
    for name, data in files.items():
        body.add(name, data, level)
    body.finish()
    return out.getvalue()


def unpacked(body):
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def kinds(body):
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return [info.compress_type for info in archive.infolist()]


def named(contents):
    return {f"{number:06d}.dcm": data for number, data in enumerate(contents)}


FILES = st.lists(st.binary(max_size=3000), max_size=6).map(named)
LEVELS = st.sampled_from([0, 1, 6])


@settings(deadline=None)
@given(FILES, LEVELS)
def test_what_goes_in_comes_out_at_every_level_and_always_as_the_same_bytes(files, level):
    body = packed(files, level)
    assert unpacked(body) == files
    assert packed(files, level) == body


@settings(deadline=None)
@given(FILES, LEVELS, st.integers(1, 4000), st.integers(1, 8))
def test_wherever_zip64_begins_the_files_can_be_read(files, level, limit, most):
    assert unpacked(packed(files, level, limit=limit, most=most)) == files


def test_stored_fast_and_strong_are_what_their_names_say():
    sizes = [len(packed({"a": SOFT + NOISE[:50_000]}, level)) for level in (0, 1, 6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > len(SOFT) + 50_000


def test_what_does_not_shrink_by_a_tenth_at_its_beginning_is_stored():
    body = packed({"noise": NOISE, "soft": SOFT, "late": NOISE[:70_000] + SOFT})
    assert kinds(body) == [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]
    assert unpacked(body)["noise"] == NOISE


def test_what_turns_out_larger_when_compressed_is_stored():
    data = SOFT[:66_000] + NOISE * 40
    shorter = NOISE[:500]
    body = packed({"a": data, "b": shorter})
    assert unpacked(body) == {"a": data, "b": shorter}
    assert kinds(body)[1] == zipfile.ZIP_STORED


def test_sizes_of_zip64_stand_in_the_header_before_the_file_and_in_the_directory():
    body = packed({"a": SOFT}, level=0, limit=1000)
    assert body[18:26] == b"\xff" * 8
    assert struct.unpack("<HHQQ", body[31:51]) == (1, 16, len(SOFT), len(SOFT))
    assert body[51:100] == SOFT[:49]
    assert b"PK\x06\x06" in body
    assert b"PK\x06\x07" in body


def test_small_parts_hold_nothing_that_old_readers_do_not_know():
    body = packed({"a": SOFT, "b": NOISE})
    assert b"PK\x06\x06" not in body
    assert struct.unpack("<H", body[4:6]) == (20,)


def test_more_files_than_the_old_format_counts():
    files = named([b""] * 65_600)
    body = packed(files)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert len(archive.infolist()) == 65_600
    assert b"PK\x06\x06" in body


@pytest.mark.slow
def test_a_file_of_more_than_four_gibibytes(tmp_path):
    """The file is a hole on disk, and nothing holds it whole."""
    size = 2**32 + 5
    source, target = tmp_path / "hole", tmp_path / "part.zip"
    with source.open("wb") as file:
        file.truncate(size)
    with (
        source.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        target.open("w+b") as out,
    ):
        body = ZipBody(out)
        body.add("000001.dcm", data, 1)
        body.add("000002.dcm", SOFT, 1)
        body.finish()
    with zipfile.ZipFile(target) as archive:
        first, second = archive.infolist()
        assert (first.file_size, first.compress_type) == (size, zipfile.ZIP_DEFLATED)
        assert first.CRC == 0x1BEA4E2F or archive.testzip() is None
        assert archive.read(second) == SOFT


@pytest.mark.slow
def test_files_behind_the_first_four_gibibytes(tmp_path):
    """Everything before is a hole in the zip, as nothing but its place matters."""
    target = tmp_path / "part.zip"
    with target.open("w+b") as out:
        out.seek(2**32 + 7)
        body = ZipBody(out)
        body.add("000001.dcm", SOFT, 6)
        body.add("000002.dcm", NOISE, 0)
        body.finish()
    assert target.stat().st_size > 2**32
    with zipfile.ZipFile(target) as archive:
        assert archive.read("000001.dcm") == SOFT
        assert archive.read("000002.dcm") == NOISE
        assert archive.testzip() is None


@pytest.mark.skipif(not shutil.which("unzip"), reason="unzip is not installed")
def test_another_reader_of_zips_finds_nothing_wrong(tmp_path):
    path = tmp_path / "part.zip"
    for limits in ({}, {"limit": 1000}, {"most": 1}, {"limit": 1000, "most": 1}):
        path.write_bytes(packed({"a": SOFT, "b": NOISE}, **limits))
        done = subprocess.run(["unzip", "-t", os.fspath(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not shutil.which("jar"), reason="no Java development kit is installed")
@pytest.mark.parametrize("limits", [{}, {"limit": 1000, "most": 1}])
def test_the_reader_of_zips_that_xnat_has_reads_them_from_a_stream(tmp_path, limits):
    body = packed({"a": SOFT, "b": NOISE, "c": b""}, **limits)
    done = subprocess.run(["jar", "x"], cwd=tmp_path, input=body, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a": SOFT,
        "b": NOISE,
        "c": b"",
    }
