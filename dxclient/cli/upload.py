"""``dxclient upload FOLDER --server URL --project P``: one image session, to its receipt."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from dxclient.app import App, UploadPlan
from dxclient.cli import own_script, watch
from dxclient.cli import scan as scanning
from dxclient.cli.login import add_server, log_in
from dxclient.cli.output import (
    console,
    errors,
    findings_lines,
    progress,
    show_json,
    size_text,
    tell_of_damage,
)
from dxclient.cli.receipt import left_out_text, save_receipt, show_receipt
from dxclient.cli.variables import variables
from dxclient.domain.dicom import FolderReport, ImageSession
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import DxError
from dxclient.domain.events import Event, JobChanged
from dxclient.domain.findings import Severity
from dxclient.domain.jobs import JobState, UploadJob, count_left_out
from dxclient.domain.labels import same_label
from dxclient.domain.project import ProjectContents, ProjectSettings

#: A job in one of these does not go on by itself.
RESTS = {
    JobState.CONFIRMED,
    JobState.PAUSED,
    JobState.NEEDS_LOGIN,
    JobState.NEEDS_YOU,
    JobState.FAILED,
    JobState.CANCELLED,
}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("folder", nargs="+", type=Path, help="folder or file")
    add_server(parser)
    parser.add_argument("--project", required=True, help="id of the project")
    parser.add_argument("--study", help="Study Instance UID, where the folder holds several")
    parser.add_argument("--subject", help="subject label; created where it does not exist")
    parser.add_argument("--session", help="session label; proposed where it is not given")
    parser.add_argument(
        "--scan", action="append", help="number or Series UID of a scan to send; repeatable"
    )
    parser.add_argument("--tracer", default="", help="PET tracer")
    parser.add_argument("--date", default="", help="date of the session, where the project asks")
    parser.add_argument(
        "--date-unknown", action="store_true", help="say that you do not know the date"
    )
    parser.add_argument("--var", action="append", default=[], metavar="NAME=VALUE")
    own_script.add(parser)
    parser.add_argument(
        "--without-anonymization",
        action="store_true",
        help="send although the project has no anonymization script",
    )
    parser.add_argument(
        "--yes", action="store_true", help="do not ask; findings that need you are acknowledged"
    )
    parser.add_argument("--receipt", type=Path, help="write the receipt (.json or .html)")
    watch.add(parser)
    parser.add_argument("--json", action="store_true", help="print the receipt as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Scan, plan, ask, send, confirm; or watch a folder."""
    if wrong := watch.wrong_usage(arguments):
        sys.stderr.write(f"dxclient upload: error: {wrong}\n")
        return 2
    with App.open(safe_mode=getattr(arguments, "safe_mode", False)) as app:
        tell_of_damage(app)  # and before anything else, that another dxclient is at work
        log_in(app, arguments)
        if arguments.watch:
            return watch.run(app, arguments)
        settings = app.project_settings(app.project(arguments.project))
        report = scanning.read(app, arguments.folder)
        _show_left_out(errors(), report)
        session = _session(report, arguments.study)
        contents = app.project_contents(settings.project)
        draft = _draft(app, arguments, settings, session, contents)
        draft = replace(draft, left_out=count_left_out(report))
        plan = app.plan(draft)
        _show_plan(errors(), plan)
        _must_be_fine(app, draft, plan, contents, agreed=arguments.yes)
        return send(app, draft, arguments)


def send(app: App, draft: UploadDraft, arguments: argparse.Namespace) -> int:
    """Queue, wait for the end, print the receipt."""
    job = app.submit(draft)
    job = wait(app, job)
    receipt = app.transfers.receipt(job.id)
    if receipt is None:
        raise DxError(job.sentence or f"The upload is {job.state.value}.", details=job.details)
    if arguments.json:
        show_json(receipt)
    else:
        show_receipt(console(), receipt)
    if arguments.receipt:
        save_receipt(app, job.id, arguments.receipt)
    if job.state is not JobState.CONFIRMED:
        raise DxError(job.sentence or f"The upload is {job.state.value}.", details=job.details)
    return 0


