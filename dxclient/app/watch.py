"""Sending what arrives in a folder, session by session, once each is there as a whole.

What cannot be sent holds up nothing else: it is told, and judged again when it changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from dxclient.app.program import App
from dxclient.app.watchfolder import Held, WatchedFolder
from dxclient.app.watchlabels import check_pattern, label_by
from dxclient.app.watchledger import Delivery, Ledger
from dxclient.domain.dicom import ImageSession
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import BadCredentials, DxError, LoggedOut, TransferError
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.domain.labels import same_label
from dxclient.domain.plan import Variable
from dxclient.domain.project import Destination, ProjectContents, ProjectSettings

#: What a session that is added to is expected to be.
_KNOWN = frozenset({"session.in-archive", "session.in-prearchive"})
_OVER = frozenset({JobState.CONFIRMED, JobState.CANCELLED})
#: States in which an upload does not go on by itself.
RESTS = _OVER | {JobState.NEEDS_YOU, JobState.NEEDS_LOGIN, JobState.FAILED, JobState.PAUSED}
#: States that are worth a line.
_TOLD = RESTS | {JobState.OFFLINE}
#: Seconds after which what was refused is judged again: settings of the project may be others.
_AGAIN = 600.0


class WatchState(Enum):
    """What became of a session; uploads have their own states after `QUEUED`."""

    QUEUED = "queued"
    HELD = "held"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How sessions of a watched folder are sent.

    Parameters
    ----------
    subject, session : str
        Labels, or patterns for them; empty takes the project's schemes.
    agreed : bool
        What needs a person is taken as acknowledged. A label that another session has is not.
    again : bool
        Sessions whose upload a person cancelled are sent anew.
    """

    project: str
    subject: str = ""
    session: str = ""
    tracer: str = ""
    date_unknown: bool = False
    accepts_no_script: bool = False
    agreed: bool = False
    again: bool = False
    answers: tuple[Variable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchNews:
    """A line about a session, or about the folder as a whole.

    Parameters
    ----------
    study : str
        A mark by which the session is known again; no UID.
    folder : str
        Where it is, as seen from the watched folder. For the person at the terminal only.
    """

    state: WatchState | JobState
    study: str = ""
    folder: str = ""
    subject: str = ""
    session: str = ""
    files: int = 0
    job: str = ""
    sentence: str = ""


class Watcher:
    """Looks at a folder and sends what is complete.

    Parameters
    ----------
    app : App
        Logged in to the server.
    tell : callable
        Hears what became of sessions, each thing once, on the thread of `run`.
    prepare : callable, optional
        Gives each draft what else it needs, such as a script of the person's own.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self,
        app: App,
        folder: WatchedFolder,
        ledger: Ledger,
        options: WatchOptions,
        tell: Callable[[WatchNews], None],
        prepare: Callable[[UploadDraft], UploadDraft] = lambda draft: draft,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_pattern(options.subject)
        check_pattern(options.session)
        self._app, self._folder, self._ledger = app, folder, ledger
        self._options = options
        self._tell = tell
        self._prepare = prepare
        self._clock = clock
        self._said: dict[str, WatchNews] = {}
        self._states: dict[str, JobState] = {}
        self._judged: dict[str, tuple[frozenset[str], float]] = {}
        self._settings: ProjectSettings | None = None
        self._postponed = False
        self.arriving = True
        jobs = app.transfers.jobs()
        ledger.settle(jobs)
        if options.again:
            ledger.drop_jobs(job.id for job in jobs if job.state is JobState.CANCELLED)
        app.start_transfers()

    # running ---------------------------------------------------------------------------

    def run(self, stop: threading.Event, pause: float) -> None:
        """Look again and again, until *stop*.

        Raises
        ------
        BadCredentials, LoggedOut
            The server wants a password, or another one. What is queued waits for it.
        """
        while not stop.is_set():
            self.look(stop.is_set)
            stop.wait(pause)

    def run_once(self, stop: threading.Event, pause: float, patience: float) -> None:
        """Send what is complete within *patience* seconds, and follow it to its end."""
        until = self._clock() + patience
        while not stop.is_set():
            self.look(stop.is_set)
            if self._clock() >= until or not self.arriving:
                break
            stop.wait(pause)
        while not stop.is_set() and (self._postponed or self.moving()):
            stop.wait(min(pause, 0.2))
            # What waits for an earlier upload of its session goes after it.
            (self.look if self._postponed else self.follow)()

    @property
    def held(self) -> tuple[WatchNews, ...]:
        """What does not go on by itself, or could not be done yet."""
        good = {*_OVER, WatchState.QUEUED, JobState.OFFLINE}
        return tuple(news for news in self._said.values() if news.state not in good)

    def moving(self) -> int:
        """How many uploads of the folder are on their way."""
        jobs = (self._job(one) for one in self._ledger.open_ones())
        return sum(1 for job in jobs if job is not None and job.state not in RESTS)

    def look(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """One round: follow uploads, look at the folder, queue what is complete."""
        self.follow()
        try:
            look = self._folder.look(cancelled)
        except OSError:
            self._say(
                "folder",
                WatchNews(
                    state=WatchState.WAITING,
                    sentence="The folder cannot be read; it is looked for again and again.",
                ),
            )
            return
        self._said.pop("folder", None)
        if cancelled():
            return
        self.arriving = look.arriving
        for held in look.held:
            self._hold_unfinished(held)
        self._settings = None
        self._postponed = False
        for session in look.complete:
            if not cancelled() and not self._take(session):
                self.arriving = True
                return

    # following -------------------------------------------------------------------------

    def _job(self, delivery: Delivery) -> UploadJob | None:
        try:
            return self._app.transfers.job(delivery.job)
        except TransferError:
            return None

    def follow(self) -> None:
        """Tell what became of uploads."""
        for one in self._ledger.open_ones():
            job = self._job(one)
            if job is None:
                self._ledger.end(one)
                continue
            before = self._states.get(job.id)
            self._states[job.id] = job.state
            if job.state is not before and job.state in _TOLD:
                self._say(f"job {job.id}", _news_of(one.study, job))
            elif job.state not in _TOLD:
                self._said.pop(f"job {job.id}", None)
            if job.state in _OVER:
                # A person may have given it another label meanwhile.
                target = job.target
                self._ledger.end(replace(one, subject=target.subject, session=target.session))

    def _say(self, about: str, news: WatchNews) -> None:
        if self._said.get(about) != news:
            self._said[about] = news
            self._tell(news)

    # sending ---------------------------------------------------------------------------

    def _hold_unfinished(self, held: Held) -> None:
        fresh = self._fresh(held.session)
        if held.reason is None or not fresh:
            self._said.pop(self._ledger.study(held.session.study_uid), None)
            return
        sentence = (
            f"{held.files} of the files beside it cannot be used: {held.reason.value}. It is sent "
            "when they are complete, or gone."
        )
        self._hold(held.session, fresh, sentence)

    def _fresh(self, session: ImageSession) -> frozenset[str]:
        return self._ledger.fresh(session.study_uid, _instances(session))

    def _take(self, session: ImageSession) -> bool:
        """Queue what is new of a session. False when the server does not answer now."""
        study = self._ledger.study(session.study_uid)
        fresh = self._fresh(session)
        if not fresh:
            self._said.pop(study, None)
            return True
        judged = self._judged.get(study)
        if judged and judged[0] == fresh and self._clock() - judged[1] < _AGAIN:
            return True
        try:
            self._deliver(_only(session, fresh), fresh)
        except (BadCredentials, LoggedOut):
            # XNAT locks accounts: what was refused is not tried again and again.
            raise
        except DxError as error:
            if error.retryable:
                self._say("server", WatchNews(state=WatchState.WAITING, sentence=error.sentence))
                return False
            self._judged[study] = (fresh, self._clock())
            self._hold(session, fresh, error.sentence)
        self._said.pop("server", None)
        return True

    def _hold(
        self, session: ImageSession, fresh: frozenset[str], sentence: str, label: str = ""
    ) -> None:
        study = self._ledger.study(session.study_uid)
        news = WatchNews(
            state=WatchState.HELD,
            study=study[:12],
            folder=self._folder.where(session),
            session=label,
            files=len(fresh),
            sentence=sentence,
        )
        self._say(study, news)

    def _deliver(self, session: ImageSession, fresh: frozenset[str]) -> None:
        earlier = self._ledger.deliveries(session.study_uid)
        if earlier and (wait := self._must_wait(earlier)) is not None:
            if wait:
                self._hold(session, fresh, wait, earlier[-1].session)
            self._postponed = self._postponed or not wait
            return
        settings = self._project_settings()
        contents = self._app.project_contents(settings.project)
        last = earlier[-1] if earlier else None
        draft = self._prepare(self._draft(session, settings, contents, last))
        if refused := self._refusals(draft, contents, adds=bool(earlier)):
            self._judged[self._ledger.study(session.study_uid)] = (fresh, self._clock())
            sentence = " ".join(f"{f.sentence} {f.hint}".strip() for f in refused)
            self._hold(session, fresh, sentence, draft.label)
            return
        self._queue(draft, fresh)

    def _must_wait(self, earlier: Sequence[Delivery]) -> str | None:
        """Why more files of a session cannot be sent now; empty to wait without a word."""
        jobs = [job for one in earlier if (job := self._job(one)) is not None]
        unfinished = [job for job in jobs if job.state is not JobState.CONFIRMED]
        if not unfinished:
            return None
        job = unfinished[0]
        if job.state not in RESTS:
            return ""
        if job.state is JobState.CANCELLED:
            return (
                "Its upload was cancelled, so what came later is not sent either; watching with "
                "--again sends all of it anew."
            )
        return (
            f"More of it came, but its upload is in the list as “{job.state.value}”. What came "
            "later is sent when that one is confirmed."
        )

    def _project_settings(self) -> ProjectSettings:
        if self._settings is None:
            self._settings = self._app.project_settings(self._app.project(self._options.project))
        return self._settings

    def _draft(
        self,
        session: ImageSession,
        settings: ProjectSettings,
        contents: ProjectContents,
        earlier: Delivery | None,
    ) -> UploadDraft:
        options = self._options
        draft = UploadDraft(
            settings=settings,
            session=session,
            tracer=options.tracer,
            date_unknown=options.date_unknown,
            accepts_no_script=options.accepts_no_script,
            answers=options.answers,
        )
        if earlier is not None:
            subject, label = earlier.subject, earlier.session
            if any(same_label(one.label, label) for one in contents.taken):
                draft = replace(draft, overwrite="append")
        else:
            subject = self._subject(draft, contents)
            label = ""
        known = next((s.label for s in contents.subjects if same_label(s.label, subject)), "")
        draft = replace(draft, subject=known or subject, create_subject=not known)
        return replace(draft, label=label or self._label(draft, contents), label_typed=True)

    def _subject(self, draft: UploadDraft, contents: ProjectContents) -> str:
        pattern, session = self._options.subject, draft.session
        if pattern and session is not None:
            found = label_by(pattern, session, contents)
        else:
            found = self._app.propose_subject(draft, contents)
        if not found:
            raise DxError(
                "It has no subject label: its header lacks the value, or the project leaves the "
                "label to a person. Say with --subject how subjects are called."
            )
        return found

    def _label(self, draft: UploadDraft, contents: ProjectContents) -> str:
        pattern, session = self._options.session, draft.session
        if pattern and session is not None:
            return label_by(pattern, session, contents, subject=draft.subject)
        return self._app.propose_session(draft, contents)

    def _refusals(
        self, draft: UploadDraft, contents: ProjectContents, *, adds: bool
    ) -> list[Finding]:
        """What keeps a session from being sent while nobody is asked."""
        labels = self._app.label_findings(draft, contents)
        taken = [one for one in labels if not (adds and one.code in _KNOWN)]
        judged = [
            one
            for one in self._app.plan(draft).findings
            if one.severity is Severity.STOPS
            or (one.severity is Severity.NEEDS_YOU and not self._options.agreed)
        ]
        return list(dict.fromkeys((*(_no_adding(draft, labels) if adds else ()), *taken, *judged)))

    def _queue(self, draft: UploadDraft, fresh: frozenset[str]) -> None:
        session = draft.session
        if session is None:
            return
        before = [
            job.id
            for job in self._app.transfers.jobs()
            if same_label(job.target.session, draft.label)
        ]
        intended = self._ledger.intend(
            session.study_uid, fresh, subject=draft.subject, session=draft.label, before=before
        )
        try:
            job = self._app.submit(draft)
        except DxError:
            self._ledger.drop(intended)
            raise
        self._ledger.bind(intended, job.id)
        study = self._ledger.study(session.study_uid)
        self._judged.pop(study, None)
        self._said.pop(study, None)
        news = _news_of(study, job)
        folder = self._folder.where(session)
        self._say(f"job {job.id}", replace(news, state=WatchState.QUEUED, folder=folder))


def _news_of(study: str, job: UploadJob) -> WatchNews:
    return WatchNews(
        state=job.state,
        study=study[:12],
        subject=job.target.subject,
        session=job.target.session,
        files=job.files_total,
        job=job.id,
        sentence=job.sentence,
    )


def _instances(session: ImageSession) -> Iterable[str]:
    return (file.sop_instance_uid for scan in session.scans for file in scan.files)


def _only(session: ImageSession, fresh: frozenset[str]) -> ImageSession:
    """The session without the files that were sent before."""
    scans = (
        replace(scan, files=tuple(f for f in scan.files if f.sop_instance_uid in fresh))
        for scan in session.scans
    )
    return replace(session, scans=tuple(scan for scan in scans if scan.files))


def _no_adding(draft: UploadDraft, labels: Iterable[Finding]) -> Iterable[Finding]:
    """Where the archive rejects a session that it has, nothing is added behind its back."""
    known = draft.settings
    if (
        known is not None
        and known.destination.value is Destination.ARCHIVE
        and any(one.code == "session.in-archive" for one in labels)
    ):
        yield Finding(
            severity=Severity.STOPS,
            code="watch.no-adding",
            sentence="More of a session came that is in the archive, and the project rejects "
            "duplicates.",
            hint="Send it with “dxclient upload”, where a person can decide.",
        )
