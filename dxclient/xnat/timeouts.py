"""How long to wait, and how often to ask again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Times in seconds.

    Parameters
    ----------
    connect : float
        Until a connection stands.
    stall : float
        For one chunk of a body (256 KiB) to leave.
    read : float
        Without a byte of an ordinary answer.
    send : float
        Without a byte of the answer to an upload, after its last byte was sent.
    commit : float
        Without a byte of the answer to a commit. XNAT blocks up to
        ``sessionArchiveTimeoutInterval``, by default 600 s.
    attempts : int
        How often a reading call is made before its trouble is reported.
    pause : float
        Before the second attempt; doubled before each further one.
    heartbeat : float
        Between signs of life during long calls; XNAT ends a silent session after 15 minutes.
    """

    connect: float = 15.0
    stall: float = 60.0
    read: float = 60.0
    send: float = 300.0
    commit: float = 620.0
    attempts: int = 3
    pause: float = 0.5
    heartbeat: float = 60.0
