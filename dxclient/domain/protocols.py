"""What services and plugins promise each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from dxclient.domain.dicom import ImageSession
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding
from dxclient.domain.jobs import Receipt, UploadTarget
from dxclient.domain.plan import Variable
from dxclient.domain.preferences import SettingLayer, Value
from dxclient.domain.project import Project, ProjectContents, ProjectSettings, ScriptSource, Server


class SettingsProvider(Protocol):
    """A place that settings come from."""

    @property
    def name(self) -> str:
        """How it is named to people."""

    def layer(self, server: str, project: str) -> SettingLayer:
        """Values for this server and project; both may be empty."""


class WritableSettings(SettingsProvider, Protocol):
    """A provider that also keeps what a person chooses."""

    def write(self, key: str, value: Value | None) -> None:
        """Keep *value* for *key*; None forgets it. Raises SettingsError."""


class CredentialStore(Protocol):
    """Keeps passwords: in the keychain of the system, or in memory only."""

    @property
    def persistent(self) -> bool:
        """Whether passwords outlive this run."""

    def get(self, server: str, user: str) -> str | None:
        """The password, if known."""

    def set(self, server: str, user: str, password: str) -> None:
        """Keep a password."""

    def delete(self, server: str, user: str) -> None:
        """Forget a password."""


class Authenticator(Protocol):
    """A way to log in."""

    @property
    def id(self) -> str:
        """Stable id."""

    @property
    def title(self) -> str:
        """What a person reads."""

    def credentials(self, server: Server, answers: Mapping[str, str]) -> tuple[str, str]:
        """User and password (or alias and secret) for Basic authentication."""


class LabelKind(Enum):
    """What a labeling scheme labels."""

    SUBJECT = "subject"
    SESSION = "session"


class LabelingScheme(Protocol):
    """Proposes labels. The result is cleaned and checked afterwards, never sent unseen."""

    @property
    def id(self) -> str:
        """Stable id."""

    @property
    def title(self) -> str:
        """What a person reads."""

    @property
    def kind(self) -> LabelKind:
        """What it labels."""

    def propose(self, session: ImageSession, draft: UploadDraft, contents: ProjectContents) -> str:
        """A label for this session (or its subject); empty when there is no proposal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateVerification:
    """What a person is asked about a session's date, and how the answer is judged.

    Parameters
    ----------
    question : str
        Empty when nothing is asked.
    judge : callable
        Gets the typed date as ``YYYY-MM-DD``; returns findings, empty when it is right.
    """

    question: str
    judge: Callable[[str], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymizationStep:
    """One step of the anonymization: a DicomEdit script with variables of its own."""

    order: int
    script: ScriptSource
    variables: tuple[Variable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomEditFunction:
    """An extra function for DicomEdit scripts. `function` takes and returns texts or None."""

    name: str
    version: str
    function: Callable[..., str | None]
    min_args: int
    max_args: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A pixel area to blank in every frame of a scan: columns left..right-1, rows top..bottom-1."""

    series_uid: str
    left: int
    top: int
    right: int
    bottom: int


class ReceiptWriter(Protocol):
    """Writes a receipt in one format."""

    @property
    def suffix(self) -> str:
        """Ending of the file, without a dot."""

    @property
    def title(self) -> str:
        """What a person reads."""

    def render(self, receipt: Receipt) -> bytes:
        """The receipt as the bytes of a file."""


@runtime_checkable
class BatchReceiptWriter(ReceiptWriter, Protocol):
    """A `ReceiptWriter` that can also write several receipts into one file."""

    def render_many(self, receipts: Sequence[Receipt]) -> bytes:
        """Several receipts as the bytes of one file."""


class AppInfo(Protocol):
    """What plugins may know of the program that runs them."""

    @property
    def version(self) -> str:
        """Version of the program."""

    @property
    def data_folder(self) -> str:
        """The program's own folder."""


class ServerState(Enum):
    """What the server says of a session that was sent."""

    NOTHING = "not there"
    RECEIVING = "receiving"
    WORKING = "working"
    READY = "in the prearchive"
    ARCHIVED = "archived"
    CONFLICT = "conflict"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSession:
    """A session as the server knows it now.

    Parameters
    ----------
    message : str
        The server's own words, one a line.
    listener : str
        Key under which the server tells how the work goes on; to be handed to `follow`.
    problems : tuple of Finding
        What stands against archiving, as the server sees it, with codes ``archive.N``.
    """

    state: ServerState
    url: str = ""
    message: str = ""
    listener: str = ""
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingSession:
    """A session that lies in the prearchive. `study_uid` is as it was sent."""

    url: str
    subject: str
    study_uid: str


@dataclass(frozen=True, slots=True)
class ScanCount:
    """Number of DICOM files that the server lists for one scan.

    Parameters
    ----------
    digests : tuple of str
        MD5 of each of the files, as lower-case hex; empty where the server does not have all.
    """

    scan_id: str
    files: int
    digests: tuple[str, ...] = ()


class Importer(Protocol):
    """What the transfer queue needs of a server; thread-safe. Raises XnatError."""

    def scripts(self, project: str) -> tuple[ScriptSource, ...]:
        """Active scripts of site and project, to compare with the plan."""

    def filters(self, project: str) -> bool:
        """Whether the site or the project leaves out series of its own accord."""

    def ensure_subject(self, target: UploadTarget) -> None:
        """Create the subject where the target asks for it; already there is fine."""

    def send(
        self,
        target: UploadTarget,
        body: bytes,
        *,
        on_bytes: Callable[[int], None],
        stopped: Callable[[], bool],
    ) -> str:
        """POST one zip; return the prearchive URL, empty when the server kept nothing.

        `on_bytes` gets the bytes of this body sent so far; `stopped` is asked between chunks
        and ends the call with `Cancelled`. Raises Misrouted when the URL is of another project.
        """

    def commit(
        self,
        target: UploadTarget,
        prearchive_url: str,
        *,
        study_uid: str = "",
        overwrite_files: bool = False,
    ) -> ServerSession:
        """Ask the server to finish the session; may take minutes. `study_uid` as in `locate`.

        With `overwrite_files` files that the archive has already are replaced.
        """

    def archive(
        self,
        target: UploadTarget,
        prearchive_url: str,
        *,
        study_uid: str = "",
        overwrite_files: bool = False,
    ) -> ServerSession:
        """Have a session that waits in the prearchive archived with the target's label.

        It is added to a session that is there only where the target's `overwrite` says so.
        """

    def follow(
        self, target: UploadTarget, prearchive_url: str, listener: str, *, study_uid: str = ""
    ) -> ServerSession:
        """Ask how a commit goes that named a listener. Never changes anything."""

    def locate(
        self, target: UploadTarget, prearchive_url: str, *, study_uid: str = ""
    ) -> ServerSession:
        """Ask where the session is now. Never changes anything.

        An archived session of another study than `study_uid` (as sent) is not ours.
        """

    def waiting(self, target: UploadTarget) -> tuple[WaitingSession, ...]:
        """Sessions in the project's prearchive with the target's label, of whatever subject."""

    def counts(self, url: str) -> tuple[ScanCount, ...]:
        """Files per scan that the server lists, for a prearchive or archive URL."""

    def instances(self, url: str, scan_id: str) -> frozenset[str]:
        """SOP Instance UIDs in the catalog of a scan; empty where the server does not tell."""

    def discard(self, prearchive_url: str) -> None:
        """Remove a session from the prearchive."""


class XnatProjects(Protocol):
    """What choosing a project needs of a server. Raises XnatError."""

    def projects(self) -> Sequence[Project]:
        """Projects that this user may upload to, by title."""

    def project_settings(self, project: Project) -> ProjectSettings:
        """What the project demands, each value with its origin."""

    def project_contents(self, project: Project) -> ProjectContents:
        """Subjects and labels in use, in archive and prearchive."""
