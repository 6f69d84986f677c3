"""What grouping needs to know of one file."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from dxclient.dicom.text import Texts, clock, uid, whole_number
from dxclient.dicom.tight import (
    EXPLICIT,
    IMPLICIT,
    WANTED,
    NoDicom,
    Odd,
    Raw,
    read_raw,
)
from dxclient.domain.dicom import Reason
from dxclient.domain.errors import NotDicom, UnreadableFile

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

DICOMDIR = "1.2.840.10008.1.3.10"
_MOST_PARSED = 64 * 1024 * 1024
#: What pydicom is known to raise on damaged bytes.
_PARSE_ERRORS = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError),
    *(NotImplementedError, OSError, RecursionError, TypeError, ValueError),
    *(struct.error, zlib.error),
)


class Header(NamedTuple):
    """Facts from one file's header; a tuple, as they cross process borders by the thousands.

    Sizes in bytes, `modified_ns` in nanoseconds, `study_date` as in the file, `study_time` as
    ``HH:MM:SS``. Absent text is empty, absent `rows` and `columns` are 0, absent `frames` 1.
    """

    size: int
    modified_ns: int
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    study_uid: str
    series_uid: str
    study_date: str
    study_time: str
    study_description: str
    study_id: str
    accession_number: str
    patient_name: str
    patient_id: str
    modality: str
    series_number: str
    series_description: str
    instance_number: int | None
    frames: int
    rows: int
    columns: int

    @property
    def complete(self) -> bool:
        """Whether the four UIDs are there that a file cannot be sent without."""
        return bool(
            self.study_uid and self.series_uid and self.sop_class_uid and self.sop_instance_uid
        )

    @property
    def identified(self) -> bool:
        """Whether at least one of them is there."""
        return bool(
            self.study_uid or self.series_uid or self.sop_class_uid or self.sop_instance_uid
        )


class Failure(NamedTuple):
    """Why a file has no header for us; `detail` is free of what the header says."""

    reason: Reason
    detail: str = ""
    size: int = 0


def read_header(path: Path) -> Header:
    """Read the header of one file.

    Raises
    ------
    NotDicom
        The file is something else.
    UnreadableFile
        It cannot be opened, ends too early, is damaged, or lacks a UID.
    """
    found = examine(os.fspath(path), Texts())
    if isinstance(found, Header):
        return found
    if found.reason in (Reason.NOT_DICOM, Reason.EMPTY, Reason.DICOMDIR):
        raise NotDicom(f"The file is no DICOM image: {found.reason.value}.", details=found.detail)
    raise UnreadableFile(f"The file cannot be used: {found.reason.value}.", details=found.detail)


def examine(path: str, texts: Texts) -> Header | Failure:
    """Read one file's header, or say why it has none; never raises for what is in the file."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  (text in, no Path per file)
            facts = os.fstat(file.fileno())
            if not facts.st_size:
                return Failure(Reason.EMPTY)
            found = _examine(file, facts, texts)
    except OSError as error:
        return Failure(Reason.UNREADABLE, error.strerror or type(error).__name__)
    if (
        isinstance(found, Failure)
        and found.reason is not Reason.UNREADABLE
        and os.path.basename(path).upper() == "DICOMDIR"  # noqa: PTH119
    ):
        return found._replace(reason=Reason.DICOMDIR)
    return found


def _examine(file: BinaryIO, facts: os.stat_result, texts: Texts) -> Header | Failure:
    size = facts.st_size
    try:
        raw = read_raw(file, size)
    except NoDicom:
        return Failure(Reason.NOT_DICOM, size=size)
    except Odd:
        parsed = _parse(file, size)
        if isinstance(parsed, Failure):
            return parsed if _marked(file) else Failure(Reason.NOT_DICOM, size=size)
        raw = parsed
    header = _header(raw, facts, texts)
    reason = _missing(raw, header, file)
    return Failure(reason, _detail(raw, reason), size) if reason else header


