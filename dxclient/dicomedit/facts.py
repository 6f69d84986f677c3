"""What a script asks for and what a run gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dxclient.domain.problems import Problem


@dataclass(frozen=True, slots=True)
class ScriptVariable:
    """A variable that a script names.

    Parameters
    ----------
    name : str
        As first written in the script.
    initial : str
        What the script gives it, where that is DicomEdit 4; always empty in DicomEdit 6.
    description : str
        Text of a ``describe`` statement.
    hidden : bool
        The script asks not to show it to people.
    required : bool
        Used before the script assigns it, so that a value has to be supplied.
    inside : bool
        Stands only inside arguments of functions. A value that is not supplied is missed when
        such a function runs, not before.
    export : str
        Field that an ``export`` statement of DicomEdit 4 names; no effect on the data.
    """

    name: str
    initial: str = ""
    description: str = ""
    hidden: bool = False
    required: bool = True
    inside: bool = False
    export: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One edit of one element. Holds header values: for eyes on this machine, never for logs.

    Parameters
    ----------
    element : str
        Path such as ``(0040,0275)[0]/(0040,0007)``.
    old, new : str or None
        Values as text; None where the element is absent.
    script : str
        Name of the script.
    line : int
        Line of the script that did it, from 1.
    """

    element: str
    old: str | None = field(repr=False)
    new: str | None = field(repr=False)
    script: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file.

    Parameters
    ----------
    data : bytes or None
        The edited file; None when a script rejected it.
    messages : tuple of str
        What the scripts had to say, without header values.
    """

    data: bytes | None = field(repr=False)
    rejected: bool = False
    messages: tuple[str, ...] = ()
    changes: tuple[Change, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Understood:
    """A script that can run, in either language.

    Parameters
    ----------
    statements : tuple
        The tree of the language.
    functions : tuple of str
        Names of the functions in use, sorted.
    warnings : tuple of Problem
        What runs, and is probably not meant.
    """

    statements: tuple[Any, ...]
    variables: tuple[ScriptVariable, ...]
    functions: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()
