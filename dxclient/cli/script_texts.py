"""``dxclient script check|variables|explain``: what is known of scripts without running them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dxclient.app.files import read_scripts
from dxclient.app.scripting import Asked, CheckedScript, check_text, variables_of_all
from dxclient.cli.output import console, errors, plain, show_json, table, visible
from dxclient.cli.scriptfiles import add_scripts, functions_of
from dxclient.domain.problems import Problem
from dxclient.domain.project import ScriptSource

#: Sentences may begin with the place, which stands before them here anyway.
_PLACE = re.compile(r"^Line \d+(, column \d+)?: ")

Checked = Sequence[tuple[Path, ScriptSource, CheckedScript]]


def add_check(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``check``."""
    add_scripts(parser)


def add_variables(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``variables``."""
    add_scripts(parser)


def add_explain(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``explain``."""
    add_scripts(parser)


def run_check(arguments: argparse.Namespace) -> int:
    """Print every problem with its place, as compilers do."""
    checked = _checked(arguments)
    if arguments.json:
        show_json([{"file": str(path), **plain(found)} for path, _, found in checked])
    else:
        for line in _reports(checked):
            console().print(visible(line), markup=False)
    return _status(checked)


def run_explain(arguments: argparse.Namespace) -> int:
    """Print what each script does, with line numbers, as plain text to paste into a letter."""
    checked = _checked(arguments)
    sound = [one for one in checked if not one[2].problems]
    if arguments.json:
        show_json([_explanation(path, found) for path, _, found in sound])
    else:
        for line in _explanations(sound):
            console().print(visible(line), markup=False)
    for line in _reports([one for one in checked if one[2].problems]):
        errors().print(visible(line), markup=False, soft_wrap=True)
    return _status(checked)


def run_variables(arguments: argparse.Namespace) -> int:
    """List the variables of all scripts together, as a person would be asked for them."""
    found = variables_of_all(read_scripts(arguments.script), functions_of(arguments))
    if arguments.json:
        show_json(found)
    elif not found:
        console().print("The scripts have no variables.")
    else:
        titles = (
            "Variable",
            "Value comes from",
            "Initial value",
            "Hidden",
            "Description",
            "Script",
        )
        console().print(table(titles, [_row(one) for one in found], right=set()))
    return 0


def _row(asked: Asked) -> tuple[str, ...]:
    origin = "the script"
    if asked.required:
        origin = "the program" if asked.supplied else "you"
    return (
        asked.name,
        origin,
        visible(asked.initial),
        "hidden" if asked.hidden else "",
        visible(asked.description),
        ", ".join(dict.fromkeys(asked.scripts)),
    )


def _checked(arguments: argparse.Namespace) -> Checked:
    functions = functions_of(arguments)
    sources = read_scripts(arguments.script)
    return [
        (path, source, check_text(source.text, functions))
        for path, source in zip(arguments.script, sources, strict=True)
    ]


def _status(checked: Checked) -> int:
    """0 where all is well; else say on standard error that it is not."""
    bad = sum(bool(found.problems) for _, _, found in checked)
    if bad:
        which = "The script has" if len(checked) == 1 else f"{bad} of {len(checked)} scripts have"
        errors().print(f"dxclient: {which} problems and cannot be used.", markup=False)
    return 1 if bad else 0


def _reports(checked: Checked) -> Iterator[str]:
    for path, source, found in checked:
        for problem in found.problems:
            yield from _report(str(path), "", problem, source.text)
        for warning in found.warnings:
            yield from _report(str(path), "warning: ", warning, source.text)
        if not found.problems:
            yield f"{path}: {_verdict(found)}"


def _verdict(found: CheckedScript) -> str:
    count = len(found.warnings)
    warned = "" if not count else ", 1 warning" if count == 1 else f", {count} warnings"
    idle = "" if found.effective else ", but the script changes nothing"
    return f"no problems{warned} (DicomEdit {found.language}){idle}."


def _report(file: str, kind: str, problem: Problem, text: str) -> Iterator[str]:
    """The problem, the line of the script, and a caret under each character of the piece."""
    yield f"{file}:{problem.line}:{problem.column}: {kind}{_PLACE.sub('', problem.sentence)}"
    lines = text.split("\n")
    if 0 < problem.line <= len(lines):
        line = lines[problem.line - 1].rstrip("\r")
        before = line[: max(problem.column - 1, 0)]
        indent = "".join("\t" if character == "\t" else " " for character in before)
        length = len(problem.piece.partition("\n")[0].rstrip()) or 1
        yield f"    {line}"
        yield f"    {indent}{'^' * length}"
    if problem.suggestion and problem.suggestion not in problem.sentence:
        advice = problem.suggestion.endswith(".")
        yield f"    {problem.suggestion}" if advice else f"    did you mean {problem.suggestion}?"


def _explanations(checked: Checked) -> Iterator[str]:
    for number, (path, _, found) in enumerate(checked):
        if number:
            yield ""
        yield f"{path.name}, DicomEdit {found.language}:"
        width = len(f"line {max(found.lines, default=0)}")
        for line, sentence in zip(found.lines, found.sentences, strict=True):
            place = f"line {line}" if line else ""
            yield f"  {place:<{width}}  {sentence}"
        if not found.sentences:
            yield "  It changes nothing."


def _explanation(path: Path, found: CheckedScript) -> dict[str, object]:
    told = zip(found.lines, found.sentences, strict=True)
    return {
        "file": str(path),
        "language": found.language,
        "effective": found.effective,
        "sentences": [{"line": line, "sentence": sentence} for line, sentence in told],
    }
