"""The real window on the embedded server, whose troubles bring uploads into every state.

With DXCLIENT_SCREENSHOTS naming a folder, the pictures of the user's guide are made there.
"""

import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import requests
from PIL import Image

from dxclient.app import App
from dxclient.demo import DemoServer
from dxclient.domain.draft import UploadDraft
from dxclient.domain.jobs import Choice, JobState
from dxclient.domain.project import Server
from dxclient.ui.asklogin import AskLogin
from dxclient.ui.closing import ClosingQuestion
from tests.helpers.demoserver import arm, dicom, stored
from tests.ui.conftest import walk
from tests.ui.window_upload import SCREENSHOTS, whole_window


class Stage:
    """A server that can be stopped, the program, and its window."""

    def __init__(self, folder, server, app, driver):
        self.folder, self.server, self.app, self.driver = folder, server, app, driver
        self.studies = 0

    @property
    def view(self):
        return self.driver.current

    def request(self, subject, label="", *, project="SCRIPTS", files=3, side=16):
        """Everything that is needed to send a new session, while the server still answers."""
        self.studies += 1
        disk = self.folder / f"disk{self.studies}"
        disk.mkdir()
        for number in range(1, files + 1):
            size = {
                "Rows": side,
                "Columns": side,
                "PixelData": Random(number).randbytes(2 * side**2),
            }
            series = number % 2 + 1
            data = dicom(number, study=self.studies, series=series, **size)
            (disk / f"{number}.dcm").write_bytes(data)
        report = self.app.scan([disk], lambda _now: None, lambda: False)
        settings = self.app.project_settings(self.app.project(project))
        draft = UploadDraft(
            settings=settings,
            session=report.sessions[0],
            subject=subject,
            create_subject=True,
            accepts_no_script=True,
        )
        draft = self.app.with_label(draft, label or f"{subject}_MR_1")
        plan = self.app.plan(draft)
        return replace(plan.request, date_check="")

    def send(self, *given, **options):
        """Put a session into the queue; return its id."""
        return self.app.transfers.submit(self.request(*given, **options)).id

    def becomes(self, job_id, state, seconds=40.0):
        """Wait until the window shows a job in a state, and select it."""
        jobs = self.driver.shell.board.jobs

        def there():
            return job_id in jobs and jobs[job_id].state is state

        self.driver.until(there, seconds)
        self.driver.until(lambda: job_id in self.view.table.visible)
        self.view.table.select([job_id])
        self.driver.settle(0.7)
        return jobs[job_id]

    def dialog(self, kind):
        """Wait for a dialog."""
        found = []

        def there():
            found[:] = [one for one in walk(self.driver.root) if isinstance(one, kind)]
            return found and found[0].winfo_viewable()

        self.driver.until(there)
        return found[0]

    def picture(self, name):
        """Keep what lies over the window too, such as a dialog."""
        if not SCREENSHOTS:
            return
        self.driver.settle(0.4)
        root = self.driver.root
        place = (
            f"{root.winfo_width()}x{root.winfo_height()}+{root.winfo_rootx()}+{root.winfo_rooty()}"
        )
        path = Path(SCREENSHOTS) / f"{name}.png"
        subprocess.run(
            ["import", "-window", "root", "-crop", place, "+repage", str(path)], check=True
        )
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


@contextmanager
def stage(folder):
    """The window on the page of the transfers, logged in to a server with no uploads."""
    server = DemoServer(folder / "server")
    server.start()
    try:
        with App.open(folder / "home", use_keychain=False) as app:
            app.set_setting("transfer.retry_base", 0.1)
            app.set_setting("transfer.part_size", 1)
            app.set_setting("transfer.parts_in_flight", 1)
            app.log_in(Server(url=server.url), "nurse", "nurse")
            with whole_window(app, size="1150x760+0+0") as driver:
                driver.go_to("transfers")
                driver.until(lambda: driver.shell.board.loaded)
                yield Stage(folder, server, app, driver)
    finally:
        server.stop()


def back_again(server):
    """Let a server that was stopped answer again, at the same place."""
    server._port = int(server.url.rsplit(":", 1)[1])
    server.start()


def test_waiting_for_the_network_ends_by_itself_when_the_server_is_back(screen, tmp_path):
    with stage(tmp_path) as on:
        request = on.request("S001")
        on.server.stop()
        job = on.app.transfers.submit(request)
        on.becomes(job.id, JobState.OFFLINE)
        key = f"away {on.server.url}"
        on.driver.until(lambda: key in on.driver.shell.notices.shown)
        on.picture("transfer-offline")
        back_again(on.server)
        on.becomes(job.id, JobState.CONFIRMED, 90)
        assert key not in on.driver.shell.notices.shown
        assert len(stored(on.server.url, "SCRIPTS", "S001_MR_1")) == 3


