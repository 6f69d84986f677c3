import pytest

from dxclient.dicomedit import parse
from dxclient.dicomedit.explaining import explain_lines
from dxclient.dicomedit.functions import known_functions
from dxclient.dicomedit.phrases import DEEDS, QUESTIONS, RESULTS
from dxclient.domain.protocols import DicomEditFunction


def sentence(line, functions=()):
    found = parse(f'version "6.6"\n{line}\n', functions).explain()
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("(0010,0010)", "Patient's Name (0010,0010)"),
        ("(0010,0006)", "the element (0010,0006)"),
        ("(0010,00XX)", "every element (0010,00XX)"),
        ("(60X@,3000)", "every Overlay Data (60X@,3000)"),
        ("(0009,{ACME}01)", "the private element (0009,{ACME}01)"),
        ("(0009,{ACME}XX)", "every private element (0009,{ACME}XX)"),
        ("*/(0010,0010)", "Patient's Name (0010,0010) at any level"),
        ("+/(0010,0010)", "Patient's Name (0010,0010) in sequences at any level"),
        ("./(0010,0010)", "Patient's Name (0010,0010) in any sequence, one level down"),
        (
            "(0008,1140)[2]/(0008,1155)",
            "Referenced SOP Instance UID (0008,1155) in item 2 "
            "of Referenced Image Sequence (0008,1140)",
        ),
        (
            "(0008,1140)/(0008,1155)",
            "Referenced SOP Instance UID (0008,1155) in every item "
            "of Referenced Image Sequence (0008,1140)",
        ),
        ("(0008,1140)[1]", "everything in item 1 of Referenced Image Sequence (0008,1140)"),
        ("(0008,1140)/*", "Referenced Image Sequence (0008,1140) with everything in it"),
        ("*", "every element"),
    ],
)
def test_a_path_is_said_in_words(path, words):
    assert sentence(f"-{path}") == f"Deletes {words}."


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("(0010,0010) := subject", "Patient's Name (0010,0010) becomes the value of subject."),
        (
            "(0010,0010) := (0010,0020)",
            "Patient's Name (0010,0010) becomes the value of Patient ID (0010,0020).",
        ),
        ('*/(0008,0020) ?= ""', "Study Date (0008,0020) at any level is emptied if it exists."),
        (
            '(0010,0020) := concatenate["A-", subject]',
            "Patient ID (0010,0020) becomes the text “A-” followed by the value of subject.",
        ),
        (
            "(0008,0018) := hashUID[(0008,0018)]",
            "SOP Instance UID (0008,0018) becomes "
            "a hashed UID made from SOP Instance UID (0008,0018).",
        ),
        (
            '(0008,0060) = "US" ? reject[] : -(0010,4000)',
            "If Modality (0008,0060) is “US”: Leaves the file out. "
            "Otherwise: Deletes Patient Comments (0010,4000).",
        ),
        (
            '(0010,0010) != "" ? (0010,0010) := ""',
            "If Patient's Name (0010,0010) is not empty: Patient's Name (0010,0010) is emptied.",
        ),
        (
            "and[isPresent[(0010,0010)], equals[a, b]] ? t := {1, 2}",
            "If Patient's Name (0010,0010) is present and the value of a equals the value of b: "
            "The variable t becomes “1” and “2”.",
        ),
        (
            'shiftDateTimeListByIncrement[{(0008,0020), "*/(0008,002A)"}, -5, "days"]',
            "Moves the dates in Study Date (0008,0020); "
            "Acquisition DateTime (0008,002A) at any level by -5 days.",
        ),
        (
            "removeTags[*/(0010,0010), */(0010,0020)]",
            "Deletes Patient's Name (0010,0010) and Patient ID (0010,0020), each at any level.",
        ),
        ("retainPrivateTags[]", "Removes all private elements."),
        (
            "removeTags[{(0010,0010), (0010,0020)}]",
            "Deletes Patient's Name (0010,0010) and Patient ID (0010,0020).",
        ),
        ('uppercase["x"]', "Nothing changes: only works out “x” in capital letters."),
    ],
)
def test_a_statement_is_said_in_one_sentence(line, words):
    assert sentence(line) == words


def test_nested_blocks_are_indented_and_every_sentence_has_the_line_of_its_statement():
    script = parse(
        'version "6.6"\n'
        'if ((0008,0060) = "CT") {\n'
        "  -(0010,4000)\n"
        "  if (isPresent[(0010,0010)]) { reject[] }\n"
        "  else { }\n"
        '} elseif ((0008,0060) ~ "M.*") {\n'
        "  removeAllPrivateTags\n"
        "}\n"
        "else {\n"
        '  (0010,0010) := ""\n'
        "}\n"
    )
    assert explain_lines(script.statements) == (
        (2, "If Modality (0008,0060) is “CT”:"),
        (3, "    Deletes Patient Comments (0010,4000)."),
        (4, "    If Patient's Name (0010,0010) is present:"),
        (4, "        Leaves the file out."),
        (5, "    Otherwise:"),
        (5, "        Nothing changes."),
        (6, "Otherwise, if Modality (0008,0060) matches the pattern “M.*”:"),
        (7, "    Removes all private elements."),
        (9, "Otherwise:"),
        (10, "    Patient's Name (0010,0010) is emptied."),
    )
    assert tuple(words for _, words in explain_lines(script.statements)) == script.explain()


#: Arguments for every function of the language.
ARGUMENTS = {
    "alterPixels": '"rectangle", "l=0, t=0, r=9, b=9", "solid", "v=0"',
    "shiftDateTimeListByIncrement": '{(0008,0020)}, 1, "days"',
    "shiftDateTimeSequenceByIncrement": '1, "(0008,002A)"',
    "mapReferencedUIDs": '"1.2", "(0008,0018)"',
    "set": '"(0010,0010)", "x"',
    "delete": '"(0010,0010)"',
    "retainPrivateTags": "(0009,{ACME}01)",
    "shiftDateByIncrement": "(0008,0020), 1",
    "shiftDateTimeByIncrement": "(0008,0020), 1",
    "substring": "(0010,0010), 0, 1",
    "match": '(0010,0010), "a", 0',
}
NAMES = sorted(known_functions())


def test_every_function_has_words_of_its_own():
    assert {*DEEDS, *QUESTIONS, *RESULTS} - {"getURL"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_function_is_said_in_words_wherever_it_stands(name):
    known = known_functions()[name]
    some = ", ".join(["(0010,0010)", '"a"', '"b"'][: max(known.minimum, 1)])
    arguments = ARGUMENTS.get(name, some)
    call = f"{name}[{arguments}]"
    said = [sentence(call), sentence(f"{call} ? -(0010,0020)")]
    if not known.void and name != "reject":
        said.append(sentence(f"(0010,0020) := concatenate[{call}]"))
    for words in said:
        assert "of an extension" not in words
        assert "–" not in words
        assert "[" not in words


def test_a_function_of_an_extension_is_named():
    extra = DicomEditFunction(name="site", version="1", function=str, min_args=1, max_args=1)
    assert sentence("(0010,0010) := site[subject]", [extra]) == (
        "Patient's Name (0010,0010) becomes "
        "what the function site of an extension makes of the value of subject."
    )
    assert sentence("site[subject]", [extra]).startswith("Calls the function site of an extension")
