"""What the upload's screens say, worked out without a toolkit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from dxclient.domain.dicom import FolderReport, ImageSession, Scan, ScanProgress
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.jobs import JobRequest
from dxclient.domain.project import (
    Destination,
    Origin,
    PetTracer,
    Project,
    ProjectSettings,
    ScriptSource,
    Sourced,
)
from dxclient.ui import words

if TYPE_CHECKING:
    from dxclient.app.offers import Offer
    from dxclient.app.scripting import CheckedScript

T = TypeVar("T")

#: What a person reads for the places that settings come from.
ORIGINS = {
    Origin.DEFAULT: "default of XNAT",
    Origin.MACHINE: "this computer",
    Origin.SITE: "XNAT site",
    Origin.PROJECT: "XNAT project",
    Origin.USER: "you",
    Origin.PLUGIN: "an extension",
}

DESTINATIONS = {
    Destination.PREARCHIVE: "the prearchive, where someone reviews it",
    Destination.ARCHIVE: "the archive; a session that is already there is refused",
    Destination.ARCHIVE_OVERWRITE: "the archive; a session that is already there is overwritten",
}

#: Schemes that XNAT's settings name.
SCHEMES = {
    "manual": "typed by hand",
    "auto": "subject, modality and number",
    "dicom_patient_id": "patient ID from DICOM",
    "dicom_patient_name": "patient name from DICOM",
    "dicom_accession_num": "accession number from DICOM",
}

_ICONS = {Severity.STOPS: "✖", Severity.NEEDS_YOU: "⚠", Severity.NOTE: "•"}
_FINDINGS = {
    Severity.STOPS: ("stops", "stop"),
    Severity.NEEDS_YOU: ("needs you", "need you"),
    Severity.NOTE: ("note", "notes"),
}
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A demand of a project: what, how, and who says so."""

    name: str
    value: str
    origin: str


def date_text(day: date | None) -> str:
    """Say a date as ``2024-03-09``, a dash where there is none."""
    return day.isoformat() if day else "–"


def view_title(draft: UploadDraft) -> str:
    """The sentence above the steps."""
    if draft.settings is None:
        return "Upload an image session"
    return f"Upload to “{draft.settings.project.title}”"


def patient_text(session: ImageSession) -> str:
    """Say a DICOM person name as people write it: ``Doe, Jane``."""
    family, _, given = session.patient_name.partition("^")
    given = " ".join(given.replace("^", " ").split())
    return ", ".join(part for part in (family.strip(), given) if part) or "–"


def session_title(session: ImageSession) -> str:
    """Name a session in one line, without the patient: ``MR of 2024-03-09, brain``."""
    kind = "/".join(session.modalities) or "Session"
    when = f" of {session.date.isoformat()}" if session.date else " without a date"
    return f"{kind}{when}" + (f", {session.description}" if session.description else "")


def session_row(session: ImageSession) -> tuple[str, ...]:
    """The cells of a session: patient, ID, date, description, modalities, scans, files, size."""
    return (
        patient_text(session),
        session.patient_id or "–",
        date_text(session.date),
        session.description or "–",
        ", ".join(session.modalities) or "–",
        f"{len(session.scans):,}",
        f"{session.file_count:,}",
        words.size(session.size),
        findings_text(session.findings),
    )


def scan_row(scan: Scan, verdict: Verdict) -> tuple[str, ...]:
    """The cells of a scan: number, description, modality, files, size, remark."""
    return (
        scan.number or "–",
        scan.description or "–",
        scan.modality or "–",
        f"{len(scan.files):,}",
        words.size(scan.size),
        "" if verdict.accepted else verdict.reason or "refused",
    )


def findings_text(findings: Sequence[Finding]) -> str:
    """Sum findings up for a cell or the footer; empty where there are none."""
    count = Counter(finding.severity for finding in findings)
    return "  ".join(
        f"{icon} {words.plural(count[severity], *_FINDINGS[severity])}"
        for severity, icon in _ICONS.items()
        if count[severity]
    )


