"""New UIDs: random, or the same again when the same file is anonymized once more."""

from __future__ import annotations

import hashlib
import uuid


class FreshUids:
    """New UIDs for one file.

    Parameters
    ----------
    data : bytes
        The file as it came.
    seed : str
        A part that has to be made again, because its answer was lost, must be the same part, or a
        server keeps every instance twice. With a seed, such as the id of the upload, the n-th new
        UID of a file is always the same; without one it is random.
    """

    def __init__(self, data: bytes, seed: str) -> None:
        self._data = data
        self._seed = seed
        self._key = b""
        self._count = 0

    def next(self) -> str:
        """One more, ``2.25.`` and the number of a UUID (PS3.5 section B.2)."""
        if not self._seed:
            return f"2.25.{uuid.uuid4().int}"
        if not self._key:
            secret = self._seed.encode()[: hashlib.blake2b.MAX_KEY_SIZE]
            self._key = hashlib.blake2b(self._data, key=secret, digest_size=32).digest()
        self._count += 1
        made = hashlib.blake2b(str(self._count).encode(), key=self._key, digest_size=16).digest()
        return f"2.25.{uuid.UUID(bytes=made, version=4).int}"
