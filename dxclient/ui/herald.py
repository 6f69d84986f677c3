"""Decides what the window tells by itself about uploads, and when it is over."""

from __future__ import annotations

from collections.abc import Callable

from dxclient.domain.events import LoginNeeded, ServerReachable
from dxclient.domain.jobs import JobState, UploadJob
from dxclient.ui import words
from dxclient.ui.asklogin import AskLogin
from dxclient.ui.board import Group, JobBoard, moving
from dxclient.ui.bridge import UiBridge
from dxclient.ui.context import ViewContext
from dxclient.ui.later import Later
from dxclient.ui.notices import Notice, NoticeBar
from dxclient.ui.transferwords import host

_OVER = (JobState.CONFIRMED, JobState.CANCELLED)


class Herald:
    """Hears of uploads and servers, and tells a person: once, and no more than needed.

    Parameters
    ----------
    at_login : callable
        Says whether the page of the login is shown: there is no need for a second question then.
    """

    def __init__(
        self,
        context: ViewContext,
        board: JobBoard,
        bar: NoticeBar,
        at_login: Callable[[], bool],
    ) -> None:
        self._context, self._board, self._bar, self._at_login = context, board, bar, at_login
        self._greeted = False
        self._under_way = False
        self._confirmed: dict[str, UploadJob] = {}
        self._states: dict[str, JobState] = {}
        self._asking: dict[tuple[str, str], AskLogin] = {}
        self._later = Later(bar, self._look, 400)
        board.listen(self._changed, bar)
        bridge: UiBridge = context.bridge
        bridge.subscribe(LoginNeeded, self._login_needed, bar)
        bridge.subscribe(ServerReachable, lambda _event: self._weather(), bar)

    # -- passwords -----------------------------------------------------------------------

    def ask(self, server: str, user: str) -> None:
        """Ask for a password; a question that is open already comes to the front."""
        key = (server, user)
        known = self._asking.get(key)
        if known is not None and known.winfo_exists():
            known.lift()
            known.password.focus_set()
            return
        dialog = AskLogin(self._context, server, user, lambda: self._unlocked(key))
        self._asking[key] = dialog
        dialog.place_over(self._context.root)
        dialog.password.focus_set()

    def _login_needed(self, event: LoginNeeded) -> None:
        self._tell_waiting(event.server, event.user)
        if not self._at_login() and self._context.root.winfo_viewable():
            self.ask(event.server, event.user)

    def _tell_waiting(self, server: str, user: str) -> None:
        self._bar.tell(
            Notice(
                f"login {server} {user}",
                f"⚠ Uploads to {host(server)} wait for the password of {user}.",
                "Log in…",
                lambda: self.ask(server, user),
            )
        )

    def _unlocked(self, key: tuple[str, str]) -> None:
        self._asking.pop(key, None)
        self._bar.take_back(f"login {key[0]} {key[1]}")
        self._context.status(f"Logged in to {host(key[0])}; uploads go on.")

    # -- servers -------------------------------------------------------------------------

    def _weather(self) -> None:
        away = self._board.away
        told = [key for key in self._bar.shown if key.startswith("away ")]
        for key in told:
            server = key.removeprefix("away ")
            if server not in away:
                self._bar.take_back(key)
                self._context.status(f"{host(server)} answers again; uploads go on.")
        for server in sorted(away):
            waiting = sum(
                job.target.server == server and moving(job) for job in self._board.of(Group.RUNNING)
            )
            if waiting and f"away {server}" not in self._bar.shown:
                goes = _counted(
                    waiting,
                    "upload waits and goes on by itself",
                    "uploads wait and go on by themselves",
                )
                text = f"⊘ {host(server)} cannot be reached. {goes}."
                self._bar.tell(Notice(f"away {server}", text))

    # -- uploads -------------------------------------------------------------------------

    def _changed(self, job: UploadJob | None) -> None:
        if job is None and self._board.loaded and not self._greeted:
            self._greeted = True
            self._greet()
        if job is not None:
            before = self._states.get(job.id)
            self._states[job.id] = job.state
            if job.state is JobState.CONFIRMED and before is not None and before not in _OVER:
                self._confirmed[job.id] = job
        self._later.ask()

    def _look(self) -> None:
        if not self._board.loaded:
            return
        self._forget_logins()
        self._weather()
        goes_on = any(moving(job) for job in self._board.of(Group.RUNNING))
        if self._under_way and not goes_on and self._confirmed:
            self._sum_up()
        self._under_way = goes_on

    def _forget_logins(self) -> None:
        """A question is over when nothing waits for its answer any more."""
        waiting = {
            f"login {job.target.server} {job.target.user}"
            for job in self._board.of(Group.NEEDS_YOU)
            if job.state is JobState.NEEDS_LOGIN
        }
        for key in [key for key in self._bar.shown if key.startswith("login ")]:
            if key not in waiting:
                self._bar.take_back(key)
        for (server, user), dialog in tuple(self._asking.items()):
            if f"login {server} {user}" not in waiting and dialog.winfo_exists():
                dialog.destroy()

    def _greet(self) -> None:
        """At the start: say what goes on from last time."""
        jobs = tuple(self._board.jobs.values())
        self._states = {job.id: job.state for job in jobs}
        goes_on = sum(map(moving, jobs))
        parts = (
            _counted(goes_on, "upload from last time goes on", "uploads from last time go on"),
            _counted(self._count(JobState.PAUSED), "is paused", "are paused"),
            _counted(self._board.count(Group.NEEDS_YOU), "needs you", "need you"),
        )
        said = "; ".join(part for part in parts if part)
        if said:
            show = self._context.show
            self._bar.tell(Notice("greeting", f"{said}.", "Show", lambda: show("transfers")))

    def _count(self, state: JobState) -> int:
        return sum(job.state is state for job in self._board.jobs.values())

    def _sum_up(self) -> None:
        done = tuple(self._confirmed.values())
        self._confirmed = {}
        files, size = sum(job.files_total for job in done), sum(job.bytes_total for job in done)
        needs = self._board.count(Group.NEEDS_YOU)
        text = (
            f"✔ {words.plural(len(done), 'session')} sent and confirmed: "
            f"{words.plural(files, 'file')}, {words.size(size)}."
        )
        if needs:
            text += f" ⚠ {needs:,} {'needs' if needs == 1 else 'need'} you."
        show = self._context.show
        self._bar.tell(Notice("all done", text, "Receipts", lambda: show("history")))


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}" if count else ""
