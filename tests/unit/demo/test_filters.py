"""Series import filters, as the embedded server judges them."""

import pytest
from pydicom.dataset import Dataset

from dxclient.demo.filters import included
from dxclient.demo.forms import RestError


def _dataset(**elements):
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    ("listing", "hit"),
    [
        ("t1 spin", True),
        ("^T1$", False),
        ("# T1\n\n  spin echo  ", True),
        ("nothing\\nT1", True),
        ("EXISTS", True),
        ("[BurnedInAnnotation]\n!EXISTS", True),
        ("[BurnedInAnnotation]\nEXISTS", False),
        ("[0008,0060]\n^MR$", True),
        ("[(0008,0060)]\n^CT$", False),
        ("[ImageType]\nORIGINAL\\\\PRIMARY", True),
        ("[PatientName]\n^$", True),
        ("", False),
    ],
)
def test_a_list_hits_by_substring_in_its_section(listing, hit):
    dataset = _dataset(
        SeriesDescription="T1 Spin Echo",
        Modality="MR",
        ImageType=["ORIGINAL", "PRIMARY"],
        PatientName="",
    )
    assert included({"mode": "whitelist", "list": listing}, dataset) is hit
    assert included({"mode": "blacklist", "list": listing}, dataset) is not hit


def test_a_bad_pattern_or_header_is_an_error_of_the_server():
    for listing in ("(", "[NoSuchKeyword]\nx"):
        with pytest.raises(RestError) as caught:
            included({"mode": "blacklist", "list": listing}, _dataset(SeriesDescription="a"))
        assert caught.value.status == 500
