"""Confirming: what the server lists, set against what was sent, scan by scan and file by file."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dxclient.domain.choices import Choice
from dxclient.domain.errors import NotConfirmed
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import InstanceReceipt, Receipt, ScanReceipt
from dxclient.domain.protocols import Importer, ScanCount, ServerSession, ServerState
from dxclient.transfer.run import Run
from dxclient.transfer.states import JobEvent
from dxclient.transfer.summing import make_receipt

#: How XNAT renames a scan whose number another series already has: 5 becomes 5-MR1.
_SUFFIX = re.compile(r"-[A-Za-z]+[0-9]+$")
#: Instances named per scan in the details; the receipt names all.
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of setting the server's listing against what was sent.

    Parameters
    ----------
    missing, different : frozenset of str
        SOP Instance UIDs, as sent, that the server does not have, or has with other content;
        only where the server tells so much.
    rewritten : bool
        Whether no checksum of the server is one of ours: it writes files anew as it takes them
        in, so its checksums say nothing.
    settled : bool
        Whether what is different was sent twice, and is kept in the same other way each time.
    """

    scans: tuple[ScanReceipt, ...]
    missing: frozenset[str] = frozenset()
    different: frozenset[str] = frozenset()
    rewritten: bool = False
    settled: bool = False

    @property
    def complete(self) -> bool:
        """Whether each scan has as many files as were sent."""
        return bool(self.scans) and all(scan.sent == scan.found for scan in self.scans)

    @property
    def equal(self) -> bool:
        """Whether nothing is missing, too many, or different."""
        return self.complete and not self.missing and (self.settled or not self.different)


def confirm(run: Run, importer: Importer, session: ServerSession) -> None:
    """Compare what the server lists with what was sent; keep the receipt.

    Raises
    ------
    NotConfirmed
        When they differ after several looks; the receipt says so too.
    """
    url = session.url or run.store.job(run.job.id).prearchive_url
    run.advance(JobEvent.COMMITTED, server_url=url)
    sent = run.store.instances(run.job.id)
    found = _look(run, importer, url, sent)
    for _ in range(run.tools.options.count_tries - 1):
        if found.equal:
            break
        run.wait(run.tools.options.count_pause)
        found = _look(run, importer, url, sent)
    _conclude(run, session, found, sent)


def _look(run: Run, importer: Importer, url: str, sent: Sequence[InstanceReceipt]) -> Comparison:
    """Ask for the listing, and for the instances where numbers and checksums leave a doubt."""
    appended = run.store.job(run.job.id).target.overwrite == "append"
    listed = importer.counts(url)
    found = compare_files(sent, listed, appended=appended)
    unproven = found.rewritten or appended
    doubtful = [
        scan.scan_id
        for scan in found.scans
        if scan.found < scan.sent or (unproven and scan.matched < scan.sent)
    ]
    known = {one.scan_id for one in sent if one.sop_instance_uid in found.missing}
    by_scan, groups = _by_scan(sent), _groups(listed)
    gone: set[str] = set()
    for scan_id in doubtful:
        if scan_id not in known:
            ours = {one.sop_instance_uid for one in by_scan[scan_id]}
            names = [one.scan_id for one in groups.get(scan_id, ())]
            there = frozenset[str]().union(*(importer.instances(url, name) for name in names))
            gone |= ours - there if there else set()
    found = _without(found, gone, sent)
    return replace(found, settled=_settled(run, found.different))


def _without(found: Comparison, gone: set[str], sent: Sequence[InstanceReceipt]) -> Comparison:
    """Count out the instances that the server does not name: files of others stand for them."""
    numbers = Counter(one.scan_id for one in sent if one.sop_instance_uid in gone)
    scans = tuple(
        replace(scan, found=min(scan.found, scan.sent - numbers[scan.scan_id]))
        if numbers[scan.scan_id]
        else scan
        for scan in found.scans
    )
    return replace(found, scans=scans, missing=found.missing | gone)


