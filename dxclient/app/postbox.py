"""Orders from one dxclient to the one that holds the queue, as files in a folder of both.

Who wants something done writes ``NAME.ask``. Who holds the queue takes it by renaming it, does
it, and writes ``NAME.answer``. Renaming happens once, so an order is either taken or withdrawn,
never both. The folder is owner-only, like the queue; orders hold ids and labels.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dxclient.app.orders import Action, Order, Outcome, carry_out
from dxclient.domain.choices import Choice
from dxclient.domain.errors import AlreadyRunning
from dxclient.transfer import TransferService

FOLDER = "orders"
_PAUSE = 0.2
#: Seconds after which an order that nobody took is withdrawn.
_PATIENCE = 5.0
#: Seconds for one that was taken: removing much from a long list takes a while.
_MORE_PATIENCE = 60.0


class Postbox:
    """Carries out the orders of others, on a thread of its own.

    Parameters
    ----------
    home : pathlib.Path
        The program's folder.
    service : TransferService
        What carries them out.
    """

    def __init__(self, home: Path, service: TransferService) -> None:
        self._folder = home / FOLDER
        self._service = service
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="orders", daemon=True)

    def __enter__(self) -> Postbox:
        # Whoever wrote these long ago is gone: nothing is done unasked. Others still wait.
        for left in self._listed(""):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _PATIENCE:
                    left.unlink()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def _listed(self, suffix: str) -> list[Path]:
        with contextlib.suppress(OSError):
            return sorted(path for path in self._folder.iterdir() if path.name.endswith(suffix))
        return []

    def _run(self) -> None:
        while not self._stop.wait(_PAUSE):
            for asked in self._listed(".ask"):
                # A disk that is full: whoever asked is told nothing, and says so.
                with contextlib.suppress(OSError, sqlite3.Error):
                    self._take(asked)
                self._service.store.release()

    def _take(self, asked: Path) -> None:
        taken = asked.with_suffix(".taken")
        asked.rename(taken)
        try:
            orders = _orders(taken.read_text("utf-8"))
        except (ValueError, KeyError, TypeError, AttributeError):
            taken.unlink()
            return
        outcomes = [asdict(one) for one in carry_out(self._service, orders)]
        _write(asked.with_suffix(".answer"), json.dumps(outcomes))
        taken.unlink()


def hand_over(
    home: Path, orders: Sequence[Order], *, patience: float = _PATIENCE
) -> tuple[Outcome, ...]:
    """Have the dxclient that holds the queue carry orders out.

    Raises
    ------
    AlreadyRunning
        It does not take them, or does not say what became of them.
    """
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    asked = folder / f"{uuid.uuid4().hex}.ask"
    _write(asked, json.dumps([_plain(order) for order in orders]))
    answer = asked.with_suffix(".answer")
    try:
        if not _there(answer, patience) and _withdrawn(asked):
            raise AlreadyRunning(
                "Another dxclient is working on the uploads of this computer account, and does "
                "not take orders. Nothing was changed; do it there, or close it first."
            )
        if not _there(answer, _MORE_PATIENCE):
            raise AlreadyRunning(
                "Another dxclient is working on the uploads of this computer account. It took "
                "the order and did not say what became of it; “dxclient transfers” shows it."
            )
        return tuple(Outcome(**one) for one in json.loads(answer.read_text("utf-8")))
    finally:
        answer.unlink(missing_ok=True)


def _there(path: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _withdrawn(asked: Path) -> bool:
    try:
        asked.unlink()
    except FileNotFoundError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    """Write a file that is there as a whole or not at all."""
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _plain(order: Order) -> dict[str, Any]:
    choice = order.choice.name if order.choice else None
    return {**asdict(order), "action": order.action.value, "choice": choice}


def _orders(text: str) -> list[Order]:
    return [
        Order(
            **{
                **one,
                "action": Action(one["action"]),
                "choice": Choice[one["choice"]] if one["choice"] else None,
            }
        )
        for one in json.loads(text)
    ]
