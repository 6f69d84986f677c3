"""A script of this computer, chosen in the window: from the list to the receipt."""

import tkinter as tk
from dataclasses import replace

import pytest

from dxclient.app.offers import Offer, ready_made
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import SettingsError
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.plan import Variable
from dxclient.domain.project import Origin, Project, ProjectSettings, ScriptSource
from dxclient.ui.upload import state, texts
from tests.ui.fakes_upload import FakeApp, FakeOffers
from tests.ui.test_upload_steps import choose_project, choose_session, name_subject
from tests.ui.test_upload_window import choose, create_subject, upload, window_on_trial
from tests.ui.window_upload import upload_window

pytestmark = pytest.mark.window

PLAIN = ProjectSettings(project=Project(id="PLAIN"))
BASIC, SHIFTED = ready_made("basic"), ready_made("modified-dates")
GONE = "The script “mine”, which you chose for this project, is not on this computer any more."


def labels_of(widget):
    """All texts that a person reads below a widget."""
    found = []
    for child in widget.winfo_children():
        if isinstance(child, tk.Text):
            found.append(child.get("1.0", "end"))
        elif "text" in child.configure():
            found.append(str(child.cget("text")))
        found.append(labels_of(child))
    return "\n".join(found)


def box(window, step="core.project"):
    screen = window.screen(step)
    return screen.own if step == "core.confirm" else screen.scripts.own


def select_project(window, project="PLAIN"):
    table = window.screen("core.project").table
    window.until(lambda: table.visible)
    window.row(table, project)

    def chosen():
        settings = window.view.flow.draft.settings
        return settings is not None and settings.project.id == project

    window.until(lambda: chosen() and not window.view.pending())
    window.settle(0.1)


def open_list(window, step="core.project"):
    window.click(box(window, step).buttons["choose"])
    window.until(lambda: "basic" in box(window, step).buttons)


def use(window, name, step="core.project"):
    open_list(window, step)
    window.click(box(window, step).buttons[name])
    window.until(lambda: "remove" in box(window, step).buttons and not window.view.pending())


# -- in the step Project


def test_a_profile_chosen_with_the_project_anonymizes_the_upload():
    app = FakeApp()
    with upload_window(app) as window:
        select_project(window)
        assert "nothing will be anonymized" in labels_of(window.screen("core.project").detail.body)
        use(window, "basic")
        shown = labels_of(window.screen("core.project").detail.body)
        assert "✔ Basic Profile, chosen by you" in shown
        assert "nothing will be anonymized" not in shown
        window.go("core.sessions")
        choose_session(window)
        name_subject(window)
        window.until(lambda: window.enabled)
        confirm = window.screen("core.confirm")
        assert not confirm.big.winfo_ismapped()
        assert not confirm.accept_box.winfo_ismapped()
        assert box(window, "core.confirm").buttons["remove"].winfo_ismapped()
        window.click(window.view.primary_button)
        window.until(lambda: app.submitted)
    assert app.submitted[0].own_script == BASIC
    assert not app.submitted[0].accepts_no_script


def test_what_a_profile_does_opens_in_its_place_and_closes_again():
    with upload_window(FakeApp()) as window:
        select_project(window)
        open_list(window)
        link = box(window).buttons["does basic"]
        window.click(link)
        window.until(lambda: "Patient's Birth Date" in labels_of(box(window)))
        window.click(link)
        window.until(lambda: "Patient's Birth Date" not in labels_of(box(window)))
        assert "It asks for date_shift_days." in labels_of(box(window))
        window.click(box(window).buttons["close"])
        assert set(box(window).buttons) == {"choose"}
        assert window.view.flow.draft.own_script is None


def test_the_choice_is_made_with_the_keyboard_alone():
    with upload_window(FakeApp()) as window:
        select_project(window)
        chooser = box(window).buttons["choose"]
        chooser.focus_force()
        window.root.update()
        chooser.event_generate("<Return>")
        window.until(lambda: "basic" in box(window).buttons)
        window.until(lambda: window.root.focus_get() is box(window).buttons["basic"])
        window.root.focus_get().event_generate("<Return>")
        window.until(lambda: "remove" in box(window).buttons)
        assert window.view.flow.draft.own_script == BASIC
        window.until(lambda: window.root.focus_get() in box(window).buttons.values())


