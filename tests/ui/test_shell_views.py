"""The window on a stand-in for the program."""

import tkinter as tk

import pytest
import ttkbootstrap as ttk

from dxclient.domain.errors import AlreadyRunning, BadCredentials, CertificateUntrusted
from dxclient.domain.events import JobChanged
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import JobState
from dxclient.domain.project import Server
from dxclient.ui import dialogs, shell
from dxclient.ui.board import SpeedMeter
from dxclient.ui.main import DemoInfo
from dxclient.ui.views.certificate import CertificateCard
from dxclient.ui.widgets.findings import ErrorCard, FindingsList
from tests.ui.conftest import settle_root, walk
from tests.ui.fakes import URL, Connection, FakeApp, make_job

SERVER = Server(url=URL, user="nurse")
LOGGED_IN = Connection(SERVER, "nurse")
UNTRUSTED = CertificateUntrusted(
    "The certificate of xnat.example.org is not trusted on this computer.",
    issuer="CN=Example CA",
    valid_from="2020-01-01",
    valid_until="2030-01-01",
    fingerprint="AB:CD",
)


def found(widget, kind):
    return [one for one in walk(widget) if isinstance(one, kind)]


def texts(widget):
    return [
        str(one.cget("text")) for one in walk(widget) if isinstance(one, ttk.Label | ttk.Button)
    ]


def log_in(view, password):
    view.address.value = "xnat.example.org"
    view.user.value = "nurse"
    view.password.value = password
    view.primary()


def test_without_a_connection_the_first_screen_is_the_login(make_window):
    window = make_window(FakeApp())
    assert window.shell.current.id == "login"


def test_with_a_connection_the_first_screen_is_home(make_window):
    window = make_window(FakeApp(connection=LOGGED_IN))
    assert window.shell.current.id == "home"
    assert window.shell.server.cget("text") == "● xnat.example.org (verified)"


def test_a_wrong_password_is_said_in_a_sentence_and_the_login_stays(make_window):
    window = make_window(FakeApp())
    view = window.shell.current
    log_in(view, "wrong")
    settle_root(window.root, lambda: found(view, ErrorCard))
    card = found(view, ErrorCard)[0]
    assert "The user name or the password is wrong." in card.label.cget("text")
    assert window.shell.current is view
    assert view.user.value == "nurse"
    assert str(view.button.cget("state")) == "normal"


def test_a_right_password_leads_home_and_is_not_kept_in_the_window(make_window):
    app = FakeApp()
    window = make_window(app)
    view = window.shell.current
    log_in(view, "secret")
    settle_root(window.root, lambda: window.shell.current.id == "home")
    assert view.password.value == ""
    assert app.logins[0][0].url == URL


def test_a_missing_password_is_asked_for_before_anything_is_sent(make_window):
    app = FakeApp()
    view = make_window(app).shell.current
    log_in(view, "")
    assert "Your password is needed." in view.password.message.cget("text")
    assert app.logins == []


def test_an_address_that_is_none_is_said_so(make_window):
    view = make_window(FakeApp()).shell.current
    view.address.value = "not an address"
    assert "An address looks like" in view.address.message.cget("text")


def test_an_unencrypted_address_is_said_so_while_typing(make_window):
    view = make_window(FakeApp()).shell.current
    view.address.value = "http://xnat.example.org"
    assert "Not encrypted" in view.address.message.cget("text")


def test_an_untrusted_certificate_shows_its_facts_and_may_be_allowed(make_window):
    app = FakeApp(login_error=UNTRUSTED)
    window = make_window(app)
    view = window.shell.current
    log_in(view, "secret")
    settle_root(window.root, lambda: found(view, CertificateCard))
    card = found(view, CertificateCard)[0]
    shown = texts(card)
    assert {"CN=Example CA", "2020-01-01 to 2030-01-01", "AB:CD"} <= set(shown)
    card.allow.invoke()
    settle_root(window.root, lambda: window.shell.current.id == "home")
    assert app.connection.server.verify is False
    assert "not verified!" in window.shell.server.cget("text")


def test_without_a_keychain_remembering_is_off_with_a_reason(make_window):
    window = make_window(FakeApp(keychain=False))
    view = window.shell.current
    settle_root(window.root, lambda: view.remember_reason.cget("text"))
    assert str(view.remember_box.cget("state")) == "disabled"
    assert "No keychain" in view.remember_reason.cget("text")


