"""Removing what a cancelled job left in the prearchive."""

from __future__ import annotations

from contextlib import suppress

from dxclient.domain.errors import Cancelled, DxError, XnatMissing
from dxclient.domain.protocols import Importer, ServerState
from dxclient.transfer.patience import patient
from dxclient.transfer.retry import Remedy, pause_after, remedy
from dxclient.transfer.run import Run

_LEFT = (
    "The upload was cancelled, but the incomplete session could not be removed from the "
    "prearchive. Remove it on the server's web page."
)
_ARCHIVED = (
    "The upload was cancelled, but the server had archived the session already, so it is complete "
    "and stays there. Delete it on the server's web page if it should not."
)


def discard(run: Run) -> None:
    """Remove the session; put off where that must wait, and say so where it cannot be."""
    tools, job = run.tools, run.store.job(run.job.id)
    try:
        importer = patient(run, tools.importer_for(job.target))
        sentence = _remove(run, importer) if job.prearchive_url else ""
    except Cancelled:
        return  # the program ends; done at its next start
    except DxError as error:
        attempts = job.attempts + 1
        if remedy(error, attempts) in (Remedy.TIME, Remedy.NETWORK, Remedy.LOGIN):
            options = tools.options
            pause = pause_after(error, attempts, options.retry_base, options.retry_cap)
            run.store.note(job.id, next_try=tools.clock() + pause, attempts=attempts)
            return
        run.store.note(job.id, sentence=_LEFT, details=error.sentence)
    else:
        run.store.note(job.id, sentence=sentence)
    over(run)


def over(run: Run) -> None:
    """Nothing is to be removed any more."""
    run.store.note(run.job.id, discard=0, sent_study="")
    run.tools.news.changed(run.job.id, run.job.state)


def _remove(run: Run, importer: Importer) -> str:
    """Remove it; a sentence when it was archived meanwhile, because a commit was begun."""
    facts, job = run.store.facts(run.job.id), run.job
    if facts["commit_begun"]:
        uid = facts["sent_study"]
        session = importer.locate(job.target, job.prearchive_url, study_uid=uid)
        if session.state is ServerState.ARCHIVED:
            return _ARCHIVED
    with suppress(XnatMissing):  # gone already, which is what was wanted
        importer.discard(job.prearchive_url)
    return ""
