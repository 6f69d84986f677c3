"""Putting a receipt together."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from dxclient.domain.dicom import Reason
from dxclient.domain.jobs import InstanceReceipt, LeftOutCount, Receipt, ScanReceipt
from dxclient.domain.protocols import ServerSession, ServerState
from dxclient.transfer.run import Run


def make_receipt(
    run: Run,
    session: ServerSession,
    scans: tuple[ScanReceipt, ...],
    instances: Sequence[InstanceReceipt],
    *,
    confirmed: bool,
) -> Receipt:
    """Gather what is known of a job into its receipt."""
    job, facts = run.store.job(run.job.id), run.store.facts(run.job.id)
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
        confirmed=confirmed,
        scans=scans,
        parts=run.store.part_receipts(job.id),
        left_out=add_up(run.store.left_out(job.id)),
        findings=run.store.findings(job.id),
        plan_digest=plan.digest,
        scripts=tuple(f"{script.origin.value}: {script.name}" for script in plan.scripts),
        plugins=tuple(f"{plugin.name} {plugin.version}".strip() for plugin in plan.plugins),
        date_check=facts["date_check"],
        started=moment(job.created),
        finished=moment(run.tools.clock()),
        client=run.tools.options.client,
        instances=tuple(instances),
        script_digests=tuple(
            hashlib.sha256(script.text.encode()).hexdigest() for script in plan.scripts
        ),
        resent=facts["resent"],
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
