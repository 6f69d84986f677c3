"""The page about the program saves a support file."""

import zipfile

import ttkbootstrap as ttk

from dxclient.app import App
from dxclient.ui.views import about
from tests.ui.conftest import settle_root, walk
from tests.ui.fakes import FakeApp


def button(view, text):
    [found] = [
        one for one in walk(view) if isinstance(one, ttk.Button) and text in str(one.cget("text"))
    ]
    return found


def test_the_page_says_what_a_support_file_holds(make_window):
    window = make_window(FakeApp())
    window.shell.show("about")
    said = " ".join(
        str(one.cget("text")) for one in walk(window.shell.current) if isinstance(one, ttk.Label)
    )
    assert "labels and servers as short hashes" in said


def test_a_support_file_is_saved_where_a_person_says(make_window, tmp_path, monkeypatch):
    target = tmp_path / "for-them.zip"
    monkeypatch.setattr(about.filedialog, "asksaveasfilename", lambda **_options: str(target))
    with App.open(tmp_path / "home", use_keychain=False) as app:
        window = make_window(app)
        window.shell.show("about")
        button(window.shell.current, "support file").invoke()
        settle_root(window.root, target.is_file)
        settle_root(window.root, lambda: "saved" in window.shell.status.cget("text"))
    with zipfile.ZipFile(target) as archive:
        assert "program.json" in archive.namelist()


def test_a_dialog_that_is_closed_writes_nothing(make_window, tmp_path, monkeypatch):
    monkeypatch.setattr(about.filedialog, "asksaveasfilename", lambda **_options: "")
    window = make_window(FakeApp())
    window.shell.show("about")
    button(window.shell.current, "support file").invoke()
    assert list(tmp_path.iterdir()) == []
