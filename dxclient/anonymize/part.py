"""Building one part of an upload: read, anonymize, check, pack. Nothing is written to disk."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from dxclient.anonymize.archive import ZipBody
from dxclient.anonymize.output import Sent, header_of, source_series_number
from dxclient.anonymize.part10 import part10
from dxclient.anonymize.plan import anonymize_bytes
from dxclient.domain.dicom import Reason
from dxclient.domain.errors import SourceChanged, UnreadableFile, merged_instances
from dxclient.domain.jobs import LeftOutCount, PackedPart, PartRequest, SentInstance, SourceFile
from dxclient.domain.protocols import DicomEditFunction


def build_part(request: PartRequest, functions: Sequence[DicomEditFunction] = ()) -> PackedPart:
    """Anonymize the files of a part and pack them; the same files of a job give the same bytes.

    Runs in worker processes. One file that cannot be anonymized fails the whole part, so that
    no session is sent in pieces without a person knowing.

    Raises
    ------
    SourceChanged
        A file changed or vanished after it was queued.
    UnreadableFile
        A file cannot be opened.
    AnonymizationError
        A script failed on a file, or its output is not fit to send.
    """
    begun = time.perf_counter()
    packing = _Packing()
    for source in request.files:
        _add(packing, source, request, functions)
    body = packing.body()
    return PackedPart(
        number=request.number,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        sent=tuple(packing.sent),
        left_out=tuple(
            LeftOutCount(series_number=number, reason=Reason.REJECTED, files=files)
            for number, files in packing.rejected.items()
        ),
        seconds=time.perf_counter() - begun,
    )


@dataclass(slots=True)
class _Packing:
    out: BytesIO = field(default_factory=BytesIO)
    zip: ZipBody = field(init=False)
    sent: list[SentInstance] = field(default_factory=list)
    instances: set[str] = field(default_factory=set)
    rejected: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.zip = ZipBody(self.out)

    def body(self) -> bytes:
        """The whole zip, which is not copied for it; nothing when no file remained."""
        if not self.sent:
            return b""
        self.zip.finish()
        return self.out.getvalue()


def _add(
    packing: _Packing,
    source: SourceFile,
    request: PartRequest,
    functions: Sequence[DicomEditFunction],
) -> None:
    data = part10(read_unchanged(source))
    outcome = anonymize_bytes(data, request.plan, functions=functions, seed=request.job_id)
    edited = outcome.data
    if edited is None:
        packing.rejected[source_series_number(data)] += 1
        return
    header = header_of(edited)
    _require_new(packing, header.sop_instance_uid)
    level = 0 if header.compressed else request.compression
    packing.zip.add(f"{len(packing.sent) + 1:06d}.dcm", edited, level)
    packing.sent.append(_instance(header, source, edited, request.digests))


def _require_new(packing: _Packing, uid: str) -> None:
    """Raise when two files get one SOP Instance UID: a server keeps one of them only."""
    if uid in packing.instances:
        raise merged_instances()
    packing.instances.add(uid)


def _instance(header: Sent, source: SourceFile, data: bytes, digests: bool) -> SentInstance:
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest() if digests else ""
    return SentInstance(
        scan_id=header.scan_id,
        source_series=source.series_uid,
        sop_instance_uid=header.sop_instance_uid,
        size=len(data),
        study_uid=header.study_uid,
        # What XNAT's catalogs hold; the SHA-256 of the part vouches for its bytes.
        md5=md5,
    )


def read_unchanged(source: SourceFile) -> bytes:
    """The bytes of a source file.

    Raises
    ------
    SourceChanged
        Size or modification time differ from when the file was queued, or it is gone.
    UnreadableFile
        It cannot be opened.
    """
    try:
        with Path(source.path).open("rb", buffering=0) as file:
            state = os.fstat(file.fileno())
            data = file.read()
    except FileNotFoundError:
        raise _changed() from None
    except OSError as error:
        raise UnreadableFile(
            "A file of the session cannot be opened. What was sent already is kept; "
            "make the files readable and try again.",
            details=type(error).__name__,
        ) from None
    if state.st_mtime_ns != source.modified_ns or not state.st_size == len(data) == source.size:
        raise _changed()
    return data


def _changed() -> SourceChanged:
    return SourceChanged(
        "A file of the session changed or vanished after it was chosen, so the upload stopped. "
        "Choose the folder again."
    )
