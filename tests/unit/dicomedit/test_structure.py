import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.dicomedit.structure import Broken, check_whole, is_item_list
from tests.unit.dicomedit.files import sample, synthetic


@given(st.binary(max_size=400))
def test_any_bytes_are_whole_or_broken(data):
    for body in (data, b"\0" * 128 + b"DICM" + data):
        try:
            assert check_whole(body) is None
        except Broken:
            continue


@given(st.integers(1, 7))
def test_a_file_that_lost_its_last_bytes_is_broken(lost):
    with pytest.raises(Broken):
        check_whole(sample("CT_small.dcm")[:-lost])


def test_zeros_after_the_last_element_are_padding():
    check_whole(synthetic() + b"\0\0")


def test_a_length_that_looks_like_a_value_representation_is_a_length():
    length = int.from_bytes(b"DA\0\0", "little")
    first = struct.pack("<HHL", 8, 0x16, 2) + b"1\0"
    element = struct.pack("<HHL", 0x7FE0, 0x10, length) + b"\x07" * length
    check_whole(first + element)
    with pytest.raises(Broken):
        check_whole(first + element[:-2])


def test_items_in_unknown_bytes_are_recognised_only_when_whole():
    inner = struct.pack("<HHL", 0x10, 0x10, 2) + b"AB"
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner
    assert is_item_list(item + item)
    assert not is_item_list(item + item[:-1])
    assert not is_item_list(b"plain bytes of a vendor")
    assert not is_item_list(b"")
