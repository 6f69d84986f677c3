"""A plan as scripts that can run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from dxclient.domain.errors import ScriptError
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.project import ScriptSource
from dxclient.domain.protocols import DicomEditFunction

if TYPE_CHECKING:
    from dxclient.dicomedit import Outcome, Script, ScriptVariable

#: What the program itself supplies; nobody is asked for them.
OWN_VARIABLES = frozenset({"project", "subject", "session", "experiment_label", "tracer"})


@lru_cache(maxsize=8)
def scripts_of(
    sources: tuple[ScriptSource, ...], functions: tuple[DicomEditFunction, ...] = ()
) -> tuple[Script, ...]:
    """The scripts, parsed once for each process.

    Raises
    ------
    ScriptError
        Naming the script, with line and column.
    """
    return tuple(_parsed(source, functions) for source in sources)


def _parsed(source: ScriptSource, functions: tuple[DicomEditFunction, ...]) -> Script:
    from dxclient.dicomedit import parse

    try:
        return parse(source.text, functions, name=source.name)
    except ScriptError as error:
        raise ScriptError(
            f"The script “{source.name}” cannot be used. {error.sentence}",
            line=error.line,
            column=error.column,
            details=error.details,
            problems=error.problems,
        ) from None


def anonymize_bytes(
    data: bytes,
    plan: AnonymizationPlan,
    *,
    functions: Sequence[DicomEditFunction] = (),
    seed: str = "",
) -> Outcome:
    """Run the scripts of a plan on one file. Without scripts it comes back as it is.

    With a seed, the same file becomes the same file again.

    Raises
    ------
    AnonymizationError
        Nothing of the file may be sent.
    """
    from dxclient.dicomedit import run

    return run(scripts_of(plan.scripts, tuple(functions)), data, plan.values, seed=seed)


def check_plan(plan: AnonymizationPlan, *, functions: Sequence[DicomEditFunction] = ()) -> None:
    """Make sure that every script is understood, before any file is touched.

    Raises
    ------
    ScriptError
        The first script that is not.
    """
    scripts_of(plan.scripts, tuple(functions))


def anonymizes(
    scripts: Sequence[ScriptSource], *, functions: Sequence[DicomEditFunction] = ()
) -> bool:
    """Whether any of the scripts can change a value; no script, or an empty one, does not.

    Raises
    ------
    ScriptError
        A script is not understood.
    """
    return any(script.effective for script in scripts_of(tuple(scripts), tuple(functions)))


def required_variables(
    scripts: Sequence[ScriptSource],
    *,
    functions: Sequence[DicomEditFunction] = (),
    supplied: Collection[str] = OWN_VARIABLES,
) -> tuple[ScriptVariable, ...]:
    """Variables that a person has to supply, besides those that are supplied (in lower case).

    Named alike in several scripts they are one: DicomEdit looks values up in any case.

    Raises
    ------
    ScriptError
        A script is not understood.
    """
    found: dict[str, ScriptVariable] = {}
    for variable in _needed(scripts_of(tuple(scripts), tuple(functions)), supplied):
        found.setdefault(variable.name.lower(), variable)
    return tuple(found.values())


def _needed(scripts: Sequence[Script], supplied: Collection[str]) -> Iterator[ScriptVariable]:
    for script in scripts:
        for variable in script.variables:
            if variable.required and variable.name.lower() not in supplied:
                yield variable


def explain_plan(
    plan: AnonymizationPlan, *, functions: Sequence[DicomEditFunction] = ()
) -> tuple[str, ...]:
    """What the scripts do, in sentences and in order.

    Raises
    ------
    ScriptError
        A script is not understood.
    """
    scripts = scripts_of(plan.scripts, tuple(functions))
    return tuple(sentence for script in scripts for sentence in script.explain())
