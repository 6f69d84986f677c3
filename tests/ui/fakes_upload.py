"""A program without server, disk or plugins, whose answers a test decides."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from dxclient.app.offers import Offer, ready_made
from dxclient.app.scripting import check_text
from dxclient.builtin import dates, steps
from dxclient.domain.dicom import (
    DicomFile,
    FolderReport,
    ImageSession,
    LeftOut,
    Reason,
    Scan,
    ScanProgress,
)
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.jobs import JobRequest, LeftOutCount, PlannedScan, SourceFile, UploadTarget
from dxclient.domain.labels import label_problem, same_label
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.project import (
    Origin,
    PetTracer,
    Place,
    Project,
    ProjectContents,
    ProjectSettings,
    ScriptSource,
    Sourced,
    Subject,
    TakenLabel,
)

SCRIPT = ScriptSource(
    name="Site script", text='version "6.3"\n(0010,0010) := subject\n', origin=Origin.SITE
)


@dataclass(frozen=True)
class FakeVariable:
    name: str
    initial: str = ""
    description: str = ""
    hidden: bool = False


def fake_scan(study, number, modality="MR", description="T1 weighted", files=3, size=500_000):
    return Scan(
        series_uid=f"{study}.{number}",
        number=str(number),
        description=description,
        modality=modality,
        files=tuple(
            DicomFile(
                path=Path(f"{study}-{number}-{n}.dcm"),
                size=size,
                modified_ns=0,
                sop_class_uid="1.2.840.10008.5.1.4.1.1.4",
                sop_instance_uid=f"{study}.{number}.{n}",
                transfer_syntax_uid="1.2.840.10008.1.2.1",
            )
            for n in range(files)
        ),
    )


def fake_session(study="1.1", *, modality="MR", findings=(), scans=3, name="Example^One"):
    return ImageSession(
        study_uid=study,
        date=date(2024, 3, 9),
        time="10:20:30",
        description="Head",
        patient_name=name,
        patient_id=f"PID-{study}",
        scans=(
            fake_scan(study, 1, modality, "Localizer", files=1),
            *(fake_scan(study, n, modality) for n in range(2, scans + 1)),
        ),
        findings=tuple(findings),
    )


def projects():
    return (
        Project(id="MEM", name="Memory Study", description="Ageing and memory"),
        Project(id="PLAIN", name="Plain Project"),
        Project(id="PET", name="Tracer Study"),
    )


def contents():
    return ProjectContents(
        subjects=tuple(Subject(id=f"X{n}", label=f"S{n:02}") for n in range(1, 40)),
        taken=(
            TakenLabel(label="S01_MR_1", place=Place.ARCHIVE, subject="S01"),
            TakenLabel(label="QUEUED", place=Place.QUEUE, subject="S01"),
        ),
    )


@dataclass
class FakeOffers:
    """The ready-made profiles and own scripts, and what was chosen for good."""

    own: tuple = ()
    chosen: dict = field(default_factory=dict)
    lost: str = ""
    error: Exception | None = None

    def all(self):
        ready = tuple(
            Offer(id=name, script=ready_made(name), sentence="A sentence.", asks=asks)
            for name, asks in (("basic", ()), ("modified-dates", ("date_shift_days",)))
        )
        return (*ready, *self.own)

    def check(self, script):
        return check_text(script.text)

    def begin(self, draft):
        return replace(
            draft, own_script=self.chosen.get(draft.settings.project.id), lost_script=self.lost
        )

    def remember(self, project, script):
        if self.error is not None:
            raise self.error
        self.chosen[project] = script
        self.lost = ""


@dataclass
class FakeApp:
    """Answers as the program does, at once or when a test lets it."""

    sessions: tuple = field(
        default_factory=lambda: (fake_session("1.1"), fake_session("1.2", name="Example^Two"))
    )
    left_out: tuple = (LeftOut(path=Path("notes.txt"), reason=Reason.NOT_DICOM),)
    all_projects: tuple = field(default_factory=projects)
    in_project: ProjectContents = field(default_factory=contents)
    overrides: dict = field(default_factory=dict)
    refuse: frozenset = frozenset()
    variables: tuple = ()
    error: Exception | None = None
    plan_findings: tuple = ()
    gates: dict = field(default_factory=dict)
    submitted: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    scan_gate: threading.Event | None = None
    offers: FakeOffers = field(default_factory=FakeOffers)

    def settings(self, project=""):
        return SimpleNamespace(text=lambda key: "")

    def set_setting(self, key, value):
        self.asked.append((key, value))

    connection = SimpleNamespace(server=SimpleNamespace(url="https://xnat.example.org"), user="me")

    def workflow_steps(self):
        return tuple(steps.dxclient_workflow_steps())

    def _fail(self):
        if self.error is not None:
            raise self.error

    def projects(self):
        self._fail()
        return self.all_projects

    def recent_projects(self):
        return ("PLAIN",)

    def refresh_access(self):
        self.asked.append("refresh")

    def project_settings(self, project):
        self.asked.append(project.id)
        if project.id in self.gates:
            self.gates[project.id].wait(10)
        self._fail()
        usual = ProjectSettings(project=project, scripts=() if project.id == "PLAIN" else (SCRIPT,))
        return replace(usual, **self.overrides)

    def project_contents(self, project):
        return self.in_project

    def scan(self, paths, on_progress, cancelled):
        self._fail()
        seen = 0
        while self.scan_gate is not None and not self.scan_gate.wait(0.02):
            seen += 100
            on_progress(ScanProgress(files=seen, sessions=1, size=seen * 1000))
            if cancelled():
                return FolderReport(roots=tuple(paths), files_seen=seen, cancelled=True)
        return FolderReport(
            roots=tuple(paths),
            sessions=self.sessions,
            left_out=self.left_out,
            files_seen=sum(s.file_count for s in self.sessions) + len(self.left_out),
        )

    def accept(self, session, project):
        return tuple(
            (
                scan,
                Verdict(False, "localizers are not wanted")
                if scan.series_uid in self.refuse
                else Verdict(True),
            )
            for scan in session.scans
        )

    def date_verification(self, draft):
        found = dates.dxclient_date_verification(session=draft.session, project=draft.settings)
        return found if found.question else None

    def tracers(self, project):
        return (PetTracer("FDG"), PetTracer("PIB"))

    def script_variables(self, draft):
        if draft.own_script is not None and "date_shift_days" in draft.own_script.text:
            return (*self.variables, FakeVariable("date_shift_days"))
        return self.variables

    def propose_subject(self, draft, contents):
        return ""

    def propose_session(self, draft, contents):
        kind = draft.tracer if draft.has_pet else "MR"
        return f"{draft.subject}_{kind}_2" if draft.subject else ""

    def label_findings(self, draft, contents):
        found = [
            Finding(severity=Severity.STOPS, code=code, sentence=problem, subject=subject)
            for code, subject, text in (
                ("subject.label", "subject", draft.subject),
                ("session.label", "session", draft.label),
            )
            if (problem := label_problem(text))
        ]
        for taken in contents.taken:
            if not same_label(taken.label, draft.label):
                continue
            stops = taken.subject != draft.subject or taken.place is Place.QUEUE
            found.append(
                Finding(
                    severity=Severity.STOPS if stops else Severity.NEEDS_YOU,
                    code=f"session.in-{taken.place.value}",
                    sentence=f"A session {taken.label} is already in the {taken.place.value}.",
                    subject="session",
                )
            )
        return tuple(found)

    def verify(self, draft):
        return self.plan_findings

    def plan(self, draft):
        self._fail()
        scans = tuple(s for s in draft.scans if s.series_uid not in self.refuse)
        request = JobRequest(
            target=UploadTarget(
                server="https://xnat.example.org",
                user="me",
                project=draft.settings.project.id,
                subject=draft.subject,
                session=draft.label,
                create_subject=draft.create_subject,
                tracer=draft.tracer,
            ),
            study_uid=draft.session.study_uid,
            plan=AnonymizationPlan(
                scripts=(*draft.settings.scripts, *filter(None, (draft.own_script,))),
                variables=draft.answers,
            ),
            scans=tuple(
                PlannedScan(
                    series_uid=s.series_uid,
                    number=s.number,
                    modality=s.modality,
                    files=len(s.files),
                    size=s.size,
                )
                for s in scans
            ),
            files=tuple(
                SourceFile(
                    path=str(f.path),
                    size=f.size,
                    modified_ns=0,
                    series_uid=s.series_uid,
                    sop_instance_uid=f.sop_instance_uid,
                )
                for s in scans
                for f in s.files
            ),
            left_out=tuple(
                LeftOutCount(series_number=s.number, reason=Reason.FILTERED, files=len(s.files))
                for s in draft.session.scans
                if s not in scans
            ),
            findings=self.plan_findings,
        )
        return SimpleNamespace(
            request=request,
            findings=self.plan_findings,
            explanation=("Patient's name becomes the subject's label.",),
            stops=tuple(f for f in self.plan_findings if f.severity is Severity.STOPS),
        )

    def submit(self, draft):
        self.submitted.append(draft)
        return SimpleNamespace(id="job-1", target=SimpleNamespace(session=draft.label))


def single(**changes):
    """A project that asks for this."""
    return {key: Sourced(value, Origin.PROJECT) for key, value in changes.items()}
