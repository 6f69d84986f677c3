"""Everything decided so far about one upload; frozen, replaced at each step."""

from __future__ import annotations

from dataclasses import dataclass

from dxclient.domain.dicom import ImageSession, Scan
from dxclient.domain.jobs import LeftOutCount
from dxclient.domain.plan import Variable
from dxclient.domain.project import ProjectSettings, ScriptSource


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDraft:
    """What a person (or a command line) has decided about one image session.

    Parameters
    ----------
    scan_uids : frozenset of str or None
        Series to send; None means all of the session.
    label_typed : bool
        True when the label was typed by hand, so that proposals do not overwrite it.
    verified_date : str
        The session date as the person typed it, ``YYYY-MM-DD``; empty when not asked.
    date_unknown : bool
        The person said that the date is not known to them.
    accepts_no_script : bool
        The person was told that nothing is anonymized, and accepted it.
    own_script : ScriptSource or None
        A script of this machine that runs after those of the server, as the person chose.
    lost_script : str
        Why the script that the person chose for this project earlier cannot run, as a sentence;
        empty when there is none or it can. Nothing is sent before the person chose anew.
    overwrite : str
        What becomes of a session that has the label already: ``none`` (not decided), ``append``
        (added to), or ``delete`` (files that come again replace those that are there).
    answers : tuple of Variable
        Custom variables of the scripts.
    left_out : tuple of LeftOutCount
        What the folders held that belongs to no session, for the receipt.
    """

    settings: ProjectSettings | None = None
    session: ImageSession | None = None
    scan_uids: frozenset[str] | None = None
    subject: str = ""
    create_subject: bool = False
    subject_group: str = ""
    label: str = ""
    label_typed: bool = False
    tracer: str = ""
    verified_date: str = ""
    date_unknown: bool = False
    accepts_no_script: bool = False
    own_script: ScriptSource | None = None
    lost_script: str = ""
    answers: tuple[Variable, ...] = ()
    left_out: tuple[LeftOutCount, ...] = ()
    acknowledged: frozenset[str] = frozenset()
    overwrite: str = "none"

    @property
    def scans(self) -> tuple[Scan, ...]:
        """The scans that will be sent."""
        if self.session is None:
            return ()
        return tuple(
            scan
            for scan in self.session.scans
            if self.scan_uids is None or scan.series_uid in self.scan_uids
        )

    @property
    def has_pet(self) -> bool:
        """Whether a PET scan is among those to be sent."""
        return any(scan.modality == "PT" for scan in self.scans)