def _settled(run: Run, different: frozenset[str]) -> bool:
    """Whether all that differs was sent once more since it was found to differ."""
    before = run.store.receipt(run.job.id)
    if before is None or run.store.facts(run.job.id)["resent"] <= before.resent:
        return False
    return different <= {one.sop_instance_uid for one in before.instances if one.missing}


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


def compare_files(
    sent: Sequence[InstanceReceipt], listed: Sequence[ScanCount], *, appended: bool = False
) -> Comparison:
    """Set what was sent against the listing, by number and, where there are checksums, by those.

    Parameters
    ----------
    appended : bool
        Whether the session was added to one that was there, so that more files than ours are
        no surprise.
    """
    by_scan, groups = _by_scan(sent), _groups(listed)
    scans = compare({scan_id: len(ours) for scan_id, ours in by_scan.items()}, listed)
    lacking = {
        scan.scan_id: _lacking(by_scan[scan.scan_id], groups.get(scan.scan_id, ()))
        for scan in scans
    }
    told = [
        len(by_scan[scan.scan_id]) - len(ours)
        for scan in scans
        if scan.found and (ours := lacking[scan.scan_id]) is not None
    ]
    if told and not any(told):
        return Comparison(tuple(_ours(scan, appended) for scan in scans), rewritten=True)
    judged = [_judge(scan, lacking[scan.scan_id], appended) for scan in scans]
    return Comparison(
        tuple(scan for scan, _, _ in judged),
        frozenset(uid for _, missing, _ in judged for uid in missing),
        frozenset(uid for _, _, different in judged for uid in different),
    )


def _groups(listed: Iterable[ScanCount]) -> Mapping[str, Sequence[ScanCount]]:
    """Each scan with those of its number that XNAT renamed."""
    groups: dict[str, list[ScanCount]] = defaultdict(list)
    for one in listed:
        for name in {one.scan_id, _SUFFIX.sub("", one.scan_id)}:
            groups[name].append(one)
    return groups


def _by_scan(sent: Iterable[InstanceReceipt]) -> Mapping[str, Sequence[InstanceReceipt]]:
    scans: dict[str, list[InstanceReceipt]] = defaultdict(list)
    for one in sent:
        scans[one.scan_id].append(one)
    return scans


def _lacking(ours: Sequence[InstanceReceipt], group: Sequence[ScanCount]) -> frozenset[str] | None:
    """Instances whose checksum the server does not have; None where checksums are not known."""
    known = all(one.md5 for one in ours) and all(len(scan.digests) == scan.files for scan in group)
    if not known and any(scan.files for scan in group):
        return None
    there = Counter(digest for scan in group for digest in scan.digests)
    lacking = set()
    for one in ours:
        if there[one.md5]:
            there[one.md5] -= 1
        else:
            lacking.add(one.sop_instance_uid)
    return frozenset(lacking)


def _ours(scan: ScanReceipt, appended: bool) -> ScanReceipt:
    return replace(scan, found=min(scan.found, scan.sent)) if appended else scan


def _judge(
    scan: ScanReceipt, lacking: frozenset[str] | None, appended: bool
) -> tuple[ScanReceipt, frozenset[str], frozenset[str]]:
    """Put one scan's numbers and checksums together: scan, missing, different."""
    nothing = frozenset[str]()
    if lacking is None:
        return _ours(scan, appended), nothing, nothing
    matched = scan.sent - len(lacking)
    if appended and scan.found > scan.sent:
        # Files of others hide the number of ours.
        return replace(scan, found=matched, matched=matched), lacking, nothing
    scan = replace(scan, matched=matched)
    # Where files are missing, those without their checksum there are the missing ones.
    return (scan, lacking, nothing) if scan.found < scan.sent else (scan, nothing, lacking)


def _conclude(
    run: Run, session: ServerSession, found: Comparison, sent: Sequence[InstanceReceipt]
) -> None:
    _note(run, session, found)
    gone = found.missing | (frozenset() if found.settled else found.different)
    instances = tuple(replace(one, missing=one.sop_instance_uid in gone) for one in sent)
    archived = session.state is ServerState.ARCHIVED
    receipt = make_receipt(run, session, found.scans, instances, confirmed=found.equal)
    if not found.equal:
        run.store.keep_receipt(receipt)
        raise _not_confirmed(found, sent, archived)
    _keep(run, receipt)