def progress_text(progress: ScanProgress) -> str:
    """Say how far the reading of folders is."""
    of_total = f" of {progress.total:,}" if progress.total else ""
    return (
        f"{progress.files:,}{of_total} files · {words.plural(progress.sessions, 'session')} · "
        f"{progress.left_out:,} left out · {words.size(progress.size)}"
    )


def report_text(report: FolderReport) -> str:
    """Say what the reading of folders gave."""
    sessions = words.plural(len(report.sessions), "session")
    text = f"{sessions} in {words.plural(report.files_seen, 'file')}"
    if report.left_out:
        text += f", {len(report.left_out):,} left out"
    return text + (" (stopped before the end)" if report.cancelled else "")


def left_out_counts(report: FolderReport) -> tuple[tuple[str, int], ...]:
    """Reasons with their counts, the most frequent first."""
    return tuple(Counter(item.reason.value for item in report.left_out).most_common())


def origin_text(origin: Origin) -> str:
    """Say where a value comes from."""
    return ORIGINS[origin]


def script_title(script: ScriptSource) -> str:
    """Name a script with its origin."""
    return f"{script.name} ({origin_text(script.origin)})"


def offer_text(offer: Offer) -> str:
    """What a person should know before choosing a script, and what it will ask for."""
    if not offer.asks:
        return offer.sentence
    return f"{offer.sentence} It asks for {', '.join(offer.asks)}."


def does_lines(checked: CheckedScript) -> tuple[str, ...]:
    """What a script does, or why it does nothing."""
    if checked.problems:
        return tuple(f"Line {one.line}: {one.sentence}" for one in checked.problems)
    if not checked.effective:
        return ("This script changes nothing of what is sent.",)
    return checked.sentences


def setting_rows(
    settings: ProjectSettings, own: ScriptSource | None = None
) -> tuple[SettingRow, ...]:
    """What a project demands, and the script that a person adds, as lines of a table."""
    return (
        _scripts_row((*settings.scripts, *((own,) if own else ()))),
        _sourced("Goes to", settings.destination, DESTINATIONS.__getitem__),
        _sourced("New subjects", settings.allow_create_subject, _allowed),
        _sourced("Many sessions at once", settings.allow_bulk_upload, _allowed),
        _sourced("Date must be verified", settings.require_date, _yes_no),
        _filters_row(settings),
        _sourced("Subject label", settings.subject_scheme, _scheme),
        _sourced("Session label", settings.session_scheme, _scheme),
        _sourced("PET tracers", settings.tracers, _tracers),
    )


def _sourced(name: str, sourced: Sourced[T], say: Callable[[T], str]) -> SettingRow:
    return SettingRow(name, say(sourced.value), origin_text(sourced.origin))


def _tracers(value: tuple[PetTracer, ...]) -> str:
    return ", ".join(tracer.name for tracer in value) or "no list"


def _allowed(value: object) -> str:
    return "allowed" if value else "not allowed"


def _yes_no(value: object) -> str:
    return "yes" if value else "no"


def _scheme(value: object) -> str:
    return SCHEMES.get(str(value), str(value))


def _scripts_row(scripts: Sequence[ScriptSource]) -> SettingRow:
    names = ", ".join(script.name for script in scripts)
    origins = _origins(script.origin for script in scripts)
    return SettingRow("Anonymization", names or "no script", origins)


def _filters_row(settings: ProjectSettings) -> SettingRow:
    value = words.plural(len(settings.filters), "filter") if settings.filters else "none"
    origins = _origins(item.origin for item in settings.filters)
    return SettingRow("Series import filters", value, origins)


def _origins(origins: Iterable[Origin]) -> str:
    return ", ".join(dict.fromkeys(origin_text(origin) for origin in origins)) or "–"


