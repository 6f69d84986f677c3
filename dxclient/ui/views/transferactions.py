"""What a person can do about uploads; the work is done beside the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dxclient.domain.jobs import Choice, UploadJob
from dxclient.ui.context import View
from dxclient.ui.dialogs import choose
from dxclient.ui.transferwords import archived, web_page
from dxclient.ui.web import open_page

if TYPE_CHECKING:
    from dxclient.ui.board import JobBoard

_IN_PREARCHIVE = (
    "What was sent so far lies in the server's prearchive. You can have it removed there, or "
    "leave it. Your own files stay as they are."
)
_PERHAPS = (
    "Something of it may lie in the server's prearchive, though no answer came. You can have it "
    "looked for and removed there, or leave it. Your own files stay as they are."
)
_WAYS = ("Stop and remove from the server", "Stop and leave it there")
_NOTHING_SENT = "The server has nothing of it yet. Your own files stay as they are."
_ARCHIVED = (
    "The server has archived this session already, so it stays there, whatever happens here; "
    "delete it on the server's web page if it should not. Stopping only ends the check of what "
    "arrived, and there will be no receipt."
)


class TransferActions(View):
    """The actions of the page, on the selected upload or on all."""

    board: JobBoard

    @property
    def job(self) -> UploadJob | None:
        """The selected upload."""
        raise NotImplementedError

    @property
    def _transfers(self) -> Any:
        return self.context.app.transfers

    # -- the selected one ----------------------------------------------------------------

    def pause(self) -> None:
        """Stop sending until somebody resumes."""
        self._act(lambda job: self._transfers.pause(job))

    def resume(self) -> None:
        """Go on."""
        self._act(lambda job: self._transfers.resume(job))

    def retry(self) -> None:
        """Try now what failed or waits; only what the server lacks is sent."""
        self._act(lambda job: self._transfers.retry(job))

    def retry_scan(self, series_uid: str) -> None:
        """Send one scan of the selected upload again."""
        self._act(lambda job: self._transfers.retry_scan(job, series_uid))

    def answer(self, choice: Choice, label: str) -> None:
        """Give the answer that the selected upload waits for."""
        self._act(lambda job: self._transfers.answer(job, choice, label))

    def first(self) -> None:
        """Let the selected upload go before all others."""
        self._act(lambda job: self._transfers.first(job))

    def earlier(self) -> None:
        """Let it change places with the one before it."""
        self._act(lambda job: self._transfers.move(job, up=True))

    def later(self) -> None:
        """Let it change places with the one after it."""
        self._act(lambda job: self._transfers.move(job, up=False))

    def cancel(self) -> None:
        """Give up an upload, after asking what becomes of what was sent."""
        job = self.job
        if job is None:
            return
        text, verbs = stop_question(job)
        title = f"Stop sending {job.target.session}?"
        answer = choose(self, title, text, verbs, leave="Go on sending")
        if answer is not None:
            discard = len(verbs) > 1 and answer == 0
            self._do(lambda: self._transfers.cancel(job.id, discard))

    def forget(self) -> None:
        """Take an upload that is over out of the list, after asking."""
        job = self.job
        if job is None:
            return
        sentence = (
            "Its entry and its receipt are removed from this computer. What is on the server stays."
        )
        if self.context.confirm(f"Forget {job.target.session}?", sentence, "Forget it"):
            self._do(lambda: self._transfers.remove(job.id), lambda: self.board.forget([job.id]))

    def receipt(self) -> None:
        """Show the receipt of the selected upload."""
        if self.job is not None:
            self.context.show("receipt", job_id=self.job.id)

    def web(self) -> None:
        """Open the session on the server's web page."""
        if self.job is not None:
            open_page(web_page(self.job))

    def log_in(self) -> None:
        """Log in where the selected upload needs it."""
        if self.job is not None:
            self.context.ask_login(self.job.target.server, self.job.target.user)

    # -- all of them ---------------------------------------------------------------------

    def pause_all(self) -> None:
        """Pause every upload that goes on."""
        self._do(lambda: self._transfers.pause_all())

    def resume_all(self) -> None:
        """Let all paused uploads go on."""
        self._do(lambda: self._transfers.resume_all())

    def retry_failed(self) -> None:
        """Try everything again that failed."""
        self._do(lambda: self._transfers.retry_all())

    # -- how -----------------------------------------------------------------------------

    def _act(self, action: Callable[[str], object]) -> None:
        if self.job is not None:
            job_id = self.job.id
            self._do(lambda: action(job_id))

    def _do(self, action: Callable[[], object], done: Callable[[], object] | None = None) -> None:
        def finished(_result: object) -> None:
            if done is not None:
                done()

        self.context.bridge.run(lambda _p, _c: action(), finished, self.context.error, owner=self)


def stop_question(job: UploadJob) -> tuple[str, Sequence[str]]:
    """What is said before an upload is stopped for good, and the ways to do it."""
    if archived(job):
        return _ARCHIVED, ["Stop here"]
    if not job.prearchive_url and not job.files_sent and not job.send_begun:
        return _NOTHING_SENT, ["Stop"]
    if not job.prearchive_url:
        return _PERHAPS, _WAYS
    return _IN_PREARCHIVE, _WAYS
