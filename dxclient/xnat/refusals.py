"""From an HTTP answer to the error that a person reads.

Sentences are ours; the server's own words go into `details`.
"""

from __future__ import annotations

from dxclient.domain.errors import (
    BadCredentials,
    LoggedOut,
    NotPermitted,
    XnatAnswer,
    XnatBusy,
    XnatConflict,
    XnatError,
    XnatMissing,
    XnatRejected,
    XnatTooLarge,
    XnatTrouble,
)
from dxclient.xnat.decode import Answer, strange_answer

LOGGED_OUT = (
    "You are no longer logged in to the server. What was sent is kept; log in again to go on."
)
PROXY_LOGIN = (
    "The proxy before the server wants a user name and a password. Nothing was lost. "
    "Set them with the proxy's address in the settings, then try again."
)
EXPIRED = (
    "Your password or token has expired. Renew it on the server's web page, then log in again. "
    "What was sent is kept."
)
_BUSY = "The server is busy with this session or has too much to do. It will be tried again."
_SENTENCES: dict[int, tuple[type[XnatError], str]] = {
    401: (LoggedOut, LOGGED_OUT),
    403: (
        NotPermitted,
        "The server does not let you do this. Ask the owner of the project for the rights.",
    ),
    404: (
        XnatMissing,
        "The server does not have this, or does not show it to you. "
        "Check the project and your rights in it.",
    ),
    407: (NotPermitted, PROXY_LOGIN),
    409: (
        XnatConflict,
        "What is on the server contradicts this request. Nothing was overwritten; "
        "look at the session on the server.",
    ),
    413: (
        XnatTooLarge,
        "The server, or a proxy before it, does not take requests of this size. "
        "Choose a smaller part size in the settings.",
    ),
    423: (XnatBusy, _BUSY),
    429: (XnatBusy, _BUSY),
    507: (
        XnatTrouble,
        "The server has no room left. Nothing was lost; ask who runs the server.",
    ),
}
_TROUBLE = "The server has trouble of its own. Nothing was lost; it can be tried again later."
_REJECTED = "The server refused the request. The details hold its own words."


def refusal(answer: Answer) -> XnatError | None:
    """Decide whether an answer refuses; return the error to raise, or None.

    A web page with status 200 never comes from XNAT's interface: it is the login page, or a
    proxy's page. XNAT redirects to ``Login.vm`` where a session has ended.
    """
    if answer.good:
        return _page(answer) if answer.is_html else None
    if 300 <= answer.status < 400:
        return _elsewhere(answer)
    kind, sentence = _kind(answer)
    error = kind(sentence, status=answer.status, details=answer.words)
    error.retry_after = answer.retry_after
    return error


def _kind(answer: Answer) -> tuple[type[XnatError], str]:
    if answer.status == 409 and "locked" in answer.words.lower():
        return XnatBusy, _BUSY
    if answer.status == 413 and answer.retry_after:
        return XnatBusy, _BUSY
    if answer.status == 403 and "expired" in answer.words.lower():
        return LoggedOut, EXPIRED
    if answer.status in _SENTENCES:
        return _SENTENCES[answer.status]
    return (XnatTrouble, _TROUBLE) if answer.status >= 500 else (XnatRejected, _REJECTED)


def _page(answer: Answer) -> XnatError:
    if answer.is_login_page:
        return LoggedOut(LOGGED_OUT, status=answer.status)
    return strange_answer(answer)


def _elsewhere(answer: Answer) -> XnatError:
    if "login.vm" in answer.location.lower():
        return LoggedOut(LOGGED_OUT, status=answer.status)
    return XnatAnswer(
        "The server sends this request to another address, and data is never sent after it. "
        "Log in with the address that the server's web page shows.",
        status=answer.status,
    )


def login_refusal(answer: Answer) -> XnatError | None:
    """Decide as `refusal` does, in the words that fit a first login."""
    error = refusal(answer)
    if isinstance(error, LoggedOut) and answer.status == 403:
        return NotPermitted(
            "Your password or token has expired. "
            "Renew it on the server's web page, then log in again.",
            status=answer.status,
            details=error.details,
        )
    if isinstance(error, LoggedOut):
        return BadCredentials(
            "The server does not accept this user name and password. "
            "Too many wrong attempts lock an account, so it was asked only once.",
            status=answer.status,
            details=error.details,
        )
    if isinstance(error, XnatMissing):
        return XnatMissing(
            "There is no XNAT at this address. Check it, including what follows the host name.",
            status=answer.status,
            details=error.details,
        )
    return error


def import_refusal(answer: Answer) -> XnatError | None:
    """Decide as `refusal` does, for an upload.

    XNAT answers 400 "unable to read DICOM object" also when its disk is full or its database
    hiccups, so that one is worth trying again.
    """
    error = refusal(answer)
    if error and answer.status == 400 and "unable to read dicom" in error.details.lower():
        return XnatTrouble(
            "The server could not take in a file; it says so too when it has trouble of its own. "
            "It will be tried again.",
            status=400,
            details=error.details,
        )
    if error and answer.status == 400 and "concurrent file sends" in error.details.lower():
        return XnatBusy(_BUSY, status=400, details=error.details)
    return error
