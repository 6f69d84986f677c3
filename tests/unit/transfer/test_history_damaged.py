"""Damaged lists of uploads hold paths, so they do not stay for ever."""

from __future__ import annotations

import time
from pathlib import Path

from dxclient.transfer import Store
from dxclient.transfer.history import forget_damaged


def test_damaged_lists_are_deleted_after_their_time_and_newer_ones_stay(tmp_path: Path) -> None:
    store = Store(tmp_path / "queue.sqlite")
    old = tmp_path / "queue.sqlite.damaged-20200101-000000-wal"
    new = tmp_path / "queue.sqlite.damaged-20260101-000000"
    for one in (old, new):
        one.touch()
    forget_damaged(store, time.mktime((2025, 1, 1, 0, 0, 0, 0, 1, -1)))
    assert (old.exists(), new.exists()) == (False, True)
    forget_damaged(store, float("inf"))
    assert not new.exists()
    assert store.path.exists()
    store.close()
