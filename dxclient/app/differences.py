"""What scripts do to the files of a folder, before anything is written. For eyes here only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from dxclient.app.files import FailedFile
from dxclient.app.many import each
from dxclient.app.scripting import compare
from dxclient.dicom.names import element_name
from dxclient.dicom.quiet import quiet
from dxclient.dicomedit import Change
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.protocols import DicomEditFunction


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a script, from 1."""

    script: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One element before and after all scripts, in one file or in many.

    Parameters
    ----------
    old, new : str or None
        The value, where it is the same in all these files; None where the element is absent.
    places : tuple of Place
        The lines that changed it, in this order.
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
    places: tuple[Place, ...]
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
        List the changes of each file, instead of the same change once with a count.
    """
    quiet()
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
            listed += (replace(one, file=path) for one in found.changes)
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


@dataclass(frozen=True, slots=True)
class _Fate:
    """What became of one file; of several edits of one element only the outcome."""

    changes: tuple[Difference, ...]
    rejected: bool
    sentence: str


def _one(plan: AnonymizationPlan, functions: tuple[DicomEditFunction, ...], path: Path) -> _Fate:
    found = compare(plan.scripts, path, plan.values, functions)
    return _Fate(outcome(found.changes), found.rejected, found.sentence)


def outcome(changes: Iterable[Change]) -> tuple[Difference, ...]:
    """Before and after for each element; one that is in the end as it was is left out."""
    edits: dict[str, list[Change]] = {}
    for change in changes:
        edits.setdefault(change.element, []).append(change)
    found = (_joined(element, made) for element, made in edits.items())
    return tuple(one for one in found if one.old != one.new or _opaque(one.old))


def _joined(element: str, edits: Sequence[Change]) -> Difference:
    places = dict.fromkeys(Place(edit.script, edit.line) for edit in edits)
    return Difference(
        element=element,
        name=element_name(element),
        old=edits[0].old,
        new=edits[-1].new,
        places=tuple(places),
    )


def _opaque(value: str | None) -> bool:
    """Whether a value is only named, so that two may differ and look alike."""
    return value is not None and value.startswith(("(sequence", "(binary"))


@dataclass(slots=True)
class _Seen:
    """The values of one change in all files."""

    old: set[str | None] = field(default_factory=set)
    new: set[str | None] = field(default_factory=set)
    files: int = 0


class _Summary:
    """The same change in many files counts once."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, tuple[Place, ...]], _Seen] = {}

    def add(self, changes: Iterable[Difference]) -> None:
        """Add the changes of one file."""
        for change in changes:
            seen = self._seen.setdefault((change.element, change.places), _Seen())
            seen.old.add(change.old)
            seen.new.add(change.new)
            seen.files += 1

    def rows(self) -> tuple[Difference, ...]:
        """In the order in which they were first met."""
        return tuple(
            Difference(
                element=element,
                name=element_name(element),
                old=_only(seen.old),
                new=_only(seen.new),
                places=places,
                old_values=len(seen.old),
                new_values=len(seen.new),
                files=seen.files,
            )
            for (element, places), seen in self._seen.items()
        )


def _only(values: set[str | None]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
