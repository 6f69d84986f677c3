"""What processes use: processor time and memory, of each with its children. On Linux only."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_EVERY = 0.1


class Meter:
    """Looks ten times a second at some processes and at those that they started.

    Parameters
    ----------
    roots : mapping of str to int
        Process ids by name.

    Attributes
    ----------
    busy : float
        Share of all processors of the machine that was in use meanwhile, by anybody.
    """

    def __init__(self, roots: Mapping[str, int]) -> None:
        self.busy = 0.0
        self._roots = roots
        self._cpu: dict[str, dict[int, float]] = {name: {} for name in roots}
        self._first: dict[str, dict[int, float]] = {name: {} for name in roots}
        self._most = dict.fromkeys(roots, 0.0)
        self._largest = dict.fromkeys(roots, 0.0)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def used(self) -> dict[str, float]:
        """Processor seconds by name."""
        return {
            name: sum(now - self._first[name].get(pid, 0.0) for pid, now in seen.items())
            for name, seen in self._cpu.items()
        }

    def most(self, name: str) -> float:
        """Most memory of all its processes together, in MB; pages that they share count once."""
        return self._most[name]

    def largest(self, name: str) -> float:
        """Most memory of one of its processes, in MB."""
        return self._largest[name]

    def __enter__(self) -> Self:
        if _PROC.is_dir():
            self._start = _machine()
            for name, root in self._roots.items():
                self._first[name] = {root: _seconds(root)}
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread.is_alive():
            self._look()
            self._done.set()
            self._thread.join()
            busy, whole = (b - a for a, b in zip(self._start, _machine(), strict=True))
            self.busy = busy / max(whole, 1)

    def _watch(self) -> None:
        while not self._done.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        children = _children()
        for name, root in self._roots.items():
            family = _family(root, children)
            for pid in family:
                self._cpu[name][pid] = max(_seconds(pid), self._cpu[name].get(pid, 0.0))
            sizes = [_memory(pid) for pid in family]
            self._most[name] = max(self._most[name], sum(sizes))
            self._largest[name] = max(self._largest[name], *sizes)


def _machine() -> tuple[float, float]:
    """Ticks in use and in all, over all processors."""
    fields = [int(text) for text in (_PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    whole = sum(fields)
    return whole - fields[3] - fields[4], whole


def _stat(pid: int) -> list[str]:
    """Fields of a process after its name; empty when it is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def _memory(pid: int) -> float:
    """The proportional set size, in MB."""
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0) / 1000


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            found.setdefault(int(fields[1]), []).append(int(entry.name))
    return found


def _family(root: int, children: Mapping[int, Iterable[int]]) -> list[int]:
    family = [root]
    for pid in family:
        family.extend(children.get(pid, ()))
    return family
