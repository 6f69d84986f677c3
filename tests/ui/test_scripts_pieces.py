"""What the page of scripts is made of, as far as it needs no window."""

import stat

import pytest

from dxclient.anonymize import OWN_VARIABLES
from dxclient.app.scripting import Comparison, highlight
from dxclient.dicomedit import Change
from dxclient.domain.errors import DxError
from dxclient.domain.problems import Problem
from dxclient.domain.project import Origin, Project, ProjectSettings, ScriptSource
from dxclient.ui.scripts import files
from dxclient.ui.scripts.comparing import FileCompared, change_rows, result_words
from dxclient.ui.scripts.documents import NEW_TEXT, Kind, Library
from dxclient.ui.scripts.hover import problem_text
from dxclient.ui.scripts.needs import EXAMPLES
from dxclient.ui.scripts.places import coloured, columns_of, piece_end

SITE = ScriptSource(name="Site script", text="-(0010,1000)\n", origin=Origin.SITE)


def library_with(kind, *sources):
    library = Library()
    library.show_sources(kind, sources)
    return library


def test_a_script_of_the_server_is_read_only_and_never_unsaved():
    (one,) = library_with(Kind.SERVER, SITE).documents
    assert one.read_only
    assert one.place == "read only, from the XNAT site"
    one.text = "typed"
    assert not one.unsaved


def test_a_copy_is_unsaved_only_once_it_differs_from_the_original():
    library = library_with(Kind.SERVER, SITE)
    copy = library.copy(library.documents[0])
    assert (copy.name, copy.kind, copy.unsaved) == ("Site script (copy)", Kind.COPY, False)
    assert "not on the server" in copy.place
    copy.text += "-(0010,1001)\n"
    assert copy.unsaved
    assert copy.title == "● Site script (copy)"
    assert "+-(0010,1001)" in copy.differences().split("\n")


def test_two_copies_have_two_names():
    library = library_with(Kind.SERVER, SITE)
    names = [library.copy(library.documents[0]).name for _ in range(2)]
    assert names == ["Site script (copy)", "Site script (copy) 2"]


def test_a_new_script_is_worth_asking_for_only_when_something_was_typed():
    one = Library().new()
    assert (one.text, one.unsaved, one.has_place) == (NEW_TEXT, False, False)
    one.text += "-(0010,1000)"
    assert one.unsaved


def test_typed_changes_stay_when_the_folder_is_read_again():
    own = ScriptSource(name="mine", text="a", origin=Origin.USER)
    library = library_with(Kind.OWN, own)
    (one,) = library.documents
    one.text = "typed"
    new = library.new()
    library.show_sources(Kind.OWN, (ScriptSource(name="mine", text="b", origin=Origin.USER),))
    assert library.of(Kind.OWN) == [one, new]
    assert one.text == "typed"
    assert library.unsaved() == (one,)


def test_what_is_gone_from_the_server_is_gone_from_the_list_but_its_copy_stays():
    library = library_with(Kind.SERVER, SITE)
    copy = library.copy(library.documents[0])
    library.show_sources(Kind.SERVER, ())
    assert library.documents == [copy]


def test_a_newer_text_of_the_server_takes_the_place_of_the_older():
    library = library_with(Kind.SERVER, SITE)
    (one,) = library.documents
    newer = ScriptSource(name=SITE.name, text="a\r\nb\n", origin=SITE.origin)
    library.show_sources(Kind.SERVER, (newer,))
    assert library.documents == [one]
    assert one.text == "a\nb\n"


def test_the_same_file_is_opened_once(tmp_path):
    library = Library()
    path = tmp_path / "a.das"
    assert library.file(path, "x") is library.file(path, "y")


# -- files -------------------------------------------------------------------------------


def test_a_file_keeps_its_line_ends_and_its_mode(tmp_path):
    path = tmp_path / "a.das"
    path.write_bytes(b"a\r\nb\r\n")
    path.chmod(0o640)
    found = files.read_script(path)
    assert (found.text, found.crlf) == ("a\nb\n", True)
    files.write_script(path, "a\nc\n", crlf=found.crlf, expected=found.text)
    assert path.read_bytes() == b"a\r\nc\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in tmp_path.iterdir()] == ["a.das"]


def test_a_file_that_another_program_changed_is_not_overwritten(tmp_path):
    path = tmp_path / "a.das"
    path.write_text("theirs")
    with pytest.raises(DxError, match="changed by another program"):
        files.write_script(path, "mine", crlf=False, expected="before")
    assert path.read_text() == "theirs"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00a", b"a\0b"])
