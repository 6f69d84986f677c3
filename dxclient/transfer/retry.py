"""What an error means for a job, as a table, and how long to wait before the next try."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dxclient.domain.errors import (
    BadCredentials,
    CertificateUntrusted,
    DxError,
    LoggedOut,
    NoSecureConnection,
    NotPermitted,
    PlanChanged,
    XnatAnswer,
    XnatBusy,
    XnatConflict,
    XnatError,
    XnatRejected,
    XnatTrouble,
    XnatUnreachable,
)


class Remedy(Enum):
    """What helps against an error."""

    TIME = "goes on by itself"
    NETWORK = "goes on when the server can be reached"
    LOGIN = "needs a login"
    PERSON = "needs a person"
    NONE = "cannot be done as it is"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the first that fits an error counts.

    Parameters
    ----------
    kind : type
        The error or one of its bases.
    remedy : Remedy
    status : tuple of int
        HTTP statuses; empty for any, or none.
    words : str
        What the server's own words hold, in small letters; empty for any.
    tries : int or None
        Repetitions in a row before a person has to look; None for as long as it takes.
    whole_server : bool
        Whether it concerns all jobs of the server, not only the one that met it.
    """

    kind: type[DxError]
    remedy: Remedy
    status: tuple[int, ...] = ()
    words: str = ""
    tries: int | None = 0
    whole_server: bool = False

    def fits(self, error: DxError) -> bool:
        """Whether the row speaks of this error."""
        status = error.status if isinstance(error, XnatError) else None
        return (
            isinstance(error, self.kind)
            and (not self.status or status in self.status)
            and self.words in error.details.lower()
        )


#: Statuses and words: XNAT's sources and the proxies before it, reference xnat-rest.
RULES: tuple[Rule, ...] = (
    Rule(LoggedOut, Remedy.LOGIN),
    Rule(BadCredentials, Remedy.LOGIN),
    # "Your password has expired", "Your security token has expired or is invalid".
    Rule(NotPermitted, Remedy.LOGIN, words="expired"),
    Rule(NotPermitted, Remedy.NONE),
    # A certificate is a matter of trust, and of the server, not of one session.
    Rule(CertificateUntrusted, Remedy.PERSON, whole_server=True),
    Rule(NoSecureConnection, Remedy.PERSON, whole_server=True),
    # Name service, refused, reset, no route, no answer in time.
    Rule(XnatUnreachable, Remedy.NETWORK, tries=None),
    # 409 "locked", 423, 429, "Concurrent file sends".
    Rule(XnatBusy, Remedy.TIME, tries=None),
    Rule(XnatConflict, Remedy.PERSON),
    # The web server before XNAT says so while XNAT starts anew; an archiving goes on behind 504.
    Rule(XnatTrouble, Remedy.TIME, status=(502, 503, 504), tries=None),
    # A full disk takes people hours to clear.
    Rule(XnatTrouble, Remedy.TIME, status=(507,), tries=40),
    Rule(XnatTrouble, Remedy.TIME, words="no space left", tries=40),
    # DicomZipImporter says "unable to read DICOM object" too for a full disk or a database
    # hiccup, because it wraps inner errors as 400.
    Rule(XnatTrouble, Remedy.TIME, status=(400,), tries=3),
    Rule(XnatTrouble, Remedy.TIME, tries=12),
    Rule(XnatRejected, Remedy.TIME, status=(400,), tries=3),
    # 408 Request Timeout and 425 Too Early come from proxies.
    Rule(XnatRejected, Remedy.TIME, status=(408, 425), tries=12),
    # A hotel's login page, half a text.
    Rule(XnatAnswer, Remedy.TIME, tries=6),
    Rule(PlanChanged, Remedy.PERSON),
    Rule(DxError, Remedy.NONE),
)
#: Seconds that a server's own Retry-After may ask for at most.
LONGEST_RETRY_AFTER = 3600.0
_LEAST = 0.1


def rule_for(error: DxError) -> Rule:
    """Find the row for an error."""
    return next(rule for rule in RULES if rule.fits(error))


def remedy(error: DxError, attempts: int = 1) -> Remedy:
    """Say what helps against *error*, the *attempts*-th in a row; NONE when tries are used up."""
    rule = rule_for(error)
    waits = rule.remedy in (Remedy.TIME, Remedy.NETWORK)
    used_up = waits and rule.tries is not None and attempts > rule.tries
    return Remedy.NONE if used_up else rule.remedy


def worth_retrying(error: DxError, attempts: int) -> bool:
    """Say whether to try again after *error*, the *attempts*-th in a row."""
    return remedy(error, attempts) in (Remedy.TIME, Remedy.NETWORK)


def backoff(
    attempt: int, base: float, cap: float, chance: Callable[[], float] = random.random
) -> float:
    """Seconds to wait before try number *attempt* (from 1): doubling, capped, with full jitter.

    Anything between nearly nothing and the whole, so that many clients spread evenly and do not
    come back in step. A tenth of *base* is always waited: never a hot loop.
    """
    full = min(cap, base * 2.0 ** min(attempt - 1, 40))
    return max(full * chance(), _LEAST * min(base, cap))


def pause_after(
    error: DxError,
    attempt: int,
    base: float,
    cap: float,
    chance: Callable[[], float] = random.random,
) -> float:
    """Seconds to wait after *error*: `backoff`, but not less than the server asks for."""
    return max(backoff(attempt, base, cap, chance), asked_to_wait(error))


def asked_to_wait(error: DxError) -> float:
    """Seconds that the server asked to be left alone (RFC 9110, section 10.2.3), up to an hour."""
    asked = error.retry_after if isinstance(error, XnatError) else 0.0
    return min(asked, LONGEST_RETRY_AFTER)
