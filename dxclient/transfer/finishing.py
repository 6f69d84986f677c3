"""Committing a session and confirming what arrived."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from dxclient.domain.dicom import Reason
from dxclient.domain.errors import NotConfirmed, XnatBusy, XnatConflict, XnatMissing
from dxclient.domain.jobs import LeftOutCount, Receipt, ScanReceipt, UploadJob
from dxclient.domain.project import Destination
from dxclient.domain.protocols import Importer, ScanCount, ServerSession, ServerState
from dxclient.transfer.retry import backoff
from dxclient.transfer.run import Run
from dxclient.transfer.states import JobEvent

#: How XNAT renames a scan whose number another series already has: 5 becomes 5-MR1.
_SUFFIX = re.compile(r"-[A-Za-z]+[0-9]+$")


def commit(run: Run, importer: Importer) -> ServerSession:
    """Have the server finish the session, and follow it until it is at rest.

    That the commit was asked for is written down before it is asked. Once it is, the server is
    asked where the session is first: only a session that still receives was never committed.
    """
    job = run.store.job(run.job.id)
    begun = bool(run.store.facts(job.id)["commit_begun"])
    run.advance(JobEvent.COMMIT, commit_begun=1)
    run.check()
    session = _locate(run, importer, job) if begun else _ask_to_finish(run, importer, job)
    return _settle(run, importer, job, session, commits=0 if begun else 1)


def _ask_to_finish(run: Run, importer: Importer, job: UploadJob) -> ServerSession:
    try:
        uid = run.store.facts(job.id)["sent_study"]
        return importer.commit(job.target, job.prearchive_url, study_uid=uid)
    except XnatMissing:
        # Somebody archived or deleted it meanwhile; where it is decides what that means.
        return _locate(run, importer, job)


def _locate(run: Run, importer: Importer, job: UploadJob) -> ServerSession:
    """Look for the session that was sent, not for one that only has its label."""
    uid = run.store.facts(job.id)["sent_study"]
    return importer.locate(job.target, job.prearchive_url, study_uid=uid)


def _settle(
    run: Run, importer: Importer, job: UploadJob, session: ServerSession, *, commits: int
) -> ServerSession:
    options = run.tools.options
    give_up = run.tools.clock() + options.settle_seconds
    polls = doubts = 0
    while not _at_rest(job, session, doubts >= options.settle_tries):
        if session.state is ServerState.RECEIVING and commits == 0:
            commits += 1
            session = _ask_to_finish(run, importer, job)
            continue
        doubts += session.state in (ServerState.NOTHING, ServerState.READY)
        _still_hoping(run, session, doubts, give_up)
        polls += 1
        run.wait(backoff(polls, options.poll_base, options.poll_cap))
        session = _locate(run, importer, job)
    return session


def _at_rest(job: UploadJob, session: ServerSession, patience_over: bool) -> bool:
    """Whether the session is where it stays. Raises XnatConflict where it is stuck."""
    if session.state in (ServerState.CONFLICT, ServerState.ERROR):
        raise XnatConflict(
            "Everything was sent, but the server could not finish the session; it waits in the "
            "prearchive. Look at it on the server's web page, then try again here to check.",
            details=session.message,
        )
    if session.state is ServerState.READY:
        # A project that archives by itself passes through READY; where it stays, it stays.
        return job.target.destination is Destination.PREARCHIVE or patience_over
    return session.state is ServerState.ARCHIVED


def _still_hoping(run: Run, session: ServerSession, doubts: int, give_up: float) -> None:
    if session.state is ServerState.NOTHING and doubts > run.tools.options.settle_tries:
        run.store.note(run.job.id, start_over=1)
        raise NotConfirmed(
            "Everything was sent, but the server does not have the session any more: it may have "
            "been deleted or moved there. Your files are untouched; try again to send them "
            "once more.",
            details=session.message,
        )
    if run.tools.clock() > give_up:
        raise XnatBusy(
            "Everything was sent; the server is still working on the session. It is asked again "
            "later.",
            details=session.message,
        )


def confirm(run: Run, importer: Importer, session: ServerSession) -> None:
    """Compare the server's counts with what was sent; keep the receipt.

    Raises
    ------
    NotConfirmed
        When they differ after several looks; the receipt says so too.
    """
    url = session.url or run.store.job(run.job.id).prearchive_url
    run.advance(JobEvent.COMMITTED, server_url=url)
    expected = run.store.expected(run.job.id)
    scans = compare(expected, importer.counts(url))
    for _ in range(run.tools.options.count_tries - 1):
        if _equal(scans):
            break
        run.wait(run.tools.options.count_pause)
        scans = compare(expected, importer.counts(url))
    _conclude(run, session, scans)


def _conclude(run: Run, session: ServerSession, scans: tuple[ScanReceipt, ...]) -> None:
    receipt = make_receipt(run, session, scans)
    if not receipt.confirmed:
        run.store.keep_receipt(receipt)
        sent, found = sum(scan.sent for scan in scans), sum(scan.found for scan in scans)
        raise NotConfirmed(
            f"{sent} files were sent, but the server lists {found}. Your files are untouched. "
            "Try again to count once more; if it stays so, show the receipt to the server's "
            "administrator.",
            details="\n".join(
                f"scan {scan.scan_id}: {scan.sent} sent, {scan.found} on the server"
                for scan in scans
                if scan.sent != scan.found
            ),
        )
    with run.store.writing():
        # Receipt and state are one transaction; nothing is told before it holds.
        run.store.keep_receipt(receipt)
        before = run.store.advance(
            run.job.id, JobEvent.CONFIRM, finished=run.tools.clock(), sentence="", details=""
        )
    run.store.flush()
    run.tools.news.changed(run.job.id, before)
    run.tools.news.receipt(receipt)


def compare(expected: Mapping[str, int], listed: Iterable[ScanCount]) -> tuple[ScanReceipt, ...]:
    """Set the sent counts against the server's, scan by scan.

    Where the count under the same id differs, scans that XNAT renamed (``5-MR1``) are added up
    under the number they had.
    """
    exact: dict[str, int] = defaultdict(int)
    grouped: dict[str, int] = defaultdict(int)
    for scan in listed:
        exact[scan.scan_id] += scan.files
        grouped[_SUFFIX.sub("", scan.scan_id)] += scan.files
    return tuple(
        ScanReceipt(
            scan_id=scan_id,
            sent=sent,
            found=sent if exact.get(scan_id) == sent else grouped.get(scan_id, 0),
        )
        for scan_id, sent in sorted(expected.items())
    )


def _equal(scans: tuple[ScanReceipt, ...]) -> bool:
    return bool(scans) and all(scan.sent == scan.found for scan in scans)


def make_receipt(run: Run, session: ServerSession, scans: tuple[ScanReceipt, ...]) -> Receipt:
    """Gather what is known of a job into its receipt."""
    job = run.store.job(run.job.id)
    target, plan = job.target, job.plan
    return Receipt(
        job_id=job.id,
        server=target.server,
        user=target.user,
        project=target.project,
        subject=target.subject,
        session=target.session,
        url=session.url or job.prearchive_url,
        archived=session.state is ServerState.ARCHIVED,
        confirmed=_equal(scans),
        scans=scans,
        parts=run.store.part_receipts(job.id),
        left_out=add_up(run.store.left_out(job.id)),
        findings=run.store.findings(job.id),
        plan_digest=plan.digest,
        scripts=tuple(f"{script.origin.value}: {script.name}" for script in plan.scripts),
        plugins=tuple(f"{plugin.name} {plugin.version}".strip() for plugin in plan.plugins),
        date_check=run.store.facts(job.id)["date_check"],
        started=moment(job.created),
        finished=moment(run.tools.clock()),
        client=run.tools.options.client,
    )


def moment(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 text in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def add_up(counts: Iterable[LeftOutCount]) -> tuple[LeftOutCount, ...]:
    """Sum counts of the same scan and reason."""
    sums: dict[tuple[str, Reason], int] = defaultdict(int)
    for count in counts:
        sums[count.series_number, count.reason] += count.files
    return tuple(
        LeftOutCount(series_number=number, reason=reason, files=files)
        for (number, reason), files in sums.items()
    )
