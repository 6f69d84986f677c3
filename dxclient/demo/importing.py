"""``POST /data/services/import``: receiving files as XNAT does."""

import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, cast

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo.archive import (
    archive_session,
    build_session,
    find_session,
    get_row,
    goal_of,
)
from dxclient.demo.context import Demo, demo, target, user
from dxclient.demo.filters import accepts
from dxclient.demo.forms import RestError, asked_format, text, uris
from dxclient.demo.gate import is_chunked
from dxclient.demo.store import (
    Instance,
    Intake,
    destination,
    end_receiving,
    join_row,
    keep_file,
    uri,
)
from dxclient.demo.unpack import entries, read_object

_HANDLERS = ("DICOM-zip", "SI", "gradual-DICOM")
#: Content types whose body is the file itself, with the suffix the server gives them.
_IN_BODY = {
    "application/zip": ".zip",
    "application/x-tar": ".tar",
    "application/x-gtar": ".tar.gz",
    "application/x-gzip": ".tar.gz",
    "application/dicom": ".dcm",
    "application/octet-stream": "",
}
_NO_BODY = (
    "In-body File posts must include the file directly as the body of the message. "
    "The content length of the body is unknown."
)

importing = Blueprint("importing", __name__)


def parameters() -> dict[str, str]:
    """Return query and form together; the query wins."""
    return {**request.form.to_dict(), **request.args.to_dict()}


def is_true(value: str | None) -> bool:
    """Return whether a parameter says true."""
    return (value or "").strip().lower() == "true"


@importing.post("/data/services/import")
def import_files() -> AnyResponse:
    """Receive a body of DICOM files."""
    asked = parameters()
    handler = asked.get("import-handler") or (
        "gradual-DICOM" if request.mimetype == "application/dicom" else "SI"
    )
    if handler not in _HANDLERS:
        raise RestError(404, f"Unknown importer implementation specified: {handler}")
    stream, name = _body()
    intake = _intake(asked)
    astray = demo().faults.take("unassigned", target())
    if astray:
        intake = replace(intake, project=astray.word("project", "Unassigned"))
    if demo().faults.take("keeps-nothing", target()):
        return uris([])
    try:
        return _answer(_receive(intake, handler, stream, name, asked), asked)
    except RestError as error:
        if asked.get("http-session-listener"):
            demo().listeners.end(asked["http-session-listener"], False, error.message)
        raise


def _answer(found: list[str], asked: Mapping[str, str]) -> AnyResponse:
    key = asked.get("http-session-listener")
    if key:
        demo().listeners.end(key, True, found[0] if found else "")
    if asked_format("") == "txt" and len(found) == 1:
        return text(found[0])
    return uris(found)


def _body() -> tuple[BinaryIO, str]:
    """Return the file that was sent, and a name for it."""
    if request.mimetype == "multipart/form-data":
        return _part()
    refused = demo().faults.take("refuse-chunked", target()) if is_chunked() else None
    if refused or (is_chunked() and request.mimetype != "application/zip"):
        raise RestError(400, _NO_BODY)
    suffix = _IN_BODY.get(request.mimetype)
    if suffix is None and is_true(request.args.get("inbody")):
        suffix = ".zip"
    if suffix is None or not request.content_length:
        raise RestError(400, "Unable to identify upload format.")
    return _rewound(request.environ["wsgi.input"]), f"upload{suffix}"


def _rewound(body: BinaryIO) -> BinaryIO:
    try:
        body.seek(0)
    except (AttributeError, OSError, ValueError):
        return io.BytesIO(request.get_data())
    return body


def _part() -> tuple[BinaryIO, str]:
    files = [part for _, part in request.files.items(multi=True)]
    if len(files) > 1:
        raise RestError(400, "Importer is limited to one uploaded resource at a time.")
    if not files:
        raise RestError(400, "Unable to identify upload format.")
    return cast("BinaryIO", files[0].stream), files[0].filename or "upload"


def _intake(asked: Mapping[str, str]) -> Intake:
    place = _destination(asked.get("dest", ""))
    return Intake(
        user=user(),
        project=asked.get("project") or asked.get("PROJECT_ID") or place.get("project", ""),
        subject=asked.get("subject") or asked.get("SUBJECT_ID") or place.get("subject", ""),
        session=asked.get("session") or asked.get("EXPT_LABEL") or place.get("session", ""),
        rename=is_true(asked.get("rename")),
        prevent_anon=is_true(asked.get("prevent_anon")),
        prevent_auto_commit=is_true(asked.get("prevent_auto_commit")),
        source=asked.get("SOURCE", ""),
        visit=asked.get("VISIT", ""),
        protocol=asked.get("SUBTYPE") or asked.get("PROTOCOL", ""),
        timezone=asked.get("TIMEZONE", ""),
    )


def _destination(dest: str) -> dict[str, str]:
    if not dest:
        return {}
    found = re.fullmatch(
        r"(?:/data)?/(?:prearchive/projects/(?P<p>[^/]+)(?:/[^/]+/(?P<f>[^/]+))?"
        r"|archive/projects/(?P<q>[^/]+)(?:/subjects/(?P<s>[^/]+)(?:/experiments/(?P<e>[^/]+))?)?)",
        dest.rstrip("/"),
    )
    if not found:
        raise RestError(400, "Parameter dest format error")
    project, session = found["p"] or found["q"], found["f"] or found["e"]
    named = {"project": project, "subject": found["s"], "session": session}
    return {name: value for name, value in named.items() if value}


