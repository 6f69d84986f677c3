"""The page of scripts in the whole window, by clicks and keys.

With DXCLIENT_SCREENSHOTS naming a folder, the pictures of the user's guide are made there.
"""

from contextlib import contextmanager
from dataclasses import replace

import pytest
import ttkbootstrap as ttk
from pydicom.data import get_testdata_file

from dxclient.app import App
from dxclient.app.scripting import save_own
from dxclient.domain.dicom import DicomFile, ImageSession, Scan
from dxclient.domain.draft import UploadDraft
from dxclient.domain.project import Origin, Project, ProjectSettings, ScriptSource
from dxclient.ui import dialogs
from dxclient.ui.context import UNSAVED
from dxclient.ui.scripts.asking import DifferencesDialog, NameDialog
from dxclient.ui.scripts.colouring import KINDS, palette
from dxclient.ui.scripts.documents import Kind
from dxclient.ui.theme import ALLOWED_THEMES, Theme
from dxclient.ui.widgets.misc import LinkLabel
from tests.ui.conftest import walk
from tests.ui.test_whole_upload import choose_project, window_on_trial
from tests.ui.window_upload import whole_window

SITE = """version "6.6"
// What the site demands of all projects
(0008,0080) := "RESEARCH"
"""
PROJECT = """version "6.6"
// The subject takes the place of the patient
describe visit "Number of the visit"
(0010,0010) := subject
(0010,0020) := visit
(0020,000D) := hashUID[(0020,000D)]
-(0010,0030)
"""
SETTINGS = ProjectSettings(
    project=Project(id="MEM", name="Memory study"),
    scripts=(
        ScriptSource(name="Site script", text=SITE, origin=Origin.SITE),
        ScriptSource(name="Project script", text=PROJECT, origin=Origin.PROJECT),
    ),
)
WRONG = "(0020,000E) := hashUUID[(0020,000E)]\n"


