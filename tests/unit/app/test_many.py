"""Work on many files, here and in processes."""

from __future__ import annotations

import os
import time

import pytest

from dxclient.app.many import each
from dxclient.domain.errors import DxError


def quick(item: int) -> tuple[int, int]:
    return item, os.getpid()


def slow(item: int) -> tuple[int, int]:
    time.sleep(0.08)
    return item, os.getpid()


def deadly(item: int) -> int:
    time.sleep(0.2)
    if item > 20:
        os._exit(3)
    return item


def test_little_work_is_done_in_this_process() -> None:
    assert list(each(quick, range(100))) == [(number, os.getpid()) for number in range(100)]


def test_much_work_is_spread_and_keeps_its_order() -> None:
    found = list(each(slow, range(80)))
    assert [number for number, _ in found] == list(range(80))
    if (os.cpu_count() or 1) > 1:
        assert len({process for _, process in found}) > 1


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor: everything is done here")
def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(DxError, match="died"):
        list(each(deadly, range(60)))


def test_nothing_is_no_work() -> None:
    assert list(each(quick, [])) == []
