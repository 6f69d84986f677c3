"""Having the server finish a session, by asking it rather than by trying again.

Once a commit was asked for, only the server knows what became of it: the answer may be lost, a
proxy may give up while XNAT goes on, this program may be killed. So the session is looked for
first, and a commit is asked for once more only where the server never began with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dxclient.domain.choices import Choice
from dxclient.domain.errors import (
    CertificateUntrusted,
    NotConfirmed,
    XnatAnswer,
    XnatBusy,
    XnatConflict,
    XnatError,
    XnatMissing,
    XnatTrouble,
    XnatUnreachable,
)
from dxclient.domain.findings import Severity
from dxclient.domain.jobs import UploadJob, UploadTarget
from dxclient.domain.project import Destination
from dxclient.domain.protocols import Importer, ServerSession, ServerState
from dxclient.transfer.retry import backoff
from dxclient.transfer.run import Run
from dxclient.transfer.states import JobEvent

#: Errors after which nobody knows whether the server does what it was asked.
_IN_DOUBT = (XnatAnswer, XnatBusy, XnatTrouble, XnatUnreachable)
_DOUBTFUL = (ServerState.NOTHING, ServerState.RECEIVING, ServerState.READY)
_STUCK = (ServerState.CONFLICT, ServerState.ERROR)
#: Problems that adding to the session there does not solve: another subject, another study,
#: another modality (codes of XNAT's validate-archive), and the words for them.
_NOT_BY_ADDING = frozenset({"archive.4", "archive.5", "archive.19"})
_NOT_BY_ADDING_WORDS = ("another subject", "invalid modification")
#: Problems with the session that has the label: another label solves them.
_OF_THE_LABEL = frozenset(f"archive.{code}" for code in (1, 2, 4, 5, 14, 15, 16, 17, 18, 19))


class _Call(Protocol):
    def __call__(
        self, target: UploadTarget, prearchive_url: str, *, study_uid: str, overwrite_files: bool
    ) -> ServerSession: ...


@dataclass(frozen=True, slots=True)
class _Asking:
    """The questions about one session, with what makes it known again on the server."""

    run: Run
    importer: Importer
    job: UploadJob
    study_uid: str
    answer: str
    overwrite_files: bool
    merges: bool

    @classmethod
    def of(cls, run: Run, importer: Importer) -> _Asking:
        job, facts = run.store.job(run.job.id), run.store.facts(run.job.id)
        # What was sent again takes the place of what is there of it: the same instances.
        overwrite_files = bool(facts["resent"]) or job.target.overwrite == "delete"
        # What was missing in the archive comes after it, through the prearchive.
        receipt = run.store.receipt(job.id)
        merges = bool(facts["resent"]) and receipt is not None and receipt.archived
        known = (facts["sent_study"], facts["answer"], overwrite_files, merges)
        return cls(run, importer, job, *known)

    def locate(self, listener: str = "") -> ServerSession:
        """Look for the session that was sent, not for one that only has its label."""
        target, url = self.job.target, self.job.prearchive_url
        if listener:
            return self.importer.follow(target, url, listener, study_uid=self.study_uid)
        return self.importer.locate(target, url, study_uid=self.study_uid)

    def ask(self, call: _Call, untouched: ServerState) -> tuple[ServerSession, bool]:
        """Ask for something; where the answer is in doubt, ask where the session is.

        Raises the error again where the session is `untouched`, so the server did not begin.

        Returns
        -------
        tuple
            The session, and whether the server said how it ended.
        """
        target, url = self.job.target, self.job.prearchive_url
        given = {"study_uid": self.study_uid, "overwrite_files": self.overwrite_files}
        try:
            session = call(target, url, **given)  # type: ignore[arg-type]
            return session, session.state is not ServerState.WORKING
        except XnatMissing:
            # Somebody archived or deleted it meanwhile; where it is decides what that means.
            return self.locate(), True
        except CertificateUntrusted:
            raise
        except _IN_DOUBT as error:
            return self._in_doubt(error, untouched), False

    def _in_doubt(self, error: XnatError, untouched: ServerState) -> ServerSession:
        session = self.locate()
        if session.state is untouched:
            raise error
        return session


def commit(run: Run, importer: Importer) -> ServerSession:
    """Have the server finish the session, and follow it until it is at rest.

    That the commit was asked for is written down before it is asked. Once it is, the server is
    asked where the session is first.

    Raises
    ------
    XnatConflict
        The session is stuck in the prearchive; with what a person may choose.
    NotConfirmed
        The session is nowhere.
    """
    begun = bool(run.store.facts(run.job.id)["commit_begun"])
    run.advance(JobEvent.COMMIT, commit_begun=1)
    run.check()
    asking = _Asking.of(run, importer)
    session = _finish(asking, begun=begun)
    if asking.merges and session.state is ServerState.READY:
        # A project that archives by hand: the rest of the session is in the archive already.
        session, heard = asking.ask(importer.archive, ServerState.READY)
        session = _settle(asking, session, heard=heard, asked=1)
    return session


def _finish(asking: _Asking, *, begun: bool) -> ServerSession:
    run, importer = asking.run, asking.importer
    if not begun:
        session, heard = asking.ask(importer.commit, ServerState.RECEIVING)
        return _settle(asking, session, heard=heard, asked=1)
    session = asking.locate()
    if session.state in _STUCK and asking.answer in (Choice.APPEND.name, Choice.NEW_LABEL.name):
        session, heard = asking.ask(importer.archive, session.state)
        # Once it came through: what the server says of it is a new question.
        run.store.note(asking.job.id, answer="")
        return _settle(asking, session, heard=heard, asked=1)
    return _settle(asking, session, heard=False, asked=0)


def _settle(asking: _Asking, session: ServerSession, *, heard: bool, asked: int) -> ServerSession:
    """Follow a session; commit again, once, where the server lost what it was asked."""
    run, options = asking.run, asking.run.tools.options
    give_up = run.tools.clock() + options.settle_seconds
    polls = doubts = 0
    while True:
        sure = heard or asked > 1
        if _at_rest(asking, session, patient=sure and doubts >= options.settle_tries):
            return session
        if not sure and _never_begun(session, options.settle_tries, doubts, asked):
            session, heard = asking.ask(asking.importer.commit, session.state)
            asked, doubts = asked + 1, 0
            continue
        doubts += session.state in _DOUBTFUL
        _still_hoping(run, session, doubts, give_up)
        polls += 1
        run.wait(backoff(polls, options.poll_base, options.poll_cap))
        session = asking.locate(session.listener)


def _never_begun(session: ServerSession, tries: int, doubts: int, asked: int) -> bool:
    """Whether the commit never came through, or ended with the server before it archived.

    A session that receives was not committed. Right after a commit that may only mean that the
    server has not begun yet.
    """
    if session.state is ServerState.RECEIVING and not asked:
        return True
    return session.state in (ServerState.RECEIVING, ServerState.READY) and doubts >= tries


def _at_rest(asking: _Asking, session: ServerSession, *, patient: bool) -> bool:
    """Whether the session is where it stays. Raises XnatConflict where it is stuck."""
    stays = session.state in (*_STUCK, ServerState.READY)
    if stays and asking.answer == Choice.LEAVE.name:
        return True
    if session.state in _STUCK:
        raise _stuck(session, (Choice.APPEND,) if asking.merges else choices(asking.job, session))
    if session.state is ServerState.READY:
        # A project that archives by itself passes through READY; where it stays, it stays.
        return asking.job.target.destination is Destination.PREARCHIVE or patient
    return session.state is ServerState.ARCHIVED


def _stuck(session: ServerSession, offered: tuple[Choice, ...]) -> XnatConflict:
    said = [*session.message.splitlines(), *(one.sentence for one in session.problems)]
    messages = tuple(dict.fromkeys(line.strip() for line in said if line.strip()))
    return XnatConflict(
        "Everything was sent, but the server could not finish the session; it waits in the "
        "prearchive. Choose what becomes of it, or look at it on the server's web page and try "
        "again here to check.",
        details="\n".join(messages),
        messages=messages,
        choices=offered,
    )


def choices(job: UploadJob, session: ServerSession) -> tuple[Choice, ...]:
    """Say what a person may choose for a session that is stuck in the prearchive."""
    found: list[Choice] = []
    if session.state is ServerState.CONFLICT and not _beyond_labels(session):
        if job.target.overwrite == "none" and _may_add(session):
            found.append(Choice.APPEND)
        found.append(Choice.NEW_LABEL)
    found.append(Choice.LEAVE)
    if session.state is ServerState.ERROR:
        found.append(Choice.START_OVER)
    return tuple(found)


def _beyond_labels(session: ServerSession) -> bool:
    return any(
        one.severity is Severity.STOPS and one.code not in _OF_THE_LABEL for one in session.problems
    )


def _may_add(session: ServerSession) -> bool:
    words = session.message.lower()
    return not (
        {one.code for one in session.problems} & _NOT_BY_ADDING
        or any(word in words for word in _NOT_BY_ADDING_WORDS)
    )


def _still_hoping(run: Run, session: ServerSession, doubts: int, give_up: float) -> None:
    if session.state is ServerState.NOTHING and doubts > run.tools.options.settle_tries:
        run.store.note(run.job.id, start_over=1)
        raise NotConfirmed(
            "Everything was sent, but the server does not have the session any more: it may have "
            "been deleted or moved there. Your files are untouched; try again to send them "
            "once more.",
            details=session.message,
            choices=(Choice.START_OVER,),
        )
    if run.tools.clock() > give_up:
        raise XnatBusy(
            "Everything was sent; the server is still working on the session. It is asked again "
            "later.",
            details=session.message,
        )
