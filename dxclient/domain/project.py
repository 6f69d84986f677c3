"""Facts about an XNAT server and its projects."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An XNAT server as a person saved it.

    Parameters
    ----------
    url : str
        Site URL with scheme and context path, without a trailing slash.
    ca_file : pathlib.Path or None
        Extra certificate authority for this server only.
    verify : bool
        False only after an explicit choice of a person for this server.
    proxy : str
        Proxy URL; empty means what the environment says.
    """

    url: str
    user: str = ""
    ca_file: Path | None = None
    verify: bool = True
    proxy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project one may upload to."""

    id: str
    name: str = ""
    description: str = ""

    @property
    def title(self) -> str:
        """What a person reads: the name, else the id."""
        return self.name or self.id


class Origin(Enum):
    """Where a value comes from, weakest first."""

    DEFAULT = "default"
    MACHINE = "machine"
    SITE = "XNAT site"
    PROJECT = "XNAT project"
    USER = "user"
    PLUGIN = "extension"


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """A value together with where it comes from."""

    value: T
    origin: Origin = Origin.DEFAULT


class Destination(Enum):
    """Where a project's data goes after the upload (prearchive_code)."""

    PREARCHIVE = "prearchive"
    ARCHIVE = "archive, duplicates rejected"
    ARCHIVE_OVERWRITE = "archive, duplicates overwritten"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptSource:
    """An anonymization script as it was obtained."""

    name: str
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFilter:
    """A series import filter as the server states it; `text` is XNAT's JSON."""

    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class PetTracer:
    """A PET tracer's name, as it goes into the session's XNAT record."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A subject of a project on the server."""

    id: str
    label: str
    group: str = ""


class Place(Enum):
    """Where a session label is already in use."""

    ARCHIVE = "archive"
    PREARCHIVE = "prearchive"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenLabel:
    """A session label that is in use. `subject` is a label, empty where it is not known."""

    label: str
    place: Place
    subject: str = ""
    url: str = ""


def _yes() -> Sourced[bool]:
    return Sourced(True)


def _no() -> Sourced[bool]:
    return Sourced(False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """What a project demands, each value with its origin."""

    project: Project
    scripts: tuple[ScriptSource, ...] = ()
    filters: tuple[SeriesFilter, ...] = ()
    destination: Sourced[Destination] = field(
        default_factory=lambda: Sourced(Destination.PREARCHIVE)
    )
    allow_create_subject: Sourced[bool] = field(default_factory=_yes)
    allow_bulk_upload: Sourced[bool] = field(default_factory=_yes)
    require_date: Sourced[bool] = field(default_factory=_no)
    subject_scheme: Sourced[str] = field(default_factory=lambda: Sourced("manual"))
    session_scheme: Sourced[str] = field(default_factory=lambda: Sourced("auto"))
    tracers: Sourced[tuple[PetTracer, ...]] = field(default_factory=lambda: Sourced(()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectContents:
    """What is in a project now: subjects and session labels in use."""

    subjects: tuple[Subject, ...] = ()
    taken: tuple[TakenLabel, ...] = ()
