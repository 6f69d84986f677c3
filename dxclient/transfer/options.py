"""The numbers that the transfer queue works with."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOptions:
    """How much at once, how long to wait, how often to try.

    Parameters
    ----------
    parts_in_flight : int
        Parts sent to a server at once, at most, over all jobs; see `places`.
    workers : int
        Processes that pack.
    jobs_at_once : int
        Jobs of one server worked on at the same time.
    part_size : int
        Bytes of source files in one part; a single larger file is a part of its own.
    retry_base, retry_cap : float
        Seconds before the first repetition, and the most that is ever waited.
    offline_pause : float
        Seconds until a server is tried again that could not be reached, where nothing else says
        when.
    lease_seconds : float
        How long a claim on a job or part holds when its process vanished.
    poll_base, poll_cap : float
        Seconds between questions while the server works on a session.
    settle_seconds : float
        How long a working server is followed before the job waits in the queue instead.
    settle_tries : int
        How often an unexpected "not there" or "in the prearchive" is asked again before it counts.
    count_tries, count_pause : int, float
        How often, and with how many seconds between, counts are compared before they differ.
    pack_tries : int
        How often a part is packed when the process that packs it dies.
    progress_seconds : float
        Least time between two progress events of a job (0.1: ten per second).
    client : str
        Name and version of this program, for the receipt.
    """

    parts_in_flight: int = 3
    workers: int = 2
    jobs_at_once: int = 2
    part_size: int = 32 * MIB
    retry_base: float = 2.0
    retry_cap: float = 600.0
    offline_pause: float = 5.0
    lease_seconds: float = 120.0
    poll_base: float = 1.0
    poll_cap: float = 15.0
    settle_seconds: float = 900.0
    settle_tries: int = 4
    count_tries: int = 4
    count_pause: float = 2.0
    pack_tries: int = 3
    progress_seconds: float = 0.1
    client: str = ""

    @property
    def places(self) -> int:
        """Packed parts held in memory at most, and one for each further server.

        At least two, so that one is packed while the other is sent.
        """
        return max(2, self.parts_in_flight)
