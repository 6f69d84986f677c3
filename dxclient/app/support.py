"""The support file: what helps to find a fault, and nothing that one may not send to anyone."""

from __future__ import annotations

import io
import json
import locale
import os
import platform
import re
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from dxclient import __version__
from dxclient.app.logs import log_files, words_for
from dxclient.app.logwords import Words
from dxclient.app.program import App
from dxclient.builtin import BUILTIN
from dxclient.domain.errors import DxError
from dxclient.domain.preferences import SettingField, SettingsView, Value
from dxclient.transfer.outline import JobOutline, QueueOutline, outline

#: What a person reads before saving one.
INSIDE = (
    "versions of the program, its libraries and the system",
    "your settings: numbers and choices, of texts only whether they are set",
    "the extensions and what became of them",
    "the states of your uploads, with their labels and servers as short hashes",
    "the shape and size of the list of uploads, without its content",
    "the last log files, which hold no names, paths or addresses",
)
_LIBRARIES = (
    "pydicom", "requests", "urllib3", "truststore", "ttkbootstrap", "pluggy", "numpy", "pillow",
    "lark", "regex", "keyring", "isal", "reportlab", "tkinterdnd2",
)  # fmt: skip
#: A code of a finding as all have it; another could be anything.
_CODE = re.compile(r"[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+")
_README = f"""This is a support file of dxclient {__version__}. It holds:

{{inside}}.

It holds no images, no values of their headers, no file names or folders, no user names,
passwords or addresses of servers. A hash such as “3f09ac” stands for a text; it is made with a key
that stays on the machine, so that equal texts can be told from different ones, and nothing more.
"""


def save_support(app: App, path: Path) -> None:
    """Write a support file.

    Raises
    ------
    DxError
        It cannot be written there.
    """
    data = support_file(app)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise DxError(
            "The support file could not be written there. Choose another folder.",
            details=type(error).__name__,
        ) from None


def support_file(app: App) -> bytes:
    """Make a support file: a zip of texts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files(app):
            archive.writestr(name, data)
    return out.getvalue()


def _files(app: App) -> Iterator[tuple[str, bytes]]:
    queue = outline(app.home / "queue.sqlite")
    words = words_for(app.home)
    inside = ";\n".join(f"- {one}" for one in INSIDE)
    yield "README.txt", _README.format(inside=inside).encode()
    yield "program.json", _json(_program(app))
    yield "settings.json", _json(_settings(app))
    yield "plugins.json", _json(_plugins(app))
    yield "uploads.json", _json([_job(job, words) for job in queue.jobs])
    yield "database.json", _json(_database(queue))
    for path in log_files(app.home):
        yield f"logs/{path.name}", path.read_bytes()


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _program(app: App) -> Mapping[str, object]:
    return {
        "made": _moment(datetime.now(UTC).timestamp()),
        "dxclient": __version__,
        "frozen": bool(getattr(sys, "frozen", False)),
        "python": platform.python_version(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "encoding": locale.getpreferredencoding(False),
        "free_bytes": shutil.disk_usage(app.home).free,
        "sqlite": sqlite3.sqlite_version,
        "libraries": dict(_libraries()),
    }


def _libraries() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, "not there"


def _settings(app: App) -> Mapping[str, object]:
    """Each setting with its place; values only of our own, and only what cannot be a secret."""
    view = app.settings()
    offers = app.host.each("dxclient_setting_fields")
    ours = {field.key for plugin, fields in offers if plugin in BUILTIN for field in fields}
    return {field.key: _setting(view, field, field.key in ours) for field in app.setting_fields()}


def _setting(view: SettingsView, field: SettingField, ours: bool) -> Mapping[str, object]:
    found = view.sourced(field.key)
    shown = _value(field, found.value) if ours else None
    if shown is None:
        shown = "as it comes" if found.value == field.default else "set"
    return {"value": shown, "from": found.origin.value, "locked": view.locked(field.key)}


def _value(field: SettingField, value: Value) -> bool | int | float | str | None:
    if isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and value in field.choices else None


def _plugins(app: App) -> list[Mapping[str, object]]:
    failed = {(one.plugin, one.hook) for one in app.host.failures}
    return [
        {
            "name": one.name,
            "version": one.version,
            "built_in": one.name in BUILTIN,
            "state": one.state.value,
            "hooks": list(one.hooks),
            "failed_in": sorted(hook for plugin, hook in failed if plugin == one.name),
        }
        for one in app.records
    ]


def _job(job: JobOutline, words: Words) -> Mapping[str, object]:
    hidden = ("server", "user", "project", "subject", "session")
    return {
        "job": job.id[:8],
        "state": job.state,
        **{name: words.hashed(getattr(job, name)) for name in hidden},
        "scans": job.scans,
        "files": job.files,
        "bytes": job.size,
        "attempts": job.attempts,
        "created": _moment(job.created),
        "finished": _moment(job.finished),
        "parts": dict(job.parts),
        "findings": {code if _CODE.fullmatch(code) else "?": n for code, n in job.codes},
        "left_out": dict(job.reasons),
    }


def _database(queue: QueueOutline) -> Mapping[str, Any]:
    return {
        "state": queue.state,
        "version": queue.version,
        "bytes": dict(queue.sizes),
        "rows": dict(queue.rows),
        "schema": list(queue.schema),
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
