"""The whole window on the embedded server, from the login to the receipt, by clicks and keys.

With DXCLIENT_SCREENSHOTS naming a folder, the pictures of the user's guide are made there.
"""

import time
from contextlib import contextmanager
from itertools import pairwise

import requests

from dxclient.app import App
from dxclient.app.trial import trial
from dxclient.domain.jobs import JobState
from dxclient.domain.project import Server
from dxclient.ui.asklogin import AskLogin
from dxclient.ui.main import DemoInfo
from tests.helpers.demoserver import ROOT, arm, dicom, stored
from tests.ui.conftest import walk
from tests.ui.window_upload import whole_window

PROJECT = "SCRIPTS"


@contextmanager
def window_on_trial(folder, *, logged_in=True):
    """The window, the program and the running server."""
    with trial(folder) as running, App.open(folder / "home", use_keychain=False) as app:
        if logged_in:
            app.log_in(Server(url=running.url), running.user, running.user)
        demo = DemoInfo(url=running.url, samples=running.samples)
        with whole_window(app, demo=demo) as driver:
            yield driver, app, running


def log_in(driver):
    """Press the button of the login that is shown, and wait until it is done."""
    login = driver.arrived("login")
    driver.picture("login")
    driver.click(login.button)
    driver.until(lambda: driver.current.id != "login")


def choose_project(driver, project, *, go_on=True):
    """From Home to the first step; choose a project there, and go on to the next."""
    driver.go_to("upload")
    table = driver.screen("core.project").table
    driver.until(lambda: table.visible)
    driver.row(table, project)
    driver.until(lambda: driver.enabled)
    driver.settle(0.2)
    driver.picture("project")
    if go_on:
        driver.go("core.sessions")


def choose_session(driver, description):
    """Look into the samples and choose a session by its description."""
    screen = driver.screen("core.sessions")
    driver.click(screen.samples_button)
    driver.until(lambda: screen.table.visible, 60)
    study = next(row.id for row in screen.table.rows if row.values[3] == description)
    driver.row(screen.table, study)
    driver.until(lambda: driver.enabled)
    driver.picture("sessions")
    driver.go("core.labels")


def name_subject(driver, label):
    """Create a subject; return the label that is proposed for the session."""
    picker = driver.screen("core.labels").subject
    driver.click(picker.create_radio)
    driver.type(picker.new.entry, label)
    driver.until(lambda: driver.enabled)
    driver.picture("labels")
    proposed = driver.view.flow.draft.label
    driver.go("core.confirm")
    driver.until(lambda: driver.enabled)
    driver.settle(0.2)
    driver.picture("confirm")
    return proposed


def only_job(driver):
    """The one upload that the window knows of."""
    jobs = list(driver.shell.board.jobs.values())
    return jobs[0] if jobs else None


def wait_for_state(driver, state):
    driver.until(lambda: only_job(driver) and only_job(driver).state is state, 60)
    driver.settle(0.5)
    return only_job(driver)


def test_a_whole_upload_from_the_login_to_the_receipt(screen, tmp_path):
    with window_on_trial(tmp_path, logged_in=False) as (driver, _app, running):
        driver.pictures = True
        log_in(driver)
        driver.arrived("home")
        driver.settle(0.8)
        driver.picture("home")
        choose_project(driver, PROJECT)
        choose_session(driver, "MR head")
        session = name_subject(driver, "S001")
        assert session.startswith("S001")
        assert driver.button.startswith("Upload 1 session")
        driver.click(driver.view.primary_button)
        transfers = driver.arrived("transfers")
        job = wait_for_state(driver, JobState.CONFIRMED)
        driver.until(lambda: transfers.detail.buttons["receipt"].winfo_ismapped())
        driver.picture("transfers")
        driver.click(transfers.detail.buttons["receipt"])
        shown = driver.arrived("receipt")
        driver.until(lambda: shown.receipt is not None)
        driver.settle(0.3)
        driver.picture("receipt")
        assert shown.receipt.confirmed
        assert shown.receipt.session == session
        files = stored(running.url, PROJECT, session)
        assert len(files) == job.files_total > 0
        driver.go_to("home")


def test_a_login_that_ends_in_the_middle_is_asked_for_and_the_upload_goes_on(screen, tmp_path):
    with window_on_trial(tmp_path) as (driver, _app, running):
        driver.arrived("home")
        choose_project(driver, PROJECT)
        choose_session(driver, "MR head")
        session = name_subject(driver, "S002")
        arm(running.url, "refuse-login", count=-1)
        arm(running.url, "expire-sessions")
        driver.click(driver.view.primary_button)
        transfers = driver.arrived("transfers")
        job = wait_for_state(driver, JobState.NEEDS_LOGIN)
        row = next(row for row in transfers.table.rows if row.id == job.id)
        assert "needs your password" in row.values[3]
        driver.until(lambda: transfers.detail.buttons["log_in"].winfo_ismapped())
        driver.click(transfers.detail.buttons["log_in"])
        asked = [one for one in walk(driver.root) if isinstance(one, AskLogin)]
        assert len(asked) == 1
        requests.delete(f"{running.url}/demo/faults", timeout=30)
        driver.type(asked[0].password.entry, "nurse")
        driver.click(asked[0].button)
        wait_for_state(driver, JobState.CONFIRMED)
        assert stored(running.url, PROJECT, session)


def write_tiny_files(folder, count):
    """Write that many files of one scan, quickly: only their instance numbers differ."""
    first = f"{ROOT}.1.1.1000".encode()
    data = dicom(1000)
    assert data.count(first) == 2
    folder.mkdir()
    for number in range(1000, 1000 + count):
        name = f"{ROOT}.1.1.{number}".encode()
        (folder / f"{number}.dcm").write_bytes(data.replace(first, name))


def test_the_window_keeps_answering_while_many_files_are_read(screen, tmp_path, record_property):
    write_tiny_files(tmp_path / "many", 3000)
    with window_on_trial(tmp_path / "demo") as (driver, _app, _running):
        driver.arrived("home")
        ticks = [time.monotonic()]

        def tick():
            ticks.append(time.monotonic())
            driver.root.after(5, tick)

        driver.go_to("upload")
        driver.until(lambda: not driver.view.pending())
        driver.view.add_folders([tmp_path / "many"])
        step = driver.screen("core.sessions")
        tick()
        driver.until(lambda: not step.pending, 120)
        gap = max(after - before for before, after in pairwise(ticks))
        record_property("largest_gap_ms", round(gap * 1000))
        print(f"largest gap {gap * 1000:.0f} ms in {len(ticks)} ticks")
        (row,) = step.table.rows
        assert "3,000" in row.values
        # a window that waits for the reading would tick once or twice
        assert len(ticks) > 10
