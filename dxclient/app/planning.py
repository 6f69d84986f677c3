"""From a draft to a frozen plan: judged by all guards, nothing sent yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dxclient import __version__
from dxclient.anonymize import check_plan, explain_plan, required_variables
from dxclient.domain.dicom import ImageSession, Reason, Scan
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import DxError
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.jobs import JobRequest, LeftOutCount, PlannedScan, SourceFile, UploadTarget
from dxclient.domain.plan import AnonymizationPlan, PluginVersion, Variable
from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import ProjectSettings
from dxclient.domain.protocols import AnonymizationStep, DateVerification, DicomEditFunction
from dxclient.plugin import PluginHost, PluginRecord, PluginState

#: Scans with these verdicts take part.
ACCEPTED = Verdict(accepted=True)
#: States of extensions that were meant to take part and do not.
BROKEN = (PluginState.FAILED, PluginState.REFUSED, PluginState.QUARANTINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPlan:
    """What would be queued, what the guards say of it, and what the scripts do."""

    request: JobRequest
    findings: tuple[Finding, ...] = ()
    explanation: tuple[str, ...] = ()

    @property
    def stops(self) -> tuple[Finding, ...]:
        """The findings that keep this plan from being queued."""
        return tuple(f for f in self.findings if f.severity is Severity.STOPS)


class Planner:
    """Asks the guards, freezes the plan.

    Parameters
    ----------
    host : PluginHost
        Whose hooks are asked.
    settings : callable
        The merged settings for a project id.
    extensions : sequence of PluginRecord
        One that could not be loaded may have guarded something, so the person is told.
    unread : callable
        Findings about settings that cannot be read.
    """

    def __init__(
        self,
        host: PluginHost,
        settings: Callable[[str], SettingsView],
        extensions: Sequence[PluginRecord] = (),
        *,
        unread: Callable[[], Iterable[Finding]] = tuple,
    ) -> None:
        self._host = host
        self._settings = settings
        self._unread = unread
        self._broken = tuple(record for record in extensions if record.state in BROKEN)

    def accept(
        self, session: ImageSession, project: ProjectSettings
    ) -> tuple[tuple[Scan, Verdict], ...]:
        """Ask the series filters about every scan of a session."""
        settings = self._settings(project.project.id)
        return tuple(
            (scan, self._verdict(scan=scan, project=project, settings=settings))
            for scan in session.scans
        )

    def _verdict(self, **known: Any) -> Verdict:
        refused = (
            verdict
            for _, verdict in self._host.strict("dxclient_accept_scan", **known)
            if not verdict.accepted
        )
        return next(refused, ACCEPTED)

    def date_verification(self, draft: UploadDraft) -> DateVerification | None:
        """Ask what a person has to say about the session's date."""
        session, project = _complete(draft)
        answer: DateVerification | None = self._host.first(
            "dxclient_date_verification",
            session=session,
            project=project,
            settings=self._settings(project.project.id),
        )
        return answer if answer is not None and answer.question else None

    def verify(self, draft: UploadDraft) -> tuple[Finding, ...]:
        """Let every guard judge the draft; the date is judged again here."""
        session, project = _complete(draft)
        answers = self._host.strict(
            "dxclient_verify_session",
            session=session,
            draft=draft,
            project=project,
            settings=self._settings(project.project.id),
        )
        found = [replace(f, source=plugin) for plugin, answer in answers for f in answer]
        return (
            *found,
            *self._date_findings(draft),
            *_variable_findings(draft, project, self.functions()),
            *(_not_loaded(record) for record in self._broken),
            *self._unread(),
        )

    def _date_findings(self, draft: UploadDraft) -> tuple[Finding, ...]:
        verification = self.date_verification(draft)
        if verification is None or draft.date_unknown:
            return ()
        return verification.judge(draft.verified_date)

    def anonymization(self, draft: UploadDraft) -> AnonymizationPlan:
        """Freeze scripts, variables and plugin versions.

        Raises
        ------
        ScriptError
            A script cannot be understood; nothing was touched.
        """
        _, project = _complete(draft)
        answers = self._host.strict(
            "dxclient_anonymization_steps",
            project=project,
            draft=draft,
            settings=self._settings(project.project.id),
        )
        functions = self.functions()
        steps = sorted((step for _, answer in answers for step in answer), key=lambda s: s.order)
        plan = AnonymizationPlan(
            scripts=tuple(step.script for step in steps),
            variables=_variables(draft, project, steps, functions),
            plugins=(*self._plugins(), *_versions(functions)),
        )
        check_plan(plan, functions=functions)
        return plan

    def functions(self) -> tuple[DicomEditFunction, ...]:
        """The functions that extensions add to the script language."""
        answers = self._host.strict("dxclient_dicomedit_functions")
        return tuple(function for _, found in answers for function in found)

    def _plugins(self) -> tuple[PluginVersion, ...]:
        extensions = (v for v in self._host.versions() if not v.name.startswith("dxclient.builtin"))
        return (PluginVersion("dxclient", __version__), *extensions)

    def plan(self, draft: UploadDraft, *, server: str, user: str) -> UploadPlan:
        """Everything that would happen, as data."""
        session, project = _complete(draft)
        verdicts = {scan.series_uid: verdict for scan, verdict in self.accept(session, project)}
        plan = self.anonymization(draft)
        findings = self.verify(draft)
        chosen = tuple(scan for scan in draft.scans if verdicts[scan.series_uid].accepted)
        if draft.scans and not chosen:
            findings = (*findings, _all_filtered())
        request = JobRequest(
            target=_target(draft, project, server, user),
            study_uid=session.study_uid,
            plan=plan,
            scans=tuple(_planned(scan) for scan in chosen),
            files=tuple(_sources(chosen)),
            left_out=tuple(_left_out(draft, session, chosen)),
            findings=findings,
            date_check=_date_check(draft, self.date_verification(draft)),
        )
        return UploadPlan(
            request=request,
            findings=findings,
            explanation=tuple(explain_plan(plan, functions=self.functions())),
        )