def test_a_saved_server_with_a_known_password_logs_in_at_once(make_window):
    app = FakeApp(servers=(SERVER,), known_password="secret")
    window = make_window(app)
    window.shell.current.use(SERVER)
    settle_root(window.root, lambda: window.shell.current.id == "home")
    assert app.logins == [(SERVER, "nurse", "secret", False)]


def test_the_demonstration_fills_in_the_login(make_window):
    window = make_window(FakeApp(), demo=DemoInfo(url="http://127.0.0.1:8080"))
    view = window.shell.current
    assert (view.address.value, view.user.value) == ("http://127.0.0.1:8080", "nurse")


def test_logging_out_goes_back_to_the_login(make_window):
    window = make_window(FakeApp(connection=LOGGED_IN))
    window.shell.log_out()
    settle_root(window.root, lambda: window.shell.current.id == "login")
    assert window.shell.server.cget("text") == "not logged in"


@pytest.mark.parametrize(
    ("url", "verify", "words"),
    [
        ("https://x.example.org", True, "(verified)"),
        ("https://x.example.org", False, "(not verified!)"),
        ("http://x.example.org", True, "(not encrypted!)"),
        ("http://127.0.0.1:8080", True, "(on this computer)"),
    ],
)
def test_the_top_bar_says_how_safe_the_line_is(url, verify, words):
    assert shell.server_words(url, verify=verify).endswith(words)


def test_the_error_card_copies_sentence_and_details(root):
    card = ErrorCard(root, BadCredentials("The password is wrong.", details="status 401"))
    card.pack()
    card.copy_button.invoke()
    assert root.clipboard_get() == "The password is wrong.\nBadCredentials\nstatus 401"
    assert not card.fold.opened


def test_an_unexpected_error_is_a_sentence_and_never_a_traceback(make_window):
    window = make_window(FakeApp(connection=LOGGED_IN))

    def broken():
        raise KeyError("Doe^Jane")

    window.root.after(1, broken)
    settle_root(window.root, lambda: window._error is not None)
    shown = " ".join(texts(window._error))
    assert "Something went wrong inside the program." in shown
    assert "Traceback" not in shown
    assert "Doe" not in shown


def test_transfers_show_a_row_for_each_session_and_count_the_groups(make_window):
    states = (JobState.SENDING, JobState.PAUSED, JobState.FAILED, JobState.CONFIRMED)
    app = FakeApp(
        connection=LOGGED_IN, jobs=tuple(make_job(n, state) for n, state in enumerate(states))
    )
    window = make_window(app)
    window.shell.show("transfers")
    view = window.shell.current
    settle_root(window.root, lambda: len(view.table.visible) == 4)
    assert [tab.cget("text") for tab in view._tabs.values()] == [
        "All (4)",
        "Running (2)",
        "Needs you (1)",
        "Done (1)",
    ]
    assert "Transfers (3)" in window.shell.rail["transfers"].cget("text")


def test_pausing_acts_on_the_selected_upload(make_window):
    app = FakeApp(connection=LOGGED_IN, jobs=(make_job(1),))
    window = make_window(app)
    window.shell.show("transfers")
    view = window.shell.current
    settle_root(window.root, lambda: view.job is not None)
    view.detail.buttons["pause"].invoke()
    settle_root(window.root, lambda: view.job.state is JobState.PAUSED)
    settle_root(window.root, lambda: view.detail.buttons["resume"].winfo_ismapped())
    assert app.transfers.calls == [("pause", "job-1")]
    assert not view.detail.buttons["pause"].winfo_ismapped()


def test_stopping_asks_what_becomes_of_what_was_sent(make_window):
    app = FakeApp(connection=LOGGED_IN, jobs=(make_job(1),))
    window = make_window(app)
    window.shell.show("transfers")
    view = window.shell.current
    settle_root(window.root, lambda: view.job is not None)

    def answer():
        asked = [one for one in walk(window.root) if isinstance(one, dialogs.Question)]
        if not asked or not asked[0].winfo_viewable():
            window.root.after(20, answer)
            return
        asked[0].choices[1].invoke()

    window.root.after(20, answer)
    view.cancel()
    settle_root(window.root, lambda: app.transfers.calls)
    assert app.transfers.calls == [("cancel", "job-1", False)]


