"""Anonymizing files on this machine, without a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dxclient.anonymize import anonymize_bytes, anonymizes, check_plan, required_variables
from dxclient.domain.errors import AnonymizationError, DxError
from dxclient.domain.plan import AnonymizationPlan, Variable
from dxclient.domain.project import Origin, ScriptSource


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


def plan_of(scripts: Sequence[Path], variables: Sequence[Variable]) -> AnonymizationPlan:
    """Read scripts and check that they can be understood and have all their variables.

    Raises
    ------
    ScriptError
        A script cannot be understood.
    DxError
        A script cannot be read, no script changes anything, or a variable has no value.
    """
    sources = tuple(
        ScriptSource(name=path.name, text=_text(path), origin=Origin.USER) for path in scripts
    )
    plan = AnonymizationPlan(scripts=sources, variables=tuple(variables))
    check_plan(plan)
    if not anonymizes(sources):
        raise DxError("The scripts change nothing, so the files would stay as they are.")
    given = {variable.name.lower() for variable in variables}
    missing = [v.name for v in required_variables(sources, supplied=given) if not v.initial]
    if missing:
        raise DxError(f"The scripts need a value for: {', '.join(missing)}.")
    return plan


def anonymize_files(plan: AnonymizationPlan, source: Path, target: Path) -> FilesAnonymized:
    """Anonymize a file or a folder; nothing is overwritten, a file that fails is not written."""
    done, rejected, failed = 0, 0, []
    for one, written in _pairs(source, target):
        if written.exists():
            raise DxError("The output exists already; nothing is overwritten.")
        try:
            data = anonymize_bytes(one.read_bytes(), plan).data
        except AnonymizationError as error:
            failed.append(FailedFile(one, error.sentence))
        except OSError:
            failed.append(FailedFile(one, "The file cannot be read."))
        else:
            done, rejected = (done, rejected + 1) if data is None else (done + 1, rejected)
            _write(written, data)
    return FilesAnonymized(anonymized=done, rejected=rejected, failed=tuple(failed))


def _write(path: Path, data: bytes | None) -> None:
    if data is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise DxError("A script file cannot be read as UTF-8 text.") from None


def _pairs(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    if source.is_dir():
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            yield path, target / path.relative_to(source)
    else:
        yield source, target / source.name if target.is_dir() else target
