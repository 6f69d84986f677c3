"""Anonymization scripts for people who write them: checked, tried on a file, and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dxclient.anonymize import OWN_VARIABLES, required_variables
from dxclient.anonymize.plan import scripts_of
from dxclient.app.own_scripts import delete_own, own_scripts, save_own
from dxclient.app.profiles import Options, Profile, basic_profile, profiles
from dxclient.dicomedit import Change, ScriptVariable, highlight, parse
from dxclient.domain.errors import AnonymizationError, ScriptError
from dxclient.domain.problems import Problem
from dxclient.domain.project import ScriptSource
from dxclient.domain.protocols import DicomEditFunction

__all__ = [
    "Asked",
    "CheckedScript",
    "Comparison",
    "Options",
    "Profile",
    "basic_profile",
    "check_text",
    "compare",
    "compare_data",
    "delete_own",
    "highlight",
    "own_scripts",
    "profiles",
    "save_own",
    "variables_of_all",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedScript:
    """What is known of a script without running it.

    Parameters
    ----------
    problems : tuple of Problem
        Why it cannot run, in text order; empty when it can.
    warnings : tuple of Problem
        What runs, and is probably not meant.
    sentences : tuple of str
        What it does; empty when it has problems.
    lines : tuple of int
        The line of the script that each sentence is about, from 1.
    functions : tuple of str
        Names of the functions in use.
    language : str
        ``"6"`` or ``"4"``, the version of DicomEdit; empty when it has problems.
    effective : bool
        Whether it can change a value.
    """

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    variables: tuple[ScriptVariable, ...] = ()
    sentences: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    functions: tuple[str, ...] = ()
    language: str = ""
    effective: bool = False


def check_text(text: str, functions: Sequence[DicomEditFunction] = ()) -> CheckedScript:
    """Check a script; a bad one is no error but has problems.

    Parameters
    ----------
    functions : sequence of DicomEditFunction
        What extensions add to the language.
    """
    try:
        script = parse(text, functions)
    except ScriptError as error:
        return CheckedScript(problems=error.problems)
    explained = script.explain_lines()
    return CheckedScript(
        warnings=script.warnings,
        variables=script.variables,
        sentences=tuple(sentence for _, sentence in explained),
        lines=tuple(line for line, _ in explained),
        functions=script.functions,
        language=script.language,
        effective=script.effective,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What scripts do to one file. Holds header values: for eyes on this machine, never for logs.

    Parameters
    ----------
    changes : tuple of Change
        Each edit with old and new value, in the order in which they are made.
    rejected : bool
        A script leaves the file out.
    sentence : str
        Why there are no changes to show: it could not be done, or a script rejected the file.
        Without header values and paths; empty when it was done.
    missing : tuple of str
        Variables that have no value.
    """

    changes: tuple[Change, ...] = field(default=(), repr=False)
    rejected: bool = False
    sentence: str = ""
    missing: tuple[str, ...] = ()


def compare(
    texts: Sequence[ScriptSource],
    path: Path,
    values: Mapping[str, str],
    functions: Sequence[DicomEditFunction] = (),
) -> Comparison:
    """Run scripts in order on one file in memory. Nothing is written.

    Parameters
    ----------
    values : mapping
        Values of variables by name, in any case; an empty text is a value.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return Comparison(sentence="The file cannot be read.")
    return compare_data(texts, data, values, functions)


def compare_data(
    texts: Sequence[ScriptSource],
    data: bytes,
    values: Mapping[str, str],
    functions: Sequence[DicomEditFunction] = (),
) -> Comparison:
    """As `compare`, for a file that was read already."""
    from dxclient.dicomedit import run

    try:
        scripts = scripts_of(tuple(texts), tuple(functions))
        missing = _missing(texts, values, functions)
        if missing:
            return Comparison(
                sentence=f"The scripts need a value for: {', '.join(missing)}.", missing=missing
            )
        outcome = run(scripts, data, values, record=True)
    except AnonymizationError as error:
        return Comparison(sentence=error.sentence)
    sentence = " ".join(outcome.messages) if outcome.rejected else ""
    return Comparison(changes=outcome.changes, rejected=outcome.rejected, sentence=sentence)


def _missing(
    texts: Sequence[ScriptSource],
    values: Mapping[str, str],
    functions: Sequence[DicomEditFunction],
) -> tuple[str, ...]:
    given = {name.lower() for name in values}
    needed = required_variables(texts, functions=functions, supplied=given)
    return tuple(variable.name for variable in needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A variable of one or several scripts, as a person meets it.

    Parameters
    ----------
    supplied : bool
        The program knows the value itself: project, subject, session …
    scripts : tuple of str
        Names of the scripts that use it.
    """

    name: str
    initial: str = ""
    description: str = ""
    hidden: bool = False
    required: bool = False
    supplied: bool = False
    scripts: tuple[str, ...] = ()


def variables_of_all(
    texts: Sequence[ScriptSource], functions: Sequence[DicomEditFunction] = ()
) -> tuple[Asked, ...]:
    """Variables of all scripts, each once: their names count in any case.

    Raises
    ------
    ScriptError
        Naming the script that cannot be understood.
    """
    found: dict[str, list[tuple[str, ScriptVariable]]] = {}
    for script in scripts_of(tuple(texts), tuple(functions)):
        for variable in script.variables:
            found.setdefault(variable.name.lower(), []).append((script.name, variable))
    return tuple(_asked(uses) for uses in found.values())


def _asked(uses: Sequence[tuple[str, ScriptVariable]]) -> Asked:
    variables = [variable for _, variable in uses]
    return Asked(
        name=variables[0].name,
        initial=next((one.initial for one in variables if one.initial), ""),
        description=next((one.description for one in variables if one.description), ""),
        hidden=any(one.hidden for one in variables),
        required=any(one.required for one in variables),
        supplied=variables[0].name.lower() in OWN_VARIABLES,
        scripts=tuple(script for script, _ in uses),
    )
