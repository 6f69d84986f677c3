"""A queue that an earlier version wrote goes on; one of a later version is left alone."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from dxclient.domain.errors import TransferError
from dxclient.domain.jobs import JobState
from dxclient.transfer import Store
from dxclient.transfer.invariants import broken_rules
from dxclient.transfer.migrations import MIGRATIONS
from tests.unit.transfer.fakes import PLAN, Bench, FakeXnat, make_request

#: The schema of version 1 as it was released; never changed.
VERSION_1 = """
CREATE TABLE plan (digest TEXT PRIMARY KEY, json TEXT NOT NULL);
CREATE TABLE job (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    target         TEXT NOT NULL,
    server         TEXT NOT NULL,
    user           TEXT NOT NULL,
    project        TEXT NOT NULL,
    label          TEXT NOT NULL,
    study_uid      TEXT NOT NULL,
    plan           TEXT NOT NULL REFERENCES plan (digest),
    scans          TEXT NOT NULL,
    left_out       TEXT NOT NULL,
    findings       TEXT NOT NULL,
    date_check     TEXT NOT NULL,
    state          TEXT NOT NULL,
    sentence       TEXT NOT NULL DEFAULT '',
    details        TEXT NOT NULL DEFAULT '',
    files_total    INTEGER NOT NULL,
    bytes_total    INTEGER NOT NULL,
    prearchive_url TEXT NOT NULL DEFAULT '',
    server_url     TEXT NOT NULL DEFAULT '',
    sent_study     TEXT NOT NULL DEFAULT '',
    commit_begun   INTEGER NOT NULL DEFAULT 0,
    start_over     INTEGER NOT NULL DEFAULT 0,
    discard        INTEGER NOT NULL DEFAULT 0,
    attempts       INTEGER NOT NULL DEFAULT 0,
    next_try       REAL NOT NULL DEFAULT 0,
    created        REAL NOT NULL,
    finished       REAL NOT NULL DEFAULT 0,
    owner          TEXT NOT NULL DEFAULT '',
    lease_until    REAL NOT NULL DEFAULT 0
);
CREATE INDEX job_by_label ON job (server, project, label);
CREATE INDEX job_by_state ON job (state, next_try);
CREATE TABLE part (
    job         TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    state       TEXT NOT NULL,
    files       INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    sha256      TEXT NOT NULL DEFAULT '',
    body_size   INTEGER NOT NULL DEFAULT 0,
    sent_files  INTEGER NOT NULL DEFAULT 0,
    left_out    TEXT NOT NULL DEFAULT '[]',
    owner       TEXT NOT NULL DEFAULT '',
    lease_until REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;
CREATE TABLE share (
    job    TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    part   INTEGER NOT NULL,
    series TEXT NOT NULL,
    files  INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    PRIMARY KEY (job, part, series)
) WITHOUT ROWID;
CREATE TABLE file (
    job         TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    part        INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    path        TEXT NOT NULL,
    size        INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    series      TEXT NOT NULL,
    sop         TEXT NOT NULL,
    PRIMARY KEY (job, part, position)
) WITHOUT ROWID;
CREATE TABLE sent (
    job   TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    part  INTEGER NOT NULL,
    scan  TEXT NOT NULL,
    sop   TEXT NOT NULL,
    size  INTEGER NOT NULL,
    PRIMARY KEY (job, sop)
) WITHOUT ROWID;
CREATE TABLE receipt (
    job  TEXT PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
    json TEXT NOT NULL
);
PRAGMA user_version=1;
"""
#: A receipt as version 1 wrote it.
RECEIPT = {
    "job_id": "done", "server": "https://xnat.example.org", "user": "nurse", "project": "P",
    "subject": "S1", "session": "E9", "url": "/data/x", "archived": False, "confirmed": True,
    "scans": [{"scan_id": "1", "sent": 2, "found": 2}],
    "parts": [{"number": 1, "sha256": "a" * 64, "size": 9, "files": 2}],
    "left_out": [], "findings": [], "plan_digest": PLAN.digest, "scripts": [], "plugins": [],
    "date_check": "", "started": "", "finished": "", "client": "",
}  # fmt: skip


def old_queue(folder: Path) -> Path:
    """A queue of version 1: a session of which a part of two was accepted, and one confirmed."""
    path = folder / "queue" / "uploads.db"
    path.parent.mkdir()
    request = make_request(folder, {"1": 2, "2": 2})
    target = json.dumps({**asdict(request.target), "destination": "prearchive"})
    scans = json.dumps([asdict(scan) for scan in request.scans])
    db = sqlite3.connect(path)
    db.executescript(VERSION_1)
    db.execute("INSERT INTO plan VALUES (?, ?)", (PLAN.digest, PLAN.to_json()))
    query = (
        "INSERT INTO job (id, target, server, user, project, label, study_uid, plan, scans,"
        " left_out, findings, date_check, state, files_total, bytes_total, created,"
        " prearchive_url, sent_study)"
        " VALUES (?, ?, 'https://xnat.example.org', 'nurse', 'P', ?, '9', ?, ?, '[]', '[]', '',"
        " ?, ?, 400, 5, ?, '8')"
    )
    url = "/data/prearchive/projects/P/2024_0/E1"
    db.execute(query, ("open", target, "e1", PLAN.digest, scans, "queued", 4, url))
    db.execute(query, ("done", target, "e9", PLAN.digest, scans, "confirmed", 2, "/data/x"))
    part = "INSERT INTO part VALUES (?, ?, ?, 2, 200, ?, ?, ?, '[]', '', 0)"
    db.execute(part, ("open", 1, "accepted", "b" * 64, 9, 2))
    db.execute(part, ("open", 2, "pending", "", 0, 0))
    db.execute(part, ("done", 1, "accepted", "a" * 64, 9, 2))
    for place, file in enumerate(request.files):
        db.execute(
            "INSERT INTO file VALUES ('open', ?, ?, ?, ?, ?, ?, ?)",
            (1 + place // 2, place % 2, file.path, file.size, file.modified_ns, file.series_uid,
             file.sop_instance_uid),
        )  # fmt: skip
    for place in range(2):
        db.execute("INSERT INTO sent VALUES ('open', 1, '1', ?, 100)", (f"1.2.1.1.{place}",))
    for job in ("open", "done"):
        db.execute("INSERT INTO share VALUES (?, 1, '9.1', 2, 200)", (job,))
    db.execute("INSERT INTO share VALUES ('open', 2, '9.2', 2, 200)")
    db.execute("INSERT INTO receipt VALUES ('done', ?)", (json.dumps(RECEIPT),))
    db.commit()
    db.close()
    return path


def test_a_queue_of_version_1_goes_on_where_it_was(tmp_path: Path) -> None:
    old_queue(tmp_path)
    xnat = FakeXnat()
    xnat._store(make_request(tmp_path, {"0": 0}, session="E1x").target, b"")
    xnat._db.execute("INSERT INTO row VALUES (?, 'E1', 'RECEIVING')", (
        "/data/prearchive/projects/P/2024_0/E1",))  # fmt: skip
    for place in range(2):
        xnat._db.execute(
            "INSERT INTO stored VALUES ('/data/prearchive/projects/P/2024_0/E1', '1', ?, 1)",
            (f"1.2.1.1.{place}",),
        )
    one = Bench(tmp_path, xnat)
    before = {job.id: job for job in one.service.jobs()}
    assert (before["open"].parts_done, before["open"].files_sent) == (1, 2)
    one.service.run_until_idle()
    assert {job.state for job in one.service.jobs()} == {JobState.CONFIRMED}
    assert [times for *_, times in xnat.stored()] == [1, 1, 1, 1]
    assert one.service.receipt("open").confirmed
    assert one.service.receipt("done").scans[0].found == 2
    assert all(broken_rules(one.store, job_id) == () for job_id in ("open", "done"))
    one.close()


def test_uids_of_what_was_over_already_are_forgotten_by_the_migration(tmp_path: Path) -> None:
    store = Store(old_queue(tmp_path))
    done = store.job("done")
    assert done.study_uid == ""
    assert [scan.series_uid for scan in done.scans] == ["scan 1", "scan 2"]
    assert store.shares("done") == ((1, "scan 1", 2, True),)
    assert store.job("open").study_uid == "9"
    store.close()


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old_queue(tmp_path)

    def breaks(db: sqlite3.Connection) -> None:
        db.execute("DROP TABLE receipt")
        raise RuntimeError

    monkeypatch.setattr("dxclient.transfer.migrations.MIGRATIONS", (*MIGRATIONS, breaks))
    with pytest.raises(RuntimeError):
        Store(path)
    monkeypatch.undo()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT count(*) FROM receipt").fetchone() == (1,)
    db.close()
    Store(path).close()


def test_a_migration_that_meets_bad_rows_is_a_sentence_and_sets_nothing_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = old_queue(tmp_path)

    def collides(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE once (value INTEGER UNIQUE)")
        db.execute("INSERT INTO once VALUES (1), (1)")

    monkeypatch.setattr("dxclient.transfer.migrations.MIGRATIONS", (*MIGRATIONS, collides))
    with pytest.raises(TransferError, match="Nothing was changed") as caught:
        Store(path)
    assert caught.value.details == "IntegrityError"
    monkeypatch.undo()
    assert [one.name for one in path.parent.iterdir() if "damaged" in one.name] == []
    store = Store(path)
    assert store.finding is None
    assert len(store.jobs()) == 2
    store.close()


def test_a_database_of_a_newer_program_is_refused_and_stays_byte_by_byte(tmp_path: Path) -> None:
    path = tmp_path / "uploads.db"
    store = Store(path)
    store.flush()
    store.close()
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(TransferError, match="newer dxclient"):
        Store(path)
    assert path.read_bytes() == before


def test_many_that_open_an_old_queue_at_once_migrate_it_once(tmp_path: Path) -> None:
    path = old_queue(tmp_path)

    def look() -> int:
        store = Store(path)
        try:
            return len(store.jobs())
        finally:
            store.close()

    with ThreadPoolExecutor(4) as pool:
        assert [f.result() for f in [pool.submit(look) for _ in range(8)]] == [2] * 8
