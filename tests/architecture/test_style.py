"""Sizes, annotations, docstrings, and where everything may be caught."""

import ast
import re
import statistics
import subprocess
import tomllib

import pytest

from tests.architecture.tree import ROOT, functions, modules

MOST_LINES = 500
MOST_LINES_OF_A_FUNCTION = 80
EDGES = {
    "dxclient/plugin/host.py",
    "dxclient/plugin/loader.py",
    "dxclient/transfer/worker.py",
    "dxclient/ui/bridge.py",
    "dxclient/ui/panelhost.py",
    "dxclient/cli/main.py",
}
BROAD = {"Exception", "BaseException"}
each_module = pytest.mark.parametrize("module", modules(), ids=lambda one: one.name)


@each_module
def test_a_module_has_at_most_500_lines(module):
    assert len(module.text.splitlines()) <= MOST_LINES


@each_module
def test_a_function_has_at_most_80_lines(module):
    long = [f.name for f in functions(module) if length(f) > MOST_LINES_OF_A_FUNCTION]
    assert long == []


def test_half_of_all_functions_have_at_most_10_lines():
    lengths = [length(f) for module in modules() for f in functions(module)]
    assert statistics.median(lengths) <= 10


def length(function):
    """Lines from ``def`` to the end, without the docstring."""
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


@each_module
def test_every_function_says_what_it_returns(module):
    assert [f.name for f in functions(module) if f.returns is None] == []


@each_module
def test_what_is_public_has_a_docstring(module):
    assert ast.get_docstring(module.tree), "the module"
    assert list(undocumented(module.tree)) == []


def undocumented(tree):
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            if ast.get_docstring(node) is None and not excused(node):
                yield node.name
            if isinstance(node, ast.ClassDef) and not data_of_a_protocol(node):
                yield from (f"{node.name}.{name}" for name in undocumented(node))


def excused(node):
    """Variants of a signature, and setters, whose getter says it all."""
    marks = [ast.unparse(one) for one in node.decorator_list]
    return any(mark.endswith(("overload", ".setter")) for mark in marks)


def data_of_a_protocol(node):
    """Whether a protocol only lists attributes, as properties because they are read-only."""
    properties = [one for one in node.body if isinstance(one, ast.FunctionDef)]
    return "Protocol" in map(ast.unparse, node.bases) and all(
        [ast.unparse(mark) for mark in one.decorator_list] == ["property"] for one in properties
    )


@each_module
def test_everything_is_caught_only_at_the_edges(module):
    caught = {line for node, line in handlers(module.tree) if broad(node)}
    assert module.place in EDGES or not caught, f"lines {sorted(caught)}"


def handlers(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and not ends_in_raise(node):
            yield node.type, node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            yield from ((argument, node.lineno) for argument in node.args)


def broad(kind):
    if kind is None:
        return True
    return any(isinstance(n, ast.Name) and n.id in BROAD for n in ast.walk(kind))


def ends_in_raise(handler):
    """Cleaning up and raising again catches nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_the_edges_are_those_of_the_linter():
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    ignored = table["tool"]["ruff"]["lint"]["per-file-ignores"]
    assert {path for path, rules in ignored.items() if "BLE001" in rules} == EDGES


@each_module
def test_a_module_keeps_no_state_in_globals(module):
    assert [n.lineno for n in ast.walk(module.tree) if isinstance(n, ast.Global)] == []


#: A home or a mount of one machine. Paths that belong to a system (/etc, /Library) are fine.
MACHINE_PATH = re.compile(
    r"(?<![\w.>}])/(?:work|home/\w+|root|Users/\w+|tmp/\w+|mnt/\w+)(?=[/\"'\s]|$)"
)


def tracked():
    """Text files under version control; all files where there is no git."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip("this is not a checkout of git")
    for name in done.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and path != ROOT / "tests/architecture/test_style.py":
            data = path.read_bytes()
            if b"\0" not in data:
                yield name, data.decode("utf-8", "replace")


def test_no_file_names_a_path_of_one_machine():
    found = [
        f"{name}: {match.group()}"
        for name, text in tracked()
        if (match := MACHINE_PATH.search(text))
    ]
    assert found == []


@pytest.mark.parametrize("path", ["open('/work" + "/x')", "/home/" + "me/x", " /root" + " "])
def test_a_path_of_one_machine_is_recognised(path):
    assert MACHINE_PATH.search(path)


@pytest.mark.parametrize("text", ["{url}/work" + "/x", "/etc/dxclient", "http://h/workshop"])
def test_other_paths_are_not(text):
    assert not MACHINE_PATH.search(text)
