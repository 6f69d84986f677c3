"""The source tree as syntax trees."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "dxclient"


@dataclass(frozen=True)
class Module:
    """A module of dxclient."""

    path: Path
    name: str
    text: str
    tree: ast.Module

    @property
    def room(self):
        """The package below dxclient, or the module's own name at the top."""
        return self.name.split(".")[1] if "." in self.name else ""

    @property
    def place(self):
        return self.path.relative_to(ROOT).as_posix()


@cache
def modules():
    """All modules below dxclient/."""
    return tuple(_module(path) for path in sorted(PACKAGE.rglob("*.py")))


def _module(path):
    text = path.read_text("utf-8")
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(path, name, text, ast.parse(text))


def imports(module):
    """Full names that a module imports anywhere, in functions and under TYPE_CHECKING too.

    ``from dxclient import x`` counts as ``dxclient.x``.
    """
    package = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            if base == "dxclient":
                yield from (f"dxclient.{alias.name}" for alias in node.names)
            else:
                yield base


def functions(module):
    """All functions and methods, nested ones too."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