def test_twenty_thousand_job_events_end_in_one_row(make_window):
    app = FakeApp(connection=LOGGED_IN, jobs=(make_job(1, sent=0),))
    window = make_window(app)
    window.shell.show("transfers")
    view = window.shell.current
    settle_root(window.root, lambda: view.table.visible)
    for number in range(20_000):
        app.publish(JobChanged(make_job(1, sent=number % 100)))
    settle_root(window.root, lambda: "99 %" in view.table.tree.set("job-1", "progress"), 20)


def test_a_receipt_says_what_arrived_and_what_was_left_out(make_window):
    app = FakeApp(connection=LOGGED_IN, jobs=(make_job(1, JobState.CONFIRMED),))
    window = make_window(app)
    window.shell.show("receipt", job_id="job-1")
    view = window.shell.current
    settle_root(window.root, lambda: view.receipt is not None)
    shown = texts(view)
    assert "✔ Confirmed: the server holds all 400 files that were sent." in shown
    assert "Scan 5: 12 files, left out by the series import filter" in shown
    view.copy_link()
    page = URL + "/app/action/LoadImageData/project/MEMORY/timestamp/1/folder/S"
    assert window.root.clipboard_get() == page
    view.copy()
    assert "Confirmed: 400 files sent, 400 on the server" in window.root.clipboard_get()


def test_an_upload_without_a_receipt_says_so(make_window):
    app = FakeApp(connection=LOGGED_IN, jobs=(make_job(1),))
    window = make_window(app)
    window.shell.show("receipt", job_id="job-1")
    settle_root(window.root, lambda: found(window.shell.current, ErrorCard))
    assert "no receipt yet" in found(window.shell.current, ErrorCard)[0].sentence


def test_home_says_when_the_queue_belongs_to_another_window(make_window):
    app = FakeApp(connection=LOGGED_IN, start_error=AlreadyRunning("Another dxclient runs."))
    window = make_window(app)
    settle_root(window.root, lambda: found(window.shell.current, ErrorCard))
    assert found(window.shell.current, ErrorCard)[0].sentence == "Another dxclient runs."


def test_home_takes_trouble_up_before_it_is_drawn(make_window):
    app = FakeApp(connection=LOGGED_IN, start_error=AlreadyRunning("Another dxclient runs."))
    window = make_window(app)
    window.root.withdraw()
    settle_root(window.root, lambda: found(window.shell.current, ErrorCard))


def test_home_says_what_was_damaged(make_window):
    damage = Finding(
        severity=Severity.NEEDS_YOU,
        code="queue.damaged",
        sentence="The list of uploads was damaged and set aside.",
    )
    window = make_window(FakeApp(connection=LOGGED_IN, told=(damage,)))
    settle_root(window.root, lambda: found(window.shell.current, FindingsList))
    assert found(window.shell.current, FindingsList)[0].findings == (damage,)


def line_of(view, key):
    return next(line for line in view.lines if line.field.key == key)


def test_a_setting_is_saved_at_once_and_says_where_it_comes_from(make_window):
    app = FakeApp(connection=LOGGED_IN)
    window = make_window(app)
    window.shell.show("settings")
    line = line_of(window.shell.current, "transfer.parts_in_flight")
    assert line.origin.cget("text") == "from: the program"
    line.variable.set("5")
    line.save()
    settle_root(window.root, lambda: line.origin.cget("text") == "from: you")
    assert app.values["transfer.parts_in_flight"] == 5


def test_a_number_out_of_its_limits_is_refused_with_a_sentence(make_window):
    app = FakeApp(connection=LOGGED_IN)
    window = make_window(app)
    window.shell.show("settings")
    line = line_of(window.shell.current, "transfer.parts_in_flight")
    line.variable.set("99")
    line.save()
    assert "At most 8." in line.message.cget("text")
    assert "transfer.parts_in_flight" not in app.values


def test_a_setting_fixed_by_the_site_cannot_be_changed(make_window):
    app = FakeApp(connection=LOGGED_IN, locked=frozenset({"upload.require_script"}))
    window = make_window(app)
    window.shell.show("settings")
    line = line_of(window.shell.current, "upload.require_script")
    assert str(line.editor.cget("state")) == "disabled"
    assert "locked by your site" in line.origin.cget("text")


def test_the_search_finds_settings(make_window):
    window = make_window(FakeApp(connection=LOGGED_IN))
    window.shell.show("settings")
    view = window.shell.current
    view.search.value = "proxy"
    window.root.update()
    assert [line.field.key for line in view.lines if line.winfo_ismapped()] == ["connection.proxy"]