def _missing(raw: Raw, header: Header, file: BinaryIO) -> Reason | None:
    """Why the header cannot be used, if so."""
    if DICOMDIR in (uid(raw.values.get(0x00020002, b"")), header.sop_class_uid):
        return Reason.DICOMDIR
    if not raw.too_short and header.complete:
        return None
    if not header.identified and not _marked(file):
        return Reason.NOT_DICOM
    if raw.too_short:
        return Reason.TRUNCATED
    if not header.study_uid:
        return Reason.NO_STUDY_UID
    return Reason.NO_SERIES_UID if not header.series_uid else Reason.NO_SOP_UID


def _detail(raw: Raw, reason: Reason) -> str:
    if reason is not Reason.TRUNCATED:
        return ""
    what = "pixel data" if 0x00280011 in raw.values else "header"
    return f"the {what} should be longer"


def _marked(file: BinaryIO) -> bool:
    file.seek(128)
    return file.read(4) == b"DICM"


def _header(raw: Raw, facts: os.stat_result, texts: Texts) -> Header:
    get, code = raw.values.get, texts.code
    charset = get(0x00080005, b"")

    def text(tag: int) -> str:
        value = get(tag)
        return texts.text(value, charset) if value else ""

    return Header(
        size=facts.st_size,
        modified_ns=facts.st_mtime_ns,
        sop_class_uid=code(get(0x00080016, b"")),
        sop_instance_uid=uid(get(0x00080018, b"")),
        transfer_syntax_uid=raw.syntax,
        study_uid=code(get(0x0020000D, b"")),
        series_uid=code(get(0x0020000E, b"")),
        study_date=code(get(0x00080020, b"")),
        study_time=clock(code(get(0x00080030, b""))),
        study_description=text(0x00081030),
        study_id=text(0x00200010),
        accession_number=text(0x00080050),
        patient_name=texts.text(get(0x00100010, b""), charset, name=True),
        patient_id=text(0x00100020),
        modality=code(get(0x00080060, b"")).upper(),
        series_number=code(get(0x00200011, b"")),
        series_description=text(0x0008103E),
        instance_number=whole_number(uid(get(0x00200013, b""))),
        frames=max(1, whole_number(code(get(0x00280008, b""))) or 1),
        rows=_binary(get(0x00280010, b""), raw.little),
        columns=_binary(get(0x00280011, b""), raw.little),
    )


def _binary(value: bytes, little: bool) -> int:
    """Rows or Columns: VR US, though some write UL or digits."""
    if len(value) == 2:
        return int.from_bytes(value, "little" if little else "big")
    text = value.strip(b"\0 ")
    if text.isdigit():
        return whole_number(text.decode("ascii")) or 0
    return int.from_bytes(value, "little" if little else "big") if len(value) == 4 else 0


def _parse(file: BinaryIO, size: int) -> Raw | Failure:
    """Let pydicom read what the tight reader does not understand."""
    from pydicom import dcmread
    from pydicom.errors import BytesLengthException, InvalidDicomError

    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            data = BytesIO(file.read(_MOST_PARSED))
            return _raw_of(dcmread(data, stop_before_pixels=True, force=True))
        except (*_PARSE_ERRORS, BytesLengthException, InvalidDicomError) as error:
            return Failure(Reason.DAMAGED, type(error).__name__, size)


def _raw_of(dataset: FileDataset) -> Raw:
    """Wanted elements of a parsed data set, unconverted, so that odd values cannot fail."""
    implicit, little = dataset.original_encoding
    values: dict[int, bytes] = {}
    for tag in sorted(WANTED):
        holder = dataset.file_meta if tag >> 16 == 2 else dataset
        if tag in holder:
            values[tag] = _bytes_of(holder.get_item(tag).value)
    syntax = uid(values.get(0x00020010, b"")) or (IMPLICIT if implicit else EXPLICIT)
    return Raw(values, syntax, little is not False)


def _bytes_of(value: object) -> bytes:
    """The bytes of an element; pydicom converts few of the wanted ones while reading."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return b"\\".join(str(part).encode("utf-8", "replace") for part in value)  # type: ignore[attr-defined]
    return b"" if value is None else str(value).encode("utf-8", "replace")
