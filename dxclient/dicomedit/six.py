"""DicomEdit 6: the language of scripts with a version line, as one thing."""

from __future__ import annotations

from collections.abc import Sequence

from dxclient.dicomedit.checking import called, changes_data, check, variables_of
from dxclient.dicomedit.compiling import compile_script as program
from dxclient.dicomedit.explaining import explain
from dxclient.dicomedit.facts import Understood
from dxclient.dicomedit.functions import PluginFunction, known_functions
from dxclient.dicomedit.preparation import prepare

__all__ = ["changes_data", "explain", "known_functions", "program", "understand"]


def understand(text: str, functions: Sequence[PluginFunction] = ()) -> Understood:
    """Parse and check a script.

    Raises
    ------
    ScriptError
        With every problem that was found.
    """
    from dxclient.dicomedit.parser import parse_text, too_deep

    statements = parse_text(prepare(text))
    try:
        check(statements, known_functions(functions))
        return Understood(
            statements=statements,
            variables=variables_of(statements),
            functions=called(statements),
        )
    except RecursionError:
        raise too_deep() from None
