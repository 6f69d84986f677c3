"""Section 5 of the reference: tag paths, against its model of regular expressions."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dicomedit.files import sample
from tests.unit.dicomedit.reference import (
    applied,
    differences,
    edited,
    nested,
    paths,
    read,
    refused,
    shown,
)

DIGITS = {"X": "[0-9A-F]", "@": "[02468ACE]", "#": "[13579BDF]"}


def digits(pattern):
    return "".join(DIGITS.get(digit, digit) for digit in pattern.upper())


def names(dataset, prefix="", name=""):
    """Every element as a path and as the model writes it: private ones with their creator."""
    for element in dataset:
        tag = int(element.tag)
        text = f"{tag:08X}"
        creator = dataset.get(tag & 0xFFFF0000 | tag >> 8 & 0xFF)
        block = f"{tag:08X}"
        if tag >> 16 & 1 and tag & 0xFFFF >= 0x1000:
            text = f'{block[:4]}"{creator.value}"{block[4:]}'
        elif tag >> 16 & 1:
            text = f'{block[:4]}"{element.value}"{block[4:]}'
        yield prefix + block, name + text
        if element.VR == "SQ":
            for number, inner in enumerate(element.value):
                yield from names(inner, f"{prefix}{block}[{number}]/", f"{name}{text}[{number}]/")


# -- the model of the reference: one regular expression over the text of a whole path --------
def model(path):
    """Pattern of a path such as ``*/(0010,002X)``, as section 5 words it."""
    parts = path.split("/")
    patterns = [part_pattern(part) for part in parts]
    out = []
    for number, (part, pattern) in enumerate(zip(parts, patterns, strict=True)):
        if part == "+":
            out.append(f"(?!{patterns[number + 1]})([^/]*/)*")
        elif part == "*":
            out.append(r"[\s\S]*")
        elif part == ".":
            out.append("(/?[^/]+/){1}")
        else:
            out.append(pattern + ("/" if number + 1 < len(parts) else ""))
    return re.compile("".join(out))


def part_pattern(part):
    if part in "*+.":
        return ""
    group, creator, element, index = re.fullmatch(
        r"\((.{4}),(?:\{(.*)\})?(.{2,4})\)(.*)", part
    ).groups()
    text = digits(group)
    if creator is not None:
        # The number of the block is free, and the element of the creator itself is protected.
        text += f'"{re.escape(creator)}"(?!00)[0-9A-F]{{2}}'
    text += digits(element)
    if index in ("", "[%]"):
        return text + r"(\[[0-9]+\])?"
    return text + re.escape(index)


def matched(path, dataset):
    """Elements whose whole path the model matches."""
    pattern = model(path)
    return {one for one, name in names(dataset) if pattern.fullmatch(name)}


def removed_by_the_model(path, dataset):
    """Elements that go: those whose path matches, and all that is below them."""
    hit = matched(path, dataset)
    return {one for one in paths(dataset) if any(one == h or one.startswith(h + "[") for h in hit)}


PUBLIC = ["(0010,0010)", "(0010,0020)", "(0040,0275)", "(0040,0007)", "(0040,0008)"]
PUBLIC += ["(0008,0100)", "(0008,0104)", "(0010,1002)", "(0010,0022)", "(0010,00XX)"]
PUBLIC += ["(0010,002X)", "(0010,0#20)", "(001@,0020)", "(0040,XXXX)", "(00X@,00@@)"]
PUBLIC += ["(XXX@,XXXX)", "(0008,010X)", "(0040,000#)", "(0040,0X0X)"]
PRIVATE = ["(0029,{ACME}01)", "(0029,{ACME}X0)", "(0029,{OTHER CO}XX)", "(0029,{NESTED}0X)"]
PRIVATE += ["(002#,{OTHER CO}1X)", "(XXX#,{ACME}@#)", "(0029,{NOBODY}XX)"]
plain = st.sampled_from(PUBLIC + PRIVATE)
# The reference does not say what stands beside a "+".
undefined = re.compile(r"(^|/)(\+/[*+.]|[*+.]/\+)/")
level = st.one_of(
    st.sampled_from(["*", "+", "."]),
    st.builds("{}{}".format, plain, st.sampled_from(["", "[0]", "[1]", "[%]"])),
)
whole_path = st.builds(
    lambda levels, last: "/".join([*levels, last]), st.lists(level, max_size=2), plain
)


@settings(max_examples=150, deadline=None)
@given(whole_path)
def test_deletion_removes_what_the_model_matches(path):
    data = nested()
    if undefined.search(path):
        return
    gone, new = differences(data, edited(f"-{path}", data))
    assert (gone, new) == (removed_by_the_model(path, read(data)), set())


@settings(max_examples=60, deadline=None)
@given(whole_path)
def test_assignment_of_existing_elements_changes_what_the_model_matches(path):
    if undefined.search(path):
        return
    data = nested(SpecificCharacterSet="ISO_IR 100")
    after = edited(f'{path} ?= "!new!"', data)
    before = read(data)
    hit = matched(path, before)
    for one in paths(before):
        if one in hit and not is_sequence(before, one):
            assert str(at(after, one)) == "!new!"
        elif not is_sequence(before, one):
            assert at(after, one) == at(before, one)


def at(dataset, path):
    for part in path.split("/")[:-1]:
        dataset = dataset[int(part[:8], 16)].value[int(part[9:-1])]
    return dataset[int(path.split("/")[-1], 16)].value


def is_sequence(dataset, path):
    for part in path.split("/")[:-1]:
        dataset = dataset[int(part[:8], 16)].value[int(part[9:-1])]
    return dataset[int(path.split("/")[-1], 16)].VR == "SQ"


# -- sentence by sentence --------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["(0010,001x)", "(0010,001X)", "(0010,00#0)", "(00#@,0010)", "(00X@,001X)"]
)
def test_wildcard_digits_in_either_case(path):
    assert "PatientName" not in edited(f"-{path}")


def test_hexadecimal_digits_in_either_case():
    assert edited('(0020,000d) := "1.5"\n(0020,000D) = "1.5" ? (0010,0020) := "y"').PatientID == "y"


@pytest.mark.parametrize("digit", ["@", "#"])
def test_even_and_odd_digits(digit):
    after = edited(f"-(0040,000{digit})", nested())
    gone = differences(nested(), after)[0]
    assert gone == set()
    gone, _ = differences(nested(), edited(f"-*/(0040,000{digit})", nested()))
    odd = digit == "#"
    assert any(path.endswith("00400007") for path in gone) == odd
    assert any(path.endswith("00400008") for path in gone) != odd


@pytest.mark.parametrize(
    "path", ["(60XX,3000)", "(300X,0002)", "(XXXX,XXXX)", "(XXX#,XXXX)", "(0010,ZZZZ)", "(0010,1)"]
)
def test_the_last_digit_of_the_group_decides_and_may_not_be_free(path):
    refused(f"-{path}")


@pytest.mark.parametrize("path", ["(60X@,3000)", "(50X@,XXXX)", "(XXX#,{ACME}XX)", "(000#,{A}01)"])
def test_groups_with_an_even_or_odd_last_digit_are_fine(path):
    edited(f"-{path}")


@pytest.mark.parametrize("path", ["(0009,1002)", "(0009,0010)", "(0009,XXXX)", "(0010,{ACME}01)"])
def test_private_elements_need_their_creator_and_public_ones_have_none(path):
    refused(f"-{path}")


def test_the_creator_is_exact_and_its_block_is_looked_up():
    data = nested()
    assert "OTHER CO ten" in str(read(data)[0x00291110].value)
    assert 0x00291110 not in edited("-(0029,{OTHER CO}10)", data)
    assert 0x00291010 in edited("-(0029,{OTHER CO}10)", data)
    assert 0x00291110 in edited("-(0029,{other co}10)", data)
    assert 0x00291110 in edited("-(0029,{OTHER}10)", data)


def test_the_block_is_looked_up_in_each_item():
    after = edited('*/(0029,{NESTED}05) ?= "x"', nested())
    assert after.RequestAttributesSequence[0][0x00291005].value == "x"


def test_a_star_alone_is_everything():
    assert len(edited("-*", nested())) == 2  # the two private creators stay


def test_a_plus_is_one_or_more_levels_and_never_the_top():
    gone, _ = differences(nested(), edited("-+/(0010,0020)", nested()))
    assert gone == {"00400275[1]/00100020", "00101002[0]/00100020"}
    gone, _ = differences(nested(), edited("-+/(0008,0100)", nested()))
    assert gone == {"00400275[0]/00400008[0]/00080100"}


def test_a_dot_is_exactly_one_level():
    gone, _ = differences(nested(), edited("-./(0008,0100)", nested()))
    assert gone == set()
    gone, _ = differences(nested(), edited("-././(0008,0100)", nested()))
    assert gone == {"00400275[0]/00400008[0]/00080100"}


@pytest.mark.parametrize("path", ["(0040,0275)/(0040,0007)", "(0040,0275)[%]/(0040,0007)"])
def test_a_sequence_without_a_number_is_every_item(path):
    gone, _ = differences(nested(), edited(f"-{path}", nested()))
    assert gone == {"00400275[0]/00400007", "00400275[1]/00400007"}


@pytest.mark.parametrize(
    "path", ["*/(0010,0020)", "./(0010,0020)", "+/(0010,0020)", "(0010,002X)", "(001@,0020)", "*"]
)
def test_paths_that_are_not_singular_have_no_value_and_cannot_be_assigned(path):
    refused(f"(0010,4000) := {path}", nested())
    refused(f'{path} := "x"', nested())


@pytest.mark.parametrize("path", ["(0010,00X0)", "(0X10,0020)", "(0010,1002)/(0010,0020)"])
def test_paths_that_only_look_singular_are_an_error_too(path):
    refused(f'{path} := "x"', nested())
    refused(f"(0010,4000) := {path}", nested())
    edited(f"-{path}", nested())
    edited(f'{path} ?= "x"', nested())


def test_an_indexed_last_part_has_no_value_and_cannot_be_assigned():
    refused("(0010,4000) := (0040,0275)[0]", nested())
    refused('(0040,0275)[0] := "x"', nested())


def test_items_count_from_zero():
    assert shown("(0040,0275)[0]/(0040,0007)", nested()) == "first"
    assert shown("(0040,0275)[1]/(0040,0007)", nested()) == "second"


@pytest.mark.parametrize(
    "path", ["/(0010,0010)", "(0010,0010)/", "*/ /(0010,0010)", "(0040,0275)[]"]
)
def test_paths_neither_start_nor_end_with_a_slash(path):
    refused(f"-{path}")


@pytest.mark.parametrize("name", ["rtplan.dcm", "test-SR.dcm", "liver_1frame.dcm"])
@pytest.mark.parametrize("path", ["*/(0008,0100)", "+/(0008,1155)", "*/(300A,00BX)"])
def test_the_model_holds_on_real_files(name, path):
    data = sample(name)
    gone, new = differences(data, edited(f"-{path}", data))
    assert (gone, new) == (removed_by_the_model(path, read(data)), set())


def test_a_sequence_of_the_same_tag_inside_itself_is_searched_too():
    lines = '(0040,A730)[0]/(0040,A730)[0]/(0040,A160) := "deep"\n*/(0040,A160) ?= "found"'
    after = edited(lines)
    assert after.ContentSequence[0].ContentSequence[0].TextValue == "found"
    assert applied("-(0040,A730)", None).data
