"""The page of the transfers, the history, and closing, on a stand-in for the program."""

from dataclasses import replace

import pytest

from dxclient.domain.events import JobChanged, LoginNeeded, ServerReachable
from dxclient.domain.jobs import Choice, JobState
from dxclient.domain.project import Place, Server, TakenLabel
from dxclient.ui import dialogs
from dxclient.ui.asklogin import AskLogin
from dxclient.ui.board import Group
from dxclient.ui.closing import Closing, ClosingQuestion, title_of
from dxclient.ui.transferwords import ANSWERS, LOOKS, page_of, state_words
from dxclient.ui.views.answering import free_label, label_trouble
from dxclient.ui.views.transferactions import stop_question
from tests.ui.conftest import settle_root, walk
from tests.ui.fakes import URL, Connection, FakeApp, make_job

LOGGED_IN = Connection(Server(url=URL, user="nurse"), "nurse")
CONFLICT = (Choice.APPEND, Choice.NEW_LABEL, Choice.LEAVE)


def page(make_window, *jobs, **options):
    """The window with the page of the transfers on these uploads."""
    app = FakeApp(connection=LOGGED_IN, jobs=jobs, **options)
    window = make_window(app)
    window.shell.show("transfers")
    view = window.shell.current
    settle_root(window.root, lambda: len(view.table.visible) == len(jobs))
    return app, window, view


def when(window, kind, act):
    """Do something with a dialog once it is there."""

    def look():
        asked = [one for one in walk(window.root) if isinstance(one, kind)]
        if asked and asked[0].winfo_viewable():
            act(asked[0])
        else:
            window.root.after(20, look)

    window.root.after(20, look)


def offered(view):
    return [name for name, button in view.detail.buttons.items() if button.winfo_manager()]


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_a_sign_a_word_and_offers_what_can_be_done(make_window, state):
    job = replace(make_job(1, state), server_url="/data/prearchive/projects/P/1/S")
    _app, _window, view = page(make_window, job)
    assert LOOKS[state].means.endswith(".")
    assert view.table.rows[0].values[3] == state_words(job)
    assert set(offered(view)) == set(LOOKS[state].actions)


def test_every_answer_is_explained():
    assert set(ANSWERS) == set(Choice)


def test_signs_are_not_shared_by_states_that_need_different_things():
    told = {
        (look.sign, look.tone) for state, look in LOOKS.items() if state is not JobState.NEEDS_YOU
    }
    assert len(told) == len(JobState) - 1


def test_a_conflict_shows_the_words_of_the_server_and_the_choices(make_window):
    job = replace(
        make_job(1, JobState.NEEDS_YOU),
        sentence="Choose what becomes of it.",
        details="Session already exists.\nIt belongs to another study.",
        choices=CONFLICT,
    )
    app, window, view = page(make_window, job)
    said = view.detail.said.cget("text")
    assert "“Session already exists.”" in said
    assert "“It belongs to another study.”" in said
    assert list(view.detail.answers.buttons) == list(CONFLICT)
    view.detail.answers.buttons[Choice.LEAVE].invoke()
    settle_root(window.root, lambda: app.transfers.calls)
    assert app.transfers.calls == [("answer", "job-1", Choice.LEAVE, "")]


def test_a_new_label_is_proposed_and_judged_while_it_is_typed(make_window):
    taken = (
        TakenLabel(label="SUBJ001_MR1", place=Place.ARCHIVE),
        TakenLabel(label="subj001_mr1_2", place=Place.PREARCHIVE),
    )
    job = replace(make_job(1, JobState.NEEDS_YOU), choices=CONFLICT)
    app, window, view = page(make_window, job, taken=taken)
    answers = view.detail.answers
    settle_root(window.root, lambda: answers.label.get())
    assert answers.label.get() == "SUBJ001_MR1_3"
    button = answers.buttons[Choice.NEW_LABEL]
    answers.label.set("Subj001_mr1")
    assert "already in the archive" in answers.verdict.cget("text")
    assert str(button.cget("state")) == "disabled"
    answers.label.set("no good")
    assert str(button.cget("state")) == "disabled"
    answers.label.set("OTHER")
    assert answers.verdict.cget("text") == "✔ OTHER is free."
    button.invoke()
    settle_root(window.root, lambda: app.transfers.calls)
    assert app.transfers.calls == [("answer", "job-1", Choice.NEW_LABEL, "OTHER")]


