"""The program: builds everything once, hands it down, and takes it apart again."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType

from dxclient import __version__
from dxclient.anonymize import build_part
from dxclient.app import receipts
from dxclient.app.conflicts import Lookout, label_findings
from dxclient.app.connections import Connections
from dxclient.app.history import KEEP_DAYS, History, Keeper
from dxclient.app.language import script_functions
from dxclient.app.logs import keep_log
from dxclient.app.naming import propose, schemes_of
from dxclient.app.offers import Offers
from dxclient.app.planning import Planner, UploadPlan
from dxclient.app.postbox import Postbox
from dxclient.app.transfers import make_transfers, warmed
from dxclient.app.waiting import WaitingUploads
from dxclient.builtin import BUILTIN
from dxclient.dicom import scan_folders
from dxclient.dicom.quiet import quiet
from dxclient.dicomedit import ScriptVariable
from dxclient.domain.contributions import Step
from dxclient.domain.dicom import FolderReport, ImageSession, Scan, ScanProgress
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import DxError, LoggedOut, SettingsError, XnatMissing
from dxclient.domain.events import Event
from dxclient.domain.findings import Finding, Severity, Verdict
from dxclient.domain.jobs import UploadJob
from dxclient.domain.preferences import SettingField, SettingsView, Value
from dxclient.domain.project import (
    PetTracer,
    Project,
    ProjectContents,
    ProjectSettings,
    Server,
)
from dxclient.domain.protocols import (
    BatchReceiptWriter,
    CredentialStore,
    DateVerification,
    LabelingScheme,
    LabelKind,
    ReceiptWriter,
)
from dxclient.plugin import PluginHost, PluginRecord, contained_step, load_plugins
from dxclient.settings import (
    MachinePolicy,
    MemoryStore,
    Merged,
    Recent,
    SavedServers,
    UserSettings,
    checked_value,
    data_folder,
    declare,
    merge_with_findings,
)
from dxclient.transfer import TransferService
from dxclient.xnat import Xnat


def home_folder() -> Path:
    """Where the program keeps queue, settings and receipts, unless it is told otherwise."""
    return data_folder()


@dataclass(frozen=True, slots=True)
class Info:
    """What plugins may know of the program."""

    version: str
    data_folder: str


class App(WaitingUploads):
    """Everything a frontend needs, without a toolkit.

    Parameters
    ----------
    home : pathlib.Path
        Folder for queue, settings and saved servers; owner-only.
    host : PluginHost
        With all plugins registered.
    """

    def __init__(
        self, home: Path, host: PluginHost, records: tuple[PluginRecord, ...], *, keychain: bool
    ) -> None:
        self.home = home
        self.host = host
        self.records = records
        self.version = __version__
        self.connection: Xnat | None = None
        self._memory = MemoryStore()
        self._keychain = keychain
        self._user = UserSettings(home / "settings.json")
        self._servers = SavedServers(home / "servers.json")
        self._recent = Recent(home / "recent.json")
        self._listeners: list[Callable[[Event], None]] = []
        self._closing = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._transfers: TransferService | None = None
        self._keeper: Keeper | None = None
        info = Info(__version__, str(home))
        self._info = info
        self._fields = declare(host.each("dxclient_setting_fields")).fields
        self._policy = MachinePolicy()
        self._providers = (
            self._policy,
            *(p for _, found in host.each("dxclient_settings_providers", app=info) for p in found),
            self._user,
        )
        self._connections = Connections(
            self._store_for, self._server_for, self._servers_of, self._memory
        )
        self._lookout = Lookout()
        self._planner = Planner(host, self.settings, self.extensions, unread=self.unread)

    @classmethod
    def open(
        cls, home: Path | None = None, *, safe_mode: bool = False, use_keychain: bool = True
    ) -> App:
        """Load plugins and build the program; the queue opens when it is first needed.

        Raises
        ------
        SettingsError
            The folder for the program's own data cannot be made.
        """
        quiet()
        folder = home or home_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingsError(
                "The program cannot make the folder for its own data. Check the disk, and that "
                "the folder above it belongs to you.",
                details=type(error).__name__,
            ) from None
        host = PluginHost()
        records = load_plugins(host, BUILTIN, safe_mode=safe_mode, state_folder=folder)
        app = cls(folder, host, records, keychain=use_keychain)
        app.subscribe(app._closing.enter_context(keep_log(folder, host)))
        host.notify("dxclient_startup", app=app._info)
        return app

    def __enter__(self) -> App:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop transfers (they go on at the next start), log out, tell the plugins."""
        self._closing.close()
        self._connections.close()
        self.host.notify("dxclient_shutdown", app=self._info)

    # -- extensions and settings

    @property
    def extensions(self) -> tuple[PluginRecord, ...]:
        """Plugins that are not built in."""
        return tuple(r for r in self.records if r.name not in BUILTIN)

    def setting_fields(self) -> tuple[SettingField, ...]:
        """All declared settings."""
        return self._fields

    def settings(self, project: str = "") -> SettingsView:
        """All layers merged, for this project of the current server."""
        return self._merged(project).view

    def _merged(self, project: str = "") -> Merged:
        server = self.connection.server.url if self.connection else ""
        layers = (
            self.host.contain(p.name, partial(p.layer, server, project)) for p in self._providers
        )
        return merge_with_findings(self._fields, [one for one in layers if one is not None])

    def notices(self) -> tuple[Finding, ...]:
        """What a person should know first: files of the program's own that were damaged."""
        queue = self.transfers.finding
        return (*self.unread(), *((queue,) if queue else ()))

    def unread(self) -> tuple[Finding, ...]:
        """Settings that cannot be read. What an administrator fixed must not get lost so."""
        misfits = [f for f in self._merged().findings if f.severity is Severity.STOPS]
        return (*misfits, *self._damaged())

    def _damaged(self) -> Iterable[Finding]:
        """What is wrong with whole files, as of the last time that they were read."""
        found = (
            (self._policy.problem, Severity.STOPS, "settings.policy"),
            (self._user.problem, Severity.NEEDS_YOU, "settings.user"),
        )
        return (
            Finding(severity=severity, code=code, sentence=problem)
            for problem, severity, code in found
            if problem
        )

    def set_setting(self, key: str, value: Value | None) -> None:
        """Keep what a person chose; None goes back to what others say. Raises SettingsError."""
        if value is not None:
            value = checked_value(self._fields, self.settings(), key, value)
        self._user.write(key, value)

    # -- servers and logging in

    def saved_servers(self) -> tuple[Server, ...]:
        """Servers used before, the last one first."""
        return tuple(self._servers.list())

    def forget_server(self, server: Server) -> None:
        """Remove a saved server and its password."""
        self._connections.forget(server, server.user)
        self._servers.remove(server)

    def remembers(self) -> bool:
        """Whether passwords can be kept beyond this run."""
        return self._store_for(Server(url="")).persistent

    def _store_for(self, server: Server) -> CredentialStore:
        if not self._keychain:
            return self._memory
        found: CredentialStore | None = self.host.first("dxclient_credential_store", server=server)
        return found or self._memory

    def _server_for(self, url: str, user: str) -> Server:
        saved = (s for s in self._servers.list() if (s.url, s.user) == (url, user))
        return self._with_proxy(next(saved, Server(url=url, user=user)))

    def _with_proxy(self, server: Server) -> Server:
        """The server's own proxy, else the one of the settings."""
        return replace(server, proxy=server.proxy or self.settings().text("connection.proxy"))

    def _servers_of(self, user: str) -> set[str]:
        return {server.url for server in self._servers.list() if server.user == user}

    def log_in(self, server: Server, user: str, password: str, *, remember: bool = False) -> Xnat:
        """Log in; from now on this is the current server. Waiting jobs go on."""
        named = self._with_proxy(replace(server, user=user))
        xnat = self._connections.log_in(named, user, password, remember=remember)
        self.connection = xnat
        # A list that cannot be written is no reason to turn a person away.
        with contextlib.suppress(SettingsError):
            self._servers.add(replace(xnat.server, user=user, proxy=server.proxy))
        if self._transfers is not None:
            self._transfers.credentials_available(xnat.server.url, user)
        return xnat

    def password_for(self, server: Server, user: str) -> str | None:
        """A password that is known already."""
        return self._connections.password_for(server, user)

    def log_out(self) -> None:
        """Log out of the current server."""
        if self.connection is not None:
            self._connections.drop(self.connection.server.url, self.connection.user)
            self.connection = None

    def _xnat(self) -> Xnat:
        if self.connection is None:
            raise LoggedOut("Log in first.")
        return self.connection

    @staticmethod
    def path(text: str) -> Path:
        """A path as a person wrote it, with ``~``."""
        return Path(text).expanduser()

    # -- projects

    def projects(self) -> tuple[Project, ...]:
        """Projects that this user may upload to."""
        return tuple(self._xnat().projects())

    def project(self, wanted: str) -> Project:
        """One project by its id. Raises XnatMissing."""
        found = next((p for p in self.projects() if p.id == wanted), None)
        if found is None:
            raise XnatMissing(
                f"There is no project {wanted} on this server that you may upload to."
            )
        return found

    def project_settings(self, project: Project) -> ProjectSettings:
        """What a project demands."""
        return self._xnat().project_settings(project)

    def project_contents(self, project: Project) -> ProjectContents:
        """Subjects and labels in use: on the server, and in the queue of this machine."""
        xnat = self._xnat()
        contents = xnat.project_contents(project)
        queued = self.transfers.queued_labels(xnat.server.url, project.id)
        return self._lookout.saw(xnat.server.url, project, contents, queued)

    def refresh_access(self) -> None:
        """Let the server look again at what this user may do."""
        self._xnat().flush_access()

    def recent_projects(self) -> tuple[str, ...]:
        """Ids of projects that were uploaded to from here, the last one first."""
        return tuple(self._recent.list(self._xnat().server.url))

    # -- what is on disk

    def scan(
        self,
        paths: Sequence[Path],
        on_progress: Callable[[ScanProgress], None],
        cancelled: Callable[[], bool],
    ) -> FolderReport:
        """Find the image sessions in folders."""
        return scan_folders(paths, on_progress=on_progress, cancelled=cancelled)

    def accept(
        self, session: ImageSession, project: ProjectSettings
    ) -> tuple[tuple[Scan, Verdict], ...]:
        """Ask the series filters about every scan of a session."""
        return self._planner.accept(session, project)

    # -- labels, dates, tracers, variables

    def labeling_schemes(
        self, project: ProjectSettings, kind: LabelKind
    ) -> tuple[LabelingScheme, ...]:
        """Schemes that can propose labels of this kind."""
        answers = self.host.each(
            "dxclient_labeling_schemes",
            project=project,
            settings=self.settings(project.project.id),
        )
        return schemes_of(answers, kind)

    def propose_subject(self, draft: UploadDraft, contents: ProjectContents) -> str:
        """A subject label by the project's scheme; empty when it leaves that to the person."""
        return self._propose(draft, contents, LabelKind.SUBJECT)

    def propose_session(self, draft: UploadDraft, contents: ProjectContents) -> str:
        """A session label by the project's scheme."""
        return self._propose(draft, contents, LabelKind.SESSION)

    def _propose(self, draft: UploadDraft, contents: ProjectContents, kind: LabelKind) -> str:
        if draft.settings is None:
            return ""
        subject = kind is LabelKind.SUBJECT
        wanted = draft.settings.subject_scheme if subject else draft.settings.session_scheme
        schemes = self.labeling_schemes(draft.settings, kind)
        scheme = next((s for s in schemes if s.id == wanted.value), None)
        return propose(self.host, scheme, draft, contents)

    @staticmethod
    def with_label(draft: UploadDraft, label: str) -> UploadDraft:
        """The draft with another session label."""
        return replace(draft, label=label)

    def label_findings(self, draft: UploadDraft, contents: ProjectContents) -> tuple[Finding, ...]:
        """Whether the labels are legal and free."""
        return label_findings(draft, contents)

    def tracers(self, project: ProjectSettings) -> tuple[PetTracer, ...]:
        """PET tracers to choose from, each once."""
        answers = self.host.each(
            "dxclient_pet_tracers", project=project, settings=self.settings(project.project.id)
        )
        return tuple(dict.fromkeys(tracer for _, found in answers for tracer in found))

    def script_variables(self, draft: UploadDraft) -> tuple[ScriptVariable, ...]:
        """What a person has to supply for the scripts. Raises ScriptError."""
        return self._planner.variables(draft)

    @property
    def offers(self) -> Offers:
        """Scripts of this machine that can be added to an upload to the current server."""
        known = partial(script_functions, self.host, self.settings())
        return Offers(self.home, self._xnat().server.url, known)

    def date_verification(self, draft: UploadDraft) -> DateVerification | None:
        """What is asked about the session's date; None when nothing is."""
        return self._planner.date_verification(draft)

    # -- from draft to job

    def workflow_steps(self) -> tuple[Step, ...]:
        """The steps of an upload, unordered."""
        answers = self.host.each("dxclient_workflow_steps", settings=self.settings())
        return tuple(
            contained_step(self.host, plugin, step) for plugin, steps in answers for step in steps
        )

    def verify(self, draft: UploadDraft) -> tuple[Finding, ...]:
        """Let every guard judge the draft."""
        return self._planner.verify(draft)

    def plan(self, draft: UploadDraft) -> UploadPlan:
        """What would be queued; nothing is."""
        xnat = self._xnat()
        plan = self._planner.plan(draft, server=xnat.server.url, user=xnat.user)
        return warmed(plan, self._transfers, self.host, self.settings)

    def explain(self, draft: UploadDraft) -> tuple[str, ...]:
        """What the scripts will do, in sentences."""
        return self.plan(draft).explanation

    def submit(self, draft: UploadDraft) -> UploadJob:
        """Judge once more, freeze the plan, and queue it.

        Raises
        ------
        DxError
            A finding stops the upload; nothing was queued.
        """
        draft = self._lookout.settle(draft, self._xnat().server.url, self.project_contents)
        plan = self.plan(draft)
        if plan.stops:
            raise DxError(plan.stops[0].sentence, details=" ".join(f.code for f in plan.stops))
        job = self.transfers.submit(plan.request)
        # The job is queued: trouble with the list of recent projects must not say otherwise.
        with contextlib.suppress(SettingsError):
            self._recent.add(plan.request.target.server, plan.request.target.project)
        return job

    # -- transfers

    @property
    def transfers(self) -> TransferService:
        """The queue of this machine. Raises AlreadyRunning."""
        with self._lock:
            if self._transfers is None:
                settings = self.settings()
                self._transfers = self._closing.enter_context(
                    make_transfers(
                        self.home,
                        self.host,
                        settings,
                        pack=partial(build_part, functions=script_functions(self.host, settings)),
                        importer_for=self._connections.importer,
                        weather=self._connections.weather,
                        publish=self._publish,
                    )
                )
                self._closing.enter_context(Postbox(self.home, self._transfers))
            return self._transfers

    def start_transfers(self) -> None:
        """Let the queue work in the background, and what is too old be forgotten."""
        self.transfers.start()
        if self._keeper is None:
            keeper = Keeper(self.history, lambda: self.settings().number(KEEP_DAYS))
            self._keeper = self._closing.enter_context(keeper)

    def subscribe(self, listener: Callable[[Event], None]) -> None:
        """Hear of every event; *listener* is called on worker threads."""
        self._listeners.append(listener)

    def _publish(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    def receipt_formats(self) -> tuple[ReceiptWriter, ...]:
        """Formats that receipts can be written in, one for each suffix."""
        return receipts.formats(self.host)

    def batch_formats(self) -> tuple[BatchReceiptWriter, ...]:
        """Those formats that take several receipts in one file."""
        return receipts.batch_formats(self.host)

    def receipt_format_for(self, name: str) -> str:
        """The suffix of the format that a file's name asks for; empty when there is none."""
        return receipts.format_for(self.host, name)

    def write_receipt(self, job_id: str, suffix: str) -> bytes:
        """A job's receipt in one format. Raises DxError."""
        return receipts.write(self.host, self.transfers.receipt(job_id), suffix)

    def write_receipts(self, job_ids: Sequence[str], suffix: str) -> bytes:
        """The receipts of several jobs in one file; those without one are passed over."""
        found = (self.transfers.receipt(job_id) for job_id in job_ids)
        return receipts.write_many(self.host, [one for one in found if one is not None], suffix)

    @property
    def history(self) -> History:
        """Uploads that are over. Raises AlreadyRunning."""
        return History(self.transfers)
