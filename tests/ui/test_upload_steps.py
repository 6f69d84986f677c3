"""The upload in a window, driven by events, against a program that answers as the test wants."""

import threading
import time
import tkinter as tk
from pathlib import Path

import pytest
import ttkbootstrap as ttk

from dxclient.domain.contributions import Ref, Step
from dxclient.domain.dicom import LeftOut, Reason
from dxclient.domain.errors import ScriptError, XnatUnreachable
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.forms import Field, Form
from dxclient.ui.upload.leftout import SHOWN
from tests.ui.fakes_upload import FakeApp, FakeVariable, fake_session, single
from tests.ui.window_upload import upload_window

pytestmark = pytest.mark.window

TWO_PATIENTS = Finding(
    severity=Severity.NEEDS_YOU, code="session.patients", sentence="The files name two patients."
)


def choose_project(window, project="MEM"):
    table = window.screen("core.project").table
    window.until(lambda: table.visible)
    window.row(table, project)
    window.until(lambda: window.enabled)
    window.go("core.sessions")


def choose_session(window, study="1.1", after="core.labels"):
    screen = window.screen("core.sessions")
    screen.ask_folder = lambda: "somewhere"
    window.click(screen.choose_button)
    window.until(lambda: screen.table.visible)
    window.row(screen.table, study)
    window.until(lambda: not window.view.pending())
    window.go(after)


def name_subject(window, subject="S01", after="core.confirm"):
    screen = window.screen("core.labels")
    window.type(screen.subject.box, subject)
    window.until(lambda: window.enabled)
    window.go(after)


def test_a_whole_upload_by_clicks_and_keys():
    app = FakeApp(refuse=frozenset({"1.1.1"}))
    with upload_window(app) as window:
        choose_project(window)
        assert window.view.title == "Upload to “Memory Study”"
        choose_session(window)
        name_subject(window)
        assert window.button == "Upload 1 session (6 files, 3.0 MB)"
        window.click(window.view.primary_button)
        window.until(lambda: app.submitted)
        window.until(lambda: window.shown)
    draft = app.submitted[0]
    assert (draft.subject, draft.label, draft.create_subject) == ("S01", "S01_MR_2", False)
    assert draft.settings.project.id == "MEM"
    assert draft.session.study_uid == "1.1"
    assert draft.scan_uids is None, "the refused scan stays wanted, so the receipt names its reason"
    assert window.shown == [("transfers",)]


def test_another_session_can_follow_from_the_same_folder():
    app = FakeApp()
    with upload_window(app) as window:
        choose_project(window)
        choose_session(window)
        name_subject(window)
        window.click(window.view.primary_button)
        window.until(lambda: window.button == "Upload another session")
        window.click(window.view.primary_button)
        window.until(lambda: window.step == "core.sessions")
        assert not window.enabled
        screen = window.screen("core.sessions")
        assert len(screen.table.visible) == 2
        window.row(screen.table, "1.2")
        window.go("core.labels")
        assert window.screen("core.labels").subject.label == ""


def test_projects_used_last_come_first_and_the_filter_finds_the_others():
    with upload_window(FakeApp()) as window:
        table = window.screen("core.project").table
        window.until(lambda: table.visible)
        assert table.visible[0] == "PLAIN"
        window.type(table.filter_entry, "memory")
        assert table.visible == ("MEM",)


def test_the_answer_of_a_project_that_was_left_is_ignored():
    app = FakeApp(gates={"MEM": threading.Event()})
    with upload_window(app) as window:
        table = window.screen("core.project").table
        window.until(lambda: table.visible)
        window.row(table, "MEM")
        window.until(lambda: "MEM" in app.asked)
        assert "Memory Study" in window.footer
        window.row(table, "PET")
        window.until(lambda: window.enabled)
        app.gates["MEM"].set()
        window.settle(0.3)
        assert window.view.flow.draft.settings.project.id == "PET"
        assert window.button == "Continue with “Tracer Study”"


def test_a_server_that_does_not_answer_can_be_asked_again():
    app = FakeApp(error=XnatUnreachable("The server does not answer."))
    with upload_window(app) as window:
        screen = window.screen("core.project")
        window.until(lambda: screen.problem.winfo_children())
        card = screen.problem.winfo_children()[0]
        assert "does not answer" in card.label.cget("text")
        assert "could not be loaded" in screen.table._empty_label.cget("text")
        app.error = None
        screen.refresh()
        window.until(lambda: screen.table.visible)
        assert not screen.problem.winfo_children()
        assert "refresh" in app.asked


