"""Sending parts of a session."""

from __future__ import annotations

from collections.abc import Callable

from dxclient.domain.jobs import UploadTarget
from dxclient.xnat.body import ReportingBody
from dxclient.xnat.decode import lines, local_path, path, require_project, segments, strange_answer
from dxclient.xnat.heartbeat import keep_alive
from dxclient.xnat.refusals import import_refusal
from dxclient.xnat.transport import Transport


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
    urls = [local_path(line, transport.base) for line in lines(answer.text)]
    for url in urls:
        require_project(url, target.project)
    return _place(urls[-1]) if urls else ""


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


def _place(url: str) -> str:
    names = segments(url)
    if names[:3] != ("data", "prearchive", "projects") or len(names) != 6:
        raise strange_answer()
    return url
