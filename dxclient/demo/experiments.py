"""Archived sessions, their scans and their files."""

import html
import json
import sqlite3
from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo.archive import scan_type
from dxclient.demo.context import demo, target, user
from dxclient.demo.forms import RestError, chosen_columns, item, item_facts, table, text
from dxclient.demo.prearchive import FILE_COLUMNS, file_rows, resource_table
from dxclient.demo.projects import get_subject, visible_project

experiments = Blueprint("experiments", __name__)
_BASES = (
    "/data/projects/<project>/subjects/<subject>/experiments/<name>",
    "/data/projects/<project>/experiments/<name>",
    "/data/subjects/<subject>/experiments/<name>",
    "/data/experiments/<name>",
)


def _everywhere(suffix: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        for base in _BASES:
            experiments.get(base + suffix)(handler)
        return handler

    return register


def _facts(row: sqlite3.Row) -> dict[str, object]:
    return {
        "ID": row["id"],
        "project": row["project"],
        "date": row["date"],
        "xsiType": row["xsi_type"],
        "label": row["label"],
        "insert_date": row["insert_date"],
        "insert_user": row["insert_user"],
        "subject_ID": row["subject"],
        "modality": row["modality"],
        "UID": row["uid"],
        "URI": f"/data/experiments/{row['id']}",
    }


@experiments.get("/data/experiments")
@experiments.get("/data/projects/<project>/experiments")
@experiments.get("/data/projects/<project>/subjects/<subject>/experiments")
def listing(project: str = "", subject: str = "") -> AnyResponse:
    """List archived sessions."""
    if project:
        visible_project(project)
    owner = get_subject(project, subject)["id"] if subject else ""
    kind = request.args.get("xsiType", "")
    shown = [
        _facts(row)
        for row in demo().state.rows("SELECT * FROM experiments ORDER BY id")
        if (row["project"] == project if project else demo().accounts.role(user(), row["project"]))
        and (not owner or row["subject"] == owner)
        and (not kind or row["xsi_type"] == kind)
    ]
    default = ("ID", "project", "date", "xsiType", "label", "insert_date", "URI")
    known = (*default, "insert_user", "subject_ID", "modality", "UID")
    return table(
        shown,
        [name for name in chosen_columns(default) if name in known],
        title="Matching experiments",
    )


def _find(project: str, subject: str, name: str) -> sqlite3.Row:
    found = demo().state.rows("SELECT * FROM experiments WHERE ? IN (id, label)", name)
    owner = get_subject(project, subject)["id"] if project and subject else subject
    for row in found:
        here = row["project"] == project if project else row["id"] == name
        if here and (not owner or row["subject"] == owner):
            visible_project(row["project"])
            return row
    raise RestError(404, f"Unable to find the specified experiment {name}.")


def _files(row: sqlite3.Row) -> list[sqlite3.Row]:
    return demo().state.rows(
        "SELECT * FROM files WHERE experiment = ? ORDER BY CAST(scan AS INTEGER), scan, name",
        row["id"],
    )


def _scans(row: sqlite3.Row) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for file in _files(row):
        scan = found.setdefault(
            file["scan"],
            {
                "xnat_imagescandata_id": len(found) + 1,
                "ID": file["scan"],
                "type": file["description"],
                "quality": "usable",
                "xsiType": scan_type(file["modality"]),
                "note": "",
                "series_description": file["description"],
                "UID": file["series"],
                "modality": file["modality"],
                "frames": 0,
                "URI": f"/data/experiments/{row['id']}/scans/{file['scan']}",
            },
        )
        scan["frames"] = int(str(scan["frames"])) + 1
    return list(found.values())


def _scan_item(scan: dict[str, object]) -> object:
    names = ("ID", "type", "quality", "series_description", "UID", "modality", "frames")
    return item_facts(str(scan["xsiType"]), {name: scan[name] for name in names})


@_everywhere()
def one(name: str, project: str = "", subject: str = "") -> AnyResponse:
    """Return an archived session with its scans."""
    row = _find(project, subject, name)
    facts = _facts(row)
    names = ("ID", "project", "date", "label", "subject_ID", "modality", "UID")
    extra = {
        key.partition("/")[2]: value
        for key, value in json.loads(row["fields"]).items()
        if key.startswith("xnat:") and not key.endswith("/label")
    }
    fields = {**{key: facts[key] for key in names}, **extra, "prevent_anon": row["prevent_anon"]}
    return item(row["xsi_type"], fields, {"scans/scan": [_scan_item(s) for s in _scans(row)]})


@_everywhere("/scans")
def scans(name: str, project: str = "", subject: str = "") -> AnyResponse:
    """List the scans of an archived session."""
    columns = [
        *("xnat_imagescandata_id", "ID", "type", "quality", "xsiType", "note"),
        *("series_description", "URI"),
    ]
    return table(_scans(_find(project, subject, name)), columns, title="Scans")


@_everywhere("/scans/<scan>")
def scan_one(name: str, scan: str, project: str = "", subject: str = "") -> AnyResponse:
    """Return one scan."""
    for found in _scans(_find(project, subject, name)):
        if found["ID"] == scan:
            names = ("ID", "type", "quality", "series_description", "UID", "modality")
            return item(str(found["xsiType"]), {key: found[key] for key in names})
    raise RestError(404, f"Unable to find the specified scan {scan}.")


@_everywhere("/scans/<scan>/resources")
def resources(name: str, scan: str, project: str = "", subject: str = "") -> AnyResponse:
    """List the resources of a scan."""
    row = _find(project, subject, name)
    return resource_table([file for file in _files(row) if file["scan"] == scan])


@_everywhere("/scans/<scan>/files")
@_everywhere("/scans/<scan>/resources/DICOM/files")
def files(name: str, scan: str, project: str = "", subject: str = "") -> AnyResponse:
    """List the files of a scan, or of all with ``ALL``."""
    row = _find(project, subject, name)
    found = [file for file in _files(row) if scan in (file["scan"], "ALL")]
    if not found and scan != "ALL":
        raise RestError(404, f"Unable to find the specified scan {scan}.")
    digests = _has_digests()
    shown = file_rows(found, f"/data/experiments/{row['id']}", digests=digests)
    return table(shown, FILE_COLUMNS, title="Files")


def _has_digests() -> bool:
    return demo().faults.take("no-digests", target()) is None


@_everywhere("/scans/<scan>/resources/DICOM")
def catalog(name: str, scan: str, project: str = "", subject: str = "") -> AnyResponse:
    """Return the catalog of a scan, which names the instance in each file."""
    row = _find(project, subject, name)
    found = [file for file in _files(row) if file["scan"] == scan]
    if not found:
        raise RestError(404, f"Unable to find the specified scan {scan}.")
    digests = _has_digests()
    entries = "\n".join(_entry(file, digests=digests) for file in found)
    return text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<cat:DCMCatalog xmlns:cat="http://nrg.wustl.edu/catalog" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'UID="{found[0]["series"]}">\n<cat:entries>\n{entries}\n</cat:entries>\n'
        "</cat:DCMCatalog>",
        kind="text/xml",
    )


def _entry(file: sqlite3.Row, *, digests: bool) -> str:
    digest = f' digest="{file["md5"]}"' if digests else ""
    name = html.escape(file["name"])
    return (
        f'<cat:entry ID="scans/{file["scan"]}/{name}" URI="{name}" UID="{file["sop_instance"]}" '
        f'content="" format="DICOM"{digest} xsi:type="cat:dcmEntry"/>'
    )


@_everywhere("/scans/<scan>/resources/DICOM/files/<file>")
def download(name: str, scan: str, file: str, project: str = "", subject: str = "") -> AnyResponse:
    """Return the bytes of a file."""
    for found in _files(_find(project, subject, name)):
        if (found["scan"], found["name"]) == (scan, file):
            return send_file(demo().folder.absolute() / found["path"], mimetype="application/dicom")
    raise RestError(404, "Unable to find the specified file.")