def _complete(draft: UploadDraft) -> tuple[ImageSession, ProjectSettings]:
    if draft.session is None or draft.settings is None:
        raise DxError("Choose a project and a session first.")
    return draft.session, draft.settings


def _versions(functions: Sequence[DicomEditFunction]) -> Iterable[PluginVersion]:
    return (PluginVersion(f"function {one.name}", one.version) for one in functions)


def _variables(
    draft: UploadDraft,
    project: ProjectSettings,
    steps: Sequence[AnonymizationStep],
    functions: Sequence[DicomEditFunction],
) -> tuple[Variable, ...]:
    """The client's own variables, then those of steps, then what the person answered."""
    given = {
        "project": project.project.id,
        "subject": draft.subject,
        "session": draft.label,
        "experiment_label": draft.label,
    }
    if draft.has_pet:
        given["tracer"] = draft.tracer
    for variable in (*(v for step in steps for v in step.variables), *draft.answers):
        given[variable.name] = variable.value
    scripts = tuple(step.script for step in steps)
    for needed in required_variables(scripts, functions=functions):
        given.setdefault(needed.name, needed.initial)
    return tuple(Variable(name, value) for name, value in given.items())


def _variable_findings(
    draft: UploadDraft, project: ProjectSettings, functions: Sequence[DicomEditFunction]
) -> Iterable[Finding]:
    answered = {variable.name for variable in draft.answers if variable.value.strip()}
    for variable in required_variables(project.scripts, functions=functions):
        if variable.name not in answered and not variable.initial:
            yield Finding(
                severity=Severity.STOPS,
                code="variable.missing",
                sentence=f"The anonymization scripts need a value for “{variable.name}”.",
                subject=variable.name,
            )


def _target(draft: UploadDraft, project: ProjectSettings, server: str, user: str) -> UploadTarget:
    return UploadTarget(
        server=server,
        user=user,
        project=project.project.id,
        subject=draft.subject,
        session=draft.label,
        destination=project.destination.value,
        create_subject=draft.create_subject,
        subject_group=draft.subject_group,
        tracer=draft.tracer if draft.has_pet else "",
        tracer_path=_tracer_path(draft),
    )


def _tracer_path(draft: UploadDraft) -> str:
    """XNAT keeps the tracer under the session's type: PET/MR has one of its own."""
    if not draft.has_pet:
        return ""
    mixed = any(scan.modality == "MR" for scan in draft.scans)
    return f"xnat:{'petMrSessionData' if mixed else 'petSessionData'}/tracer/name"


def _planned(scan: Scan) -> PlannedScan:
    return PlannedScan(
        series_uid=scan.series_uid,
        number=scan.number,
        modality=scan.modality,
        files=len(scan.files),
        size=scan.size,
    )


def _sources(scans: Iterable[Scan]) -> Iterable[SourceFile]:
    for scan in scans:
        for file in scan.files:
            yield SourceFile(
                path=str(file.path),
                size=file.size,
                modified_ns=file.modified_ns,
                series_uid=scan.series_uid,
                sop_instance_uid=file.sop_instance_uid,
            )


def _left_out(
    draft: UploadDraft, session: ImageSession, chosen: Sequence[Scan]
) -> Iterable[LeftOutCount]:
    sent = {scan.series_uid for scan in chosen}
    wanted = {scan.series_uid for scan in draft.scans}
    for scan in session.scans:
        if scan.series_uid not in sent:
            filtered = scan.series_uid in wanted
            yield LeftOutCount(
                series_number=scan.number,
                reason=Reason.FILTERED if filtered else Reason.NOT_SELECTED,
                files=len(scan.files),
            )


def _date_check(draft: UploadDraft, verification: DateVerification | None) -> str:
    if verification is None:
        return "not asked"
    return "not known to the person who sent it" if draft.date_unknown else "typed and equal"


def _all_filtered() -> Finding:
    return Finding(
        severity=Severity.STOPS,
        code="scans.filtered",
        sentence="The series import filters leave nothing of this session to send.",
    )


def _not_loaded(record: PluginRecord) -> Finding:
    return Finding(
        severity=Severity.NEEDS_YOU,
        code="extension.not-loaded",
        sentence=f"The extension “{record.name}” could not be loaded. {record.sentence}",
        hint="What it would check or anonymize is not done.",
        source=record.name,
    )
