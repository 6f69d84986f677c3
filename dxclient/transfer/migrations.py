"""How the database came from version to version.

``PRAGMA user_version`` counts the migrations that ran; 0 is an empty file. A migration that was
released is never changed: another one is added. All that are due run in one transaction, so a
database is of one version or of another, never in between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from importlib.resources import files

from dxclient.domain.errors import TransferError
from dxclient.transfer.rows import forget
from dxclient.transfer.states import FINAL


def _begin(db: sqlite3.Connection) -> None:
    """1: jobs, parts, files, receipts."""
    _run(db, "schema.sql")


def _priorities(db: sqlite3.Connection) -> None:
    """2: order, questions, digests and running sums; UIDs of what is over are forgotten."""
    _run(db, "priorities.sql")
    over = ", ".join("?" for _ in FINAL)
    query = f"SELECT id FROM job WHERE state IN ({over})"  # noqa: S608 - only question marks
    for (job_id,) in db.execute(query, [state.value for state in FINAL]).fetchall():
        forget(db, job_id)


def _traces(db: sqlite3.Connection) -> None:
    """3: whether something may have reached the server, and what lay there before."""
    _run(db, "traces.sql")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_begin, _priorities, _traces)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a database to the newest version.

    Raises
    ------
    TransferError
        When a newer program wrote it; it is left as it is then.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise TransferError(
            "The list of uploads was written by a newer dxclient. Nothing was changed; "
            "use the newer program."
        )
    if version == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        # Asked again: another program may have been quicker.
        (version,) = db.execute("PRAGMA user_version").fetchone()
        for step in MIGRATIONS[version:]:
            step(db)
        db.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _run(db: sqlite3.Connection, name: str) -> None:
    """Run the statements of a script, inside the transaction that is open.

    ``executescript`` would commit it first.
    """
    statement = ""
    for line in files(__package__).joinpath(name).read_text("utf-8").splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""
