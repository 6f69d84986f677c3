"""What the first page for plugin authors shows is what the sample is, and the sample is tested."""

import re

from tests.architecture.tree import ROOT

PAGE = (ROOT / "docs" / "plugins" / "README.md").read_text("utf-8")
SAMPLE = ROOT / "tests" / "plugins" / "sample-labels"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_shows_the_files_of_the_sample():
    package = SAMPLE / "dxclient_sample_labels"
    assert blocks("toml") == [(SAMPLE / "pyproject.toml").read_text("utf-8")]
    assert blocks("python") == [
        (package / "hooks.py").read_text("utf-8"),
        (SAMPLE / "tests" / "test_labels.py").read_text("utf-8"),
    ]


def test_the_page_names_every_fixture_of_the_kit():
    kit = (ROOT / "dxclient" / "testing" / "plugin.py").read_text("utf-8")
    fixtures = re.findall(r"@pytest\.fixture\ndef (\w+)", kit)
    assert len(fixtures) > 5
    assert [name for name in fixtures if f"`{name}" not in PAGE] == []


def test_the_page_explains_every_state_that_a_plugin_ends_in():
    from dxclient.plugin import PluginState

    on_the_way = {"found", "screened", "imported", "registered"}
    explained = set(re.findall(r"^\| (\w+) \| ", PAGE, re.MULTILINE))
    assert {state.value for state in PluginState} - on_the_way <= explained