def test_a_refused_login_asks_for_the_password_over_the_page(screen, tmp_path):
    with stage(tmp_path) as on:
        request = on.request("S001")
        arm(on.server.url, "refuse-login", count=-1)
        arm(on.server.url, "expire-sessions")
        job = on.app.transfers.submit(request)
        asked = on.dialog(AskLogin)
        on.becomes(job.id, JobState.NEEDS_LOGIN)
        on.picture("transfer-login")
        requests.delete(f"{on.server.url}/demo/faults", timeout=30)
        on.driver.type(asked.password.entry, "nurse")
        on.driver.click(asked.button)
        on.becomes(job.id, JobState.CONFIRMED)
        assert not asked.winfo_exists()


def test_a_conflict_shows_the_servers_words_and_another_label_solves_it(screen, tmp_path):
    with stage(tmp_path) as on:
        first = on.send("A001", "A001_MR_1", project="ARCHIVE")
        on.becomes(first, JobState.CONFIRMED)
        second = on.send("A001", "A001_MR_1", project="ARCHIVE")
        job = on.becomes(second, JobState.NEEDS_YOU)
        assert Choice.NEW_LABEL in job.choices
        answers = on.view.detail.answers
        on.driver.until(lambda: answers.label.get() == "A001_MR_1_2")
        assert "“" in on.view.detail.said.cget("text")
        on.picture("transfer-conflict")
        on.driver.click(answers.buttons[Choice.NEW_LABEL])
        on.becomes(second, JobState.CONFIRMED)
        assert len(stored(on.server.url, "ARCHIVE", "A001_MR_1_2")) == 3


def test_a_paused_upload_says_so_and_goes_on(screen, tmp_path):
    with stage(tmp_path) as on:
        request = on.request("S001", files=40, side=256)
        arm(on.server.url, "slow", match="/services/import", rate=400_000, count=-1)
        job = on.app.transfers.submit(request)
        jobs = on.driver.shell.board.jobs
        on.driver.until(lambda: job.id in jobs and jobs[job.id].bytes_sent)
        on.becomes(job.id, JobState.SENDING)
        on.driver.until(lambda: on.driver.shell.board.speed(jobs[job.id]))
        on.driver.settle(0.5)
        on.picture("transfer-sending")
        on.driver.click(on.view.detail.buttons["pause"])
        on.becomes(job.id, JobState.PAUSED, 5)
        on.picture("transfer-paused")
        requests.delete(f"{on.server.url}/demo/faults", timeout=30)
        on.driver.click(on.view.detail.buttons["resume"])
        on.becomes(job.id, JobState.CONFIRMED)


def test_a_server_that_loses_files_fails_the_upload_and_what_is_missing_is_sent(screen, tmp_path):
    with stage(tmp_path) as on:
        arm(on.server.url, "drop-files", drop=1)
        job_id = on.send("S001")
        job = on.becomes(job_id, JobState.FAILED)
        assert Choice.SEND_MISSING in job.choices
        on.picture("transfer-failed")
        on.driver.click(on.view.detail.answers.buttons[Choice.SEND_MISSING])
        on.becomes(job_id, JobState.CONFIRMED)
        assert len(stored(on.server.url, "SCRIPTS", "S001_MR_1")) == 3


def test_several_uploads_end_confirmed_with_a_summary_and_a_history(screen, tmp_path):
    with stage(tmp_path) as on:
        ids = [on.send(f"S00{number}") for number in (1, 2, 3)]
        for job_id in ids:
            on.becomes(job_id, JobState.CONFIRMED)
        on.driver.until(lambda: "all done" in on.driver.shell.notices.shown)
        on.picture("transfer-confirmed")
        on.driver.click(on.view.all_buttons["history"])
        view = on.driver.arrived("history")
        on.driver.until(lambda: len(view.table.visible) == 3)
        on.picture("history")
        on.driver.row(view.table, ids[0])
        on.driver.click(view.buttons["receipt"])
        receipt = on.driver.arrived("receipt")
        on.driver.until(lambda: receipt.receipt is not None)
        on.picture("receipt-page")
        assert len(receipt.receipt.parts) >= 1


def test_closing_while_something_is_sent_asks_what_becomes_of_it(screen, tmp_path):
    with stage(tmp_path) as on:
        request = on.request("S001", files=20, side=256)
        arm(on.server.url, "slow", match="/services/import", rate=400_000, count=-1)
        job = on.app.transfers.submit(request)
        on.becomes(job.id, JobState.SENDING)

        def look():
            asked = [one for one in walk(on.driver.root) if isinstance(one, ClosingQuestion)]
            if not asked or not asked[0].winfo_viewable():
                on.driver.root.after(50, look)
                return
            on.picture("closing")
            asked[0].leave.invoke()

        on.driver.root.after(50, look)
        on.driver.window.close()
        assert on.driver.root.winfo_exists()
        requests.delete(f"{on.server.url}/demo/faults", timeout=30)
        on.becomes(job.id, JobState.CONFIRMED)
