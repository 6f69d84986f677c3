"""Asking the server to finish a session, and reading what it says of that.

A commit may take ten minutes, its answer may be lost on the way, and a proxy may give up before
XNAT does. So nothing here is ever repeated blindly: the prearchive row, or the session in the
archive, says what became of it.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

from dxclient.domain.errors import (
    NotPermitted,
    XnatBusy,
    XnatConflict,
    XnatError,
    XnatMissing,
    XnatRejected,
    XnatTrouble,
)
from dxclient.domain.jobs import UploadTarget
from dxclient.domain.protocols import ServerSession, ServerState
from dxclient.xnat import prearchive
from dxclient.xnat.decode import (
    Answer,
    json_of,
    last_line,
    local_path,
    path,
    require_project,
    segment,
    segments,
)
from dxclient.xnat.heartbeat import keep_alive
from dxclient.xnat.refusals import refusal
from dxclient.xnat.transport import Params, Transport

#: What XNAT says in place of a URL where it goes on by itself and a listener was named.
_INITIATED = "initiated"


def commit(
    transport: Transport,
    target: UploadTarget,
    prearchive_url: str,
    study_uid: str = "",
    *,
    overwrite_files: bool = False,
) -> ServerSession:
    """Ask the server to build the session and, where the project wants it, to archive it.

    XNAT answers 200 for a session that waits in the prearchive, 301 without a Location for one
    that was archived, and at once "Archival initiated" where it knows listeners. A lost answer
    raises a retryable error; then look where the session is, never commit again blindly.

    Parameters
    ----------
    overwrite_files : bool
        Whether files that the archive has already are replaced.
    """
    listener = str(uuid.uuid4()) if transport.listens else ""
    params = [
        ("action", "commit"),
        ("SOURCE", "uploader"),
        ("VISIT", target.visit),
        ("PROTOCOL", target.subtype),
        ("overwrite_files", "true" if overwrite_files else ""),
        ("http-session-listener", listener),
    ]
    try:
        answer = _ask(transport, prearchive.encoded(prearchive_url), params, _tracer(target))
    except (XnatConflict, XnatMissing, XnatTrouble) as error:
        return _after_failure(transport, target, prearchive_url, study_uid, error)
    return _finished(transport, target, prearchive_url, study_uid, answer, listener)


def archive(
    transport: Transport,
    target: UploadTarget,
    prearchive_url: str,
    study_uid: str = "",
    *,
    overwrite_files: bool = False,
) -> ServerSession:
    """Have a session that waits in the prearchive archived as `target` says: label, merging.

    XNAT answers 200 with the URL, or 303 to it in projects that archive by themselves.
    """
    params = [
        ("src", prearchive_url.removeprefix("/data")),
        ("project", target.project),
        ("subject", target.subject),
        ("session", target.session),
        ("overwrite", target.overwrite if target.overwrite != "none" else ""),
        ("overwrite_files", "true" if overwrite_files else ""),
    ]
    try:
        answer = _ask(transport, path("services", "archive"), params, b"")
    except (XnatConflict, XnatMissing, XnatTrouble, XnatRejected) as error:
        return _after_failure(transport, target, prearchive_url, study_uid, error)
    return _finished(transport, target, prearchive_url, study_uid, answer, "")


def _tracer(target: UploadTarget) -> bytes:
    extra = {target.tracer_path: target.tracer} if target.tracer and target.tracer_path else {}
    return json.dumps(extra).encode()


def _ask(transport: Transport, place: str, params: Params, body: bytes) -> Answer:
    given = [*params, ("XNAT_CSRF", transport.csrf)]
    with keep_alive(transport):
        return transport.ask(
            "POST",
            place,
            [(name, value) for name, value in given if value],
            body=body,
            content_type="application/json" if body else "",
            wait=transport.timeouts.commit,
            judge=_judge,
        )


def _judge(answer: Answer) -> XnatError | None:
    """Decide as `refusal` does; 301 without Location, and 303 to the archive, are successes."""
    moved = answer.status == 301 and not answer.location and not answer.is_html
    seen = answer.status == 303 and "/data/archive/" in answer.location
    error = None if moved or seen else refusal(answer)
    if isinstance(error, NotPermitted) and "in progress" in error.details.lower():
        return XnatBusy(
            "The server is still working on the session. It is asked again later.",
            status=answer.status,
            details=error.details,
        )
    return error


def _finished(
    transport: Transport,
    target: UploadTarget,
    prearchive_url: str,
    study_uid: str,
    answer: Answer,
    listener: str,
) -> ServerSession:
    said = last_line(answer.text) or answer.location
    if listener and said.lower().endswith(_INITIATED):
        return ServerSession(state=ServerState.WORKING, url=prearchive_url, listener=listener)
    if "/" not in said:
        return prearchive.locate(transport, target, prearchive_url, study_uid)
    return _at(transport, target, said)


def _at(transport: Transport, target: UploadTarget, said: str) -> ServerSession:
    url = local_path(said, transport.base)
    require_project(url, target.project)
    archived = segments(url)[:2] != ("data", "prearchive")
    return ServerSession(state=ServerState.ARCHIVED if archived else ServerState.READY, url=url)


def follow(
    transport: Transport,
    target: UploadTarget,
    prearchive_url: str,
    study_uid: str,
    listener: str,
) -> ServerSession:
    """Look once how a commit goes that was begun with a listener. Changes nothing.

    XNAT knows a listener only once the work has begun (404 before), and older servers never do;
    then the row in the prearchive says it, and listeners are not used again on this server.
    """
    place = f"/xapi/event_tracking/{segment(listener)}"
    answer = transport.get(place, good=(404,))
    if answer.status == 404:
        found = prearchive.locate(transport, target, prearchive_url, study_uid)
        if found.state is not ServerState.RECEIVING and found.state is not ServerState.WORKING:
            transport.listens = False
        return replace(found, listener=listener if transport.listens else "")
    facts = json_of(answer)
    known = facts if isinstance(facts, dict) else {}
    succeeded, words = known.get("succeeded"), str(known.get("finalMessage") or "")
    if succeeded is None:
        return ServerSession(state=ServerState.WORKING, url=prearchive_url, listener=listener)
    if succeeded and "/" in words:
        return _at(transport, target, words)
    if succeeded:
        return prearchive.locate(transport, target, prearchive_url, study_uid)
    return _refused(transport, target, prearchive_url, study_uid, words)


def _after_failure(
    transport: Transport,
    target: UploadTarget,
    prearchive_url: str,
    study_uid: str,
    error: XnatConflict | XnatMissing | XnatTrouble | XnatRejected,
) -> ServerSession:
    """Tell a refusal to archive from mere trouble; the row on the server knows.

    XNAT answers 500 "FAILED: ..." both for a conflict and for its own timeout, in which case
    the archiving goes on. It answers 404 for a session that was archived before.
    """
    if isinstance(error, XnatMissing):
        found = prearchive.locate(transport, target, prearchive_url, study_uid)
        if found.state is ServerState.NOTHING:
            raise error
        return found
    trouble = isinstance(error, XnatTrouble) and not error.details.upper().startswith("FAILED")
    if trouble:
        raise error
    return _refused(transport, target, prearchive_url, study_uid, error.details)


def _refused(
    transport: Transport, target: UploadTarget, prearchive_url: str, study_uid: str, words: str
) -> ServerSession:
    """Say where a session is that the server would not archive, and with which words."""
    found = prearchive.locate(transport, target, prearchive_url, study_uid)
    if found.state in {ServerState.ARCHIVED, ServerState.WORKING}:
        return found
    state = ServerState.ERROR if found.state is ServerState.ERROR else ServerState.CONFLICT
    messages = dict.fromkeys((*words.splitlines(), *found.message.splitlines()))
    problems = found.problems or prearchive.problems(transport, found.url or prearchive_url)
    return ServerSession(
        state=state,
        url=found.url or prearchive_url,
        message="\n".join(message for message in messages if message.strip()),
        problems=problems,
    )