def _keep(run: Run, receipt: Receipt) -> None:
    with run.store.writing():
        # Receipt and state are one transaction; nothing is told before it holds.
        run.store.keep_receipt(receipt)
        before = run.store.advance(
            run.job.id, JobEvent.CONFIRM, finished=run.tools.clock(), sentence="", details=""
        )
    run.store.flush()
    run.tools.news.changed(run.job.id, before)
    run.tools.news.receipt(receipt)


def _note(run: Run, session: ServerSession, found: Comparison) -> None:
    """Keep for the receipt what is no failure, but should be known."""
    stays = session.state in (ServerState.CONFLICT, ServerState.ERROR)
    notes = []
    if stays or run.store.facts(run.job.id)["answer"] == Choice.LEAVE.name:
        notes.append(
            Finding(
                severity=Severity.NOTE,
                code="transfer.left-in-prearchive",
                sentence="The server could not archive the session; it was left in the "
                "prearchive, as chosen by the person who sent it.",
            )
        )
    if found.rewritten or (found.settled and found.different):
        notes.append(
            Finding(
                severity=Severity.NOTE,
                code="transfer.checksums-differ",
                sentence="The server writes files anew as it takes them in, so its checksums are "
                "not those of the files that were sent. The numbers of files were compared.",
            )
        )
    run.store.add_findings(run.job.id, notes)


def _not_confirmed(
    found: Comparison, sent: Sequence[InstanceReceipt], archived: bool
) -> NotConfirmed:
    total, there = sum(s.sent for s in found.scans), sum(s.found for s in found.scans)
    short = bool(found.missing) or any(scan.found < scan.sent for scan in found.scans)
    choices = [Choice.SEND_MISSING] if short or found.different else []
    if any(scan.found > scan.sent for scan in found.scans):
        choices.append(Choice.APPEND)
    if not archived:
        choices.append(Choice.START_OVER)
    return NotConfirmed(
        _sentence(total, there, len(found.different), short=short),
        details="\n".join(_lines(found, sent)),
        choices=tuple(choices),
    )


def _sentence(total: int, there: int, different: int, *, short: bool) -> str:
    if short:
        return (
            f"{total} files were sent, but the server lists {there}. Your files are untouched. "
            "Send again what is missing, or try again to count once more; if it stays so, show "
            "the receipt to the server's administrator."
        )
    if different:
        return (
            f"{total} files were sent and as many are on the server, but {different} of them have "
            "another content there. Your files are untouched. Send those again; if it stays so, "
            "show the receipt to the server's administrator."
        )
    return (
        f"{total} files were sent, but the server lists {there}: the session holds files that "
        "were not sent from here. Your files are untouched and all on the server. Say whether "
        "the session was to be added to, or show the receipt to the server's administrator."
    )


def _lines(found: Comparison, sent: Sequence[InstanceReceipt]) -> Iterable[str]:
    """Say what differs, by scan and by instance."""
    by_scan = _by_scan(sent)
    for scan in found.scans:
        ours = [one.sop_instance_uid for one in by_scan[scan.scan_id]]
        missing = [uid for uid in ours if uid in found.missing]
        different = [uid for uid in ours if uid in found.different]
        if scan.sent != scan.found:
            yield f"scan {scan.scan_id}: {scan.sent} sent, {scan.found} on the server"
        elif different:
            yield f"scan {scan.scan_id}: {scan.sent} sent, {scan.matched} of them equal"
        for name, uids in (("missing", missing), ("different", different)):
            yield from (f"scan {scan.scan_id}: {name} {uid}" for uid in uids[:_NAMED])
            if len(uids) > _NAMED:
                yield f"scan {scan.scan_id}: {len(uids) - _NAMED} more {name}"
