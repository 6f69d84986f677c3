"""Parsing a script, and running scripts on the bytes of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from dxclient.dicomedit.facts import Outcome, ScriptVariable, Understood
from dxclient.dicomedit.preparation import is_blank, written_for
from dxclient.domain.problems import Problem

if TYPE_CHECKING:
    from dxclient.dicomedit.compiling import Program
    from dxclient.dicomedit.functions import PluginFunction


class Language(Protocol):
    """What the two languages, which are modules, have in common."""

    def understand(self, text: str, functions: Sequence[PluginFunction] = ()) -> Understood:
        """Parse and check a script. Raises ScriptError."""

    def changes_data(self, statements: Any) -> bool:
        """Whether a statement can change a value of a file."""

    def explain(self, statements: Any) -> tuple[str, ...]:
        """One sentence for each statement."""

    def explain_lines(self, statements: Any) -> tuple[tuple[int, str], ...]:
        """Line and sentence for each statement."""

    def known_functions(self, extra: Sequence[PluginFunction] = ()) -> Mapping[str, Any]:
        """Functions by name."""

    def program(self, statements: Any, functions: Mapping[str, Any], name: str) -> Program:
        """The script as one function over an editor."""


@dataclass(frozen=True)
class Script:
    """A script that is understood and can be run. Picklable.

    Parameters
    ----------
    variables : tuple of ScriptVariable
        What a person may have to supply, and what the script sets itself (not `required`).
    functions : tuple of str
        Names of the functions in use.
    language : str
        ``"4"`` or ``"6"``; the statements are trees of this language.
    warnings : tuple of Problem
        What runs, and is probably not meant.
    """

    name: str
    text: str = field(repr=False)
    statements: tuple[Any, ...] = field(default=(), repr=False)
    variables: tuple[ScriptVariable, ...] = ()
    functions: tuple[str, ...] = ()
    extra: tuple[PluginFunction, ...] = field(default=(), repr=False)
    language: str = "6"
    warnings: tuple[Problem, ...] = field(default=(), repr=False)

    @property
    def effective(self) -> bool:
        """Whether anything in the script can change a value that is sent.

        Versions, descriptions, variables of the script's own, echoes and `reject` do not.
        """
        return language_of(self.language).changes_data(self.statements)

    def explain(self) -> tuple[str, ...]:
        """What the script does, one sentence for each statement."""
        return language_of(self.language).explain(self.statements)

    def explain_lines(self) -> tuple[tuple[int, str], ...]:
        """As `explain`, each sentence with the line that it is about, from 1."""
        return language_of(self.language).explain_lines(self.statements)

    @cached_property
    def program(self) -> Program:
        """The script compiled: runs on one file after the other. Made once in each process."""
        language = language_of(self.language)
        functions = language.known_functions(self.extra)
        return language.program(self.statements, functions, self.name)

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the program, which cannot be pickled."""
        return {name: value for name, value in vars(self).items() if name != "program"}

    def renamed(self, name: str) -> Script:
        """The same script under another name, for messages."""
        return replace(self, name=name)


def language_of(version: str) -> Language:
    """DicomEdit "4" or "6"."""
    from dxclient.dicomedit import four, six

    return four if version == "4" else six


def parse(text: str, functions: Sequence[PluginFunction] = (), *, name: str = "") -> Script:
    r"""Understand a script.

    Parameters
    ----------
    functions : sequence
        Functions that extensions offer.
    name : str
        Used in messages.

    Raises
    ------
    ScriptError
        With line and column in *text* as it was given.

    Examples
    --------
    >>> parse('version "6.6"\n(0010,0010) := subject').variables[0].name
    'subject'
    """
    if is_blank(text):
        return Script(name, text)
    language = written_for(text)
    known = language_of(language).understand(text, functions)
    return Script(
        name,
        text,
        known.statements,
        known.variables,
        known.functions,
        tuple(functions),
        language,
        known.warnings,
    )


def run(
    scripts: Sequence[Script],
    data: bytes,
    variables: Mapping[str, str],
    *,
    record: bool = False,
    seed: str = "",
) -> Outcome:
    """Run scripts in order on one DICOM file in memory.

    Parameters
    ----------
    data : bytes
        The whole file. Without scripts it comes back as it is.
    variables : mapping
        Values by name, in any case. Each script has variables of its own.
    record : bool
        Also return each change with old and new value.
    seed : str
        With a seed, ``newUID`` gives the same UIDs again for the same file.

    Raises
    ------
    ScriptError
        A variable is missing, or a statement cannot be carried out.
    AnonymizationError
        The file is damaged or cannot be written.
    """
    from dxclient.dicomedit.running import run_scripts

    return run_scripts(scripts, data, variables, record=record, seed=seed)