def wait(app: App, job: UploadJob) -> UploadJob:
    """Run the queue until it rests, with a progress bar and a line for what has to wait."""
    with progress(errors()) as bar:
        task = bar.add_task(job.target.session, total=job.bytes_total)
        waits: set[tuple[JobState, int]] = set()

        def told(event: Event) -> None:
            if isinstance(event, JobChanged) and event.job.id == job.id:
                now = event.job
                pause = (now.state, now.attempts)
                if now.state in (JobState.WAITING, JobState.OFFLINE) and pause not in waits:
                    waits.add(pause)
                    bar.console.print(f"… {now.sentence}", markup=False)
                bar.update(
                    task,
                    completed=now.bytes_sent,
                    total=now.bytes_total,
                    description=f"{now.target.session}: {now.state.value}",
                )

        app.subscribe(told)
        app.start_transfers()
        # Only this job: another one may wait for its server for days.
        while (now := app.transfers.job(job.id)).state not in RESTS:
            time.sleep(0.05)
    return now


def _session(report: FolderReport, study: str | None) -> ImageSession:
    found = [s for s in report.sessions if study in (None, s.study_uid)]
    if not found:
        raise DxError("No such image session was found. “dxclient scan” lists what a folder holds.")
    if len(found) > 1:
        raise DxError(
            f"{len(found)} image sessions were found; choose one with --study UID. "
            "“dxclient scan” lists them."
        )
    return found[0]


def _draft(
    app: App,
    arguments: argparse.Namespace,
    settings: ProjectSettings,
    session: ImageSession,
    contents: ProjectContents,
) -> UploadDraft:
    draft = UploadDraft(
        settings=settings,
        session=session,
        scan_uids=_scans(session, arguments.scan),
        tracer=arguments.tracer,
        verified_date=arguments.date,
        date_unknown=arguments.date_unknown,
        accepts_no_script=arguments.without_anonymization,
        answers=variables(arguments.var),
    )
    draft = own_script.chosen(app, draft, arguments)
    subject = arguments.subject or app.propose_subject(draft, contents)
    if not subject:
        raise DxError("Say which subject with --subject LABEL.")
    known = [s.label for s in contents.subjects if same_label(s.label, subject)]
    draft = replace(draft, subject=known[0] if known else subject, create_subject=not known)
    label = arguments.session or app.propose_session(draft, contents)
    return replace(draft, label=label, label_typed=bool(arguments.session))


def _scans(session: ImageSession, wanted: list[str] | None) -> frozenset[str] | None:
    if not wanted:
        return None
    chosen = {s.series_uid for s in session.scans if {s.number, s.series_uid} & set(wanted)}
    known = {word for s in session.scans for word in (s.number, s.series_uid)}
    if unknown := [word for word in wanted if word not in known]:
        raise DxError(f"The session has no scan {', '.join(unknown)}.")
    return frozenset(chosen)


def _show_left_out(out: Console, report: FolderReport) -> None:
    for reason, count in Counter(left.reason for left in report.left_out).most_common():
        out.print(f"Left out: {count} × {reason.value}", markup=False)


def _show_plan(out: Console, plan: UploadPlan) -> None:
    target = plan.request.target
    size = size_text(sum(file.size for file in plan.request.files))
    out.print(
        f"{len(plan.request.files)} files in {len(plan.request.scans)} scans ({size}) go to "
        f"{target.server}, project {target.project}, subject {target.subject}, "
        f"session {target.session} ({target.destination.value}).",
        markup=False,
    )
    for left in plan.request.left_out:
        if left.series_number:  # what belongs to no scan was said with the folder
            out.print(left_out_text(left), markup=False)
    if plan.request.plan.scripts:
        names = ", ".join(f"{s.name} ({s.origin.value})" for s in plan.request.plan.scripts)
        out.print(f"Anonymized on this machine by: {names}", markup=False)
    else:
        out.print("⚠ There is no anonymization script: the files are sent as they are.")
        out.print(own_script.offered(), markup=False)


def _must_be_fine(
    app: App, draft: UploadDraft, plan: UploadPlan, contents: ProjectContents, *, agreed: bool
) -> None:
    """Show findings; refuse what stops, ask about what needs a person."""
    findings = (*plan.findings, *app.label_findings(draft, contents))
    out = errors()
    for line in dict.fromkeys(findings_lines(findings)):
        out.print(line, markup=False)
    if any(finding.severity is Severity.STOPS for finding in findings):
        raise DxError("Nothing was sent; see above.")
    if agreed:
        return
    if not sys.stdin.isatty():
        raise DxError("Nothing was sent. Add --yes to send without being asked.")
    sys.stderr.write("Send this session? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().casefold() not in {"y", "yes"}:
        raise DxError("Nothing was sent.")
