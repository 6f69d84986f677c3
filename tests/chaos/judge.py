"""What must hold in the end, and at each kill: sentences about what does not."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.chaos.client import Accepted
from tests.chaos.sessions import Wanted


def arrived(
    sessions: Sequence[Wanted], due: Mapping[str, Counter[str]], stored: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Each session holds each file once, equal to the byte; and the server holds nothing else."""
    there: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for file in stored:
        there[file["project"], file["session"]].append(file)
    for one in sessions:
        found = there.pop((one.project, one.label), [])
        have, wanted = Counter(file["sha256"] for file in found), due[one.label]
        name = f"{one.label} ({one.kind}, {one.project})"
        if have != wanted:
            missing, extra = (wanted - have).total(), (have - wanted).total()
            yield f"{name}: {missing} files missing, {extra} extra"
        twice = [uid for uid, n in Counter(f["sop_instance_uid"] for f in found).items() if n > 1]
        if twice:
            yield f"{name}: {len(twice)} instances lie there several times"
        if len({file["place"] for file in found}) > 1:
            yield f"{name}: partly in the archive, partly in the prearchive"
    for (project, session), files in there.items():
        if session != "P001_MR1":  # what the server has from the beginning
            yield f"{len(files)} files of nobody in {project}, {session}"


def sent_again(accepted: Iterable[Accepted], journal: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """No body came to the server while the queue said that its part was accepted."""
    keys = {entry["sha256"]: entry["key"] for entry in journal}
    begun: dict[str, list[float]] = defaultdict(list)
    for entry in journal:
        if entry["event"] == "begin":
            begun[entry["key"]].append(entry["time"])
    for one in accepted:
        if one.sha256 not in keys:
            yield f"part {one.number} is accepted, but the server never saw its body"
            continue
        late = [at for at in begun[keys[one.sha256]] if one.since < at < one.until]
        if late:
            yield f"part {one.number} was sent again {late[0] - one.since:.2f} s after acceptance"


def sound(queue: Path) -> Iterator[str]:
    """The file of the queue is a whole database."""
    with closing(sqlite3.connect(queue)) as db:
        for (verdict,) in db.execute("PRAGMA integrity_check"):
            if verdict != "ok":
                yield f"the queue is damaged: {verdict}"


def leaks(home: Path, needles: Iterable[str]) -> Iterator[str]:
    """Values in the files of the program."""
    wanted = {needle: needle.encode() for needle in needles}
    for path in sorted(home.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            for needle, bytes_ in wanted.items():
                if bytes_ in content:
                    where = path.relative_to(home)
                    yield f"{where} holds {needle}"


def cries(home: Path, printed: str) -> Iterator[str]:
    """Traces of our code, and errors that the log calls unexpected.

    A worker that is just starting when its program is killed prints a trace of Python's own.
    """
    for trace in printed.split("Traceback")[1:]:
        ended = trace.rstrip().endswith("KeyboardInterrupt") or "\nKeyboardInterrupt" in trace
        if "/dxclient/" in trace and not ended:
            yield f"a trace was printed:{trace[-600:]}"
    for path in sorted((home / "logs").glob("dxclient.log*")):
        for line in path.read_text("utf-8").splitlines():
            if "unexpected error" in line or "callback failed" in line:
                yield f"the log says: {line.partition(' ')[2]}"


def remains(folder: Path, before: Iterable[Path] = ()) -> Iterator[str]:
    """Files in a folder that should have none, besides those from before."""
    known = set(before)
    for path in sorted(folder.rglob("*")):
        if path not in known:
            yield f"{path.relative_to(folder)} was left in {folder.name}"
