import contextlib
import json
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.domain.errors import XnatAnswer, XnatRejected
from dxclient.xnat.decode import Answer, last_line, local_path, path, segment, segments, table
from dxclient.xnat.der import certificate_names


@given(st.text(min_size=1))
def test_a_name_stays_one_part_of_a_url_and_comes_back(name):
    try:
        part = segment(name)
    except XnatRejected:
        assert name.strip() in {"", ".", ".."}
        return
    assert not set(part) & set("/?#%& ") - {"%"}
    assert unquote(part) == name
    assert segments(path("projects", name)) == ("data", "projects", name)


@given(st.binary())
def test_any_bytes_are_a_table_or_a_strange_answer(body):
    with contextlib.suppress(XnatAnswer):
        table(Answer(status=200, body=body))


@given(st.recursive(st.none() | st.text() | st.integers(), lambda s: st.lists(s)))
def test_any_json_that_is_no_table_is_a_strange_answer(value):
    for wrong in (value, {"ResultSet": value}, {"ResultSet": {"Result": value}}):
        rows = wrong["ResultSet"] if isinstance(wrong, dict) else None
        if isinstance(rows, dict) and rows["Result"] == []:
            continue
        with pytest.raises(XnatAnswer):
            table(Answer(status=200, body=json.dumps(wrong).encode()))


@given(st.binary(max_size=60))
def test_any_bytes_are_a_certificate_or_a_plain_error(data):
    with contextlib.suppress(ValueError, IndexError):
        certificate_names(data)


def test_cells_are_texts_under_lower_case_names():
    body = b'{"ResultSet":{"Result":[{"ID":null,"Secondary_ID":3,"x":"y"}]}}'
    assert table(Answer(status=200, body=body)) == ({"id": "", "secondary_id": "3", "x": "y"},)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html><body><h3>Label &amp; more</h3><p>else</p></body></html>", "Label & more"),
        ("<html><head><title>t</title></head><body>Plain  page</body></html>", "Plain page"),
        ("only text", "only text"),
        ("", "Conflict"),
    ],
)
def test_the_servers_words_are_found_in_every_kind_of_error_page(body, words):
    assert Answer(status=409, reason="Conflict", body=body.encode()).words == words


def test_the_last_line_that_is_not_empty_counts():
    assert last_line("/a\r\n/b\r\n\r\n") == "/b"
    assert last_line(" \r\n") == ""


@pytest.mark.parametrize(
    "url",
    [
        "/prearchive/projects/P/T/F",
        "/data/prearchive/projects/P/T/F",
        "https://h/ctx/data/prearchive/projects/P/T/F",
        "/ctx/data/prearchive/projects/P/T/F",
    ],
)
def test_every_form_of_a_servers_url_becomes_one(url):
    assert local_path(url, "https://h/ctx") == "/data/prearchive/projects/P/T/F"