def test_what_was_typed_stays_when_the_upload_is_told_again(make_window):
    job = replace(make_job(1, JobState.NEEDS_YOU), choices=CONFLICT)
    app, window, view = page(make_window, job)
    answers = view.detail.answers
    settle_root(window.root, lambda: answers.label.get())
    answers.label.set("MINE")
    app.publish(JobChanged(replace(job, sentence="again")))
    settle_root(window.root, lambda: view.detail._sentence.cget("text") == "again")
    assert answers.label.get() == "MINE"


def test_a_free_label_is_found_whatever_the_case():
    taken = [TakenLabel(label=f"a_{number}", place=Place.QUEUE) for number in range(2, 5)]
    assert free_label("A", taken) == "A_5"
    assert label_trouble("A_3", taken) == "a_3 is already in the queue."


def test_one_scan_is_sent_again(make_window):
    app, window, view = page(make_window, make_job(1, JobState.FAILED))
    settle_root(window.root, lambda: view.detail._sent)
    assert not view.detail.again.winfo_manager()
    view.detail.scans.select(["1.2.1.3"])
    settle_root(window.root, lambda: view.detail.again.winfo_manager())
    view.detail.again.invoke()
    settle_root(window.root, lambda: app.transfers.calls)
    assert app.transfers.calls == [("retry_scan", "job-1", "1.2.1.3")]


def test_the_keys_change_the_order(make_window):
    app, window, view = page(make_window, *(make_job(n, JobState.QUEUED) for n in (1, 2, 3)))
    assert view.table.visible == ("job-1", "job-2", "job-3")
    view.table.select(["job-3"])
    view.table.tree.focus_force()
    window.root.update()
    view.table.tree.event_generate("<Alt-Up>")
    settle_root(window.root, lambda: view.table.visible[0] == "job-3")
    assert view.table.selected == ("job-3",)
    assert app.transfers.calls == [("up", "job-3")]


def test_states_and_projects_narrow_the_list(make_window):
    jobs = [make_job(1, JobState.PAUSED), make_job(2), make_job(3)]
    jobs[2] = replace(jobs[2], target=replace(jobs[2].target, project="OTHER"))
    _app, _window, view = page(make_window, *jobs)
    view.states.set("paused")
    view._refresh_all()
    assert view.table.visible == ("job-1",)
    view.states.set("All states")
    view.projects.set("OTHER")
    view._refresh_all()
    assert view.table.visible == ("job-3",)


def test_the_server_is_shown_only_where_there_are_several(make_window):
    one = make_job(1)
    app, window, view = page(make_window, one)
    assert "server" not in view.table.tree.cget("displaycolumns")
    other = make_job(2)
    other = replace(other, target=replace(other.target, server="https://other.example.org"))
    app.publish(JobChanged(other))
    settle_root(window.root, lambda: len(view.table.visible) == 2)
    assert "server" in view.table.tree.cget("displaycolumns")


def test_what_is_said_before_stopping_depends_on_where_the_session_is():
    sent = replace(make_job(1), prearchive_url="/data/prearchive/projects/P/1/S")
    assert len(stop_question(sent)[1]) == 2
    assert stop_question(make_job(2, sent=0))[1] == ["Stop"]
    begun = replace(make_job(2, sent=0), send_begun=True)
    assert len(stop_question(begun)[1]) == 2
    text, verbs = stop_question(
        replace(sent, server_url="/data/archive/projects/P/subjects/S/experiments/E")
    )
    assert "archived" in text
    assert verbs == ["Stop here"]


