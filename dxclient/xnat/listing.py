"""What a session on the server holds: files, checksums and instances, scan by scan."""

from __future__ import annotations

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor

from dxclient.domain.errors import XnatError
from dxclient.domain.protocols import ScanCount
from dxclient.xnat.decode import Row, segment, table
from dxclient.xnat.prearchive import encoded
from dxclient.xnat.transport import Transport

_JSON = ("format", "json")
_PARALLEL = 4
#: XNAT keeps images in resource DICOM, and those of secondary capture classes in "secondary".
_RESOURCES = ("DICOM", "secondary")
_MD5_DIGITS = 32
#: The instance of an entry; read as text, because a parser would follow what a page declares.
_ENTRY = re.compile(r'<(?:\w+:)?entry\b[^>]*?\sUID="([0-9.]+)"')


def counts(transport: Transport, url: str) -> tuple[ScanCount, ...]:
    """Count the image files of each scan, by the scan's id on the server.

    XNAT has checksums (MD5) of files in the archive where the site keeps them, and none of files
    that wait in the prearchive.

    Raises
    ------
    XnatMissing
        The session is not there.
    """
    place = encoded(url)
    rows = table(transport.get(f"{place}/scans", (_JSON,)))
    ids = sorted({row["id"] for row in rows if row.get("id")})
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="xnat-counts") as pool:
        files = pool.map(lambda scan: _files(transport, place, scan), ids)
        return tuple(_count(scan, rows) for scan, rows in zip(ids, files, strict=True))


def _count(scan: str, rows: tuple[Row, ...]) -> ScanCount:
    digests = tuple(row.get("digest", "").strip().lower() for row in rows)
    whole = all(len(digest) == _MD5_DIGITS for digest in digests)
    return ScanCount(scan, len(rows), digests if whole else ())


def _files(transport: Transport, place: str, scan: str) -> tuple[Row, ...]:
    for resource in _RESOURCES:
        url = f"{place}/scans/{segment(scan)}/resources/{resource}/files"
        answer = transport.get(url, (_JSON,), good=(404,))
        rows = () if answer.status == 404 else table(answer)
        if rows:
            return rows
    return ()


def instances(transport: Transport, url: str, scan: str) -> frozenset[str]:
    """Read which instances a scan holds from its catalog; only a help, so trouble means none.

    XNAT writes the SOP Instance UID of each file into the scan's catalog (``cat:dcmEntry``). It
    has no catalog to show of a session in the prearchive.
    """
    found: set[str] = set()
    for resource in _RESOURCES:
        place = f"{encoded(url)}/scans/{segment(scan)}/resources/{resource}"
        with contextlib.suppress(XnatError):
            answer = transport.get(place, (("format", "xml"),), good=(404,), attempts=1)
            if answer.status != 404:
                found.update(_ENTRY.findall(answer.text))
    return frozenset(found)
