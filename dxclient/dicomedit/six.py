"""DicomEdit 6: the language of scripts with a version line, as one thing."""

from __future__ import annotations

from collections.abc import Sequence

from dxclient.dicomedit import tree
from dxclient.dicomedit.checking import called, changes_data, check, every_statement
from dxclient.dicomedit.compiling import compile_script as program
from dxclient.dicomedit.doubts import doubts
from dxclient.dicomedit.explaining import explain, explain_lines
from dxclient.dicomedit.facts import Understood
from dxclient.dicomedit.failures import failures
from dxclient.dicomedit.functions import PluginFunction, known_functions
from dxclient.dicomedit.limits import MOST_PROBLEMS
from dxclient.dicomedit.preparation import prepare, version_problems
from dxclient.dicomedit.variables import variable_doubts, variables_of
from dxclient.domain.errors import ScriptError
from dxclient.domain.problems import Problem

__all__ = ["changes_data", "explain", "explain_lines", "known_functions", "program", "understand"]


def understand(text: str, functions: Sequence[PluginFunction] = ()) -> Understood:
    """Parse and check a script.

    Raises
    ------
    ScriptError
        With every problem that was found.
    """
    # Only who parses needs the parser; programs run without.
    from dxclient.dicomedit.reading import read

    known = known_functions(functions)
    prepared = prepare(text)
    reading = read(prepared, known)
    found = [*version_problems(text), *prepared.problems, *reading.notes.problems]
    found += check(reading.statements, known)
    sure, possible = _failures(reading.statements)
    found += sure
    if found:
        raise ScriptError.of(_ordered(found))
    possible += doubts(reading.statements, reading.notes, prepared)
    possible += variable_doubts(reading.statements)
    return Understood(
        statements=reading.statements,
        variables=variables_of(reading.statements),
        functions=called(reading.statements),
        warnings=tuple(_ordered(possible)),
    )


def _failures(statements: tuple[tree.Statement, ...]) -> tuple[list[Problem], list[Problem]]:
    """What fails for sure, and what fails if a condition ever holds."""
    sure = [problem for statement in statements for problem in failures(statement)]
    places = {(problem.line, problem.column) for problem in sure}
    everywhere = (problem for one in every_statement(statements) for problem in failures(one))
    return sure, [one for one in everywhere if (one.line, one.column) not in places]


def _ordered(problems: list[Problem]) -> list[Problem]:
    """Problems in text order, one at a place."""
    found: dict[tuple[int, int], Problem] = {}
    for problem in problems:
        found.setdefault((problem.line, problem.column), problem)
    return [found[place] for place in sorted(found)][:MOST_PROBLEMS]
