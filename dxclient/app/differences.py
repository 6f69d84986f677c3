"""What scripts do to the files of a folder, before anything is written. For eyes here only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dxclient.app.files import FailedFile
from dxclient.app.many import each
from dxclient.app.scripting import Comparison, compare
from dxclient.dicom.names import element_name
from dxclient.dicomedit import Change
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.protocols import DicomEditFunction


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One edit of one element by one line of a script, in one file or in many.

    Parameters
    ----------
    old, new : str or None
        The value, where it is the same in all these files; None where the element is absent.
    old_values, new_values : int
        Number of different values in these files.
    files : int
        Number of files.
    file : pathlib.Path or None
        The file, where each is listed by itself.
    """

    element: str
    name: str
    old: str | None = field(repr=False)
    new: str | None = field(repr=False)
    script: str
    line: int
    old_values: int = 1
    new_values: int = 1
    files: int = 1
    file: Path | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What scripts do to some files."""

    files: int
    changes: tuple[Difference, ...] = field(default=(), repr=False)
    unchanged: int = 0
    rejected: tuple[FailedFile, ...] = ()
    failed: tuple[FailedFile, ...] = ()


def differences(
    plan: AnonymizationPlan,
    files: Sequence[Path],
    *,
    each_file: bool = False,
    functions: Sequence[DicomEditFunction] = (),
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Differences:
    """Compare before and after. Nothing is written.

    Parameters
    ----------
    each_file : bool
        List each change of each file, instead of the same change once with a count.
    """
    work = partial(_one, plan, tuple(functions))
    listed: list[Difference] = []
    summary = _Summary()
    rejected: list[FailedFile] = []
    failed: list[FailedFile] = []
    unchanged = 0
    for done, (path, found) in enumerate(zip(files, each(work, files), strict=True), 1):
        if found.sentence:
            (rejected if found.rejected else failed).append(FailedFile(path, found.sentence))
        elif not found.changes:
            unchanged += 1
        elif each_file:
            listed += (_listed(change, path) for change in found.changes)
        else:
            summary.add(found.changes)
        told(done, len(files))
    return Differences(
        files=len(files),
        changes=tuple(listed) if each_file else summary.rows(),
        unchanged=unchanged,
        rejected=tuple(rejected),
        failed=tuple(failed),
    )


def _one(
    plan: AnonymizationPlan, functions: tuple[DicomEditFunction, ...], path: Path
) -> Comparison:
    return compare(plan.scripts, path, plan.values, functions)


def _listed(change: Change, path: Path) -> Difference:
    return Difference(
        element=change.element,
        name=element_name(change.element),
        old=change.old,
        new=change.new,
        script=change.script,
        line=change.line,
        file=path,
    )


@dataclass(slots=True)
class _Seen:
    """The values of one edit in all files."""

    old: set[str | None] = field(default_factory=set)
    new: set[str | None] = field(default_factory=set)
    files: int = 0


class _Summary:
    """The same edit in many files counts once."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, int], _Seen] = {}

    def add(self, changes: Iterable[Change]) -> None:
        """Add the edits of one file."""
        keys = set()
        for change in changes:
            key = (change.script, change.line, change.element)
            seen = self._seen.setdefault((change.element, change.script, change.line), _Seen())
            seen.old.add(change.old)
            seen.new.add(change.new)
            seen.files += key not in keys
            keys.add(key)

    def rows(self) -> tuple[Difference, ...]:
        """In the order in which they were first met."""
        return tuple(
            Difference(
                element=element,
                name=element_name(element),
                old=_only(seen.old),
                new=_only(seen.new),
                script=script,
                line=line,
                old_values=len(seen.old),
                new_values=len(seen.new),
                files=seen.files,
            )
            for (element, script, line), seen in self._seen.items()
        )


def _only(values: set[str | None]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
