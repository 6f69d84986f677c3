"""Which errors are worth another try, how often, and after how long."""

from __future__ import annotations

import random

from dxclient.domain.errors import (
    DxError,
    XnatAnswer,
    XnatError,
    XnatTrouble,
)

#: Repetitions in a row before a job gives up; errors not named here and marked retryable
#: (no network, server busy) are repeated for as long as it takes.
_LIMITS: tuple[tuple[type[DxError], int], ...] = ((XnatTrouble, 12), (XnatAnswer, 6))
#: XNAT answers 400 "unable to read DICOM object" also for a full disk or a database hiccup
#: (DicomZipImporter wraps inner 500s), so a 400 is tried again a few times.
_REJECTED_LIMIT = 3


def worth_retrying(error: DxError, attempts: int) -> bool:
    """Say whether to try again after *error*, the *attempts*-th in a row."""
    if isinstance(error, XnatError) and error.status == 400:
        return attempts <= _REJECTED_LIMIT
    if not error.retryable:
        return False
    for kind, limit in _LIMITS:
        if isinstance(error, kind):
            return attempts <= limit
    return True


def backoff(attempt: int, base: float, cap: float, chance: float | None = None) -> float:
    """Seconds to wait before try number *attempt* (from 1): doubling, capped, with jitter.

    The jitter takes away up to half, so that many clients do not come back in step.
    """
    share = random.random() if chance is None else chance  # noqa: S311 - not a secret
    full = min(cap, base * 2.0 ** min(attempt - 1, 40))
    return full * (0.5 + share / 2)