def test_a_file_that_is_no_text_is_refused_with_a_sentence(tmp_path, data):
    path = tmp_path / "image.dcm"
    path.write_bytes(data)
    with pytest.raises(DxError, match="no script"):
        files.read_script(path)


def test_a_file_that_is_not_there_is_refused_without_its_path(tmp_path):
    with pytest.raises(DxError, match=r"cannot be read\.$") as caught:
        files.read_script(tmp_path / "Doe.das")
    assert "Doe" not in str(caught.value)


def test_folders_give_their_files_and_not_too_many(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.dcm").touch()
    found = files.dicom_files((tmp_path, tmp_path / "0.dcm"))
    assert [path.name for path in found] == ["0.dcm", "1.dcm", "2.dcm"]


def test_a_project_without_scripts_says_so():
    found = files.of_settings(ProjectSettings(project=Project(id="P", name="Memory")))
    assert found.sentence == "“Memory” has no script, and neither has its site."


def test_ready_made_scripts_say_what_they_do():
    sentences = files.ready_sentences()
    assert {one.name for one in files.ready_made()} == set(sentences)
    assert len(sentences) > 2


def test_what_every_upload_supplies_has_an_example():
    assert set(EXAMPLES) == OWN_VARIABLES


# -- places ------------------------------------------------------------------------------


def test_pieces_are_where_the_toolkit_counts_them():
    text = 'version "6.6"\n// \N{GRINNING FACE} x\n(0010,0010) := subject'
    found = {(one.kind, one.start, one.end) for one in coloured(text, highlight(text))}
    assert ("keyword", "1.0", "1.7") in found
    assert ("comment", "2.0", "2.7") in found
    assert ("variable", "3.15", "3.22") in found


def test_a_character_beyond_16_bits_counts_twice():
    assert columns_of("a\N{GRINNING FACE}b", 2) == 3


@pytest.mark.parametrize(
    ("line", "start", "piece", "end"),
    [
        ("a hashUUID[b]", 2, "hashUUID", 10),
        ("a hashUUID[b]", 2, "", 10),
        ("a := ;", 5, "", 6),
        ("", 0, "", 1),
    ],
)
def test_an_underlined_piece_ends_with_its_word(line, start, piece, end):
    assert piece_end(line, start, piece) == end


def test_the_sentence_of_a_problem_does_not_say_its_line_again():
    one = Problem(7, 3, "hashUUID", "Line 7, column 3: there is no function hashUUID.", "hashUID")
    assert problem_text(one) == "There is no function hashUUID. Did you mean “hashUID”?"


# -- comparisons -------------------------------------------------------------------------


def compared(*changes, **options):
    path = files.Path("a.dcm")
    return FileCompared(path, Comparison(changes=changes, **options), {"(0010,0010)": "Name"})


def change(old, new, script="s", line=2):
    return Change(element="(0010,0010)", old=old, new=new, script=script, line=line)


def test_a_change_says_name_old_new_and_line():
    rows = change_rows(compared(change("A", "B")), only_changes=True, stale=False)
    assert rows[0].values == ("(0010,0010)", "Name", "A", "B", "line 2")


def test_what_stays_is_hidden_unless_it_is_asked_for():
    file = compared(change("A", "A"), change("A", "B"))
    assert [row.id for row in change_rows(file, only_changes=True, stale=False)] == ["1"]
    assert [row.id for row in change_rows(file, only_changes=False, stale=False)] == ["0", "1"]
    assert result_words(file.comparison, only_changes=True) == "1 change"


def test_what_is_removed_or_empty_is_said_in_words():
    file = compared(change("A", None), change(None, ""), change("a\nb", "x" * 900))
    shown = [row.values[2:4] for row in change_rows(file, only_changes=False, stale=True)]
    assert shown[:2] == [("A", "(removed)"), ("(not there)", "(empty)")]
    assert shown[2][0] == "a␣b"
    assert len(shown[2][1]) < 400


def test_with_two_scripts_each_change_names_its_script():
    file = compared(change("A", "B", "Site"), change("B", "C", "Mine", 5))
    rows = change_rows(file, only_changes=True, stale=False)
    assert [row.values[4] for row in rows] == ["line 2, Site", "line 5, Mine"]


@pytest.mark.parametrize(
    ("comparison", "words"),
    [
        (Comparison(rejected=True, sentence="x"), "✖ rejected"),
        (Comparison(sentence="x", missing=("a",)), "✖ value missing"),
        (Comparison(sentence="x"), "✖ failed"),
        (Comparison(), "nothing changes"),
    ],
)
def test_the_result_of_a_file_is_said_in_words(comparison, words):
    assert result_words(comparison, only_changes=True) == words
