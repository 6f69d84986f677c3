"""What the server remembers: one SQLite file that survives a killed process."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS users (
    login TEXT PRIMARY KEY, password TEXT NOT NULL, firstname TEXT, lastname TEXT, email TEXT,
    admin INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS members (
    project TEXT NOT NULL, login TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (project, login));
CREATE TABLE IF NOT EXISTS projects (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL,
    code INTEGER NOT NULL DEFAULT 0, insert_date TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS subjects (
    id TEXT PRIMARY KEY, project TEXT NOT NULL, label TEXT NOT NULL, grp TEXT NOT NULL DEFAULT '',
    insert_date TEXT NOT NULL, insert_user TEXT NOT NULL, UNIQUE (project, label));
CREATE TABLE IF NOT EXISTS experiments (
    id TEXT PRIMARY KEY, project TEXT NOT NULL, subject TEXT NOT NULL, label TEXT NOT NULL,
    uid TEXT NOT NULL, xsi_type TEXT NOT NULL, modality TEXT NOT NULL, date TEXT NOT NULL,
    prevent_anon TEXT NOT NULL, fields TEXT NOT NULL DEFAULT '{}', insert_date TEXT NOT NULL,
    insert_user TEXT NOT NULL, UNIQUE (project, label));
CREATE TABLE IF NOT EXISTS prearchive (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, timestamp TEXT NOT NULL,
    folder TEXT NOT NULL, name TEXT NOT NULL, tag TEXT NOT NULL, subject TEXT NOT NULL,
    status TEXT NOT NULL, lastmod TEXT NOT NULL, uploaded TEXT NOT NULL, scan_date TEXT NOT NULL,
    scan_time TEXT NOT NULL, autoarchive TEXT NOT NULL, prevent_anon TEXT NOT NULL,
    prevent_auto_commit TEXT NOT NULL, source TEXT NOT NULL, visit TEXT NOT NULL,
    protocol TEXT NOT NULL, timezone TEXT NOT NULL, xsi_type TEXT NOT NULL DEFAULT '',
    fields TEXT NOT NULL DEFAULT '{}', UNIQUE (project, timestamp, folder));
CREATE TABLE IF NOT EXISTS logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL, date TEXT NOT NULL,
    entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER, experiment TEXT, scan TEXT NOT NULL,
    name TEXT NOT NULL, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
    sop_instance TEXT NOT NULL, series TEXT NOT NULL, number TEXT NOT NULL,
    modality TEXT NOT NULL, description TEXT NOT NULL, md5 TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS files_of_session ON files (session);
CREATE INDEX IF NOT EXISTS files_of_experiment ON files (experiment);
CREATE TABLE IF NOT EXISTS config (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, tool TEXT NOT NULL,
    path TEXT NOT NULL, contents TEXT NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL,
    user TEXT NOT NULL, create_date TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS tokens (
    alias TEXT PRIMARY KEY, secret TEXT NOT NULL, login TEXT NOT NULL, created INTEGER NOT NULL,
    expires INTEGER NOT NULL);
"""

INTERRUPTED = ("ARCHIVING", "BUILDING", "MOVING", "DELETING")


def now_text() -> str:
    """Return the present moment as XNAT writes it in listings, to the millisecond."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


class State:
    """The tables, behind one lock; every statement is committed as it is made.

    Parameters
    ----------
    path
        The SQLite file, made where missing.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(SCHEMA)
        self._add_missing_columns()
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._release_interrupted()

    def _add_missing_columns(self) -> None:
        known = {row["name"] for row in self.rows("PRAGMA table_info(files)")}
        if "md5" not in known:  # the folder was written by an earlier version
            self.run("ALTER TABLE files ADD COLUMN md5 TEXT NOT NULL DEFAULT ''")

    def _release_interrupted(self) -> None:
        marks = ",".join("?" * len(INTERRUPTED))
        sql = f"UPDATE prearchive SET status = 'READY' WHERE status IN ({marks})"  # noqa: S608
        self.run(sql, *INTERRUPTED)

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """Return the first row of a query, or nothing."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def run(self, sql: str, *values: object) -> int:
        """Carry out one change; return how many rows it changed."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def insert(self, table: str, **values: object) -> int:
        """Insert one row; return its row id."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        with self._lock:
            return int(self._db.execute(sql, tuple(values.values())).lastrowid or 0)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of the changes inside; others wait."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def accession(self, table: str, letter: str) -> str:
        """Return the next accession number, such as ``XNAT_S00002``."""
        prefix = f"XNAT_{letter}"
        sql = f"SELECT COALESCE(MAX(CAST(SUBSTR(id, 7) AS INTEGER)), 0) + 1 AS n FROM {table}"  # noqa: S608
        return f"{prefix}{self.rows(sql)[0]['n']:05d}"

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
