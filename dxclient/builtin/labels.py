"""Labeling schemes for subjects and sessions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import count

from dxclient.api import (
    ImageSession,
    LabelingScheme,
    LabelKind,
    ProjectContents,
    Scan,
    UploadDraft,
    clean_label,
    hookimpl,
)

#: Modalities that name a session; others (SR, SEG, PR…) come along with them.
PRIMARY = frozenset(
    {"CR", "CT", "DX", "ECG", "EPS", "ES", "GM", "HD", "IO", "MG", "MR", "NM", "OP", "OPT", "PT"}
    | {"RF", "SM", "US", "XA", "XC"}
)


@dataclass(frozen=True, slots=True)
class Manual:
    """Leaves the label to the person."""

    kind: LabelKind
    id: str = "manual"
    title: str = "Typed by hand"

    def propose(self, session: ImageSession, draft: UploadDraft, contents: ProjectContents) -> str:
        """Nothing to propose."""
        return ""


@dataclass(frozen=True, slots=True)
class FromHeader:
    """Takes a value of the session's header."""

    id: str
    title: str
    kind: LabelKind
    field: str

    def propose(self, session: ImageSession, draft: UploadDraft, contents: ProjectContents) -> str:
        """The header's value, made unique where it names a session."""
        text = clean_label(str(getattr(session, self.field)))
        return text if self.kind is LabelKind.SUBJECT else _unique(text, contents)


@dataclass(frozen=True, slots=True)
class Auto:
    """Names a session after subject, modality (or tracer) and the next free number."""

    id: str = "auto"
    title: str = "Subject, modality and number"
    kind: LabelKind = LabelKind.SESSION

    def propose(self, session: ImageSession, draft: UploadDraft, contents: ProjectContents) -> str:
        """Such as ``S01_MR_1``; empty while the subject is not known."""
        subject = clean_label(draft.subject)
        if not subject:
            return ""
        stem = f"{subject}_{_kind_of_image(draft)}"
        taken = _taken(contents)
        return next(label for n in count(1) if (label := f"{stem}_{n}").casefold() not in taken)


def _kind_of_image(draft: UploadDraft) -> str:
    """Tracer for PET, else the most frequent primary modality."""
    if draft.has_pet:
        return clean_label(draft.tracer) or "PT"
    return _most_frequent(draft.scans)


def _most_frequent(scans: tuple[Scan, ...]) -> str:
    found = Counter(scan.modality for scan in scans if scan.modality in PRIMARY)
    if found:
        return found.most_common(1)[0][0]
    others = Counter(scan.modality for scan in scans if scan.modality)
    return clean_label(others.most_common(1)[0][0]) if others else "OT"


def _taken(contents: ProjectContents) -> set[str]:
    return {taken.label.casefold() for taken in contents.taken}


def _unique(text: str, contents: ProjectContents) -> str:
    taken = _taken(contents)
    if not text or text.casefold() not in taken:
        return text
    return next(label for n in count(1) if (label := f"{text}_{n}").casefold() not in taken)


@hookimpl
def dxclient_labeling_schemes() -> list[LabelingScheme]:
    """Offer the schemes that XNAT's project settings name."""
    subject, session = LabelKind.SUBJECT, LabelKind.SESSION
    return [
        Manual(subject),
        FromHeader("dicom_patient_id", "Patient ID from DICOM", subject, "patient_id"),
        FromHeader("dicom_patient_name", "Patient name from DICOM", subject, "patient_name"),
        Auto(),
        Manual(session),
        FromHeader("dicom_accession_num", "Accession number", session, "accession_number"),
        FromHeader("dicom_patient_id", "Patient ID from DICOM", session, "patient_id"),
    ]