def test_the_theme_changes_as_soon_as_it_is_chosen(make_window):
    window = make_window(FakeApp(connection=LOGGED_IN, values={"ui.theme": "light"}))
    window.shell.show("settings")
    line = line_of(window.shell.current, "ui.theme")
    line.variable.set("dark")
    line.save()
    settle_root(window.root, lambda: ttk.Style().theme.name == "bootstrap-dark")


def test_about_lists_every_plugin_with_its_state(make_window):
    window = make_window(FakeApp(connection=LOGGED_IN))
    window.shell.show("about")
    rows = [row.values for row in window.shell.current.table.rows]
    assert ("site-extension", "0.3", "folder", "failed", "It needs a newer dxclient.") in rows


def test_keys_go_to_the_screens(make_window):
    window = make_window(FakeApp(connection=LOGGED_IN))
    window.root.focus_force()
    window.root.update()
    for key, view in (
        ("<Control-Key-3>", "transfers"),
        ("<Alt-s>", "settings"),
        ("<Alt-h>", "home"),
    ):
        window.root.event_generate(key)
        window.root.update()
        assert window.shell.current.id == view


def test_escape_leads_from_a_receipt_back_to_the_transfers(make_window):
    app = FakeApp(connection=LOGGED_IN, jobs=(make_job(1, JobState.CONFIRMED),))
    window = make_window(app)
    window.shell.show("receipt", job_id="job-1")
    window.root.focus_force()
    window.root.update()
    window.root.event_generate("<Escape>")
    window.root.update()
    assert window.shell.current.id == "transfers"


def test_the_place_of_the_window_is_remembered(make_window):
    app = FakeApp(connection=LOGGED_IN)
    window = make_window(app)
    window._remember_place()
    assert app.values["ui.geometry"] == window.root.geometry()


def test_the_speed_appears_after_three_seconds_and_is_smoothed():
    now = [0.0]
    meter = SpeedMeter(lambda: now[0])
    for second in range(3):
        now[0] = second
        meter.add(second * 1000)
        assert meter.speed == 0
    now[0] = 3
    meter.add(3000)
    assert meter.speed == pytest.approx(1000)
    now[0] = 4
    meter.add(13_000)
    assert 1000 < meter.speed < 10_000


_WHOLE = (ttk.Button, ttk.Checkbutton, ttk.Radiobutton, ttk.Menubutton, ttk.Label)


@pytest.mark.parametrize(
    "view", ["login", "home", "transfers", "history", "settings", "about", "receipt"]
)
def test_nothing_is_clipped_on_a_screen_of_twice_the_density(make_window, view):
    jobs = tuple(make_job(n, state) for n, state in enumerate(JobState))
    app = FakeApp(
        connection=None if view == "login" else LOGGED_IN,
        jobs=jobs,
        servers=(SERVER,),
        keychain=False,
    )
    window = make_window(app, scaling=2.0)
    root = window.root
    root.geometry("1500x1000+0+0")
    confirmed = next(job.id for job in jobs if job.state is JobState.CONFIRMED)
    window.shell.show(view, **({"job_id": confirmed} if view == "receipt" else {}))
    settle_root(root, lambda: window.shell.board.loaded and root.winfo_width() > 1000)
    for _ in range(20):
        root.update()
    right, bottom = (
        root.winfo_rootx() + root.winfo_width(),
        root.winfo_rooty() + root.winfo_height(),
    )
    for widget in walk(window.shell):
        if not isinstance(widget, _WHOLE) or not widget.winfo_viewable():
            continue
        name = f"{widget} “{widget.cget('text')}”"
        assert widget.winfo_reqwidth() <= widget.winfo_width(), name
        assert widget.winfo_reqheight() <= widget.winfo_height(), name
        assert widget.winfo_rootx() + widget.winfo_width() <= right, name
    for part in (window.shell.status, window.shell.uploads, window.shell.rail["about"]):
        assert part.winfo_rooty() + part.winfo_height() <= bottom


def test_destroyed_views_leave_the_window_working(make_window):
    window = make_window(FakeApp(connection=LOGGED_IN, jobs=(make_job(1),)))
    for _ in range(3):
        window.shell.show("transfers", job_id="job-1")
        window.root.update()
    window.app.publish(JobChanged(make_job(1, JobState.PAUSED)))
    settle_root(window.root, lambda: window.shell.board.jobs["job-1"].state is JobState.PAUSED)
    assert window._error is None
    assert isinstance(window.shell.current, tk.Widget)