def test_only_what_can_be_done_is_offered_for_all(make_window):
    _app, _window, view = page(make_window, make_job(1, JobState.FAILED))
    states = {name: str(button.cget("state")) for name, button in view.all_buttons.items()}
    assert states == {
        "history": "normal",
        "resume": "disabled",
        "pause": "disabled",
        "retry": "normal",
    }


def test_the_password_is_asked_for_once_and_may_wait(make_window):
    app, window, _view = page(make_window, make_job(1, JobState.NEEDS_LOGIN))
    app.publish(LoginNeeded(URL, "nurse"))
    app.publish(LoginNeeded(URL, "nurse"))
    dialogs_now = lambda: [one for one in walk(window.root) if isinstance(one, AskLogin)]  # noqa: E731
    settle_root(window.root, dialogs_now)
    assert len(dialogs_now()) == 1
    dialogs_now()[0].later.invoke()
    assert dialogs_now() == []
    assert f"login {URL} nurse" in window.shell.notices.shown


def test_a_password_lets_the_upload_go_on(make_window):
    _app, window, view = page(make_window, make_job(1, JobState.NEEDS_LOGIN))
    view.detail.buttons["log_in"].invoke()
    asked = next(one for one in walk(window.root) if isinstance(one, AskLogin))
    asked.password.value = "wrong"
    asked.log_in()
    settle_root(window.root, lambda: "wrong" in asked.password.message.cget("text"))
    asked.password.value = "secret"
    asked.log_in()
    settle_root(window.root, lambda: view.job.state is JobState.QUEUED)
    settle_root(window.root, lambda: not asked.winfo_exists())


def test_a_lost_network_is_told_until_it_is_back(make_window):
    app, window, _view = page(make_window, make_job(1, JobState.OFFLINE))
    app.publish(ServerReachable(URL, False))
    settle_root(window.root, lambda: f"away {URL}" in window.shell.notices.shown)
    app.publish(ServerReachable(URL, True))
    settle_root(window.root, lambda: f"away {URL}" not in window.shell.notices.shown)
    assert "answers again" in window.shell.status.cget("text")


def test_when_all_is_sent_it_is_summed_up(make_window):
    app, window, _view = page(make_window, make_job(1), make_job(2))
    settle_root(window.root, lambda: window.shell.herald._under_way)
    for number in (1, 2):
        app.publish(JobChanged(make_job(number, JobState.CONFIRMED)))
    settle_root(window.root, lambda: "all done" in window.shell.notices.shown)
    assert "2 sessions sent and confirmed" in window.shell.notices.shown["all done"].text


def test_the_start_says_what_goes_on(make_window):
    jobs = (make_job(1), make_job(2, JobState.PAUSED), make_job(3, JobState.FAILED))
    _app, window, _view = page(make_window, *jobs)
    settle_root(window.root, lambda: "greeting" in window.shell.notices.shown)
    text = window.shell.notices.shown["greeting"].text
    assert text == "1 upload from last time goes on; 1 is paused; 1 needs you."


def test_closing_with_uploads_running_asks_and_staying_stays(make_window):
    _app, window, _view = page(make_window, make_job(1), make_job(2))
    when(window, ClosingQuestion, lambda asked: asked.leave.invoke())
    window.close()
    assert window.root.winfo_exists()
    assert not window.background.active


def test_closing_can_go_on_behind_a_small_window_and_is_remembered(make_window, monkeypatch):
    app, window, _view = page(make_window, make_job(1), make_job(2, JobState.PAUSED))
    ended = []
    monkeypatch.setattr(window.background, "_on_done", lambda: ended.append(True))

    def answer(asked):
        asked.always_box.invoke()
        asked.choices[Closing.BACKGROUND].invoke()

    when(window, ClosingQuestion, answer)
    window.close()
    assert app.values["ui.closing"] == "background"
    assert window.background.active
    assert "40 %" in window.root.title()
    app.publish(JobChanged(make_job(1, JobState.CONFIRMED)))
    settle_root(window.root, lambda: ended)
    assert window.root.title() == "dxclient"


