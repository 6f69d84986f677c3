"""Loading: whole sample plugins, and every way in which one of them may be bad."""

import shutil
import subprocess
import sys

import pytest

from dxclient import __version__
from dxclient.builtin import BUILTIN
from dxclient.domain.errors import PluginHookError
from dxclient.plugin import PluginHost, PluginState, load_plugins
from dxclient.testing.examples import example
from tests.helpers.plugins import SAMPLES, install_sample, on_path, write_plugin

OFFERS = """
from dxclient.api import PetTracer, hookimpl

@hookimpl
def dxclient_pet_tracers():
    return [PetTracer(__name__)]
"""


@pytest.fixture
def load(tmp_path):
    """Load what lies in the test's folder, and nothing else, into a new host."""

    def run(builtin=(), **choices):
        host = PluginHost()
        with on_path(tmp_path):
            records = load_plugins(host, builtin, **choices)
        return host, {record.name: record for record in records}

    return run


@pytest.fixture(autouse=True)
def _no_choice(monkeypatch):
    monkeypatch.delenv("DXCLIENT_PLUGINS", raising=False)


def tracers(host):
    answers = host.each("dxclient_pet_tracers", project=None, settings=None)
    return [one.name for _, found in answers for one in found]


def test_an_installed_labeling_scheme_is_offered(tmp_path, load):
    install_sample("sample-labels", tmp_path)
    host, records = load()
    record = records["sample-labels"]
    assert record.state is PluginState.ACTIVE
    assert record.source == "dxclient-sample-labels"
    assert (record.version, record.hooks) == ("1.0", ("dxclient_labeling_schemes",))
    answers = host.each("dxclient_labeling_schemes", project=None, settings=None)
    assert [(name, scheme.title) for name, (scheme,) in answers] == [("sample-labels", "Study ID")]


def test_the_samples_own_tests_pass(tmp_path):
    install_sample("sample-labels", tmp_path)
    tests = shutil.copytree(SAMPLES / "sample-labels" / "tests", tmp_path / "tests")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import pytest; " + (
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', {str(tests)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_guard_that_fails_is_named(tmp_path, load):
    install_sample("raises-in-guard", tmp_path)
    host, _ = load(BUILTIN)
    known = {name: example(name) for name in ("session", "draft", "project", "settings")}
    with pytest.raises(PluginHookError, match="raises-in-guard") as caught:
        host.strict("dxclient_verify_session", **known)
    assert "Synthetic" not in str(caught.value) + caught.value.details


def test_a_plugin_that_ends_the_program_at_import_leaves_the_others_working(tmp_path, load):
    install_sample("raises-at-import", tmp_path)
    install_sample("sample-labels", tmp_path)
    _, records = load(BUILTIN)
    assert records["raises-at-import"].state is PluginState.FAILED
    assert "SystemExit" in records["raises-at-import"].details
    assert records["sample-labels"].state is PluginState.ACTIVE
    assert {records[name].state for name in BUILTIN} == {PluginState.ACTIVE}


@pytest.mark.parametrize("error", ["ImportError('x')", "BaseException('x')", "GeneratorExit()"])
def test_whatever_is_raised_at_import_is_contained(tmp_path, load, error):
    write_plugin(tmp_path, "bad", f"raise {error}")
    write_plugin(tmp_path, "good", OFFERS)
    host, records = load()
    assert records["bad"].state is PluginState.FAILED
    assert "x" not in records["bad"].sentence.split()
    assert tracers(host) == ["made_good"]


