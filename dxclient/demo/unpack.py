"""Opening what was sent: zip, tar and gzip files, one in another, within limits."""

import gzip
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from dxclient.demo.forms import RestError

#: Limits against archives that unpack to more than the machine holds, in bytes, files and levels.
LARGEST_FILE = 2 * 2**30
LARGEST_TOTAL = 64 * 2**30
MOST_FILES = 500_000
DEEPEST = 4
_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".gz")
_PREAMBLE = 132


class _Budget:
    def __init__(self) -> None:
        self.bytes = LARGEST_TOTAL
        self.files = MOST_FILES

    def take(self, size: int) -> None:
        self.bytes -= size
        self.files -= 1
        if size > LARGEST_FILE or self.bytes < 0 or self.files < 0:
            raise RestError(400, "The uploaded archive is larger than this server accepts.")


def entries(stream: BinaryIO, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield the base name and the bytes of every file in an archive.

    Entry names are never used as paths. Archives inside are opened too, by their file names.

    Raises
    ------
    RestError
        The archive can not be read, or holds more than the limits allow.
    """
    try:
        yield from _open(stream, name, _Budget(), DEEPEST)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile):
        raise RestError(400, "Unable to read the uploaded archive.") from None


def _open(stream: BinaryIO, name: str, budget: _Budget, levels: int) -> Iterator[tuple[str, bytes]]:
    lower = name.lower()
    if levels == 0:
        raise RestError(400, "The uploaded archive is nested too deeply.")
    if lower.endswith(".zip"):
        inner = _zip(stream, budget)
    elif lower.endswith((".tar", ".tgz", ".tar.gz")):
        inner = _tar(stream, budget)
    elif lower.endswith(".gz"):
        inner = _gzip(stream, name, budget)
    else:
        raise RestError(400, f"Unsupported format {PurePosixPath(lower).suffix}")
    for entry, content in inner:
        if entry.lower().endswith(_ARCHIVES):
            yield from _open(io.BytesIO(content), entry, budget, levels - 1)
        else:
            yield entry, content


def _base(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name


def _zip(stream: BinaryIO, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            budget.take(info.file_size)
            yield _base(info.filename), archive.read(info)


def _tar(stream: BinaryIO, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=stream, mode="r:*") as archive:
        for member in archive:
            if not member.isfile():
                continue
            budget.take(member.size)
            handle = archive.extractfile(member)
            if handle:
                yield _base(member.name), handle.read()


def _gzip(stream: BinaryIO, name: str, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    with gzip.open(stream) as handle:
        content = handle.read(LARGEST_FILE + 1)
    budget.take(len(content))
    yield _base(name)[: -len(".gz")], content


def read_object(name: str, content: bytes) -> Dataset:
    """Read one DICOM object, headers and all.

    Raises
    ------
    RestError
        With XNAT's words: not DICOM, cut short, or without the identifying elements.
    """
    if content[128:_PREAMBLE] != b"DICM":
        raise RestError(400, f"unable to read DICOM object {name}")
    try:
        dataset = dcmread(io.BytesIO(content))
        _check_complete(dataset)
        sop_class = str(dataset.get("SOPClassUID", ""))
        instance = str(dataset.get("SOPInstanceUID", ""))
    except (InvalidDicomError, EOFError, ValueError, TypeError, NotImplementedError, KeyError):
        raise RestError(400, f"unable to read DICOM object {name}") from None
    if not sop_class:
        raise RestError(400, f"object {name} contains no SOP Class UID")
    if not instance:
        raise RestError(400, f"object {name} contains no SOP Instance UID")
    return dataset


def _check_complete(dataset: Dataset) -> None:
    tags = sorted(dataset.keys())
    if not tags:
        raise EOFError
    last = dataset.get_item(tags[-1])
    length, value = getattr(last, "length", None), getattr(last, "value", None)
    short = isinstance(value, bytes) and length not in (None, 0xFFFFFFFF) and len(value) < length
    if short:
        raise EOFError
