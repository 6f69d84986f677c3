"""Sessions on the server: where they are, and removing them."""

from __future__ import annotations

import contextlib

from dxclient.domain.errors import XnatError, XnatMissing, XnatRejected
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import UploadTarget
from dxclient.domain.protocols import ServerSession, ServerState, WaitingSession
from dxclient.xnat.decode import (
    Answer,
    Row,
    json_of,
    local_path,
    path,
    require_project,
    segment,
    segments,
    strange_answer,
    table,
)
from dxclient.xnat.transport import Transport

_JSON = ("format", "json")
_STATES = {
    "RECEIVING": ServerState.RECEIVING,
    "RECEIVING_INTERRUPT": ServerState.RECEIVING,
    "READY": ServerState.READY,
    "CONFLICT": ServerState.CONFLICT,
    "ERROR": ServerState.ERROR,
}
_SEVERITIES = {"FAIL": Severity.STOPS, "CONFLICT": Severity.NEEDS_YOU}


def encoded(url: str) -> str:
    """Encode a URL that the server gave, name by name, for use in a request."""
    return "/" + "/".join(segment(name) for name in segments(url))


def locate(
    transport: Transport, target: UploadTarget, prearchive_url: str, study_uid: str = ""
) -> ServerSession:
    """Look once where a session is. Changes nothing.

    A row that has gone from the prearchive was archived, or removed by somebody.

    Parameters
    ----------
    study_uid : str
        StudyInstanceUID as sent, which XNAT keeps as ``xnat:imageSessionData/UID``. An archived
        session of another study has the label only, so it is not there; empty takes any.
    """
    row = _row(transport, target, prearchive_url)
    if row is not None:
        return _described(transport, target, row)
    return _archived(transport, target, study_uid) if prearchive_url else _nowhere()


def _nowhere() -> ServerSession:
    return ServerSession(state=ServerState.NOTHING)


def _row(transport: Transport, target: UploadTarget, prearchive_url: str) -> Row | None:
    if prearchive_url:
        answer = transport.get(encoded(prearchive_url), (_JSON,), good=(404,))
        rows = () if answer.status == 404 else table(answer)
        return rows[0] if rows else None
    ours = [row for row in _listed(transport, target) if row.get("subject") == target.subject]
    return max(ours, key=lambda row: row.get("timestamp", ""), default=None)


def _listed(transport: Transport, target: UploadTarget) -> list[Row]:
    listing = table(transport.get(path("prearchive", "projects", target.project), (_JSON,)))
    return [row for row in listing if row.get("name") == target.session]


def waiting(transport: Transport, target: UploadTarget) -> tuple[WaitingSession, ...]:
    """List the sessions of a label in the project's prearchive, of whatever subject and study.

    XNAT joins what is sent to one of the same project, study (column ``tag``) and label.
    """
    return tuple(
        WaitingSession(
            url=local_path(row.get("url", ""), transport.base),
            subject=row.get("subject", ""),
            study_uid=row.get("tag", ""),
        )
        for row in _listed(transport, target)
    )


def _described(transport: Transport, target: UploadTarget, row: Row) -> ServerSession:
    url = local_path(row.get("url", ""), transport.base)
    require_project(url, target.project)
    state = state_of(row.get("status", ""))
    if state not in {ServerState.CONFLICT, ServerState.ERROR}:
        return ServerSession(state=state, url=url)
    return ServerSession(
        state=state,
        url=url,
        message=_last_words(transport, url),
        problems=problems(transport, url),
    )


def state_of(status: str) -> ServerState:
    """Translate a prearchive status; ``_X`` and ``QUEUED_X`` mean that X is under way."""
    return _STATES.get(status.upper().removeprefix("_"), ServerState.WORKING)


def _last_words(transport: Transport, url: str) -> str:
    """Read the last entry of the session's log; only a help, so trouble means none."""
    with contextlib.suppress(XnatError):
        answer = transport.get(f"{encoded(url)}/logs/last", (_JSON,), attempts=1)
        with contextlib.suppress(XnatError):
            return "\n".join(row.get("entry", "") for row in table(answer)[-1:])
        return answer.words
    return ""


def _archived(transport: Transport, target: UploadTarget, study_uid: str) -> ServerSession:
    names: tuple[str, ...] = (
        *("projects", target.project),
        *("subjects", target.subject),
        *("experiments", target.session),
    )
    answer = transport.get(path(*names), (_JSON,), good=(404,))
    if answer.status == 404 and study_uid:
        # XNAT finds subjects in whatever case when it archives, so the subject may be another.
        names = (*names[:2], *names[4:])
        answer = transport.get(path(*names), (_JSON,), good=(404,))
    if answer.status == 404:
        return _nowhere()
    if study_uid and _uid(answer) != study_uid:
        return ServerSession(
            state=ServerState.NOTHING,
            message="The archive holds another session with this label.",
        )
    return ServerSession(state=ServerState.ARCHIVED, url=path("archive", *names))


def _uid(answer: Answer) -> str:
    """StudyInstanceUID in XNAT's item JSON of a session; empty where it has none.

    Raises
    ------
    XnatAnswer
        The answer has another form.
    """
    data = json_of(answer)
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list) or not items or not isinstance(items[0], dict):
        raise strange_answer(answer)
    fields = items[0].get("data_fields")
    return str(fields.get("UID", "")).strip() if isinstance(fields, dict) else ""


def discard(transport: Transport, prearchive_url: str) -> None:
    """Remove one session from the prearchive; one that is gone already is fine.

    Raises
    ------
    XnatRejected
        The URL is not that of one prearchive session; nothing else is ever deleted.
    """
    names = segments(prearchive_url)
    if len(names) != 6 or names[:3] != ("data", "prearchive", "projects"):
        raise XnatRejected("Only sessions in the prearchive can be removed. Nothing was removed.")
    params = [("XNAT_CSRF", transport.csrf)] if transport.csrf else []
    with contextlib.suppress(XnatMissing):
        transport.ask("DELETE", encoded(prearchive_url), params)


def problems(transport: Transport, url: str) -> tuple[Finding, ...]:
    """What stands against archiving; only a help, so trouble means that nothing is known."""
    with contextlib.suppress(XnatError):
        return validate_archive(transport, url)
    return ()


def validate_archive(transport: Transport, url: str) -> tuple[Finding, ...]:
    """Ask XNAT what would stand against archiving a prearchive session. Changes nothing."""
    params = [("src", url.removeprefix("/data")), _JSON]
    if transport.csrf:
        params.append(("XNAT_CSRF", transport.csrf))
    rows = table(transport.ask("POST", path("services", "validate-archive"), params))
    return tuple(_finding(row) for row in rows)


def _finding(row: Row) -> Finding:
    return Finding(
        severity=_SEVERITIES.get(row.get("type", "").upper(), Severity.NOTE),
        code=f"archive.{row.get('code', '')}",
        sentence=row.get("message", ""),
        hint="Look at the session in the prearchive on the server.",
    )