class Page:
    """The page, and a person in front of it."""

    def __init__(self, driver, app):
        self.driver, self.app, self.root = driver, app, driver.root
        self.until, self.settle, self.click = driver.until, driver.settle, driver.click

    @property
    def view(self):
        return self.driver.shell._views["scripts"]

    @property
    def text(self):
        return self.view.editor.text

    def checked(self):
        """Wait for the check of the text as it is now; return what was found."""
        view = self.view
        self.until(lambda: view.look is not None and view.look.version == view.editor.version)
        return view.look.checked

    def choose(self, name):
        tree = self.view.shelf.tree
        one = next(d for d in self.view.library.documents if d.name == name)
        tree.see(one.id)
        self.until(lambda: tree.bbox(one.id))
        left, top, _, height = tree.bbox(one.id)
        self.click(tree, left + 40, top + height // 2)
        self.until(lambda: self.view.document is one)
        self.checked()
        return one

    def press(self, key, widget=None):
        widget = widget or self.text
        widget.focus_force()
        self.root.update()
        widget.event_generate(key)
        self.root.update()

    def insert(self, line, text):
        """Type a line, as one would at its beginning."""
        self.text.insert(f"{line}.0", text)
        self.root.update()
        return self.checked()

    def answering(self, kind, answer):
        """Answer the next dialog of this kind once it is to be seen."""

        def look():
            found = [w for w in walk(self.root) if isinstance(w, kind) and w.winfo_viewable()]
            if found:
                answer(found[0])
            else:
                self.root.after(20, look)

        self.root.after(20, look)

    def compare(self, *names):
        self.view.trying.take_files(tuple(files_of(*names)))
        self.until(lambda: self.view.preview.current)
        return self.view.preview

    def rows(self):
        return {row.values[0]: row.values for row in self.view.preview.changes.rows}


def files_of(*names):
    from pathlib import Path

    return [Path(get_testdata_file(name)) for name in names]


@contextmanager
def page_of_scripts(folder, *, settings=SETTINGS, theme="light", size="1200x800+0+0", **options):
    with App.open(folder / "home", use_keychain=False) as app:
        app.set_setting("ui.theme", theme)
        with whole_window(app, size=size) as driver:
            page = Page(driver, app)
            if settings is None:
                driver.shell.show("scripts", **options)
            else:
                driver.shell.show("scripts", settings=settings, **options)
            page.until(lambda: page.view.library.of(Kind.READY))
            yield page


@pytest.fixture
def page(screen, tmp_path):
    with page_of_scripts(tmp_path) as made:
        made.choose("Project script")
        yield made


@pytest.fixture
def copy(page):
    """The page with a working copy of the project's script."""
    page.click(page.view.header.buttons["copy"])
    page.until(lambda: page.view.document.kind is Kind.COPY)
    page.checked()
    return page


def buttons(page):
    return [name for name, one in page.view.header.buttons.items() if one.winfo_ismapped()]


# -- what is there -----------------------------------------------------------------------


def test_without_a_project_the_page_says_so_and_offers_what_there_is(screen, tmp_path):
    with page_of_scripts(tmp_path, settings=None) as page:
        page.until(lambda: "Log in" in page.view.shelf.note.cget("text"))
        assert "begin a new script" in page.view.shelf.note.cget("text")
        assert page.view.document is None
        names = [one.name for one in page.view.library.of(Kind.READY)]
        assert "Basic Profile" in names


def test_a_script_of_the_server_cannot_be_changed(page):
    before = page.text.get("1.0", "end-1c")
    page.press("<Key-x>")
    page.press("<Return>")
    page.press("<Delete>")
    assert page.text.get("1.0", "end-1c") == before == PROJECT
    assert "read only" in page.view.header.where.cget("text")
    assert buttons(page) == ["copy"]
    assert "read only" in page.driver.shell.status.cget("text")


def test_what_a_script_does_is_said_line_by_line_and_a_click_goes_there(page):
    does = page.view.does
    row = next(r for r in does.table.rows if r.values[0] == "7")
    assert "(0010,0030)" in row.values[1]
    does.table.select([row.id])
    does.table.tree.event_generate("<ButtonRelease-1>", x=5, y=5)
    assert page.view.editor.line == 7


def test_words_are_coloured_by_their_kind(page):
    page.until(lambda: page.text.tag_nextrange("function", "1.0"))
    start, end = page.text.tag_nextrange("function", "1.0")
    assert page.text.get(start, end) == "hashUID"
    assert page.text.tag_nextrange("comment", "1.0")[0] == "2.0"


def test_the_script_that_was_asked_for_is_opened(screen, tmp_path):
    with page_of_scripts(tmp_path, script="Site script") as page:
        page.until(lambda: page.view.document is not None)
        assert page.view.document.name == "Site script"
        assert page.checked().effective


def test_a_name_that_is_cut_is_said_beside_the_mouse(page):
    name = "A study with a name that is longer than the list is wide"
    page.view.library.new().name = name
    page.view.refresh()
    page.root.update()
    tree = page.view.shelf.tree
    one = page.view.library.named(name, Kind.OWN)
    tree.item(one.id, text=name)
    left, top, _, height = tree.bbox(one.id)
    assert page.view.shelf.tip.cut_text(left + 40, top + height // 2) == name
    site = page.view.library.named("Site script", Kind.SERVER)
    left, top, _, height = tree.bbox(site.id)
    assert page.view.shelf.tip.cut_text(left + 40, top + height // 2) == ""


def test_a_long_list_has_a_filter(screen, tmp_path):
    for number in range(20):
        save_own(tmp_path / "home", f"study {number}", SITE)
    with page_of_scripts(tmp_path) as page:
        shelf = page.view.shelf
        page.until(lambda: page.view.library.of(Kind.OWN))
        page.until(shelf.filter_entry.winfo_ismapped)
        page.driver.type(shelf.filter_entry, "study 19")
        assert shelf.tree.get_children() == ("OWN",)
        (row,) = shelf.tree.get_children("OWN")
        assert shelf.tree.item(row, "text") == "study 19"
        page.press("<Escape>", shelf.filter_entry)
        assert len(shelf.tree.get_children()) > 1


# -- problems ----------------------------------------------------------------------------


def test_an_error_is_listed_as_one_types_and_a_click_goes_there(copy):
    assert not copy.view.problems.table.winfo_ismapped()
    checked = copy.insert(5, WRONG)
    assert [one.line for one in checked.problems] == [5]
    table = copy.view.problems.table
    copy.until(table.winfo_ismapped)
    assert table.rows[0].values[0] == "5"
    assert copy.view.problems.summary.cget("text") == "✖ 1 error"
    start, end = copy.text.tag_nextrange("problem", "1.0")
    assert copy.text.get(start, end) == "hashUUID"
    copy.text.mark_set("insert", "1.0")
    copy.driver.row(table, "0", 2)
    assert copy.text.index("insert") == start


def test_a_suggestion_is_put_in_and_can_be_undone(copy):
    copy.insert(5, WRONG)
    button = copy.view.problems.replace_button
    copy.until(button.winfo_ismapped)
    assert button.cget("text") == "Replace by hashUID"
    copy.click(button)
    assert copy.text.get("5.15", "5.22") == "hashUID"
    assert copy.checked().problems == ()
    copy.press("<Control-z>")
    assert "hashUUID" in copy.text.get("5.0", "5.end")
    copy.press("<Control-y>")
    assert "hashUUID" not in copy.text.get("5.0", "5.end")


def test_the_mouse_on_a_problem_says_what_is_wrong(copy):
    copy.insert(5, WRONG)
    copy.until(lambda: copy.text.bbox("5.17"))
    left, top, width, height = copy.text.bbox("5.17")
    copy.text.event_generate("<Motion>", x=left + width // 2, y=top + height // 2)
    copy.until(lambda: copy.view.editor.tip.window)
    label = copy.view.editor.tip.window.winfo_children()[0]
    assert "hashUUID" in label.cget("text")
    assert "hashUID" in label.cget("text")


def test_answers_for_an_older_text_are_dropped(copy):
    copy.insert(5, WRONG)
    copy.view.checker.now(copy.view.editor)
    copy.text.delete("5.0", "6.0")
    copy.root.update()
    assert copy.checked().problems == ()
    assert not copy.text.tag_ranges("problem")


# -- trying and keeping ------------------------------------------------------------------


def test_my_change_is_a_copy_beside_the_original_with_its_differences(copy):
    original = copy.view.library.named("Project script", Kind.SERVER)
    copy.insert(7, '(0010,0040) := "O"\n')
    assert original.text == PROJECT
    assert "copy, not on the server" in copy.view.header.where.cget("text")
    assert copy.view.document.title.startswith(UNSAVED)
    copy.click(copy.view.header.buttons["differences"])
    shown = next(w for w in walk(copy.root) if isinstance(w, DifferencesDialog))
    assert '+(0010,0040) := "O"' in shown.text.get("1.0", "end")
    assert "−" not in shown.text.get("1.0", "end").replace("Lines with −", "")
    shown.destroy()


def save_as(page, name):
    def answer(dialog):
        dialog.entry.value = name
        dialog.button.invoke()

    page.answering(NameDialog, answer)
    page.view.desk.save_as()
    page.until(lambda: page.view.document.name == name and not page.view.document.unsaved)


def test_a_copy_is_saved_as_ones_own_and_found_again(copy, tmp_path):
    copy.insert(7, '(0010,0040) := "O"\n')
    save_as(copy, "My study")
    one = copy.view.document
    assert (one.kind, one.name, one.unsaved) == (Kind.OWN, "My study", False)
    assert UNSAVED not in copy.driver.shell.rail["scripts"].cget("text")
    kept = (tmp_path / "home" / "scripts" / "My study.das").read_text("utf-8")
    assert kept == copy.text.get("1.0", "end-1c")
    copy.insert(1, "// later\n")
    copy.press("<Control-s>")
    copy.until(lambda: not copy.view.document.unsaved)
    again = (tmp_path / "home" / "scripts" / "My study.das").read_text("utf-8")
    assert again.startswith("// later\n")


def test_saving_under_another_name_keeps_the_first_script(copy):
    save_as(copy, "First")
    first = copy.text.get("1.0", "end-1c")
    copy.insert(1, "// second\n")
    save_as(copy, "Second")
    copy.until(lambda: len(copy.view.library.of(Kind.OWN)) == 2)
    texts = {one.name: one.text for one in copy.view.library.of(Kind.OWN)}
    assert texts == {"First": first, "Second": f"// second\n{first}"}


def test_saving_twice_in_a_row_is_no_conflict(page, tmp_path):
    path = tmp_path / "mine.das"
    path.write_text(SITE, "utf-8")
    page.view.desk.open(path)
    page.until(lambda: page.view.document.kind is Kind.FILE)
    for number in range(3):
        page.text.insert("1.0", f"// {number}\n")
        page.root.update()
        page.view.desk.save()
    page.until(lambda: not page.view.document.unsaved)
    assert path.read_text("utf-8") == f"// 2\n// 1\n// 0\n{SITE}"
    assert not page.driver.shell._toast.winfo_children()


def test_ones_own_script_is_deleted_after_asking(copy, tmp_path):
    save_as(copy, "My study")
    copy.answering(dialogs.Question, lambda asked: asked.choices[0].invoke())
    copy.view.desk.remove()
    copy.until(lambda: not (tmp_path / "home" / "scripts" / "My study.das").exists())
    copy.until(lambda: copy.view.document is None)
    assert copy.view.library.named("My study", Kind.OWN) is None


def test_a_file_is_opened_and_saved_back(page, tmp_path):
    path = tmp_path / "mine.das"
    path.write_bytes(b'version "6.6"\r\n-(0010,1000)\r\n')
    assert page.view.dropped((path,))
    page.until(lambda: page.view.document.kind is Kind.FILE)
    page.insert(2, "-(0010,1001)\n")
    page.press("<Control-s>")
    page.until(lambda: not page.view.document.unsaved)
    assert path.read_bytes() == b'version "6.6"\r\n-(0010,1001)\r\n-(0010,1000)\r\n'


def test_a_file_that_is_no_script_is_refused_and_what_is_open_stays(page, tmp_path):
    path = tmp_path / "image.das"
    path.write_bytes(b"\0\1\2")
    page.view.desk.open(path)
    toast = page.driver.shell._toast
    page.until(toast.winfo_children)
    assert "no script" in toast.winfo_children()[0].sentence
    assert page.view.document.name == "Project script"


# -- before and after --------------------------------------------------------------------


def test_a_comparison_shows_what_changes_in_a_file(copy):
    copy.view.needs.suggest({"subject": "S01", "visit": "V1"})
    copy.compare("MR_small.dcm")
    rows = copy.rows()
    assert rows["(0010,0010)"][1:] == (
        "Patient's Name",
        "CompressedSamples^MR1",
        "S01",
        "line 4",
    )
    assert "(0010,0030)" in rows
    assert rows["(0010,0020)"][3] == "V1"


def test_a_comparison_follows_the_text_and_is_grey_until_then(copy):
    copy.view.needs.suggest({"subject": "S01", "visit": "V1"})
    preview = copy.compare("MR_small.dcm")
    copy.text.insert("7.0", '(0010,0040) := "O"\n')
    copy.root.update()
    assert not preview.current
    assert {row.tags for row in preview.changes.rows} == {("muted",)}
    copy.until(lambda: "(0010,0040)" in copy.rows())
    assert {row.tags for row in preview.changes.rows} == {()}
    copy.insert(5, WRONG)
    copy.settle(0.6)
    assert {row.tags for row in preview.changes.rows} == {("muted",)}
    assert preview.compare_button.instate(["disabled"])
    assert "errors" in preview.progress.cget("text")


def test_a_missing_value_leads_to_the_variables_and_back(copy):
    preview = copy.compare("MR_small.dcm")
    assert "visit" in preview.sentence.cget("text")
    copy.click(preview.missing_link)
    assert copy.view.pages.page == "needs"
    entry = copy.view.needs.entries["visit"]
    assert "Number of the visit" in entry.label.cget("text")
    copy.driver.type(entry.entry, "V7")
    copy.click(copy.view.pages.tabs["preview"])
    copy.until(lambda: preview.current and copy.rows())
    assert copy.rows()["(0010,0020)"][3] == "V7"


def test_values_that_the_sites_script_needs_are_asked_for_too(screen, tmp_path):
    asking = ScriptSource(
        name="Site script", text='version "6.6"\n(0008,0080) := centre\n', origin=Origin.SITE
    )
    settings = replace(SETTINGS, scripts=(asking, SETTINGS.scripts[1]))
    with page_of_scripts(tmp_path, settings=settings) as page:
        page.choose("Project script")
        page.view.needs.suggest({"visit": "V1"})
        page.view.preview.with_site.set(True)
        preview = page.compare("MR_small.dcm")
        page.click(preview.missing_link)
        page.driver.type(page.view.needs.entries["centre"].entry, "C3")
        page.view.pages.turn("preview")
        page.until(lambda: preview.current and page.rows())
        assert page.rows()["(0008,0080)"][3] == "C3"


def test_labels_of_another_session_replace_those_of_the_first(page):
    needs = page.view.needs
    needs.suggest({"subject": "EX_1"})
    needs.suggest({"subject": "EX_2"})
    assert needs.values["subject"] == "EX_2"
    needs.entries["subject"].value = "mine"
    needs.suggest({"subject": "EX_3"})
    assert needs.values["subject"] == "mine"


def test_several_files_are_listed_with_what_became_of_them(copy, tmp_path):
    other = tmp_path / "notes.txt2"
    other.write_text("no DICOM")
    copy.view.needs.suggest({"subject": "S01", "visit": "V1"})
    copy.text.insert("end", '\n(0008,0060) = "CT" ? reject[]\n')
    copy.root.update()
    copy.checked()
    copy.view.trying.take_files((*files_of("MR_small.dcm", "CT_small.dcm"), other))
    preview = copy.view.preview
    copy.until(lambda: preview.current)
    results = [row.values[1] for row in preview.files.rows]
    assert results[0].endswith("changes")
    assert results[1:] == ["✖ rejected", "✖ failed"]
    preview.files.select(["2"])
    copy.until(lambda: preview.sentence.winfo_ismapped())
    assert "not DICOM" in preview.sentence.cget("text")


def test_the_sites_script_runs_first_when_it_is_wanted(copy):
    copy.view.needs.suggest({"subject": "S01", "visit": "V1"})
    preview = copy.compare("MR_small.dcm")
    assert "(0008,0080)" not in copy.rows()
    copy.click(preview.site_box)
    copy.until(lambda: preview.current and "(0008,0080)" in copy.rows())
    assert copy.rows()["(0008,0080)"][3:] == ("RESEARCH", "line 3, Site script")


def test_the_files_of_the_current_upload_are_offered(copy):
    (path,) = files_of("MR_small.dcm")
    one = DicomFile(
        path=path,
        size=1,
        modified_ns=1,
        sop_class_uid="1.2",
        sop_instance_uid="1.2.3",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )
    session = ImageSession(study_uid="1", scans=(Scan(series_uid="1.1", files=(one,)),))
    draft = UploadDraft(settings=SETTINGS, session=session, subject="EX_1", label="EX_1_MR_1")
    view = copy.view
    view.needs.suggest({"visit": "V1"})
    view.draft_of_upload = lambda: draft
    view.on_show()
    view.pages.turn("preview")
    copy.until(view.preview.session_button.winfo_ismapped)
    copy.click(view.preview.session_button)
    copy.until(lambda: view.preview.current and copy.rows())
    assert copy.rows()["(0010,0010)"][3] == "EX_1"


def test_a_script_that_asks_servers_waits_for_the_button(copy):
    copy.app.set_setting("scripts.allow_network", True)
    copy.view.needs.suggest({"subject": "S01", "visit": "V1"})
    preview = copy.compare("MR_small.dcm")
    copy.text.insert("7.0", '(0010,0040) := getURL["https://example.org/"]\n')
    copy.root.update()
    copy.checked()
    copy.settle(0.6)
    assert not preview.current
    assert preview._task is None
    assert "press Compare" in preview.progress.cget("text")
    copy.text.delete("7.0", "8.0")
    copy.root.update()
    copy.until(lambda: preview.current)


def test_nothing_of_the_values_is_written(copy, tmp_path):
    copy.view.needs.suggest({"visit": "SECRETVISIT"})
    copy.compare("MR_small.dcm")
    copy.view.on_hide()
    for path in (tmp_path / "home").rglob("*"):
        assert path.is_dir() or b"SECRETVISIT" not in path.read_bytes()


# -- the ways here -----------------------------------------------------------------------


def test_the_settings_lead_to_the_page(page):
    page.driver.go_to("settings")
    settings = page.driver.current
    settings.search.value = "scripts"
    page.settle()
    page.until(settings.scripts.winfo_ismapped)
    page.click(settings.scripts.link)
    assert page.driver.current is page.view


def test_the_upload_leads_to_the_script_of_its_project(screen, tmp_path):
    with window_on_trial(tmp_path) as (driver, app, _running):
        driver.go_to("scripts")
        view = driver.current
        driver.until(lambda: "No project was opened" in view.shelf.note.cget("text"))
        choose_project(driver, "SCRIPTS", go_on=False)
        links = [w for w in walk(driver.screen("core.project")) if isinstance(w, LinkLabel)]
        edit = [w for w in links if w.cget("text") == "Open in editor"]
        driver.until(edit[-1].winfo_ismapped)
        driver.click(edit[-1])
        assert driver.current is view
        driver.until(lambda: view.document is not None and view.look is not None)
        assert view.document.kind is Kind.SERVER
        assert view.document.text in {script.text for script in app_scripts(app)}
        assert app.project("SCRIPTS").title in view.shelf.note.cget("text")


def app_scripts(app):
    return app.project_settings(app.project("SCRIPTS")).scripts


# -- leaving -----------------------------------------------------------------------------


def test_another_page_and_back_loses_nothing(copy):
    copy.insert(7, '(0010,0040) := "O"\n')
    copy.driver.go_to("transfers")
    assert UNSAVED in copy.driver.shell.rail["scripts"].cget("text")
    copy.driver.go_to("scripts")
    assert '(0010,0040) := "O"' in copy.text.get("1.0", "end")


def test_closing_the_window_with_unsaved_changes_asks_and_staying_stays(copy):
    copy.insert(7, '(0010,0040) := "O"\n')
    copy.driver.go_to("transfers")
    said = []

    def stay(asked):
        said.extend(str(w.cget("text")) for w in walk(asked) if isinstance(w, ttk.Label))
        asked.leave.invoke()

    copy.answering(dialogs.Question, stay)
    copy.driver.window.close()
    assert copy.root.winfo_exists()
    assert any("“Project script (copy)” has changes that are not saved" in text for text in said)
    assert copy.driver.current is copy.view


def test_closing_the_window_can_save_what_has_a_place(copy, tmp_path):
    save_as(copy, "My study")
    copy.insert(1, "// later\n")
    copy.answering(dialogs.Question, lambda asked: asked.choices[0].invoke())
    assert copy.driver.shell.may_close()
    assert "// later" in (tmp_path / "home" / "scripts" / "My study.das").read_text("utf-8")


def test_closing_a_changed_copy_asks(copy):
    copy.insert(7, '(0010,0040) := "O"\n')
    copy.answering(dialogs.Question, lambda asked: asked.leave.invoke())
    copy.view.desk.remove()
    assert copy.view.document.kind is Kind.COPY
    copy.answering(dialogs.Question, lambda asked: asked.choices[0].invoke())
    copy.view.desk.remove()
    assert copy.view.library.of(Kind.COPY) == []


# -- keys --------------------------------------------------------------------------------


def test_keys_begin_find_and_compare(page):
    page.press("<Control-n>")
    assert page.view.document.name == "New script"
    assert page.view.editor.line == 2
    page.text.insert("end", "-(0010,1000)\n-(0010,1001)")
    page.press("<Control-f>")
    bar = page.view.editor.find_bar
    assert bar.winfo_ismapped()
    bar.pattern.set("(0010")
    page.press("<Return>", bar.entry)
    assert bar.count.cget("text") == "2 found"
    assert page.text.index("sel.first") == "2.1"
    page.press("<Escape>", bar.entry)
    assert not bar.winfo_ismapped()
    page.view.trying.take_files(tuple(files_of("MR_small.dcm")))
    page.until(lambda: page.view.preview.current)
    for key in ("<F5>", "<Control-Return>"):
        page.view.preview.compared = {}
        page.press(key)
        page.until(lambda: page.view.preview.compared)


def test_what_is_pasted_takes_the_place_of_what_is_selected(copy):
    copy.root.clipboard_clear()
    copy.root.clipboard_append("// all new")
    copy.press("<Control-a>")
    copy.press("<<Paste>>")
    assert copy.text.get("1.0", "end-1c") == "// all new"


def test_f8_goes_from_problem_to_problem_and_around(copy):
    copy.insert(4, WRONG)
    copy.insert(7, WRONG)
    copy.text.mark_set("insert", "1.0")
    lines = []
    for key in ("<F8>", "<F8>", "<F8>", "<Shift-F8>"):
        copy.press(key)
        lines.append(copy.view.editor.line)
    assert lines == [4, 7, 4, 7]


def test_a_file_is_chosen_with_ctrl_o(page, tmp_path, monkeypatch):
    path = tmp_path / "mine.das"
    path.write_text(NEW := 'version "6.6"\n', "utf-8")
    monkeypatch.setattr(
        "dxclient.ui.scripts.desk.filedialog.askopenfilename", lambda **_: str(path)
    )
    page.press("<Control-o>")
    page.until(lambda: page.view.document.kind is Kind.FILE)
    assert page.text.get("1.0", "end-1c") == NEW


def test_tab_indents_where_one_may_type_and_leaves_where_not(copy):
    copy.text.mark_set("insert", "4.0")
    copy.press("<Tab>")
    assert copy.text.get("4.0", "4.2") == "  "
    copy.text.mark_set("insert", "4.end")
    copy.press("<Return>")
    assert copy.text.get("5.0", "5.end") == "  "
    copy.choose("Project script")
    copy.press("<Tab>")
    assert copy.root.focus_get() is not copy.text


def test_escape_leaves_the_text_then_the_page(copy):
    copy.press("<Escape>")
    assert copy.root.focus_get() is copy.view.shelf.tree
    copy.press("<Escape>", copy.view.shelf.tree)
    assert copy.driver.current is not copy.view


def test_the_list_is_walked_with_arrows_and_enter_goes_into_the_text(copy):
    tree = copy.view.shelf.tree
    copy.press("<Escape>")
    copy.press("<Up>", tree)
    copy.press("<Up>", tree)
    copy.until(lambda: copy.view.document.kind is Kind.READY)
    assert copy.root.focus_get() is tree
    copy.press("<Return>", tree)
    assert copy.root.focus_get() is copy.view.editor.text


def test_a_tab_walk_reaches_every_part_of_the_page(copy):
    copy.view.pages.turn("preview")
    copy.root.update()
    widget, seen = copy.view.shelf.new_button, []
    for _ in range(40):
        widget = widget.tk_focusNext()
        if widget in seen:
            break
        seen.append(widget)
    parts = (copy.view.shelf.tree, copy.text, copy.view.pages.tabs["does"])
    preview = copy.view.preview
    for part in (*parts, preview.choose_button, preview.changes.tree):
        assert part in seen
    assert seen.index(copy.text) > seen.index(copy.view.shelf.tree)


# -- looks -------------------------------------------------------------------------------


def contrast(one, other):
    def light(value):
        parts = [int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_all_colours_of_the_editor_are_legible_in_all_themes(root):
    for theme in ALLOWED_THEMES:
        Theme.apply(root, theme)
        now = palette()
        for kind in KINDS:
            for back in (now.back, now.line):
                assert contrast(now.kinds[kind], back) >= 4.5, (theme, kind)


@pytest.mark.parametrize(("theme", "scaling"), [("dark", None), ("light", 2.0)])
def test_the_page_follows_theme_and_text_size(screen, tmp_path, theme, scaling):
    with page_of_scripts(tmp_path) as page:
        page.choose("Project script")
        height = page.text.dlineinfo("1.0")[3]
        if scaling:
            page.app.set_setting("ui.text_size", 20)
            page.driver.window._setting_saved("ui.text_size")
            page.until(lambda: page.text.dlineinfo("1.0")[3] > 1.3 * height)
        else:
            page.app.set_setting("ui.theme", theme)
            page.driver.window._setting_saved("ui.theme")
            page.until(lambda: str(page.text.cget("background")) == palette().back != "#ffffff")


def test_nothing_is_clipped_at_twice_the_density(make_window, tmp_path):
    with App.open(tmp_path / "home", use_keychain=False) as app:
        window = make_window(app, scaling=2.0)
        root = window.root
        root.geometry("1500x1000+0+0")
        window.shell.show("scripts", settings=SETTINGS)
        view = window.shell.current
        view.desk.copy()
        view.pages.turn("preview")
        for _ in range(60):
            root.update()
        right = root.winfo_rootx() + root.winfo_width()
        for widget in walk(view):
            if isinstance(widget, ttk.Button | ttk.Checkbutton) and widget.winfo_viewable():
                name = f"{widget} “{widget.cget('text')}”"
                assert widget.winfo_reqwidth() <= widget.winfo_width(), name
                assert widget.winfo_rootx() + widget.winfo_width() <= right, name
        shown = int(view.editor.text.index(f"@0,{view.editor.text.winfo_height()}").split(".")[0])
        assert shown >= 5


def test_the_pictures_of_the_guide(screen, tmp_path):
    with page_of_scripts(tmp_path, size="1200x900+0+0") as page:
        page.choose("Project script")
        page.click(page.view.header.buttons["copy"])
        page.driver.pictures = True
        page.view.needs.suggest({"subject": "S001", "visit": "V1"})
        page.insert(8, "(0008,0018) := hashUUID[(0008,0018)]\n")
        page.until(page.view.problems.replace_button.winfo_ismapped)
        page.driver.picture("scripts-editor")
        page.click(page.view.problems.replace_button)
        page.checked()
        page.compare("MR_small.dcm", "CT_small.dcm")
        assert len(page.rows()) >= 4
        page.driver.picture("scripts-before-after")
