"""Plain examples of what hooks are called with."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dxclient.domain.dicom import ImageSession, Scan
from dxclient.domain.draft import UploadDraft
from dxclient.domain.jobs import JobState, PackedPart, Receipt, UploadJob, UploadTarget
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.preferences import SettingField, SettingLayer, SettingsView, Value
from dxclient.domain.project import Origin, Project, ProjectSettings, Server

URL = "http://localhost:8080"
STUDY = "2.25.1"


@dataclass(frozen=True, slots=True)
class Info:
    """A program as plugins see it."""

    version: str = "1.0"
    data_folder: str = ""


def example(argument: str) -> Any:
    """Something plain for the argument of this name."""
    return _EXAMPLES[argument]()


def settings(values: Mapping[str, Value] | None = None) -> SettingsView:
    """The program's own settings with their defaults, and the given values."""
    from dxclient.builtin.preferences import dxclient_setting_fields
    from dxclient.settings import merge

    given = dict(values or {})
    own: list[SettingField] = dxclient_setting_fields()
    known = {field.key for field in own}
    own += [
        SettingField(key=key, default=value, label=key)
        for key, value in given.items()
        if key not in known
    ]
    return merge(own, [SettingLayer(origin=Origin.USER, values=given)])


def project() -> ProjectSettings:
    """A project that demands nothing."""
    return ProjectSettings(project=Project(id="DEMO", name="Demo"))


def scan() -> Scan:
    """A scan without files."""
    return Scan(series_uid=f"{STUDY}.1", number="1", description="T1", modality="MR")


def session() -> ImageSession:
    """A session with one scan, without files."""
    return ImageSession(
        study_uid=STUDY,
        date=datetime.date(2020, 1, 2),
        patient_name="Synthetic^Subject",
        patient_id="SYN-1",
        scans=(scan(),),
    )


def draft() -> UploadDraft:
    """Everything decided for `session` in `project`."""
    return UploadDraft(settings=project(), session=session(), subject="S1", label="S1_MR_1")


def job() -> UploadJob:
    """A job in the queue."""
    target = UploadTarget(server=URL, user="demo", project="DEMO", subject="S1", session="S1_MR_1")
    return UploadJob(
        id="1",
        target=target,
        study_uid=STUDY,
        plan=AnonymizationPlan(),
        state=JobState.QUEUED,
    )


def part() -> PackedPart:
    """A part with nothing in it."""
    return PackedPart(number=1, body=b"", sha256="")


def receipt() -> Receipt:
    """A receipt of an upload that arrived."""
    return Receipt(
        job_id="1",
        server=URL,
        user="demo",
        project="DEMO",
        subject="S1",
        session="S1_MR_1",
        url=f"{URL}/data/experiments/E1",
        archived=False,
        confirmed=True,
    )


def _subparsers() -> Any:
    return argparse.ArgumentParser(prog="dxclient").add_subparsers()


_EXAMPLES: Mapping[str, Callable[[], Any]] = {
    "app": Info,
    "draft": draft,
    "job": job,
    "part": part,
    "previous": lambda: JobState.QUEUED,
    "project": project,
    "receipt": receipt,
    "scan": scan,
    "server": lambda: Server(url=URL),
    "session": session,
    "settings": settings,
    "subparsers": _subparsers,
}
