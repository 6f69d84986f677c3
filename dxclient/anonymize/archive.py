"""A zip in memory: the same files give the same bytes, and no names or dates leave."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from types import ModuleType

from dxclient.domain.errors import AnonymizationError

fast: ModuleType
try:
    from isal import isal_zlib

    fast = isal_zlib
except ImportError:  # the optional "fast" extra is not installed
    fast = zlib

#: 1 January 1980, the first date that a zip can hold; real dates would say something.
_TIME, _DATE = 0, 1 << 5 | 1
_LIMIT = 0xFFFFFFFF
#: For the directory at the end.
_ROOM = 1 << 24
_STORED, _DEFLATED = 0, 8


class ZipBody:
    """Collects files (APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16)."""

    def __init__(self) -> None:
        self._out = BytesIO()
        self._directory: list[bytes] = []

    def add(self, name: str, data: bytes, *, stored: bool) -> None:
        """Add a file; *stored* where its content is compressed already.

        Raises
        ------
        AnonymizationError
            The archive would reach 4 GiB or 65536 files, which this format cannot hold.
        """
        packed = data if stored else _deflated(data)
        method = _DEFLATED if len(packed) < len(data) else _STORED
        packed = packed if method == _DEFLATED else data
        start = self._out.tell()
        if start + len(data) + _ROOM >= _LIMIT or len(self._directory) >= 0xFFFF:
            raise _too_large()
        encoded = name.encode("ascii")
        common = struct.pack(
            "<HHHHHIIIHH",
            20,
            0,
            method,
            _TIME,
            _DATE,
            fast.crc32(data),
            len(packed),
            len(data),
            len(encoded),
            0,
        )
        self._out.write(b"PK\x03\x04" + common + encoded)
        self._out.write(packed)
        tail = struct.pack("<HHHII", 0, 0, 0, 0, start)
        self._directory.append(b"PK\x01\x02" + struct.pack("<H", 20) + common + tail + encoded)

    def finish(self) -> bytes:
        """Close the archive; shares memory with it where Python can."""
        start, count = self._out.tell(), len(self._directory)
        listing = b"".join(self._directory)
        self._out.write(listing)
        self._out.write(
            b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(listing), start, 0)
        )
        return self._out.getvalue()


def _too_large() -> AnonymizationError:
    return AnonymizationError(
        "A part of the session is larger than 4 GiB or has too many files, which is not "
        "supported yet. Nothing of it was sent."
    )


def _deflated(data: bytes) -> bytes:
    packer = fast.compressobj(1, zlib.DEFLATED, -15)
    return bytes(packer.compress(data)) + bytes(packer.flush())