def test_somebody_without_projects_is_told_what_to_do():
    with upload_window(FakeApp(all_projects=())) as window:
        screen = window.screen("core.project")
        window.until(lambda: "Ask the owner" in screen.table._empty_label.cget("text"))
        assert not window.enabled


def test_reading_a_folder_counts_and_stops_within_a_second():
    app = FakeApp(scan_gate=threading.Event())
    with upload_window(app) as window:
        choose_project(window)
        screen = window.screen("core.sessions")
        screen.look_into((Path("somewhere"),))
        window.until(lambda: "00 files" in screen.counts.cget("text"))
        assert not window.enabled
        begun = time.monotonic()
        window.click(screen.cancel_button)
        window.until(lambda: "stopped before the end" in screen.counts.cget("text"), 2)
        assert time.monotonic() - begun < 1
        assert screen.cancel_button.instate(["disabled"])


def test_an_empty_folder_says_so():
    with upload_window(FakeApp(sessions=())) as window:
        choose_project(window)
        screen = window.screen("core.sessions")
        screen.look_into((Path("somewhere"),))
        window.until(lambda: screen.problem.winfo_children())
        assert "no DICOM" in screen.problem.winfo_children()[0].cget("text")
        assert screen.tabs.tab(1, "text") == "Left out (1)"
        assert not window.enabled


def test_scans_are_left_out_by_their_box_and_refused_ones_stay_out():
    app = FakeApp(refuse=frozenset({"1.1.1"}))
    with upload_window(app) as window:
        choose_project(window)
        screen = window.screen("core.sessions")
        screen.look_into((Path("somewhere"),))
        window.until(lambda: screen.table.visible)
        window.row(screen.table, "1.1")
        window.until(lambda: screen.scans.checked == {"1.1.2", "1.1.3"})
        window.row(screen.scans, "1.1.2", column=0)
        window.until(lambda: window.button == "Continue with 1 scan")
        window.row(screen.scans, "1.1.1", column=0)
        assert screen.scans.checked == {"1.1.3"}
        window.row(screen.scans, "1.1.3", column=0)
        window.until(lambda: not window.enabled)
        assert window.view.flow.draft.scan_uids == {"1.1.1"}


def test_the_date_is_judged_and_may_be_unknown():
    app = FakeApp(overrides=single(require_date=True))
    with upload_window(app) as window:
        choose_project(window)
        choose_session(window, after="core.verify")
        screen = window.screen("core.verify")
        assert not window.enabled
        window.type(screen.entry.entry, "2024-03-08")
        assert "not the date in the files" in screen.entry.message.cget("text")
        window.type(screen.entry.entry, "20240309")
        window.until(lambda: window.enabled)
        assert window.view.flow.draft.verified_date == "2024-03-09"
        window.type(screen.entry.entry, "2024")
        window.until(lambda: not window.enabled)
        window.click(screen.unknown_box)
        window.until(lambda: window.enabled)
        assert window.view.flow.draft.date_unknown


def test_a_finding_that_needs_a_person_holds_until_its_box_is_ticked():
    app = FakeApp(sessions=(fake_session("1.1", findings=(TWO_PATIENTS,)),))
    with upload_window(app) as window:
        choose_project(window)
        choose_session(window, after="core.verify")
        window.until(lambda: "two patients" in window.footer)
        assert not window.enabled
        (box,) = window.screen("core.verify").acks.boxes.values()
        window.click(box)
        window.until(lambda: window.enabled)
        assert "session.patients" in window.view.flow.draft.acknowledged


def test_going_back_loses_nothing_that_was_typed():
    with upload_window(FakeApp()) as window:
        choose_project(window)
        choose_session(window)
        screen = window.screen("core.labels")
        window.type(screen.subject.box, "S02")
        window.type(screen.label.entry, "MINE")
        window.click(window.view.back_button)
        window.until(lambda: window.step == "core.sessions")
        window.go("core.labels")
        window.settle(0.4)
        assert screen.label.value == "MINE"
        assert window.view.flow.draft.label == "MINE"
        assert window.view.flow.draft.subject == "S02"
        window.click(screen.use_proposal)
        assert window.view.flow.draft.label == "S02_MR_2"


def test_a_label_that_is_taken_says_where_and_asks_or_stops():
    with upload_window(FakeApp()) as window:
        choose_project(window)
        choose_session(window)
        screen = window.screen("core.labels")
        window.type(screen.subject.box, "S01")
        window.until(lambda: window.enabled)
        assert screen.free.cget("text") == "✔ S01_MR_2 is free."
        window.type(screen.label.entry, "S01_MR_1")
        window.until(lambda: not window.enabled)
        (box,) = screen.acks.boxes.values()
        window.click(box)
        window.until(lambda: window.enabled)
        window.type(screen.label.entry, "QUEUED")
        window.until(lambda: not window.enabled)
        assert "in the queue" in screen.label.message.cget("text")
        window.type(screen.label.entry, "not legal")
        window.until(lambda: "Allowed are" in window.footer)


