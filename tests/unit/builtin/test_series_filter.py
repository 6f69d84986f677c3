"""Series import filters, as they are judged before anything is sent."""

import json

import pytest

from dxclient.builtin.series_filter import judge
from dxclient.domain.dicom import Scan
from dxclient.domain.project import Origin, SeriesFilter

SCAN = Scan(series_uid="2.25.1.1", number="1", description="Localizer", modality="MR")


def verdict(**content):
    text = json.dumps({"mode": "blacklist", "list": "localizer", **content})
    return judge(SeriesFilter(text=text, origin=Origin.PROJECT), SCAN)


@pytest.mark.parametrize("enabled", [False, "false", "False"])
def test_a_filter_that_is_switched_off_judges_nothing(enabled):
    assert verdict(enabled=enabled) is None


@pytest.mark.parametrize("enabled", [True, "true", "TRUE"])
def test_a_filter_that_is_switched_on_refuses(enabled):
    assert not verdict(enabled=enabled).accepted


def test_a_filter_that_does_not_say_whether_it_is_on_is_on():
    assert not verdict().accepted
