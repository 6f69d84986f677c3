"""Removing what a cancelled job left in the prearchive, and nothing else."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress

from dxclient.domain.errors import Cancelled, DxError, XnatMissing
from dxclient.domain.protocols import Importer, ServerState
from dxclient.transfer.patience import patient
from dxclient.transfer.retry import Remedy, backoff, pause_after, remedy
from dxclient.transfer.run import Run

#: How often a session is looked for whose place was never told: the server may still unpack it.
_LOOKS = 3
_LEFT = (
    "The upload was cancelled, but the incomplete session could not be removed from the "
    "prearchive. Remove it on the server's web page."
)
_ARCHIVED = (
    "The upload was cancelled, but the server had archived the session already, so it is complete "
    "and stays there. Delete it on the server's web page if it should not."
)
_NOT_OURS = (
    "The upload was cancelled. A session with this label lay in the prearchive before, or may "
    "have, and the server adds to what is there; so nothing was removed. Look at it on the "
    "server's web page."
)
_SHARED = (
    "The upload was cancelled. Another upload uses the same session in the prearchive, so it was "
    "not removed."
)
_UNSURE = (
    "The upload was cancelled. Something of it may lie in the prearchive, but which session it is "
    "cannot be said for certain, so nothing was removed. Look on the server's web page."
)


class _LookAgain(Exception):
    """The server may not have shown the session yet."""


def discard(run: Run) -> None:
    """Remove the session; put off where that must wait, and say so where it cannot be."""
    tools, job = run.tools, run.store.job(run.job.id)
    options = tools.options
    try:
        sentence = _remove(run, patient(run, tools.importer_for(job.target)))
    except Cancelled:
        return  # the program ends; done at its next start
    except _LookAgain:
        _put_off(run, backoff(job.attempts + 1, options.retry_base, options.retry_cap))
        return
    except DxError as error:
        attempts = job.attempts + 1
        if remedy(error, attempts) in (Remedy.TIME, Remedy.NETWORK, Remedy.LOGIN):
            _put_off(run, pause_after(error, attempts, options.retry_base, options.retry_cap))
            return
        run.store.note(job.id, sentence=_LEFT, details=error.sentence)
    else:
        run.store.note(job.id, sentence=sentence)
    over(run)


def _put_off(run: Run, pause: float) -> None:
    job, now = run.store.job(run.job.id), run.tools.clock()
    run.store.note(job.id, next_try=now + pause, attempts=job.attempts + 1)


def over(run: Run) -> None:
    """Nothing is to be removed any more."""
    run.store.note(run.job.id, discard=0, sent_study="", there_before="")
    run.tools.news.changed(run.job.id, run.job.state)


def _remove(run: Run, importer: Importer) -> str:
    """Remove it; a sentence where it stays."""
    facts = run.store.facts(run.job.id)
    if not facts["send_begun"]:
        return ""
    url, words = _place(run, importer, facts)
    if not url:
        return words
    if _there_before(facts, url):
        return _NOT_OURS
    if run.store.used_by_others(run.job.id):
        return _SHARED
    with suppress(XnatMissing):  # gone already, which is what was wanted
        importer.discard(url)
    run.store.note(run.job.id, prearchive_url="")
    return ""


def _place(run: Run, importer: Importer, facts: sqlite3.Row) -> tuple[str, str]:
    """Where it lies in the prearchive; else nothing, and a sentence where there is more to say."""
    target, url, study = run.job.target, facts["prearchive_url"], facts["sent_study"]
    if not url:
        return _search(run, importer, facts)
    if facts["commit_begun"]:
        session = importer.locate(target, url, study_uid=study)
        if session.state is ServerState.ARCHIVED:
            return "", _ARCHIVED
    return url, ""


def _search(run: Run, importer: Importer, facts: sqlite3.Row) -> tuple[str, str]:
    """Look for a session of which no answer told the place."""
    study, subject = facts["sent_study"], run.job.target.subject
    listed = importer.waiting(run.job.target)
    fresh = [one for one in listed if not _there_before(facts, one.url)]
    ours = [one for one in fresh if study and (one.study_uid, one.subject) == (study, subject)]
    if len(ours) == 1:
        return ours[0].url, ""
    if any(not study or one.study_uid in ("", study) for one in listed):
        return "", _UNSURE
    if facts["attempts"] < _LOOKS - 1:
        raise _LookAgain
    return "", ""


def _there_before(facts: sqlite3.Row, url: str) -> bool:
    """Whether it lay there before our first part; where nobody looked, it may have."""
    known = facts["there_before"]
    return not known or url in json.loads(known)
