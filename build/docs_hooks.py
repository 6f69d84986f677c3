#!/usr/bin/env python3
"""Write docs/plugins/hooks.md from the hook specifications.

python build/docs_hooks.py           write it
python build/docs_hooks.py --check   exit 1 when it is not current
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from dxclient.hookspecs import Kind
from dxclient.plugin.specs import HookSpec, hook_specs

PAGE = Path(__file__).resolve().parent.parent / "docs" / "plugins" / "hooks.md"
FAILURE = {
    Kind.NOTIFY: "A plugin that fails is recorded; nothing else happens. Answers are ignored.",
    Kind.OFFER: "A plugin that fails loses its own offer; the others stand.",
    Kind.DECIDE: "The first answer that is not None counts; extensions are asked before what is "
    "built in. A plugin that fails has no opinion.",
    Kind.GUARD: "**A plugin that fails stops the session or the job**, and is named. All answers "
    "count. A guard that has nothing to say returns an empty list.",
}
INTRODUCTION = """# Hooks

Written from `dxclient/hookspecs` by `build/docs_hooks.py`; a test compares. An implementation takes
those of the arguments that it needs, by their names, and is marked with `@hookimpl` from
`dxclient.api`. Plugins that are registered later are asked earlier: extensions before what is
built in.

Kinds say what a failing plugin does:

"""
_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)


def page() -> str:
    """The whole page."""
    specs = hook_specs()
    kinds = "\n".join(f"- **{kind.value}**: {text}" for kind, text in FAILURE.items())
    index = "\n".join(f"| [`{s.name}`](#{s.name}) | {s.kind.value} | {_first(s)} |" for s in specs)
    table = f"| hook | kind | |\n|---|---|---|\n{index}"
    return "\n\n".join([INTRODUCTION.rstrip(), kinds, table, *map(_hook, specs)]) + "\n"


def _hook(spec: HookSpec) -> str:
    text = inspect.getdoc(spec.function) or ""
    lead, sections = _sections(text)
    parts = [
        f'<a id="{spec.name}"></a>\n\n## `{spec.signature}`',
        lead,
        f"Kind: **{spec.kind.value}**. {_failure(spec)}",
    ]
    if spec.historic:
        parts.append("Plugins that are registered later are told of earlier calls too.")
    parts += [
        f"**{title}**\n\n{body}"
        for title, body in (
            ("Arguments", _listed(sections.get("Parameters", ""))),
            ("Returns", _returns(sections.get("Returns", ""))),
            ("Example", _example(sections.get("Examples", ""))),
        )
        if body
    ]
    version = re.search(r"versionadded:: (\S+)", text)
    return "\n\n".join([*parts, f"Since {version.group(1) if version else '?'}."])


def _failure(spec: HookSpec) -> str:
    if spec.kind is Kind.GUARD and spec.optional:
        return FAILURE[Kind.GUARD].partition(" A guard")[0] + " None is no opinion."
    return FAILURE[spec.kind]


def _first(spec: HookSpec) -> str:
    return (inspect.getdoc(spec.function) or "").partition("\n")[0]


def _sections(text: str) -> tuple[str, dict[str, str]]:
    """The text before the first heading without its kind, and NumPy sections by title."""
    text = re.sub(r"\n*\.\. versionadded:: .*", "", text).replace("``", "`")
    lead, *rest = _SECTION.split(text)
    lead = re.sub(r"\s*Kind: \w+(?:\.|;\s+(\w))", _after_kind, lead)
    return lead.strip(), dict(zip(rest[::2], (one.strip("\n") for one in rest[1::2]), strict=True))


def _after_kind(match: re.Match[str]) -> str:
    """What follows the kind in a sentence begins a sentence of its own."""
    return f" {match[1].upper()}" if match[1] else ""


def _pairs(section: str) -> Iterator[tuple[str, str]]:
    for block in re.split(r"\n(?=\S)", section):
        head, _, body = block.partition("\n")
        yield head, " ".join(line.strip() for line in body.splitlines())


def _listed(section: str) -> str:
    return "\n".join(_items(_pairs(section))) if section else ""


def _items(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for head, body in pairs:
        name, _, kind = head.partition(" : ")
        yield f"- `{name}` ({kind}): {body}"


def _returns(section: str) -> str:
    return "\n".join(f"{head}. {body}".strip() for head, body in _pairs(section)) if section else ""


def _example(section: str) -> str:
    code = "\n".join(line[4:] for line in section.splitlines())
    return f"```python\n{code}\n```" if section else ""


def main() -> int:
    """Write or check the page."""
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.is_file() and PAGE.read_text("utf-8") == page() else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