def _objects(
    handler: str, stream: BinaryIO, name: str, lenient: bool
) -> Iterator[tuple[str, bytes]]:
    if handler == "gradual-DICOM":
        return iter([(name, stream.read())])
    if name.endswith(".dcm"):
        return iter([("upload.dcm", stream.read())])
    found = entries(stream, name)
    first = next(found, None)
    if first is None and not lenient:
        raise RestError(400, "No files found in the uploaded archive.")
    return itertools.chain([first], found) if first else iter(())


def _receive(
    intake: Intake, handler: str, stream: BinaryIO, name: str, asked: Mapping[str, str]
) -> list[str]:
    dest = asked.get("dest", "")
    commit = bool(dest) or asked.get("action") == "commit" or handler == "SI"
    lenient = is_true(asked.get("Ignore-Unparsable")) or (commit and handler == "DICOM-zip")
    objects = _troubled(_objects(handler, stream, name, lenient))
    sessions = store_all(demo(), intake, objects, lenient=lenient)
    if not commit:
        return _uris(sessions)
    archive = "/archive/" in dest.replace("/prearchive/", "/") or any(
        is_true(asked.get(key)) for key in ("AA", "auto-archive")
    )
    return [_finish(session, archive, asked) for session in sessions]


def _finish(session: int, archive: bool, asked: Mapping[str, str]) -> str:
    build_session(demo(), session, asked)
    if not archive:
        return _uris([session])[0]
    _check_not_there(session, asked)
    overwrite = is_true(asked.get("overwrite_files"))
    return archive_session(demo(), session, user(), asked, overwrite=overwrite)


def _check_not_there(session: int, asked: Mapping[str, str]) -> None:
    """Refuse an existing session when the session importer was not told to append or delete."""
    importer = asked.get("import-handler", "SI")
    if importer != "SI" or asked.get("overwrite", "none") != "none":
        return
    if find_session(demo(), goal_of(get_row(demo(), session), asked)):
        raise RestError(409, "Session already exists, retry with overwrite enabled")


def _uris(sessions: Iterable[int]) -> list[str]:
    rows = [demo().state.row("SELECT * FROM prearchive WHERE id = ?", s) for s in sessions]
    return [f"/data{uri(row)}" for row in rows if row]


def _troubled(objects: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Let switched-on troubles spoil what was received."""
    faults = demo().faults
    if faults.take("bad-part", target()):
        name = next(objects, ("upload", b""))[0]
        raise RestError(400, f"unable to read DICOM object {name}")
    full = faults.take("disk-full", target())
    drop = faults.take("drop-files", target())
    spoil = faults.take("spoil-files", target())
    if not full and not drop and not spoil:
        yield from objects
        return
    known = list(objects)
    if spoil:
        sound = max(0, len(known) - int(spoil.number("spoil", 1)))
        known[sound:] = [(name, _spoilt(content)) for name, content in known[sound:]]
    if full:
        half = len(known) // 2
        yield from known[:half]
        raise RestError(400, f"unable to read DICOM object {known[half][0] if known else ''}")
    dropped = int(drop.number("drop", 1)) if drop else 0
    yield from known[: max(0, len(known) - dropped)]


def _spoilt(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def store_all(
    demo: Demo, intake: Intake, objects: Iterable[tuple[str, bytes]], *, lenient: bool = False
) -> list[int]:
    """Store all objects; return the ids of the sessions they went to.

    The first object that can not be read ends it with 400 and keeps those before, as XNAT does,
    unless `lenient`. What a filter excludes is dropped without a word.
    """
    joined: dict[tuple[str, str], int] = {}
    try:
        _store_each(demo, intake, objects, joined, lenient=lenient)
    finally:
        end_receiving(demo, joined.values())
    return list(dict.fromkeys(joined.values()))


def _store_each(
    demo: Demo,
    intake: Intake,
    objects: Iterable[tuple[str, bytes]],
    joined: dict[tuple[str, str], int],
    *,
    lenient: bool,
) -> None:
    unreadable: RestError | None = None
    for entry, content in objects:
        try:
            instance = Instance(entry, content, read_object(entry, content))
        except RestError as error:
            if not lenient:
                raise
            unreadable = error
            continue
        _store_one(demo, intake, instance, joined)
    if unreadable and not joined:
        raise unreadable


def _store_one(
    demo: Demo, intake: Intake, instance: Instance, joined: dict[tuple[str, str], int]
) -> None:
    project = destination(demo, intake, instance)
    if not accepts(demo.state, project, instance.dataset):
        return
    key = (project, instance.text("StudyInstanceUID"))
    if not intake.session:
        key = (project, key[1] + instance.text("PatientID"))
    if key not in joined:
        joined[key] = join_row(demo, intake, project, instance)
    keep_file(demo, intake, joined[key], instance)
