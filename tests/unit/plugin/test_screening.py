"""Floors in Requires-Dist, compared with what packaging says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from dxclient.plugin.screening import refusal
from dxclient.plugin.sources import Candidate

VERSIONS = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(
    lambda parts: ".".join(map(str, parts))
)
SIGNS = st.sampled_from(["==", "!=", "<=", ">=", "<", ">"])


def refused(requirement, version):
    candidate = Candidate(
        name="acme", version="1", source="acme", load=object, requires=(requirement,)
    )
    return bool(refusal(candidate, (), version))


@given(sign=SIGNS, wished=VERSIONS, version=VERSIONS)
def test_a_floor_is_read_as_packaging_reads_it(sign, wished, version):
    allowed = SpecifierSet(f"{sign}{wished}").contains(version)
    assert refused(f"dxclient{sign}{wished}", version) is not allowed


@given(wished=st.lists(st.integers(0, 3), min_size=2, max_size=3), version=VERSIONS)
def test_a_compatible_release_is_read_as_packaging_reads_it(wished, version):
    text = "~=" + ".".join(map(str, wished))
    assert refused(f"dxclient {text}", version) is not SpecifierSet(text).contains(version)


@pytest.mark.parametrize(
    ("requirement", "version", "expected"),
    [
        ("dxclient", "0.1.0", False),
        ("dxclient[testing] (>=2)", "1.9", True),
        ("DXClient>=1,<2", "2.0", True),
        ("dxclient>=1,<2", "1.5", False),
        ('dxclient>=9; extra == "dev"', "1.0", False),
        ("dxclient-extras>=9", "1.0", False),
        ("numpy>=99", "1.0", False),
        ("what is this", "1.0", False),
    ],
)
def test_requirements_as_they_are_written(requirement, version, expected):
    assert refused(requirement, version) is expected