def test_a_persons_interruption_at_import_is_not_swallowed(tmp_path, load):
    write_plugin(tmp_path, "slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load()


def test_a_module_that_is_not_there_is_a_failure(tmp_path, load):
    write_plugin(tmp_path, "gone", OFFERS)
    (tmp_path / "made_gone.py").unlink()
    _, records = load()
    assert records["gone"].state is PluginState.FAILED
    assert records["gone"].details.startswith("ModuleNotFoundError")


def test_a_misspelt_hook_fails_with_a_hint(tmp_path, load):
    write_plugin(tmp_path, "typo", OFFERS.replace("tracers", "tracer"))
    write_plugin(tmp_path, "good", OFFERS)
    host, records = load()
    assert records["typo"].state is PluginState.FAILED
    assert "did you mean dxclient_pet_tracers?" in records["typo"].sentence
    assert tracers(host) == ["made_good"]


def test_a_plugin_for_a_later_dxclient_is_refused_before_it_runs(tmp_path, load):
    marker = tmp_path / "ran"
    text = f"open({str(marker)!r}, 'w')"
    write_plugin(tmp_path, "later", text, requires=["dxclient>=99.1"])
    _, records = load()
    assert records["later"].state is PluginState.REFUSED
    assert records["later"].sentence == f"It needs dxclient >=99.1; this is {__version__}."
    assert not marker.exists()


def test_a_plugin_for_another_api_is_refused_before_it_runs(tmp_path, load):
    write_plugin(tmp_path, "v2", "raise AssertionError", group="dxclient.plugins.v2")
    _, records = load()
    assert records["v2"].state is PluginState.REFUSED
    assert "another version" in records["v2"].sentence


def test_of_two_with_the_same_name_the_second_is_refused(tmp_path):
    one, other = write_plugin(tmp_path / "a", "same", OFFERS), tmp_path / "b"
    write_plugin(other, "Same", OFFERS, dist="another")
    host = PluginHost()
    with on_path(one, other):
        records = load_plugins(host, ())
    states = sorted(r.state.value for r in records if r.name.lower() == "same")
    assert states == ["active", "refused"]


def test_an_extension_cannot_look_like_what_is_built_in(tmp_path, load):
    write_plugin(tmp_path, "dxclient.Builtin_scripts", "raise AssertionError")
    _, records = load(BUILTIN)
    assert records["dxclient.Builtin_scripts"].state is PluginState.REFUSED


STEPS = """
from dxclient.api import hookimpl
DXCLIENT_REPLACES = ("dxclient.builtin.scripts",)

@hookimpl
def {hook}():
    return []
"""


def test_a_guard_can_be_replaced_by_an_extension_that_guards_the_same(tmp_path, load):
    write_plugin(tmp_path, "acme", STEPS.format(hook="dxclient_anonymization_steps"))
    host, records = load(BUILTIN)
    old = records["dxclient.builtin.scripts"]
    assert old.state is PluginState.DISABLED
    assert old.sentence == "The extension “acme” replaces it."
    names = [version.name for version in host.versions()]
    assert "acme" in names
    assert old.name not in names


def test_a_guard_stays_when_its_replacement_lacks_it(tmp_path, load):
    write_plugin(tmp_path, "acme", STEPS.format(hook="dxclient_redactions"))
    host, records = load(BUILTIN)
    old = records["dxclient.builtin.scripts"]
    assert old.state is PluginState.ACTIVE
    assert "has no dxclient_anonymization_steps" in old.sentence
    assert host.guards_of(old.name) == ("dxclient_anonymization_steps",)


def test_in_safe_mode_nothing_is_replaced(tmp_path, load):
    write_plugin(tmp_path, "acme", STEPS.format(hook="dxclient_anonymization_steps"))
    _, records = load(BUILTIN, safe_mode=True)
    assert records["dxclient.builtin.scripts"].state is PluginState.ACTIVE


def test_extensions_are_loaded_in_the_order_of_their_names(tmp_path, load):
    for name in ("zebra", "Ape", "m-o-use"):
        write_plugin(tmp_path, name, OFFERS)
    host, _ = load()
    assert tracers(host) == ["made_zebra", "made_m_o_use", "made_Ape"]


def test_safe_mode_imports_no_extension(tmp_path, load):
    write_plugin(tmp_path, "bad", "raise AssertionError")
    _, records = load(["dxclient.builtin.tracers"], safe_mode=True)
    assert records["bad"].state is PluginState.DISABLED
    assert "Safe mode" in records["bad"].sentence
    assert records["dxclient.builtin.tracers"].state is PluginState.ACTIVE


def test_the_environment_chooses_extensions(tmp_path, load, monkeypatch):
    for name in ("one", "two", "three"):
        write_plugin(tmp_path, name, OFFERS)
    monkeypatch.setenv("DXCLIENT_PLUGINS", "three, one")
    host, records = load()
    assert tracers(host) == ["made_three", "made_one"]
    assert records["two"].state is PluginState.DISABLED
    monkeypatch.setenv("DXCLIENT_PLUGINS", "")
    assert tracers(load()[0]) == []
    assert tracers(load(only=["two"])[0]) == ["made_two"]


def test_a_plugin_that_is_switched_off_is_not_imported(tmp_path, load):
    write_plugin(tmp_path, "off", "raise AssertionError")
    _, records = load(disabled=["off"])
    assert records["off"].state is PluginState.DISABLED


def test_a_built_in_plugin_may_be_switched_off_unless_it_guards(load):
    host, records = load(BUILTIN, disabled=["tracers", "dxclient.builtin.scripts"])
    assert records["dxclient.builtin.tracers"].state is PluginState.DISABLED
    assert tracers(host) == []
    scripts = records["dxclient.builtin.scripts"]
    assert scripts.state is PluginState.ACTIVE
    assert "cannot be switched off" in scripts.sentence
    assert host.guards_of("dxclient.builtin.scripts") == ("dxclient_anonymization_steps",)


def test_every_built_in_guard_resists_being_switched_off(load):
    all_on, _ = load(BUILTIN)
    all_off, _ = load(BUILTIN, disabled=BUILTIN)
    guards = {name: all_on.guards_of(name) for name in BUILTIN if all_on.guards_of(name)}
    assert guards
    assert {name: all_off.guards_of(name) for name in guards} == guards
    assert {v.name for v in all_off.versions()} == set(guards)


def test_nothing_passes_a_guard_when_a_built_in_plugin_is_broken(tmp_path, load):
    (tmp_path / "broken_builtin.py").write_text("raise ImportError")
    host, records = load(["broken_builtin", "dxclient.builtin.scripts"])
    assert records["broken_builtin"].state is PluginState.FAILED
    known = {name: example(name) for name in ("project", "draft", "settings")}
    with pytest.raises(PluginHookError, match="broken_builtin"):
        host.strict("dxclient_anonymization_steps", **known)


def test_a_plugin_that_took_the_program_down_is_skipped_once(tmp_path, load):
    write_plugin(tmp_path, "deadly", "import os; os._exit(9)")
    state = tmp_path / "state"
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from pathlib import Path\n"
        "from dxclient.plugin import PluginHost, load_plugins\n"
        f"load_plugins(PluginHost(), (), state_folder=Path({str(state)!r}))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 9
    (tmp_path / "made_deadly.py").write_text(OFFERS)
    host, records = load(state_folder=state)
    assert records["deadly"].state is PluginState.QUARANTINED
    assert tracers(host) == []
    host, records = load(state_folder=state)
    assert records["deadly"].state is PluginState.ACTIVE
    assert list(state.iterdir()) == []


def test_a_folder_for_state_that_cannot_be_made_is_no_reason_to_fail(tmp_path, load):
    (tmp_path / "file").write_text("")
    write_plugin(tmp_path, "good", OFFERS)
    assert load(state_folder=tmp_path / "file" / "state")[1]["good"].state is PluginState.ACTIVE
