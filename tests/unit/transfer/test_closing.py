"""The queue of the program, wired and closed."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from dxclient.app.program import App
from dxclient.app.transfers import _Workers, make_transfers, taking_part
from dxclient.domain.errors import AlreadyRunning, Cancelled
from dxclient.domain.plan import PluginVersion
from dxclient.transfer import QueueLock, TransferService
from tests.unit.transfer.fakes import FakeXnat, make_request, pack


def opened(app: App, home: Path, xnat: FakeXnat) -> AbstractContextManager[TransferService]:
    return make_transfers(
        home,
        app.host,
        app.settings(),
        pack=pack,
        importer_for=lambda target: xnat,
        publish=lambda event: None,
    )


def test_workers_that_were_closed_give_no_new_pool(tmp_path: Path) -> None:
    with App.open(tmp_path / "home", safe_mode=True, use_keychain=False) as app:
        with _Workers(app.host, app.settings()) as workers:
            pass
        with pytest.raises(Cancelled):
            workers.get()


def test_a_closed_queue_leaves_no_open_file_and_no_lock(tmp_path: Path) -> None:
    home = tmp_path / "queue"
    with App.open(tmp_path / "home", safe_mode=True, use_keychain=False) as app:
        with opened(app, home, FakeXnat()) as service:
            assert service.jobs() == ()
            assert (home / "queue.sqlite-wal").exists()
        # SQLite removes the log when its last connection closes.
        assert not (home / "queue.sqlite-wal").exists()
        with QueueLock(home / "queue.lock"):
            pass


def test_the_queue_stays_locked_while_something_still_works_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dxclient.app.transfers._GRACE", 0.1)
    home, inside, go_on = tmp_path / "queue", threading.Event(), threading.Event()

    class Stuck(FakeXnat):
        def scripts(self, project):
            inside.set()
            go_on.wait(20)
            return super().scripts(project)

    with App.open(tmp_path / "home", safe_mode=True, use_keychain=False) as app:
        with opened(app, home, Stuck()) as service:
            service.submit(make_request(tmp_path))
            service.start()
            assert inside.wait(10)
        try:
            with pytest.raises(AlreadyRunning):
                QueueLock(home / "queue.lock").acquire()
        finally:
            go_on.set()
        assert service.stop(10)


def test_what_takes_part_names_plugins_with_their_versions(tmp_path: Path) -> None:
    with App.open(tmp_path / "home", safe_mode=True, use_keychain=False) as app:
        app.host.register(object(), "face-check", "1.0")
        assert PluginVersion("face-check", "1.0") in taking_part(app.host)
