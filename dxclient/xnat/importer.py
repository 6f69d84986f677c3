"""Sending parts of a session, and asking the server to finish it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator

from dxclient.domain.errors import Misrouted, XnatConflict, XnatError, XnatMissing, XnatTrouble
from dxclient.domain.jobs import UploadTarget
from dxclient.domain.protocols import ServerSession, ServerState
from dxclient.xnat import prearchive
from dxclient.xnat.body import ReportingBody
from dxclient.xnat.decode import Answer, last_line, local_path, path, segments, strange_answer
from dxclient.xnat.refusals import import_refusal, refusal
from dxclient.xnat.transport import Transport

BUILD_INFO = "/xapi/siteConfig/buildInfo"


def send(
    transport: Transport,
    target: UploadTarget,
    body: bytes,
    *,
    on_bytes: Callable[[int], None],
    stopped: Callable[[], bool],
) -> str:
    """POST one zip. Returns the prearchive URL; empty when the server kept nothing.

    XNAT answers 200 with an empty text when its series filters dropped every file, and quietly
    puts data of a project it does not accept into "Unassigned".

    Raises
    ------
    Misrouted
        The data lies in another project.
    Cancelled
        `stopped` said so between two chunks.
    """
    with keep_alive(transport):
        answer = transport.ask(
            "POST",
            path("services", "import"),
            _import_params(transport, target),
            body=ReportingBody(body, on_bytes, stopped),
            content_type="application/zip",
            wait=transport.timeouts.send,
            judge=import_refusal,
        )
    line = last_line(answer.text)
    return _own_url(target, local_path(line, transport.base)) if line else ""


def _import_params(transport: Transport, target: UploadTarget) -> list[tuple[str, str]]:
    """Ask for no second anonymization and for no archiving before our commit.

    `autoArchive`, which XNAT Desktop Client adds, is no key that XNAT reads; the project's
    own setting decides.
    """
    params = [
        ("import-handler", "DICOM-zip"),
        ("PROJECT_ID", target.project),
        ("SUBJECT_ID", target.subject),
        ("EXPT_LABEL", target.session),
        ("VISIT", target.visit),
        ("SUBTYPE", target.subtype),
        ("overwrite", target.overwrite),
        ("rename", "true"),
        ("prevent_anon", "true"),
        ("prevent_auto_commit", "true"),
        ("SOURCE", "uploader"),
        ("XNAT_CSRF", transport.csrf),
    ]
    return [(name, value) for name, value in params if value]


def _own_url(target: UploadTarget, url: str) -> str:
    names = segments(url)
    if names[:3] != ("data", "prearchive", "projects") or len(names) != 6:
        raise strange_answer()
    if names[3] != target.project:
        raise Misrouted(
            "The server put the data into another project than asked. The upload was stopped; "
            "ask the owner of the project whether you may upload to it.",
            details=f"Project on the server: {names[3]}",
        )
    return url


def commit(
    transport: Transport, target: UploadTarget, prearchive_url: str, study_uid: str = ""
) -> ServerSession:
    """Ask the server to build the session and, where the project wants it, to archive it.

    XNAT answers 200 for a session that waits in the prearchive, and 301 without a Location
    for one that was archived. A lost answer raises a retryable error; then look where the
    session is, never commit again blindly.
    """
    params = [("action", "commit"), ("SOURCE", "uploader")]
    if transport.csrf:
        params.append(("XNAT_CSRF", transport.csrf))
    extra = {target.tracer_path: target.tracer} if target.tracer and target.tracer_path else {}
    try:
        with keep_alive(transport):
            answer = transport.ask(
                "POST",
                prearchive.encoded(prearchive_url),
                params,
                body=json.dumps(extra).encode(),
                content_type="application/json",
                wait=transport.timeouts.commit,
                judge=_commit_refusal,
            )
    except (XnatConflict, XnatMissing, XnatTrouble) as error:
        return _after_failure(transport, target, prearchive_url, study_uid, error)
    return _finished(transport, target, prearchive_url, study_uid, answer)


def _commit_refusal(answer: Answer) -> XnatError | None:
    archived = answer.status == 301 and not answer.location and not answer.is_html
    return None if archived else refusal(answer)


def _finished(
    transport: Transport, target: UploadTarget, prearchive_url: str, study_uid: str, answer: Answer
) -> ServerSession:
    line = last_line(answer.text)
    if not line:
        return prearchive.locate(transport, target, prearchive_url, study_uid)
    url = local_path(line, transport.base)
    archived = segments(url)[:2] == ("data", "archive")
    return ServerSession(state=ServerState.ARCHIVED if archived else ServerState.READY, url=url)


def _after_failure(
    transport: Transport,
    target: UploadTarget,
    prearchive_url: str,
    study_uid: str,
    error: XnatConflict | XnatMissing | XnatTrouble,
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
    said_no = isinstance(error, XnatConflict) or error.details.upper().startswith("FAILED")
    if not said_no:
        raise error
    found = prearchive.locate(transport, target, prearchive_url, study_uid)
    if found.state in {ServerState.ARCHIVED, ServerState.WORKING}:
        return found
    if found.state is ServerState.ERROR:
        return ServerSession(state=found.state, url=found.url, message=error.details)
    return ServerSession(
        state=ServerState.CONFLICT, url=found.url or prearchive_url, message=error.details
    )


@contextlib.contextmanager
def keep_alive(transport: Transport) -> Iterator[None]:
    """Give signs of life during a long call: one upload does not renew XNAT's session."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(transport.timeouts.heartbeat):
            with contextlib.suppress(XnatError):
                transport.get(BUILD_INFO, attempts=1)

    threading.Thread(target=beat, name="xnat-heartbeat", daemon=True).start()
    try:
        yield
    finally:
        done.set()
