"""``dxclient projects``."""

from __future__ import annotations

import argparse

from dxclient.app import App
from dxclient.cli.login import add_server, log_in
from dxclient.cli.output import console, show_json, table
from dxclient.domain.project import ProjectSettings


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_server(parser)
    parser.add_argument("--project", help="show what this project demands")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """List projects, or show one."""
    with App.open() as app:
        log_in(app, arguments)
        if arguments.project:
            settings = app.project_settings(app.project(arguments.project))
            show_json(settings) if arguments.json else _show(settings)
            return 0
        projects = app.projects()
    if arguments.json:
        show_json(projects)
    else:
        rows = [(p.id, p.title, p.description) for p in projects]
        console().print(table(("ID", "Title", "Description"), rows, right=set()))
    return 0


def _show(settings: ProjectSettings) -> None:
    values = (
        ("Destination", settings.destination),
        ("New subjects allowed", settings.allow_create_subject),
        ("Bulk upload allowed", settings.allow_bulk_upload),
        ("Date must be verified", settings.require_date),
        ("Subject labels", settings.subject_scheme),
        ("Session labels", settings.session_scheme),
    )
    rows = [(name, _said(sourced.value), sourced.origin.value) for name, sourced in values]
    rows += [(f"Script “{s.name}”", "yes", s.origin.value) for s in settings.scripts]
    rows += [("Series import filter", "yes", f.origin.value) for f in settings.filters]
    tracers = ", ".join(tracer.name for tracer in settings.tracers.value)
    rows.append(("PET tracers", tracers, settings.tracers.origin.value))
    out = console()
    out.print(table(("Setting", "Value", "From"), rows, right=set()))
    if not settings.scripts:
        out.print("⚠ No anonymization script: files would be sent as they are.")


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(getattr(value, "value", value))
