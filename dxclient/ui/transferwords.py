"""Every state of an upload: its sign, its tone, what it means, and what a person can do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from dxclient.domain.jobs import Choice, JobState, UploadJob


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown.

    Parameters
    ----------
    sign : str
        From fonts without colours: colour emoji crash older X11 font libraries.
    tone : str
        One of the theme's tones; empty for ordinary text.
    means : str
        A sentence for who does not know the state.
    actions : tuple of str
        What can be done, by the names of the page's methods; the first is the main one.
    """

    sign: str
    tone: str
    means: str
    actions: tuple[str, ...] = ()


_PREARCHIVE = re.compile(r"/data/prearchive/projects/([^/]+)/([^/]+)/([^/]+)/?")
_STOP = ("pause", "cancel")
_NOW = ("retry", *_STOP)

LOOKS: Mapping[JobState, Look] = MappingProxyType(
    {
        JobState.QUEUED: Look("○", "", "Waits for its turn.", _STOP),
        JobState.SENDING: Look("↑", "moving", "Files are anonymized and sent.", _STOP),
        JobState.COMMITTING: Look(
            "⋯",
            "moving",
            "Everything was sent; the server builds the session. This can take minutes.",
            _STOP,
        ),
        JobState.CONFIRMING: Look(
            "≟", "moving", "What the server lists is compared with what was sent.", _STOP
        ),
        JobState.CONFIRMED: Look(
            "✔", "good", "The server holds everything that was sent.", ("receipt", "web", "forget")
        ),
        JobState.WAITING: Look(
            "↻", "attention", "Something went wrong that time heals; it is tried again.", _NOW
        ),
        JobState.OFFLINE: Look(
            "⊘",
            "attention",
            "The server cannot be reached. The upload goes on by itself as soon as it can.",
            _NOW,
        ),
        JobState.PAUSED: Look("∥", "muted", "It rests until you resume it.", ("resume", "cancel")),
        JobState.NEEDS_LOGIN: Look(
            "⚠", "attention", "Log in, and it goes on where it was.", ("log_in", *_STOP)
        ),
        JobState.NEEDS_YOU: Look(
            "⚠", "attention", "Only you can decide how it goes on.", ("retry", "web", "cancel")
        ),
        JobState.FAILED: Look(
            "✖", "danger", "It cannot go on as it is.", ("retry", "web", "cancel")
        ),
        JobState.CANCELLED: Look("–", "muted", "It was stopped for good.", ("forget",)),
    }
)

#: What each answer does, and the words on its button.
ANSWERS: Mapping[Choice, tuple[str, str]] = MappingProxyType(
    {
        Choice.APPEND: (
            "Add to that session",
            "The scans are added to the session that has this label on the server.",
        ),
        Choice.NEW_LABEL: (
            "Use this label",
            "The session gets a label of its own; what was sent is not sent again.",
        ),
        Choice.LEAVE: (
            "Leave it in the prearchive",
            "Everything stays there for somebody to look at; the upload counts as done.",
        ),
        Choice.SEND_MISSING: (
            "Send what is missing",
            "Only what the server lacks is anonymized and sent once more.",
        ),
        Choice.START_OVER: (
            "Send everything again",
            "All files are anonymized and sent from the beginning.",
        ),
    }
)


def state_words(job: UploadJob) -> str:
    """Sign and word of a job's state."""
    return f"{LOOKS[job.state].sign} {job.state.value}"


def host(url: str) -> str:
    """Host, port and path of a server, for people."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}" or url


def archived(job: UploadJob) -> bool:
    """Whether the session is in the server's archive, as far as is known here."""
    place = job.server_url or job.prearchive_url
    return bool(place) and "/prearchive/" not in place


def web_page(job: UploadJob) -> str:
    """Address of the session on the server's web page; empty where there is none yet."""
    return page_of(job.target.server, job.server_url or job.prearchive_url)


def page_of(server: str, address: str) -> str:
    """The web page for an address of the REST interface; XNAT has other ones for people."""
    if not address:
        return ""
    base = server.rstrip("/")
    path = address.removeprefix(base)
    found = _PREARCHIVE.fullmatch(path.partition("?")[0])
    if found is not None:
        project, timestamp, folder = found.groups()
        page = f"project/{project}/timestamp/{timestamp}/folder/{folder}"
        return f"{base}/app/action/LoadImageData/{page}"
    url = path if "://" in path else base + path
    if not url.startswith(("http://", "https://")):
        return ""
    return url if "?" in url else f"{url}?format=html"