def project_warnings(
    settings: ProjectSettings, own: ScriptSource | None = None
) -> tuple[Finding, ...]:
    """What a person should know of a project before choosing it."""
    found = []
    if not settings.scripts and own is not None:
        found.append(
            Finding(
                severity=Severity.NOTE,
                code="project.own-script",
                sentence="Neither site nor project has an anonymization script: only "
                f"“{own.name}”, which you chose, anonymizes what you send.",
            )
        )
    elif not settings.scripts:
        found.append(
            Finding(
                severity=Severity.NEEDS_YOU,
                code="project.no-script",
                sentence="Neither site nor project has an anonymization script: "
                "nothing will be anonymized.",
                hint="Choose a ready-made script below, or another project, or ask the owner of "
                "this one for a script.",
            )
        )
    if not settings.allow_bulk_upload.value:
        found.append(
            Finding(
                severity=Severity.NOTE,
                code="project.single",
                sentence="Only one session at a time: "
                f"the {origin_text(settings.allow_bulk_upload.origin)} asks for it.",
            )
        )
    return tuple(found)


def matches(text: str, project: Project) -> bool:
    """Whether every word of *text* occurs in the project's title, id or description."""
    searched = f"{project.title} {project.id} {project.description}".casefold()
    return all(word in searched for word in text.casefold().split())


def recents_first(projects: Iterable[Project], recent: Sequence[str]) -> tuple[Project, ...]:
    """Sort projects: those used last in that order, then by title."""
    place = {project_id: number for number, project_id in enumerate(recent)}
    return tuple(
        sorted(projects, key=lambda p: (place.get(p.id, len(place)), p.title.casefold(), p.id))
    )


def read_date(typed: str) -> date | None:
    """Read ``YYYY-MM-DD`` or DICOM's ``YYYYMMDD`` (PS3.5, DA); None when it is neither."""
    found = _DATE.fullmatch(typed.strip())
    if found is None or typed.strip().count("-") == 1:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def held_text(held: Sequence[Finding]) -> str:
    """Say in the footer what is left to do; what is only missing is not drawn as a mistake."""
    if not held:
        return ""
    first = held[0]
    if len(held) > 1:
        return f"{len(held)} things are left. First: {first.sentence}"
    missing = first.code.endswith((".none", ".missing", ".unknown"))
    return first.sentence if missing else f"{_ICONS[first.severity]} {first.sentence}"


def amount_text(files: int, size: int) -> str:
    """Say how much goes: ``212 files, 104 MB``."""
    return f"{words.plural(files, 'file')}, {words.size(size)}"


def upload_text(request: JobRequest | None) -> str:
    """Name the last button by what it does."""
    if request is None:
        return "Upload 1 session"
    files, size = len(request.files), sum(file.size for file in request.files)
    return f"Upload 1 session ({amount_text(files, size)})"


def target_rows(request: JobRequest) -> tuple[tuple[str, str], ...]:
    """Where the session goes, line by line."""
    target = request.target
    new = " (new, will be created)" if target.create_subject else ""
    rows = [
        ("Server", f"{target.server}, as {target.user}" if target.user else target.server),
        ("Project", target.project),
        ("Subject", target.subject + new),
        ("Session", target.session),
        ("Goes to", DESTINATIONS[target.destination]),
    ]
    if target.tracer:
        rows.append(("PET tracer", target.tracer))
    size = sum(file.size for file in request.files)
    scans = words.plural(len(request.scans), "scan")
    rows.append(("How much", f"{scans}, {amount_text(len(request.files), size)}"))
    rows.append(("Left out", left_out_text(request)))
    rows.append(("Scripts", ", ".join(script_title(s) for s in request.plan.scripts) or "none"))
    return tuple(rows)


def left_out_text(request: JobRequest) -> str:
    """Say what of the session is not sent, and why."""
    return (
        "; ".join(
            f"scan {item.series_number} ({words.plural(item.files, 'file')}): {item.reason.value}"
            if item.series_number
            else f"{words.plural(item.files, 'file')}: {item.reason.value}"
            for item in request.left_out
        )
        or "nothing"
    )