def test_beside_scripts_of_the_server_it_is_said_that_it_runs_after_them():
    app = FakeApp()
    with upload_window(app) as window:
        select_project(window, "MEM")
        use(window, "basic")
        assert "after the scripts of the server" in labels_of(box(window))
        rows = labels_of(window.screen("core.project").detail.body)
        assert "Site script, Basic Profile" in rows


def test_a_script_with_errors_cannot_be_chosen():
    own = ScriptSource(name="mine", text="nonsense", origin=Origin.USER)
    offer = Offer(id="own:mine", script=own, sentence="Your own script.", problem="Not a script.")
    with upload_window(FakeApp(offers=FakeOffers(own=(offer,)))) as window:
        select_project(window)
        open_list(window)
        assert "own:mine" not in box(window).buttons
        assert "Not a script." in labels_of(box(window))


# -- in the step Confirm


def test_where_nothing_would_be_anonymized_confirm_offers_the_profiles():
    app = FakeApp()
    with upload_window(app) as window:
        choose_project(window, "PLAIN")
        choose_session(window)
        name_subject(window)
        confirm = window.screen("core.confirm")
        assert confirm.big.winfo_ismapped()
        assert "choose a script above" in window.footer
        window.click(confirm.accept_box)
        window.until(lambda: window.enabled)
        use(window, "basic", "core.confirm")
        window.until(lambda: window.enabled and not confirm.big.winfo_ismapped())
        assert not window.view.flow.draft.accepts_no_script
        window.click(box(window, "core.confirm").buttons["remove"])
        window.until(lambda: confirm.big.winfo_ismapped() and not window.enabled)
        assert not confirm.accepts.get()


def test_a_profile_that_asks_leads_to_its_question_in_labels():
    missing = Finding(
        severity=Severity.STOPS,
        code="variable.missing",
        sentence="The anonymization scripts need a value for “date_shift_days”.",
        subject="date_shift_days",
    )

    class Asking(FakeApp):
        def plan(self, draft):
            plan = super().plan(draft)
            answered = Variable("date_shift_days", "12") in draft.answers
            if draft.own_script == SHIFTED and not answered:
                plan.findings = (missing,)
            return plan

    app = Asking()
    with upload_window(app) as window:
        choose_project(window, "PLAIN")
        choose_session(window)
        name_subject(window)
        use(window, "modified-dates", "core.confirm")
        confirm = window.screen("core.confirm")
        window.until(confirm.to_labels.winfo_ismapped)
        assert not window.enabled
        window.click(confirm.to_labels)
        window.until(lambda: window.step == "core.labels" and not window.view.pending())
        entry = window.screen("core.labels").variables.entries["date_shift_days"]
        assert not window.enabled
        window.type(entry.entry, "12")
        window.go("core.confirm")
        window.until(lambda: window.enabled)
        assert not confirm.to_labels.winfo_ismapped()
        window.click(window.view.primary_button)
        window.until(lambda: app.submitted)
    assert Variable("date_shift_days", "12") in app.submitted[0].answers


def test_scripts_that_change_nothing_are_not_taken_for_anonymization():
    none = Finding(severity=Severity.STOPS, code="script.none", sentence="They change nothing.")
    with upload_window(FakeApp(plan_findings=(none,))) as window:
        choose_project(window, "MEM")
        choose_session(window)
        name_subject(window)
        confirm = window.screen("core.confirm")
        window.until(confirm.big.winfo_ismapped)
        assert "change nothing" in confirm.big.cget("text")
        assert not window.enabled


def test_where_a_script_is_required_profiles_are_offered_and_no_box_to_do_without():
    required = Finding(severity=Severity.STOPS, code="script.required", sentence="Not without.")

    class Strict(FakeApp):
        def plan(self, draft):
            plan = super().plan(draft)
            plan.findings = () if plan.request.plan.scripts else (required,)
            return plan

    with upload_window(Strict()) as window:
        choose_project(window, "PLAIN")
        choose_session(window)
        name_subject(window)
        confirm = window.screen("core.confirm")
        window.until(lambda: "Not without." in window.footer)
        assert not confirm.accept_box.winfo_ismapped()
        use(window, "basic", "core.confirm")
        window.until(lambda: window.enabled)


# -- remembered


