"""Runs scripts on the bytes of one file. All that needs pydicom is behind this module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dxclient.dicomedit.editing import Editor, Recorder
from dxclient.dicomedit.facts import Change, Outcome
from dxclient.dicomedit.fallback import TROUBLE, rewritten
from dxclient.dicomedit.faults import Fault, Rejected
from dxclient.dicomedit.files import damaged
from dxclient.dicomedit.fresh import FreshUids
from dxclient.dicomedit.structure import Broken, Odd
from dxclient.dicomedit.target import Target
from dxclient.domain.errors import AnonymizationError, ScriptError

if TYPE_CHECKING:
    from dxclient.dicomedit.script import Script


def run_scripts(
    scripts: Sequence[Script],
    data: bytes,
    variables: Mapping[str, str],
    *,
    record: bool,
    seed: str,
) -> Outcome:
    """As `dxclient.dicomedit.run`."""
    active = [script for script in scripts if script.statements]
    if not active:
        return Outcome(data=data)
    try:
        try:
            return _run(active, data, variables, FreshUids(data, seed), record)
        except Odd:
            return _run(active, rewritten(data), variables, FreshUids(data, seed), record)
    except (Broken, Odd):
        raise damaged() from None
    except Fault as fault:
        raise AnonymizationError(
            f"After the scripts, {fault.sentence}. Nothing was sent."
        ) from None
    except TROUBLE:
        # The words of such an error may hold values of the file, so they are dropped.
        raise AnonymizationError(
            "A file holds something that anonymization cannot handle. Nothing of it was sent."
        ) from None


def _run(
    scripts: Sequence[Script],
    data: bytes,
    variables: Mapping[str, str],
    fresh: FreshUids,
    record: bool,
) -> Outcome:
    target, changes = Target(data), list[Change]()
    try:
        for script in scripts:
            try:
                editor = (Recorder if record else Editor)(target, script.name, fresh)
                script.program(editor, dict(_supplied(script, variables)))
                changes += editor.changes
            except Rejected:
                return Outcome(data=None, rejected=True, messages=(_rejection(script),))
        return Outcome(data=target.data(), changes=tuple(changes))
    finally:
        target.release()


def _rejection(script: Script) -> str:
    return f"Rejected by the script “{script.name}”." if script.name else "Rejected by a script."


def _supplied(script: Script, variables: Mapping[str, str]) -> dict[str, str]:
    given = {name.lower(): value for name, value in variables.items()}
    needed = [variable for variable in script.variables if variable.required]
    missing = [one.name for one in needed if one.name.lower() not in given and not one.inside]
    if missing:
        raise ScriptError(
            f"The anonymization script needs a value for: {', '.join(missing)}. Nothing was sent."
        )
    return {one.name: given[one.name.lower()] for one in needed if one.name.lower() in given}