def test_an_upload_that_needs_somebody_brings_the_small_window_back(make_window):
    app, window, _view = page(make_window, make_job(1), values={"ui.closing": "background"})
    window.close()
    app.publish(JobChanged(make_job(1, JobState.FAILED)))
    settle_root(window.root, lambda: not window.background.active)
    settle_root(window.root, lambda: window.root.state() == "normal")


def test_closing_can_pause_everything(make_window, monkeypatch):
    app, window, _view = page(make_window, make_job(1))
    left = []
    monkeypatch.setattr(window, "leave", lambda: left.append(True))
    when(window, ClosingQuestion, lambda asked: asked.choices[Closing.PAUSE].invoke())
    window.close()
    settle_root(window.root, lambda: left)
    assert app.transfers.calls == [("pause_all",)]


def test_the_title_counts_what_was_under_way(make_window):
    _app, window, _view = page(make_window, make_job(1, sent=20), make_job(2, sent=60))
    assert title_of(window.shell.board, ("job-1", "job-2")) == "40 % · dxclient"


def history(make_window, *jobs):
    app, window, _view = page(make_window, *jobs)
    window.shell.show("history")
    view = window.shell.current
    settle_root(window.root, lambda: view.table.visible)
    return app, window, view


PAST = (
    make_job(1, JobState.CONFIRMED),
    make_job(2, JobState.FAILED),
    make_job(3, JobState.CANCELLED),
)


def test_the_history_lists_what_is_over_and_narrows_it(make_window):
    _app, window, view = history(make_window, *PAST, make_job(4))
    assert set(view.table.visible) == {"job-1", "job-2", "job-3"}
    view.states.set("failed")
    view.search()
    settle_root(window.root, lambda: view.table.visible == ("job-2",))


def test_receipts_of_several_uploads_go_into_one_file(make_window, monkeypatch, tmp_path):
    _app, window, view = history(make_window, *PAST)
    place = tmp_path / "receipts.pdf"
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_: str(place))
    view.save_receipts("pdf")
    settle_root(window.root, place.exists)
    assert place.read_bytes() == b"pdf: job-1"


def test_the_list_is_saved_as_a_table(make_window, monkeypatch, tmp_path):
    _app, window, view = history(make_window, *PAST)
    place = tmp_path / "uploads.csv"
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_: str(place))
    view.table.select(["job-2"])
    view.save_list("csv")
    settle_root(window.root, place.exists)
    assert place.read_text("utf-8-sig").count("SUBJ00") == 2
    assert "failed" in place.read_text("utf-8-sig")


def test_forgetting_asks_and_takes_the_upload_out_of_both_lists(make_window):
    app, window, view = history(make_window, *PAST)
    view.table.select(["job-1"])
    settle_root(window.root, lambda: str(view.buttons["forget"].cget("state")) == "normal")
    when(window, dialogs.Question, lambda asked: asked.choices[0].invoke())
    view.forget()
    settle_root(window.root, lambda: "job-1" not in view.table.visible)
    assert ("remove", "job-1") in app.transfers.calls
    assert window.shell.board.count(Group.DONE) == 1


def test_pages_for_people_are_made_of_addresses_for_programs():
    page = page_of(URL, "/data/prearchive/projects/P/20200101_101010/S1")
    assert page == f"{URL}/app/action/LoadImageData/project/P/timestamp/20200101_101010/folder/S1"
    archive = "/data/archive/projects/P/subjects/S/experiments/E"
    assert page_of(URL, archive) == f"{URL}{archive}?format=html"
    assert page_of(URL + "/xnat", f"{URL}/xnat{archive}") == f"{URL}/xnat{archive}?format=html"
    assert page_of(URL, "") == ""
