"""Every hook is documented as it is, and tested."""

import importlib.util
import re

import pytest

from dxclient.plugin import hook_specs
from tests.architecture.tree import ROOT

PAGE = ROOT / "docs" / "plugins" / "hooks.md"


def script():
    spec = importlib.util.spec_from_file_location("docs_hooks", ROOT / "build" / "docs_hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_hooks_is_current():
    assert PAGE.read_text("utf-8") == script().page(), "run: python build/docs_hooks.py"


@pytest.mark.parametrize("spec", hook_specs(), ids=lambda one: one.name)
def test_a_hook_is_documented_with_its_signature(spec):
    page = PAGE.read_text("utf-8")
    assert f"## `{spec.signature}`" in page.splitlines()
    section = page.partition(f"## `{spec.signature}`")[2].partition("\n## ")[0]
    assert f"Kind: **{spec.kind.value}**" in section
    assert "```python" in section
    assert "Since 1." in section
    listed = re.findall(r"^- `(\w+)`", section, re.MULTILINE)
    assert tuple(listed) == spec.arguments


@pytest.mark.parametrize("spec", hook_specs(), ids=lambda one: one.name)
def test_the_docstring_of_a_hook_says_its_kind_thread_and_example(spec):
    text = spec.function.__doc__
    assert re.search(rf"Kind: {spec.kind.value}\b", text)
    assert "Called" in text
    assert ">>> @hookimpl" in text
    assert "versionadded::" in text


def test_every_hook_has_a_test_of_its_name():
    texts = [
        path.read_text("utf-8")
        for folder in ("tests", "plugins")
        for path in (ROOT / folder).rglob("test_*.py")
    ]
    tested = set(re.findall(r"^def test_hook_(\w+)\(", "\n".join(texts), re.MULTILINE))
    assert {spec.name for spec in hook_specs()} <= tested


def test_every_hook_has_a_kind_and_every_kind_a_hook():
    from dxclient.hookspecs import KINDS

    assert {spec.name for spec in hook_specs()} == set(KINDS)