def test_a_subject_that_is_not_there_can_be_created_where_that_is_allowed():
    with upload_window(FakeApp()) as window:
        choose_project(window)
        choose_session(window)
        picker = window.screen("core.labels").subject
        window.type(picker.box, "NEW1")
        assert "No subject here is called" in picker.says.cget("text")
        window.click(picker.link)
        window.until(lambda: window.enabled)
        draft = window.view.flow.draft
        assert (draft.subject, draft.create_subject) == ("NEW1", True)
        window.type(picker.new.entry, "s01")
        window.until(lambda: not window.enabled)
        window.click(picker.link)
        window.until(lambda: window.enabled)
        draft = window.view.flow.draft
        assert (draft.subject, draft.create_subject) == ("S01", False)


def test_where_subjects_may_not_be_created_the_window_says_who_says_so():
    app = FakeApp(overrides=single(allow_create_subject=False))
    with upload_window(app) as window:
        choose_project(window)
        choose_session(window)
        picker = window.screen("core.labels").subject
        window.until(lambda: picker.create_radio.instate(["disabled"]))
        assert "XNAT project" in picker.why_not.cget("text")
        window.click(picker.create_radio)
        assert not picker.creates


def test_a_pet_session_needs_its_tracer_and_the_label_follows_it():
    app = FakeApp(sessions=(fake_session("1.1", modality="PT"),))
    with upload_window(app) as window:
        choose_project(window, "PET")
        choose_session(window)
        screen = window.screen("core.labels")
        window.type(screen.subject.box, "S01")
        window.settle(0.4)
        assert not window.enabled
        assert list(screen.tracers.cget("values")) == ["FDG", "PIB"]
        window.type(screen.tracers, "PIB")
        window.until(lambda: window.view.flow.draft.label == "S01_PIB_2")
        window.until(lambda: window.enabled)


def test_variables_of_the_scripts_are_asked_for_with_their_initial_values():
    app = FakeApp(
        variables=(
            FakeVariable("site", "S1", "Code of the site"),
            FakeVariable("visit", "", "Visit"),
            FakeVariable("inner", "x", hidden=True),
        )
    )
    with upload_window(app) as window:
        choose_project(window)
        choose_session(window)
        screen = window.screen("core.labels")
        window.type(screen.subject.box, "S01")
        window.until(lambda: "“visit”" in window.footer)
        assert set(screen.variables.entries) == {"site", "visit"}
        window.type(screen.variables.entries["visit"].entry, "V1")
        window.until(lambda: window.enabled)
        answers = {v.name: v.value for v in window.view.flow.draft.answers}
        assert answers == {"site": "S1", "visit": "V1"}


def test_without_a_script_the_person_has_to_accept_it():
    app = FakeApp()
    with upload_window(app) as window:
        choose_project(window, "PLAIN")
        choose_session(window)
        name_subject(window)
        screen = window.screen("core.confirm")
        window.settle(0.3)
        assert not window.enabled
        assert screen.accept_box.winfo_ismapped()
        window.click(screen.accept_box)
        window.until(lambda: window.enabled)
        window.click(window.view.primary_button)
        window.until(lambda: app.submitted)
    assert app.submitted[0].accepts_no_script


def test_a_script_that_cannot_be_understood_keeps_everything_here():
    app = FakeApp()
    with upload_window(app) as window:
        choose_project(window)
        choose_session(window)
        app.error = ScriptError("Line 3 cannot be understood.", line=3)
        window.until(lambda: window.enabled or "Choose" in window.footer)
        screen = window.screen("core.labels")
        window.type(screen.subject.box, "S01")
        window.until(lambda: window.enabled)
        window.click(window.view.primary_button)
        window.until(lambda: window.step == "core.confirm" and not window.view.pending())
        window.settle(0.1)
        card = window.screen("core.confirm").problem.winfo_children()[0]
        assert "Line 3" in card.sentence
        assert not window.enabled
        assert app.submitted == []


def test_a_guard_that_stops_the_plan_disables_the_last_button():
    stop = Finding(severity=Severity.STOPS, code="guard", sentence="A guard says no.")
    app = FakeApp(plan_findings=(stop,))
    with upload_window(app) as window:
        choose_project(window)
        choose_session(window)
        name_subject(window)
        window.until(lambda: "A guard says no." in window.footer)
        assert not window.enabled
        window.view.primary()
        window.settle(0.2)
        assert app.submitted == []


