"""A whole upload by clicks and keys: the real program, the embedded server, up to the receipt.

With DXCLIENT_SCREENSHOTS naming a folder, the steps are also kept as pictures there.
"""

from contextlib import contextmanager

import pytest

from dxclient.app.trial import open_trial, trial
from dxclient.domain.dicom import Reason
from tests.ui.window_upload import upload_window

pytestmark = [pytest.mark.window]


@contextmanager
def window_on_trial(folder):
    with trial(folder) as running:
        app = open_trial(folder, running)
        try:
            app.start_transfers()
            with upload_window(app) as window:
                yield window, app, running.samples
        finally:
            app.close()


def choose(window, project, samples, description, after):
    """Choose a project, the folder with the samples, and a session by its description."""
    table = window.screen("core.project").table
    window.until(lambda: table.visible)
    window.row(table, project)
    window.until(lambda: window.enabled)
    window.settle(0.2)
    window.picture("upload-project")
    window.go("core.sessions")
    window.picture("upload-sessions-empty")
    screen = window.screen("core.sessions")
    screen.ask_folder = lambda: str(samples)
    window.click(screen.choose_button)
    window.until(lambda: screen.table.visible, 60)
    study = next(row.id for row in screen.table.rows if row.values[3] == description)
    window.row(screen.table, study)
    window.until(lambda: window.enabled)
    window.picture("upload-sessions")
    window.go(after)


def create_subject(window, label):
    picker = window.screen("core.labels").subject
    window.click(picker.create_radio)
    window.type(picker.new.entry, label)


def upload(window, app):
    """Press the last button; return the receipt."""
    window.until(lambda: window.enabled)
    window.settle(0.2)
    window.picture("upload-confirm")
    assert window.button.startswith("Upload 1 session (")
    window.click(window.view.primary_button)
    window.until(lambda: ("transfers",) in window.shown)
    window.picture("upload-queued")
    (job,) = app.transfers.jobs()
    window.until(lambda: app.transfers.receipt(job.id) is not None, 120)
    return app.transfers.receipt(job.id)


def test_a_pet_session_with_its_date_checked_arrives(tmp_path):
    with window_on_trial(tmp_path) as (window, app, samples):
        choose(window, "DATES", samples, "PET-CT chest", "core.verify")
        entry = window.screen("core.verify").entry.entry
        window.type(entry, "2024-02-06")
        assert not window.enabled
        window.picture("upload-verify-wrong")
        window.type(entry, "2024-02-05")
        window.until(lambda: window.enabled)
        window.picture("upload-verify")
        window.go("core.labels")
        create_subject(window, "EX_1")
        window.type(window.screen("core.labels").tracers, "FDG")
        window.until(lambda: window.view.flow.draft.label == "EX_1_FDG_1")
        window.until(lambda: window.enabled)
        window.picture("upload-labels")
        window.go("core.confirm", 60)
        receipt = upload(window, app)
    assert receipt.confirmed
    assert (receipt.subject, receipt.session) == ("EX_1", "EX_1_FDG_1")
    assert receipt.date_check == "answered and accepted"
    assert sum(scan.found for scan in receipt.scans) == 32


def test_variables_are_asked_and_a_filtered_scan_is_named_in_the_receipt(tmp_path):
    with window_on_trial(tmp_path) as (window, app, samples):
        choose(window, "FILTERED", samples, "MR head", "core.labels")
        create_subject(window, "EX_2")
        window.until(lambda: window.view.flow.draft.label == "EX_2_MR_1")
        window.go("core.confirm", 60)
        receipt = upload(window, app)
        assert receipt.confirmed
        assert Reason.FILTERED in {item.reason for item in receipt.left_out}
        # and on with another session of the same folder, to a project that asks questions
        window.click(window.view.primary_button)
        window.until(lambda: window.step == "core.sessions")
        window.click(window.view.stepper.links["core.project"])
        window.until(lambda: window.step == "core.project")
        window.row(window.screen("core.project").table, "VARIABLES")
        window.until(lambda: "questions" in window.button)
        window.go("core.sessions")
        screen = window.screen("core.sessions")
        study = next(row.id for row in screen.table.rows if row.values[3] == "US abdomen")
        window.row(screen.table, study)
        window.until(lambda: window.enabled)
        window.go("core.labels")
        create_subject(window, "EX_3")
        entries = window.screen("core.labels").variables.entries
        assert set(entries) == {"visit_code", "site_id"}
        for entry in entries.values():
            window.type(entry.entry, "V1")
        window.until(lambda: window.enabled)
        window.picture("upload-variables")
        window.go("core.confirm", 60)
        draft = window.view.flow.draft
        assert (draft.subject, draft.label) == ("EX_3", "EX_3_US_1")
        assert {v.value for v in draft.answers} == {"V1"}
