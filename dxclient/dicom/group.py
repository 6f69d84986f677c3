"""Headers to image sessions: what belongs together, what is there twice, what disagrees."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dxclient.dicom.header import Failure, Header
from dxclient.dicom.text import day, whole_number
from dxclient.domain.dicom import DicomFile, ImageSession, LeftOut, Reason, Scan
from dxclient.domain.findings import Finding, Severity

#: Facts of a study and of a series of which the first file that has them decides.
_STUDY = (
    *("study_date", "study_time", "study_description", "study_id", "accession_number"),
    *("patient_name", "patient_id"),
)
_SERIES = ("series_number", "series_description", "modality", "rows", "columns")


def group(found: Iterable[tuple[Path, Header | Failure]]) -> Grouper:
    """Group headers in one go."""
    grouper = Grouper()
    for path, header in found:
        grouper.add(path, header)
    return grouper


@dataclass(slots=True)
class _Series:
    facts: dict[str, str | int] = field(default_factory=dict)
    files: list[DicomFile] = field(default_factory=list)


@dataclass(slots=True)
class _Study:
    facts: dict[str, str | int] = field(default_factory=dict)
    series: dict[str, _Series] = field(default_factory=dict)
    instances: dict[str, int] = field(default_factory=dict)
    patients: set[tuple[str, str]] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)
    descriptions: set[str] = field(default_factory=set)


class Grouper:
    """Takes headers one by one and keeps only what sessions need.

    Attributes
    ----------
    left_out : list of LeftOut
        Files without a usable header, and instances met again.
    """

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        self._studies: dict[str, _Study] = {}

    @property
    def session_count(self) -> int:
        """Sessions so far."""
        return len(self._studies)

    def add(self, path: Path, found: Header | Failure) -> None:
        """Take one more file."""
        if isinstance(found, Failure):
            self.left_out.append(LeftOut(path=path, reason=found.reason, detail=found.detail))
            return
        study = self._studies.setdefault(found.study_uid, _Study())
        size = study.instances.setdefault(found.sop_instance_uid, -1)
        if size >= 0:
            detail = "same size" if size == found.size else "with another size"
            self.left_out.append(LeftOut(path=path, reason=Reason.DUPLICATE, detail=detail))
            return
        study.instances[found.sop_instance_uid] = found.size
        _note(study, found)
        series = study.series.setdefault(found.series_uid, _Series())
        _fill(series.facts, found, _SERIES)
        series.files.append(_file(path, found))

    def sessions(self) -> tuple[ImageSession, ...]:
        """Sessions by date and UID, undated ones last."""
        made = (_session(uid, study) for uid, study in self._studies.items())
        return tuple(
            sorted(made, key=lambda each: (each.date is None, str(each.date), each.study_uid))
        )


def _note(study: _Study, header: Header) -> None:
    """Remember facts that all files of a study should share."""
    _fill(study.facts, header, _STUDY)
    if header.patient_id or header.patient_name:
        study.patients.add((header.patient_id.casefold(), _plain(header.patient_name)))
    if header.study_date:
        study.dates.add(header.study_date.replace(".", ""))
    if header.study_description:
        study.descriptions.add(header.study_description)


def _plain(name: str) -> str:
    """A name without differences that mean nothing: case, spaces, empty components."""
    return " ".join(name.split("=")[0].replace("^", " ").casefold().split())


def _fill(facts: dict[str, str | int], header: Header, names: Iterable[str]) -> None:
    for name in names:
        if name not in facts and (value := getattr(header, name)):
            facts[name] = value


def _file(path: Path, header: Header) -> DicomFile:
    return DicomFile(
        path=path,
        size=header.size,
        modified_ns=header.modified_ns,
        sop_class_uid=sys.intern(header.sop_class_uid),
        sop_instance_uid=header.sop_instance_uid,
        transfer_syntax_uid=sys.intern(header.transfer_syntax_uid),
        instance_number=header.instance_number,
        frames=header.frames,
    )


def _session(study_uid: str, study: _Study) -> ImageSession:
    facts = {name: str(value) for name, value in study.facts.items()}
    scans = (_scan(uid, series) for uid, series in study.series.items())
    return ImageSession(
        study_uid=study_uid,
        date=day(facts.get("study_date", "")),
        time=facts.get("study_time", ""),
        description=facts.get("study_description", ""),
        study_id=facts.get("study_id", ""),
        accession_number=facts.get("accession_number", ""),
        patient_name=facts.get("patient_name", ""),
        patient_id=facts.get("patient_id", ""),
        scans=tuple(sorted(scans, key=_scan_order)),
        findings=tuple(_findings(study_uid, study)),
    )


def _scan(series_uid: str, series: _Series) -> Scan:
    facts = series.facts
    return Scan(
        series_uid=series_uid,
        number=str(facts.get("series_number", "")),
        description=str(facts.get("series_description", "")),
        modality=str(facts.get("modality", "")),
        rows=int(facts.get("rows", 0)),
        columns=int(facts.get("columns", 0)),
        files=tuple(sorted(series.files, key=_file_order)),
    )


def _scan_order(scan: Scan) -> tuple[bool, int, str]:
    number = whole_number(scan.number)
    return number is None, number or 0, scan.series_uid


def _file_order(file: DicomFile) -> tuple[bool, int, str]:
    return file.instance_number is None, file.instance_number or 0, str(file.path)


def _findings(study_uid: str, study: _Study) -> Iterator[Finding]:
    if _differ(identifier for identifier, _ in study.patients) or _differ(
        name for _, name in study.patients
    ):
        yield Finding(
            severity=Severity.NEEDS_YOU,
            code="session.several-patients",
            sentence="The files of this session do not all name the same patient.",
            hint="Look at the files before you send them: one may belong to somebody else.",
            subject=study_uid,
        )
    if _differ(study.dates):
        yield Finding(
            severity=Severity.NEEDS_YOU,
            code="session.several-dates",
            sentence="The files of this session do not all have the same study date.",
            hint="Check that they belong to one visit.",
            subject=study_uid,
        )
    if _differ(study.descriptions):
        yield Finding(
            severity=Severity.NOTE,
            code="session.several-descriptions",
            sentence="The files of this session have several study descriptions.",
            subject=study_uid,
        )


def _differ(values: Iterable[str]) -> bool:
    return len({value for value in values if value}) > 1