def test_folders_dropped_on_the_window_are_searched_while_the_project_is_chosen():
    with upload_window(FakeApp(), project_id="PET", folders=(Path("dropped"),)) as window:
        window.until(lambda: window.button == "Continue with “Tracer Study”")
        window.go("core.sessions")
        window.until(lambda: len(window.screen("core.sessions").table.visible) == 2)
        assert window.view.arrive(folders=(Path("more"),))
        assert window.screen("core.sessions").folders == (Path("dropped"), Path("more"))


def test_many_sessions_do_not_hold_the_window():
    sessions = tuple(fake_session(f"1.{n}") for n in range(1500))
    with upload_window(FakeApp(sessions=sessions)) as window:
        choose_project(window)
        screen = window.screen("core.sessions")
        screen.look_into((Path("somewhere"),))
        window.until(lambda: len(screen.table.visible) == 1500)
        window.row(screen.table, "1.3")
        window.until(lambda: window.enabled)


class ExtendedApp(FakeApp):
    """With steps of an extension: a form, and a screen that cannot be loaded."""

    extra: tuple = ()

    def workflow_steps(self):
        return (*super().workflow_steps(), *self.extra)


def ask_for_visit(draft):
    return Form(fields=(Field(name="visit", label="Visit", required=True),))


def test_a_form_of_an_extension_is_a_step_and_answers_for_the_scripts():
    app = ExtendedApp()
    app.extra = (
        Step(
            id="acme.visit",
            title="Visit",
            form=ask_for_visit,
            before=("core.labels",),
            after=("core.sessions",),
        ),
    )
    with upload_window(app) as window:
        choose_project(window)
        choose_session(window, after="acme.visit")
        window.settle()
        assert not window.enabled
        window.screen("acme.visit").view.set_answer("visit", "V2")
        window.until(lambda: window.enabled)
        window.go("core.labels")
        answers = {v.name: v.value for v in window.view.flow.draft.answers}
        assert answers["visit"] == "V2"
        window.click(window.view.back_button)
        window.until(lambda: window.step == "acme.visit")
        assert window.screen("acme.visit").view.answers == {"visit": "V2"}


def test_a_screen_of_an_extension_that_fails_leaves_the_window_standing():
    app = ExtendedApp()
    app.extra = (
        Step(
            id="acme.bad",
            title="Bad",
            panel=Ref("acme.none:x"),
            before=("core.labels",),
            after=("core.sessions",),
        ),
    )
    with upload_window(app) as window:
        choose_project(window)
        choose_session(window, after="acme.bad")
        assert "cannot be loaded" in window.screen("acme.bad").sentence


def test_only_the_first_of_very_many_left_out_files_are_listed_but_all_are_counted():
    left_out = tuple(
        LeftOut(path=Path(f"{n}.txt"), reason=Reason.NOT_DICOM) for n in range(SHOWN + 10)
    )
    with upload_window(FakeApp(left_out=left_out)) as window:
        choose_project(window)
        screen = window.screen("core.sessions")
        screen.look_into((Path("somewhere"),))
        window.until(lambda: screen.table.visible)
        assert len(screen.left_out.files.visible) == SHOWN
        assert "10 more" in screen.left_out.more.cget("text")
        assert screen.tabs.tab(1, "text") == f"Left out ({SHOWN + 10:,})"


def test_scripts_can_be_shown_and_explained_before_a_session_is_chosen():
    app = FakeApp()
    app.explain = lambda draft: (f"{draft.settings.scripts[0].name} sets the patient's name.",)
    with upload_window(app) as window:
        table = window.screen("core.project").table
        window.until(lambda: table.visible)
        window.row(table, "MEM")
        window.until(lambda: window.enabled)
        body = window.screen("core.project").detail.body
        window.click(find(body, "Show script"))
        assert "(0010,0010)" in find_kind(body, tk.Text).get("1.0", "end")
        window.click(find(body, "Explain"))
        window.until(lambda: find(body, "• Site script sets the patient's name."))


def everything(widget):
    yield widget
    for child in widget.winfo_children():
        yield from everything(child)


def find(parent, text):
    labels = (w for w in everything(parent) if isinstance(w, ttk.Label))
    return next((w for w in labels if str(w.cget("text")) == text), None)


def find_kind(parent, kind):
    return next(w for w in everything(parent) if isinstance(w, kind))
