"""Where plugins come from. Nothing of a plugin runs here.

Today: the built-in modules, and the entry points of installed distributions. Folders of wheels
give the same `Candidate`s.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from dxclient import __version__

#: The group is major version 1 of the plugin API; another API will have another group.
GROUP = "dxclient.plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A plugin that was found and not yet imported.

    Parameters
    ----------
    source : str
        Where it comes from, for people: ``"built in"``, or the name of a distribution.
    requires : tuple of str
        Its ``Requires-Dist`` lines.
    group : str
        Entry-point group, which is the version of the API; empty for what is built in.
    load : callable
        Imports the plugin and returns it.
    """

    name: str
    version: str
    source: str
    load: Callable[[], object]
    requires: tuple[str, ...] = ()
    group: str = GROUP
    builtin: bool = False


def built_in(modules: Sequence[str]) -> tuple[Candidate, ...]:
    """The given modules, in their order; named by their paths."""
    return tuple(
        Candidate(
            name=module,
            version=__version__,
            source="built in",
            load=_importer(module),
            group="",
            builtin=True,
        )
        for module in modules
    )


def installed() -> tuple[Candidate, ...]:
    """Entry points of installed distributions, sorted by name.

    `importlib.metadata` gives them in the order of folders, which differs between machines.
    """
    found = entry_points()
    groups = [name for name in found.groups if name == GROUP or name.startswith(f"{GROUP}.v")]
    points = (point for name in groups for point in found.select(group=name))
    return tuple(sorted(map(_candidate, points), key=lambda c: (normal(c.name), c.source)))


def normal(name: str) -> str:
    """A name as packaging compares them: lower case, runs of ``-_.`` are one dash."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names(text: str) -> tuple[str, ...]:
    """The names in a list with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def contains(chosen: Iterable[str], name: str) -> bool:
    """Whether *name*, or its last part for a module path, is among the chosen."""
    wanted = {normal(one) for one in chosen}
    return normal(name) in wanted or normal(name.rpartition(".")[2]) in wanted


def _importer(module: str) -> Callable[[], object]:
    return lambda: importlib.import_module(module)


def _candidate(point: EntryPoint) -> Candidate:
    distribution = point.dist
    return Candidate(
        name=point.name,
        version=distribution.version if distribution else "",
        source=distribution.name if distribution else "",
        load=point.load,
        requires=tuple(distribution.requires or ()) if distribution else (),
        group=point.group,
    )
