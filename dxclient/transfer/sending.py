"""Sending the parts of a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dxclient.domain.choices import Choice
from dxclient.domain.dicom import Reason
from dxclient.domain.errors import (
    AnonymizationError,
    Cancelled,
    Misrouted,
    PlanChanged,
    SourceChanged,
    TransferError,
    XnatAnswer,
    XnatConflict,
)
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import LeftOutCount, PackedPart, PartRequest, SourceFile, UploadJob
from dxclient.domain.project import Origin, ScriptSource
from dxclient.domain.protocols import Importer
from dxclient.transfer.opening import note_first
from dxclient.transfer.run import Run

_PROGRAM = "dxclient"
#: Seconds between two looks at whether to go on.
_TICK = 0.1
_FROM_SERVER = (Origin.SITE, Origin.PROJECT)


def check_plan(run: Run, importer: Importer) -> None:
    """Compare the server's scripts, and the extensions here, with those that the job promised.

    Raises
    ------
    PlanChanged
        When the scripts differ in number, order or text, or an extension is missing or has
        another version.
    Misrouted
        When an earlier part went astray: nothing more is sent after it.
    """
    _check_place(run)
    _check_plugins(run)
    promised = _server_scripts(run.job.plan.scripts)
    current = _server_scripts(importer.scripts(run.job.target.project))
    if promised != current:
        raise PlanChanged(
            "The anonymization scripts on the server are not those that were agreed to when this "
            "upload was prepared. Nothing more was sent. Cancel this upload and prepare it again "
            "to use the new scripts."
        )


def _check_place(run: Run) -> None:
    """The server would put more of the session where it put the first part of it."""
    job = run.store.job(run.job.id)
    names = job.server_url.split("/")
    if "projects" in names[:-1] and names[names.index("projects") + 1] != job.target.project:
        raise Misrouted(
            "The server put the data of this upload into another project than asked, so nothing "
            "more is sent. Once an administrator has removed it and you may upload to the "
            "project, cancel this upload and prepare it again.",
            url=job.server_url,
        )


def _check_plugins(run: Run) -> None:
    """Without an extension that was promised, its checks would be skipped in silence."""
    if run.tools.current_plugins is None:
        return
    current = run.tools.current_plugins()
    names = {plugin.name for plugin in current}
    for plugin in run.job.plan.plugins:
        # The program itself may be updated: jobs outlive that by design.
        if plugin.name == _PROGRAM or plugin in current:
            continue
        trouble = "has another version now" if plugin.name in names else "is missing now"
        raise PlanChanged(
            f"The extension “{plugin.name}” took part when this upload was prepared and {trouble}. "
            "Nothing more was sent. Bring it back as it was and try again, or cancel this upload "
            "and prepare it again.",
            details=f"{plugin.name} {plugin.version}".strip(),
        )


def _server_scripts(scripts: Sequence[ScriptSource]) -> list[tuple[Origin, str]]:
    return [
        (origin, script.text)
        for origin in _FROM_SERVER
        for script in scripts
        if script.origin is origin
    ]


def send_next(run: Run, importer: Importer) -> bool:
    """Send the next pending part; False when there is none."""
    run.check()
    tools = run.tools
    request = run.store.claim_part(
        run.job.id, tools.owner, tools.clock(), tools.options.lease_seconds
    )
    if request is None:
        return False
    request = replace(request, digests=True)
    try:
        _send_claimed(run, importer, request)
    except BaseException:
        run.store.release_part(run.job.id, request.number)
        raise
    finally:
        tools.progress.done(run.job.id, request.number)
        tools.news.progressed(run.job.id)
    return True


def _send_claimed(run: Run, importer: Importer, request: PartRequest) -> None:
    key = (request.job_id, request.number)
    packed = run.tools.bodies.enter(key, run.stopped, run.server) or _pack(run, request)
    keep = False
    try:
        _verify(run, packed)
        if not packed.sent:
            run.store.accept_nothing(run.job.id, packed.number, packed.left_out, sent=False)
            return
        keep = True
        with _one_until_open(run):
            run.store.require_new(run.job.id, packed)
            note_first(run, importer, packed)
            url = _send(run, importer, packed)
            keep = False
            # Off the wire before it is in the store: counted twice, it would show too much.
            run.tools.progress.done(*key)
            _accept(run, importer, packed, url)
    finally:
        if keep:
            run.tools.bodies.shelve(key, packed, run.server)
        else:
            run.tools.bodies.leave(run.server)


@contextmanager
def _one_until_open(run: Run) -> Iterator[None]:
    """Let parts go one by one until one has created the session's row on the server.

    The others are packed meanwhile, and wait here.
    """
    while not _is_open(run):
        if run.opening.acquire(timeout=_TICK):
            try:
                if not _is_open(run):
                    yield
                    return
            except BaseException:
                # Before the lock is let go: the next part shall not meet the same trouble.
                run.halted.set()
                raise
            finally:
                run.opening.release()
    yield


def _is_open(run: Run) -> bool:
    """Whether the session has its row; raises Cancelled when that need not be waited for."""
    run.check()
    if run.halted.is_set():
        raise Cancelled
    return bool(run.store.job(run.job.id).prearchive_url)


def _pack(run: Run, request: PartRequest) -> PackedPart:
    """Pack in a worker process; again a few times when that process dies.

    The place in memory is given back when this fails, but not before the packing ends.
    """
    future: Future[PackedPart] | None = None
    try:
        _check_sources(request.files)
        for _ in range(run.tools.options.pack_tries):
            try:
                level = run.tools.lanes.compression(run.server)
                request = replace(request, compression=level)
                future = run.tools.executor().submit(run.tools.pack, request)
                packed = _result(run, future)
                run.tools.lanes.packed(run.server, request, packed)
                return packed
            except BrokenExecutor:
                run.check()
        raise AnonymizationError(
            "The process that anonymizes files ended unexpectedly, several times. Nothing of "
            "this part was sent. There may be too little memory; send fewer sessions at once."
        )
    except BaseException:
        _leave_after(run, future)
        raise


def _leave_after(run: Run, future: Future[PackedPart] | None) -> None:
    if future is None or future.cancel() or future.done():
        run.tools.bodies.leave(run.server)
    else:
        future.add_done_callback(lambda _: run.tools.bodies.leave(run.server))


def _result(run: Run, future: Future[PackedPart]) -> PackedPart:
    while True:
        try:
            return future.result(timeout=_TICK)
        except NotYet:
            if future.done():
                raise  # the packing itself timed out on something
            run.check()


def _check_sources(files: Sequence[SourceFile]) -> None:
    """Raise SourceChanged when files are not as they were queued; names counts, no paths."""
    states = Counter(_state(file) for file in files)
    if states["missing"] or states["changed"]:
        raise SourceChanged(
            f"Of {len(files)} files, {states['missing']} are gone and {states['changed']} were "
            "changed since this upload was prepared. Nothing of them was sent. Bring the files "
            "back and try again, or cancel this upload and prepare it again."
        )


def _state(file: SourceFile) -> str:
    try:
        now = Path(file.path).stat()
    except OSError:
        return "missing"
    same = now.st_size == file.size and now.st_mtime_ns == file.modified_ns
    return "same" if same else "changed"


def _verify(run: Run, packed: PackedPart) -> None:
    findings = tuple(run.tools.verify_part(packed, run.job))
    stops = [finding for finding in findings if finding.severity is Severity.STOPS]
    run.store.add_findings(run.job.id, findings)
    if stops:
        raise AnonymizationError(
            f"A check of what was about to be sent said no, so this part was not sent: "
            f"{stops[0].sentence}",
            details="\n".join(f"{one.source} {one.code}".strip() for one in stops),
        )


def _send(run: Run, importer: Importer, packed: PackedPart) -> str:
    whole = max(len(packed.body), 1)

    def on_bytes(sent: int) -> None:
        run.tools.progress.sending(run.job.id, packed.number, sent / whole)
        run.tools.news.progressed(run.job.id)

    run.check()
    target, body = run.job.target, packed.body
    try:
        with run.tools.lanes.lane(run.server, len(body), run.stopped):
            return importer.send(target, body, on_bytes=on_bytes, stopped=run.stopped)
    except Misrouted as error:
        # Kept at once, so that nothing is sent after it even when this program is killed.
        run.store.note(run.job.id, server_url=error.url)
        raise


def _accept(run: Run, importer: Importer, packed: PackedPart, url: str) -> None:
    if not url:
        _require_filters(run, importer, packed)
        _accept_kept_nothing(run, packed)
        return
    known = run.store.job(run.job.id).prearchive_url
    if known and known != url:
        run.store.note(run.job.id, start_over=1)
        raise XnatConflict(
            "The server put a part of this session in another place of the prearchive than the "
            "parts before. Your files are untouched. Remove the incomplete session from the "
            "prearchive, then try again: everything is sent once more.",
            choices=(Choice.START_OVER,),
        )
    run.store.accept(run.job.id, packed, url)


def _require_filters(run: Run, importer: Importer, packed: PackedPart) -> None:
    """Raise where a server kept nothing of a part, but has no filter that may say so."""
    if not importer.filters(run.job.target.project):
        raise XnatAnswer(
            f"The server said that all is well with {len(packed.sent)} files, but kept none of "
            "them, and no series filter leaves them out. Nothing was lost; they are sent again. "
            "Ask who runs the server if it stays so.",
            status=200,
        )


def _accept_kept_nothing(run: Run, packed: PackedPart) -> None:
    """XNAT answers 200 with an empty body when it filtered or rejected every file."""
    numbers = {scan.series_uid: scan.number for scan in run.job.scans}
    counts = Counter(numbers.get(one.source_series, "") for one in packed.sent)
    dropped = tuple(
        LeftOutCount(series_number=number, reason=Reason.FILTERED, files=files)
        for number, files in sorted(counts.items())
    )
    run.store.add_findings(
        run.job.id,
        [
            Finding(
                severity=Severity.NOTE,
                code="transfer.server-kept-nothing",
                sentence=f"The server received part {packed.number} and kept none of its "
                f"{len(packed.sent)} files: its series import filter leaves them out.",
            )
        ],
    )
    left_out = (*packed.left_out, *dropped)
    run.store.accept_nothing(run.job.id, packed.number, left_out, sent=True)


def require_all(job: UploadJob) -> None:
    """Raise TransferError when parts are missing, or the server holds nothing of them."""
    if job.parts_done != job.parts_total:
        raise TransferError(
            f"Only {job.parts_done} of {job.parts_total} parts were sent, so the session was not "
            "finished on the server. Nothing was lost; try again."
        )
    if not job.prearchive_url:
        raise TransferError(
            "Nothing remained to send: every file was left out by a filter or rejected by an "
            "anonymization script. Your files are untouched. The receipt of left-out files says "
            "which; choose other scans or ask the project's owner."
        )
