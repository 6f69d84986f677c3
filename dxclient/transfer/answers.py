"""What a person's answers change in the queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from dxclient.domain.choices import Choice
from dxclient.domain.errors import TransferError
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.domain.labels import label_problem
from dxclient.transfer.states import ACTIVE, ASKING, FINAL, JobEvent
from dxclient.transfer.store import Store

#: Columns of a job that is tried again as if for the first time.
AFRESH: Mapping[str, str | float] = MappingProxyType(
    {"attempts": 0, "next_try": 0, "finished": 0, "sentence": "", "details": ""}
)
_AGAIN: dict[JobState, JobEvent] = {
    JobState.PAUSED: JobEvent.RESUME,
    JobState.FAILED: JobEvent.RETRY,
    JobState.NEEDS_YOU: JobEvent.RETRY,
    JobState.NEEDS_LOGIN: JobEvent.RETRY,
    JobState.WAITING: JobEvent.RETRY,
    JobState.OFFLINE: JobEvent.RETRY,
}


def answer(
    store: Store, job_id: str, choice: Choice, label: str, busy: Collection[str] = ()
) -> JobState:
    """Write an answer down and let the job go on; returns the state before.

    Raises
    ------
    TransferError
        When the job does not ask that, or the label is missing or taken.
    """
    with store.writing():
        job = store.job(job_id)
        if job.state not in ASKING or choice not in job.choices:
            raise TransferError("This upload does not ask that any more. Nothing was changed.")
        _carry_out(store, job, choice, label.strip(), busy)
        return store.advance(
            job_id,
            JobEvent.RETRY,
            answer=choice.name,
            **AFRESH,
        )


def _carry_out(
    store: Store, job: UploadJob, choice: Choice, label: str, busy: Collection[str]
) -> None:
    if choice is Choice.START_OVER:
        store.note(job.id, start_over=1)
    elif choice is Choice.SEND_MISSING:
        _send_again(store, job, _incomplete(store, job.id))
    elif choice is Choice.APPEND:
        store.retarget(job.id, replace(job.target, overwrite="append"))
    elif choice is Choice.NEW_LABEL:
        problem = label_problem(label)
        if problem:
            raise TransferError(f"{problem} Nothing was changed.")
        former = job.target.session
        store.retarget(job.id, replace(job.target, session=label), busy)
        if label != former:
            store.add_findings(job.id, [_written_already(former)])


def _written_already(former: str) -> Finding:
    return Finding(
        severity=Severity.NOTE,
        code="transfer.new-label",
        sentence=f"The session was given another label after “{former}” was refused. Where an "
        "anonymization script wrote the former label into the files, they keep it.",
    )


def send_scan_again(store: Store, job: UploadJob, series_uid: str) -> JobState:
    """Have the parts of one scan sent again; returns the state before.

    Raises
    ------
    TransferError
        When the job is at work or over, or there is nothing to send again.
    """
    if job.state in ACTIVE | FINAL:
        raise TransferError(
            "This upload is over."
            if job.state in FINAL
            else "This upload is at work. Pause it first; nothing is lost by that."
        )
    with store.writing():
        numbers = store.parts_of_series(job.id, series_uid)
        if store.receipt(job.id) is not None:
            numbers &= _incomplete(store, job.id)
        _send_again(store, job, numbers)
        if job.state is JobState.QUEUED:
            return job.state
        return store.advance(job.id, _AGAIN[job.state], **AFRESH)


def _incomplete(store: Store, job_id: str) -> set[int]:
    """Parts of which something was missing on the server when it was last asked.

    Where only numbers are known, that is all of a scan of which files are missing.
    """
    receipt = store.receipt(job_id)
    if receipt is None:
        return set()
    missing = [one for one in receipt.instances if one.missing]
    known = {one.scan_id for one in missing}
    short = [scan.scan_id for scan in receipt.scans if scan.found < scan.sent]
    return store.parts_of_instances(
        job_id, (one.sop_instance_uid for one in missing)
    ) | store.parts_of_scans(job_id, (scan for scan in short if scan not in known))


def _send_again(store: Store, job: UploadJob, numbers: set[int]) -> None:
    if not store.send_again(job.id, numbers):
        raise TransferError(
            "The server has all that was sent of this, so there is nothing to send again. "
            "Nothing was changed."
        )
    receipt = store.receipt(job.id)
    if receipt is not None and receipt.archived:
        # It goes through the prearchive once more, and is added to what is in the archive.
        store.note(job.id, prearchive_url="", send_begun=0)
        store.retarget(job.id, replace(job.target, overwrite="append"))
