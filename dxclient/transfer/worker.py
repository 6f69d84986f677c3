"""Working on one job, and the edge where no error gets past.

This is one of the six places where every exception is caught: a job that meets a bug must end
in a state with a sentence, not in a thread that is silently gone. The text of an unknown
exception may hold a path, so only the name of its type is kept.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec

from dxclient.domain.errors import (
    Cancelled,
    DxError,
    LoggedOut,
    Misrouted,
    TransferError,
    XnatUnreachable,
)
from dxclient.domain.jobs import JobState
from dxclient.domain.protocols import Importer
from dxclient.transfer import discarding
from dxclient.transfer.codec import choice_names
from dxclient.transfer.confirming import confirm
from dxclient.transfer.finishing import commit
from dxclient.transfer.patience import patient
from dxclient.transfer.retry import (
    Remedy,
    asked_to_wait,
    backoff,
    pause_after,
    remedy,
    rule_for,
)
from dxclient.transfer.run import Run
from dxclient.transfer.sending import check_plan, require_all, send_next
from dxclient.transfer.states import FINAL, IllegalTransition, JobEvent

P = ParamSpec("P")
_log = logging.getLogger(__name__)


def contained(callback: Callable[P, object]) -> Callable[P, None]:
    """Make a callback that cannot disturb the queue; its failures are logged by type."""

    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception as error:
            # The log writes the kind of an error and its place in our code, never its words.
            _log.error("callback failed", extra={"error": error})

    return call


def work(run: Run) -> None:
    """Work on a claimed job until it is done, put off or stopped. Never raises."""
    contained(_work)(run)
    contained(_clean_up)(run)


def _work(run: Run) -> None:
    try:
        _go(run)
    except (Cancelled, IllegalTransition):
        _hand_back(run)
    except DxError as error:
        _settle(run, error)
    except Exception as error:
        if run.stop.is_set():
            # A program that ends takes executors and files away under the work.
            _hand_back(run)
        else:
            _log.error("unexpected error", extra={"job": run.job.id, "error": error})
            _settle(run, _unexpected(error))


def _unexpected(error: Exception) -> TransferError:
    return TransferError(
        "Something unexpected went wrong, so this upload was stopped. What the server already "
        "has stays there and your files are untouched. Try again; if it happens once more, "
        "report it with the details below.",
        details=type(error).__name__,
    )


def _go(run: Run) -> None:
    facts = run.store.facts(run.job.id)
    run.store.release_parts(run.job.id)
    importer = patient(run, _log_in(run))
    if facts["start_over"]:
        run.store.start_over(run.job.id)
        run.tools.progress.forget(run.job.id)
        facts = run.store.facts(run.job.id)
    if not facts["commit_begun"]:
        check_plan(run, importer)
        importer.ensure_subject(run.job.target)
        _send_parts(run, importer)
    confirm(run, importer, commit(run, importer))


def _send_parts(run: Run, importer: Importer) -> None:
    _crew(run, importer, min(run.tools.options.places, run.store.pending(run.job.id)))
    run.check()
    run.tools.news.progressed(run.job.id, now=True)
    require_all(run.store.job(run.job.id))


def _crew(run: Run, importer: Importer, size: int) -> None:
    """Send parts on *size* threads; the first real error of any of them is raised here."""
    errors: list[Exception] = []

    def member() -> None:
        try:
            while not run.halted.is_set() and send_next(run, importer):
                pass
        except Exception as error:
            errors.append(error)
            run.halted.set()
            if not _passing(error):
                run.abort.set()
        finally:
            run.store.release()

    threads = [threading.Thread(target=member, name="part", daemon=True) for _ in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in sorted(errors, key=lambda error: isinstance(error, Cancelled)):
        raise error


def _passing(error: Exception) -> bool:
    """Whether the parts on their way may end as they do: the job will go on later."""
    if isinstance(error, Cancelled | LoggedOut):
        return True
    return isinstance(error, DxError) and remedy(error) in (Remedy.TIME, Remedy.NETWORK)


def _hand_back(run: Run) -> None:
    """After a stop: a job that nobody moved elsewhere goes back into the queue."""
    with suppress(Cancelled):
        run.advance(JobEvent.RECOVER)


def _settle(run: Run, error: DxError) -> None:
    """Put a job where its error leads; see `retry.RULES`."""
    words = {"sentence": error.sentence, "details": error.details}
    question = {**words, "choices": choice_names(error.choices), "answer": ""}
    if isinstance(error, Misrouted):
        # Shown as the job's address, so that an administrator can remove what lies there.
        question["server_url"] = error.url
    tools, options = run.tools, run.tools.options
    attempts = run.store.job(run.job.id).attempts + 1
    helps = remedy(error, attempts)
    known = {"job": run.job.id, "attempt": attempts, "remedy": helps, "error": error}
    _log.warning("upload disturbed", extra=known)
    with suppress(Cancelled):
        if helps is Remedy.LOGIN:
            run.advance(JobEvent.LOGIN_LOST, **words)
            # What would log in with the same password: XNAT locks accounts that fail too often.
            _hold_others(run, JobEvent.LOGIN_LOST)
            tools.news.login_needed(run.server, run.job.target.user)
        elif helps is Remedy.PERSON:
            run.advance(JobEvent.QUESTION, **question)
            if rule_for(error).whole_server:
                _hold_others(run, JobEvent.QUESTION, **question)
        elif helps is Remedy.NETWORK and run.offline():
            # Not an attempt: there was nobody to attempt it with.
            pause = backoff(1, 2 * options.offline_pause, options.offline_pause)
            run.advance(JobEvent.NETWORK_LOST, next_try=tools.clock() + pause, **words)
        elif helps in (Remedy.TIME, Remedy.NETWORK):
            due = tools.clock() + pause_after(
                error, attempts, options.retry_base, options.retry_cap
            )
            run.hold(asked_to_wait(error))
            run.advance(JobEvent.TROUBLE, attempts=attempts, next_try=due, **words)
        else:
            run.advance(JobEvent.FAIL, finished=tools.clock(), **question)


def _log_in(run: Run) -> Importer:
    """Get the connection; no answer to the login is no answer of the server."""
    try:
        return run.tools.importer_for(run.job.target)
    except XnatUnreachable as error:
        if error.retryable:
            run.troubled()
        raise


def _hold_others(run: Run, event: JobEvent, **changes: str | float) -> None:
    """Let what happened to this job happen to all that wait with the same server and user."""
    store, held = run.store, (JobState.QUEUED, JobState.WAITING, JobState.OFFLINE)
    waiting = store.ids_for(run.server, run.job.target.user, *held)
    run.tools.news.changed_all(store.advance_all(event, waiting, **changes))


def _clean_up(run: Run) -> None:
    state = run.store.job(run.job.id).state
    if state in (JobState.FAILED, JobState.NEEDS_YOU) or state in FINAL:
        run.tools.bodies.drop(run.job.id)
    if state in FINAL:
        run.store.forget(run.job.id)
        run.tools.progress.forget(run.job.id)
        run.tools.news.forget(run.job.id)


def discard(run: Run) -> None:
    """Remove a cancelled job's session from the prearchive. Never raises."""
    contained(_discard)(run)


def _discard(run: Run) -> None:
    try:
        discarding.discard(run)
    except Exception as error:
        run.store.note(run.job.id, details=type(error).__name__)
        discarding.over(run)
        raise
