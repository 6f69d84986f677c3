"""From a draft to a frozen plan: judged by all guards, nothing sent yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dxclient import __version__
from dxclient.anonymize import (
    OWN_VARIABLES,
    anonymizes,
    check_plan,
    explain_plan,
    required_variables,
)
from dxclient.app.language import function_versions, script_functions
from dxclient.dicomedit import ScriptVariable
from dxclient.domain.dicom import ImageSession, Reason, Scan
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import DxError
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.jobs import JobRequest, LeftOutCount, PlannedScan, SourceFile, UploadTarget
from dxclient.domain.plan import AnonymizationPlan, PluginVersion, Variable
from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import ProjectSettings, ScriptSource
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


@dataclass(frozen=True, slots=True)
class _Chain:
    """What will run over each file: asked for once, so that what is judged is what is frozen."""

    steps: tuple[AnonymizationStep, ...]
    functions: tuple[DicomEditFunction, ...]

    @property
    def scripts(self) -> tuple[ScriptSource, ...]:
        return tuple(step.script for step in self.steps)


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
        found: tuple[str, DateVerification | None] = self._host.first_named(
            "dxclient_date_verification",
            session=session,
            project=project,
            settings=self._settings(project.project.id),
        )
        plugin, answer = found
        if answer is None or not answer.question:
            return None
        return replace(answer, judge=partial(self._judged, plugin, answer))

    def _judged(
        self, plugin: str, verification: DateVerification, typed: str
    ) -> tuple[Finding, ...]:
        """What a plugin says of a date; one that cannot say it has not accepted it."""

        def judge() -> tuple[Finding, ...]:
            return tuple(replace(f, source=plugin) for f in verification.judge(typed))

        found = self._host.contain(plugin, judge, hook="dxclient_date_verification")
        return (_date_unjudged(plugin),) if found is None else found

    def variables(self, draft: UploadDraft) -> tuple[ScriptVariable, ...]:
        """What a person has to supply for the scripts of server and extensions.

        Raises
        ------
        ScriptError
            A script cannot be understood.
        """
        return _needed(self._chain(draft))

    def verify(self, draft: UploadDraft) -> tuple[Finding, ...]:
        """Let every guard judge the draft; the date is judged again here."""
        return self._judge(draft, self._chain(draft), self.date_verification(draft))

    def _judge(
        self, draft: UploadDraft, chain: _Chain, verification: DateVerification | None
    ) -> tuple[Finding, ...]:
        session, project = _complete(draft)
        answers = self._host.strict(
            "dxclient_verify_session",
            session=session,
            draft=draft,
            project=project,
            settings=self._settings(project.project.id),
        )
        found = [replace(f, source=plugin) for plugin, answer in answers for f in answer]
        asked = verification is not None and not draft.date_unknown
        return (
            *found,
            *(verification.judge(draft.verified_date) if verification and asked else ()),
            *self._without_script(draft, chain),
            *_own_script_findings(draft, chain),
            *_reserved_findings(draft),
            *_variable_findings(draft, chain),
            *(_not_loaded(record) for record in self._broken),
            *self._unread(),
        )

    def _without_script(self, draft: UploadDraft, chain: _Chain) -> Iterable[Finding]:
        """Judge by what will run, not by what the server has: extensions add and replace."""
        _, project = _complete(draft)
        if anonymizes(chain.scripts, functions=chain.functions):
            return
        if self._settings(project.project.id).flag("upload.require_script"):
            yield _script_required(bool(chain.steps))
        elif not draft.accepts_no_script:
            yield _script_none(bool(chain.steps))
        else:
            yield Finding(
                severity=Severity.NOTE,
                code="script.none-accepted",
                sentence="Sent without anonymization, as accepted by the person who sent it.",
            )

    def _chain(self, draft: UploadDraft) -> _Chain:
        """The steps of the anonymization in their order, and the functions they may use."""
        _, project = _complete(draft)
        answers = self._host.strict(
            "dxclient_anonymization_steps",
            project=project,
            draft=draft,
            settings=self._settings(project.project.id),
        )
        steps = sorted((step for _, answer in answers for step in answer), key=lambda s: s.order)
        return _Chain(tuple(steps), script_functions(self._host, self._settings("")))

    def anonymization(self, draft: UploadDraft) -> AnonymizationPlan:
        """Freeze scripts, variables and plugin versions.

        Raises
        ------
        ScriptError
            A script cannot be understood; nothing was touched.
        """
        return self._freeze(draft, self._chain(draft))

    def _freeze(self, draft: UploadDraft, chain: _Chain) -> AnonymizationPlan:
        _, project = _complete(draft)
        plan = AnonymizationPlan(
            scripts=chain.scripts,
            variables=_variables(draft, project, chain.steps),
            plugins=(*self._plugins(), *function_versions(chain.functions)),
        )
        check_plan(plan, functions=chain.functions)
        return plan

    def _plugins(self) -> tuple[PluginVersion, ...]:
        extensions = (v for v in self._host.versions() if not v.name.startswith("dxclient.builtin"))
        return (PluginVersion("dxclient", __version__), *extensions)

    def plan(self, draft: UploadDraft, *, server: str, user: str) -> UploadPlan:
        """Everything that would happen, as data."""
        session, project = _complete(draft)
        verdicts = {scan.series_uid: verdict for scan, verdict in self.accept(session, project)}
        chain, verification = self._chain(draft), self.date_verification(draft)
        plan = self._freeze(draft, chain)
        findings = self._judge(draft, chain, verification)
        chosen = tuple(scan for scan in draft.scans if verdicts[scan.series_uid].accepted)
        if draft.scans and not chosen:
            findings = (*findings, _all_filtered())
        request = JobRequest(
            target=_target(draft, project, server, user),
            study_uid=session.study_uid,
            plan=plan,
            scans=tuple(_planned(scan) for scan in chosen),
            files=tuple(_sources(chosen)),
            left_out=(*draft.left_out, *_left_out(draft, session, chosen)),
            findings=findings,
            date_check=_date_check(draft, verification is not None),
        )
        return UploadPlan(
            request=request,
            findings=findings,
            explanation=tuple(explain_plan(plan, functions=chain.functions)),
        )


def _complete(draft: UploadDraft) -> tuple[ImageSession, ProjectSettings]:
    if draft.session is None or draft.settings is None:
        raise DxError("Choose a project and a session first.")
    return draft.session, draft.settings


def _variables(
    draft: UploadDraft,
    project: ProjectSettings,
    steps: Sequence[AnonymizationStep],
) -> tuple[Variable, ...]:
    """What steps bring, then what the person answered, then the program's own: the last counts.

    Names are folded to lower case, as DicomEdit looks values up in any case.
    """
    own = {
        "project": project.project.id,
        "subject": draft.subject,
        "session": draft.label,
        "experiment_label": draft.label,
        "tracer": draft.tracer if draft.has_pet else "",
    }
    brought = (v for step in steps for v in step.variables)
    given = {variable.name.lower(): variable.value for variable in (*brought, *draft.answers)}
    return tuple(Variable(name, value) for name, value in {**given, **own}.items())


def _reserved_findings(draft: UploadDraft) -> Iterable[Finding]:
    for variable in draft.answers:
        if variable.name.lower() in OWN_VARIABLES:
            yield Finding(
                severity=Severity.STOPS,
                code="variable.reserved",
                sentence=f"The program itself sets the variable “{variable.name}”.",
                hint="Leave it out; it follows from the project, the labels and the tracer.",
                subject=variable.name,
            )


def _own_script_findings(draft: UploadDraft, chain: _Chain) -> Iterable[Finding]:
    """What a person chose and relies on has to run, or nothing is sent."""
    if draft.lost_script:
        yield Finding(
            severity=Severity.STOPS,
            code="script.own-lost",
            sentence=draft.lost_script,
            hint="Choose another script, or say that you go on without it.",
        )
    if draft.own_script is not None and draft.own_script not in chain.scripts:
        yield Finding(
            severity=Severity.STOPS,
            code="script.own-left-out",
            sentence=f"The script “{draft.own_script.name}”, which you chose, would not run: "
            "what runs scripts is switched off or replaced.",
            hint="Choose no script of your own, or see which extensions are on.",
        )


def _needed(chain: _Chain) -> tuple[ScriptVariable, ...]:
    """What a person has to supply: what the scripts need and no step brings."""
    brought = {variable.name.lower() for step in chain.steps for variable in step.variables}
    needed = required_variables(chain.scripts, functions=chain.functions)
    return tuple(variable for variable in needed if variable.name.lower() not in brought)


def _variable_findings(draft: UploadDraft, chain: _Chain) -> Iterable[Finding]:
    known = {variable.name.lower() for variable in draft.answers if variable.value.strip()}
    for variable in _needed(chain):
        if variable.name.lower() not in known:
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
        overwrite=draft.overwrite,
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


def _date_check(draft: UploadDraft, asked: bool) -> str:
    """What the receipt says; how an extension compares is not known here."""
    if not asked:
        return "not asked"
    if draft.date_unknown:
        return "not known to the person who sent it"
    return "answered and accepted"


def _date_unjudged(plugin: str) -> Finding:
    return Finding(
        severity=Severity.STOPS,
        code="date.unjudged",
        sentence=f"The extension “{plugin}” failed when it judged the date. Nothing was sent.",
        hint="Update or replace the extension, or ask its author.",
        source=plugin,
    )


def _script_required(some: bool) -> Finding:
    return Finding(
        severity=Severity.STOPS,
        code="script.required",
        sentence=f"{_no_script(some)}, and your settings forbid to send without.",
        hint="Choose a ready-made script or another project.",
    )


def _script_none(some: bool) -> Finding:
    return Finding(
        severity=Severity.STOPS,
        code="script.none",
        sentence=f"{_no_script(some)}: names and dates of the patient would be sent as they are.",
        hint="Choose a ready-made script or another project, or say that you want this.",
    )


def _no_script(some: bool) -> str:
    if some:
        return "The anonymization scripts change nothing"
    return "The project has no anonymization script"


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