def test_a_choice_is_kept_for_the_project_when_the_person_says_so_and_forgotten_again():
    app = FakeApp()
    with upload_window(app) as window:
        select_project(window)
        use(window, "basic")
        assert app.offers.chosen == {}
        window.click(box(window).buttons["remember"])
        window.until(lambda: app.offers.chosen == {"PLAIN": BASIC})
        select_project(window, "PET")
        assert window.view.flow.draft.own_script is None
        select_project(window)
        window.until(lambda: window.view.flow.draft.own_script == BASIC)
        window.click(box(window).buttons["remove"])
        window.until(lambda: "forget" in box(window).buttons)
        assert app.offers.chosen == {"PLAIN": BASIC}
        window.click(box(window).buttons["forget"])
        window.until(lambda: app.offers.chosen == {"PLAIN": None})
        window.until(lambda: "forget" not in box(window).buttons)


def test_another_script_takes_the_place_of_the_one_that_is_remembered():
    app = FakeApp(offers=FakeOffers(chosen={"PLAIN": SHIFTED}))
    with upload_window(app) as window:
        select_project(window)
        window.click(box(window).buttons["remove"])
        use(window, "basic")
        window.until(lambda: app.offers.chosen == {"PLAIN": BASIC})


def test_a_choice_that_cannot_be_kept_is_said_and_the_box_is_empty_again():
    app = FakeApp(offers=FakeOffers(error=SettingsError("The disk is full.")))
    with upload_window(app) as window:
        select_project(window)
        use(window, "basic")
        window.click(box(window).buttons["remember"])
        for _ in range(400):
            window.settle(0.02)
            if window.errors:
                break
        assert [error.sentence for error in window.errors] == ["The disk is full."]
        assert not window.view.flow.known.remembered
        assert window.view.flow.draft.own_script == BASIC


def test_a_remembered_script_that_vanished_holds_the_upload_at_once():
    app = FakeApp(offers=FakeOffers(lost=GONE))
    with upload_window(app) as window:
        select_project(window, "MEM")
        window.until(lambda: "“mine”" in window.footer)
        assert not window.enabled
        assert GONE in labels_of(box(window))
        use(window, "basic")
        window.until(lambda: window.enabled)
        window.until(lambda: app.offers.chosen == {"MEM": BASIC})


def test_one_can_go_on_without_a_script_that_vanished():
    app = FakeApp(offers=FakeOffers(lost=GONE))
    with upload_window(app) as window:
        select_project(window, "MEM")
        window.click(box(window).buttons["without"])
        window.until(lambda: window.enabled)
        window.until(lambda: app.offers.chosen == {"MEM": None})
        assert window.view.flow.draft.lost_script == ""


# -- the draft


def test_the_script_stays_with_the_project_through_its_sessions_and_not_beyond():
    sessions = FakeApp().sessions
    draft = UploadDraft(settings=PLAIN, session=sessions[0], own_script=BASIC)
    other = state.with_session(draft, sessions[1], state.Known())
    assert other.own_script == BASIC
    elsewhere = state.with_project(other, replace(PLAIN, project=Project(id="MEM")))
    assert (elsewhere.own_script, elsewhere.lost_script) == (None, "")


def test_the_table_names_the_script_and_that_a_person_chose_it():
    row = texts.setting_rows(PLAIN, BASIC)[0]
    assert (row.value, row.origin) == ("Basic Profile", "you")
    assert [one.code for one in texts.project_warnings(PLAIN, BASIC)] == ["project.own-script"]


# -- the real program


def test_a_whole_upload_with_a_profile_ends_confirmed(tmp_path):
    with window_on_trial(tmp_path) as (window, app, samples):
        table = window.screen("core.project").table
        window.until(lambda: table.visible)
        window.row(table, "PLAIN")
        window.until(lambda: window.enabled)
        window.click(box(window).buttons["choose"])
        window.until(lambda: "ready-made:modified-dates" in box(window).buttons)
        window.picture("upload-profiles")
        window.click(box(window).buttons["ready-made:modified-dates"])
        window.until(lambda: "remember" in box(window).buttons)
        window.click(box(window).buttons["remember"])
        window.picture("upload-profile-chosen")
        choose(window, "PLAIN", samples, "MR head", "core.labels")
        create_subject(window, "EX_9")
        entries = window.screen("core.labels").variables.entries
        assert set(entries) == {"date_shift_days"}
        window.type(entries["date_shift_days"].entry, "30")
        window.until(lambda: window.view.flow.draft.label == "EX_9_MR_1")
        window.go("core.confirm", 60)
        receipt = upload(window, app)
        again = app.offers.begin(UploadDraft(settings=PLAIN))
    assert receipt.confirmed
    assert receipt.scripts[-1] == "user: Basic Profile, dates shifted"
    assert again.own_script == SHIFTED
