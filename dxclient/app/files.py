"""Anonymizing files on this machine, without a server."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dxclient.anonymize import anonymize_bytes, anonymizes, check_plan, required_variables
from dxclient.app.many import each
from dxclient.app.own_scripts import script_text
from dxclient.dicom.quiet import quiet
from dxclient.domain.errors import AnonymizationError, DxError
from dxclient.domain.plan import AnonymizationPlan, Variable
from dxclient.domain.project import Origin, ScriptSource
from dxclient.domain.protocols import DicomEditFunction

#: As the name of a script file: read it from standard input.
STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that was not anonymized, and so not written."""

    path: Path
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesAnonymized:
    """What became of the files of a folder."""

    anonymized: int = 0
    rejected: int = 0
    failed: tuple[FailedFile, ...] = ()
    rejected_files: tuple[Path, ...] = ()


def read_scripts(paths: Sequence[Path]) -> tuple[ScriptSource, ...]:
    """Read script files: UTF-8, with a byte order mark or without; ``-`` is standard input.

    Raises
    ------
    DxError
        A file cannot be read, or is no text. It is not named: it may be an image.
    """
    return tuple(_source(path, number, len(paths)) for number, path in enumerate(paths, 1))


def _source(path: Path, number: int, count: int) -> ScriptSource:
    which = "The script file" if count == 1 else f"Number {number} of the script files"
    try:
        data = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise DxError(
            f"{which} cannot be read; check how it is written.", details=type(error).__name__
        ) from None
    text = script_text(data)
    if text is None:
        raise DxError(f"{which} is no text. A script is a text file, saved as UTF-8.")
    name = "standard input" if path == STDIN else path.name
    return ScriptSource(name=name, text=text, origin=Origin.USER)


def plan_of(
    scripts: Sequence[Path],
    variables: Sequence[Variable],
    functions: Sequence[DicomEditFunction] = (),
) -> AnonymizationPlan:
    """Read scripts and check that they can be understood and have all their variables.

    Raises
    ------
    ScriptError
        A script cannot be understood.
    DxError
        A script cannot be read, no script changes anything, or a variable has no value.
    """
    plan = readable_plan(scripts, variables, functions)
    if not anonymizes(plan.scripts, functions=functions):
        raise DxError("The scripts change nothing, so the files would stay as they are.")
    return plan


def readable_plan(
    scripts: Sequence[Path],
    variables: Sequence[Variable],
    functions: Sequence[DicomEditFunction] = (),
) -> AnonymizationPlan:
    """As `plan_of`, for scripts that may change nothing."""
    sources = read_scripts(scripts)
    plan = AnonymizationPlan(scripts=sources, variables=tuple(variables))
    check_plan(plan, functions=functions)
    given = {variable.name.lower() for variable in variables}
    needed = required_variables(sources, functions=functions, supplied=given)
    missing = [variable.name for variable in needed if not variable.initial]
    if missing:
        raise DxError(f"The scripts need a value for: {', '.join(missing)}.")
    return plan


def anonymize_files(
    plan: AnonymizationPlan,
    source: Path,
    target: Path,
    *,
    functions: Sequence[DicomEditFunction] = (),
    told: Callable[[int, int], None] = lambda done, total: None,
) -> FilesAnonymized:
    """Anonymize a file or a folder; a file that fails is not written. Many files use processes.

    Parameters
    ----------
    told : callable
        Gets the number of files done, and of all.

    Raises
    ------
    DxError
        Nothing is there to read, or something is there already where a file would be written;
        nothing was written then.
    """
    quiet()
    pairs = [(one, _target(one, source, target)) for one in files_of(source)]
    if any(written.exists() for _, written in pairs):
        raise DxError("The output exists already; nothing is overwritten.")
    fates = []
    for done, fate in enumerate(each(partial(_anonymize, plan, tuple(functions)), pairs), 1):
        fates.append(fate)
        told(done, len(pairs))
    named = list(zip((one for one, _ in pairs), fates, strict=True))
    rejected = tuple(path for path, fate in named if fate is None)
    failed = tuple(FailedFile(path, fate) for path, fate in named if fate)
    return FilesAnonymized(
        anonymized=len(pairs) - len(rejected) - len(failed),
        rejected=len(rejected),
        failed=failed,
        rejected_files=rejected,
    )


def _anonymize(
    plan: AnonymizationPlan, functions: tuple[DicomEditFunction, ...], pair: tuple[Path, Path]
) -> str | None:
    """Why a file failed; empty when it was written, None when it was rejected."""
    source, target = pair
    try:
        data = anonymize_bytes(source.read_bytes(), plan, functions=functions).data
    except AnonymizationError as error:
        return error.sentence
    except OSError:
        return "The file cannot be read."
    return None if data is None else _write(target, data)


def _write(path: Path, data: bytes) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        return "The output exists already; nothing is overwritten."
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        return "The output cannot be written; check the permissions and the space on the disk."
    return ""


def files_of(source: Path) -> tuple[Path, ...]:
    """A file, or all files of a folder and of those in it. Raises DxError where nothing is."""
    if not source.exists():
        raise DxError("The input does not exist; check how it is written.")
    return tuple(sorted(_found(source))) if source.is_dir() else (source,)


def _found(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _target(one: Path, source: Path, target: Path) -> Path:
    if source.is_dir():
        return target / one.relative_to(source)
    return target / source.name if target.is_dir() else target
