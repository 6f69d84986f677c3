"""The host: who is asked first, what is refused, what is remembered."""

import threading

import pytest

from dxclient.api import AnonymizationError, AnonymizationStep, Origin, ScriptSource, hookimpl
from dxclient.domain.errors import PluginHookError, PluginLoadError, SettingsError
from dxclient.domain.plan import PluginVersion
from dxclient.testing.examples import example


class Answers:
    """Decides about the executor."""

    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def dxclient_executor(self):
        return self.answer


def guard_raising(error):
    class Guard:
        @hookimpl
        def dxclient_redactions(self):
            raise error

    return Guard()


def strict(host):
    return host.strict("dxclient_redactions", session=example("session"), settings=None)


def test_extensions_are_asked_before_what_is_built_in(dx_host):
    dx_host.register(Answers("ours"), "dxclient.builtin.processes", builtin=True)
    dx_host.register(Answers("theirs"), "acme")
    assert dx_host.first("dxclient_executor", settings=None) == "theirs"


def test_an_implementation_gets_the_arguments_that_it_names(dx_host):
    class Plugin:
        @hookimpl
        def dxclient_pet_tracers(self, settings):
            return [settings]

    dx_host.register(Plugin(), "acme")
    answers = dx_host.each("dxclient_pet_tracers", project="project", settings="settings")
    assert answers == [("acme", ("settings",))]


@pytest.mark.parametrize("known", [{}, {"project": 1}, {"project": 1, "settings": 2, "more": 3}])
def test_a_hook_is_called_with_exactly_its_arguments(dx_host, known):
    with pytest.raises(ValueError, match="project, settings"):
        dx_host.each("dxclient_pet_tracers", **known)


def test_a_hook_that_does_not_exist_cannot_be_called(dx_host):
    with pytest.raises(ValueError, match="dxclient_pet"):
        dx_host.each("dxclient_pet")


def test_an_offer_that_fails_while_it_is_read_is_lost_and_the_others_stand(dx_host):
    class Half:
        @hookimpl
        def dxclient_panels(self):
            yield "one"
            raise ValueError

    class Whole:
        @hookimpl
        def dxclient_panels(self):
            return (name for name in ("two", "three"))

    dx_host.register(Half(), "half")
    dx_host.register(Whole(), "whole")
    assert dx_host.each("dxclient_panels") == [("whole", ("two", "three"))]
    assert [failure.plugin for failure in dx_host.failures] == ["half"]


@pytest.mark.parametrize("answer", ["a text", b"bytes", {"a": 1}, 7, None])
def test_a_guard_that_does_not_answer_with_a_list_stops_the_work(dx_host, answer):
    class Guard:
        @hookimpl
        def dxclient_redactions(self):
            return answer

    dx_host.register(Guard(), "acme")
    with pytest.raises(PluginHookError, match="acme"):
        strict(dx_host)


def test_a_guard_that_ends_the_program_stops_only_the_work(dx_host):
    dx_host.register(guard_raising(SystemExit(3)), "acme")
    with pytest.raises(PluginHookError, match="acme"):
        strict(dx_host)


def test_a_persons_interruption_is_not_a_failure_of_the_plugin(dx_host):
    dx_host.register(guard_raising(KeyboardInterrupt()), "acme")
    with pytest.raises(KeyboardInterrupt):
        strict(dx_host)
    assert dx_host.failures == ()


def test_foreign_words_stay_out_of_the_error_of_a_guard(dx_host):
    dx_host.register(guard_raising(ValueError("Synthetic^Subject")), "acme")
    with pytest.raises(PluginHookError) as caught:
        strict(dx_host)
    assert "Synthetic" not in str(caught.value) + caught.value.details
    assert caught.value.details.startswith("ValueError in test_host.py, line")
    assert isinstance(caught.value.__cause__, ValueError)
    assert "Synthetic" not in repr(dx_host.failures)


def test_an_anonymization_error_keeps_its_sentence(dx_host):
    dx_host.register(guard_raising(AnonymizationError("Burned-in text.")), "acme")
    with pytest.raises(PluginHookError) as caught:
        strict(dx_host)
    assert caught.value.details == "Burned-in text."
    assert caught.value.plugin == "acme"


def test_our_own_errors_keep_their_sentence_and_others_do_not(dx_host):
    dx_host.register(guard_raising(SettingsError("Choose a script.")), "ours", builtin=True)
    with pytest.raises(PluginHookError) as caught:
        strict(dx_host)
    assert caught.value.details == "Choose a script."
    dx_host.register(guard_raising(SettingsError("Choose a script.")), "theirs")
    with pytest.raises(PluginHookError) as caught:
        strict(dx_host)
    assert "Choose" not in caught.value.details


def test_versions_are_in_the_order_of_registration(dx_host):
    dx_host.register(Answers(1), "b", "2.0")
    dx_host.register(Answers(2), "a", "1.0")
    assert dx_host.versions() == (PluginVersion("b", "2.0"), PluginVersion("a", "1.0"))


def test_hooks_and_guards_of_a_plugin_are_known(dx_host):
    class Both:
        @hookimpl
        def dxclient_redactions(self):
            return []

        @hookimpl
        def dxclient_panels(self):
            return []

    dx_host.register(Both(), "acme")
    assert dx_host.hooks_of("acme") == ("dxclient_panels", "dxclient_redactions")
    assert dx_host.guards_of("acme") == ("dxclient_redactions",)


def refused(host, plugin):
    with pytest.raises(PluginLoadError) as caught:
        host.register(plugin, "acme")
    assert caught.value.plugin == "acme"
    assert host.versions() == ()
    return str(caught.value)


def test_a_misspelt_hook_is_refused_with_the_right_name(dx_host):
    class Plugin:
        @hookimpl
        def dxclient_pet_tracer(self):
            return []

    assert "did you mean dxclient_pet_tracers?" in refused(dx_host, Plugin())


def test_a_hook_of_later_versions_may_be_marked_as_optional(dx_host):
    class Plugin:
        @hookimpl(optionalhook=True)
        def dxclient_of_the_future(self):
            return []

    dx_host.register(Plugin(), "acme")
    assert dx_host.hooks_of("acme") == ()


def test_a_wrong_argument_is_refused_with_the_right_name(dx_host):
    class Plugin:
        @hookimpl
        def dxclient_redactions(self, sesion):
            return []

    assert "no argument “sesion”; did you mean session?" in refused(dx_host, Plugin())


def test_a_keyword_argument_that_nobody_gives_is_refused(dx_host):
    class Plugin:
        @hookimpl
        def dxclient_redactions(self, *, pixels):
            return []

    assert "pixels" in refused(dx_host, Plugin())


def test_a_forgotten_marker_is_refused(dx_host):
    class Plugin:
        def dxclient_verify_session(self, session):
            raise AssertionError

    assert "@hookimpl" in refused(dx_host, Plugin())


@pytest.mark.parametrize("way", [{"wrapper": True}, {"hookwrapper": True}])
def test_wrappers_are_refused(dx_host, way):
    import pluggy

    class Plugin:
        @pluggy.HookimplMarker("dxclient")(**way)
        def dxclient_redactions(self):
            yield

    assert "wrapper" in refused(dx_host, Plugin())


def test_a_name_that_is_taken_is_refused(dx_host):
    dx_host.register(Answers(1), "acme")
    with pytest.raises(PluginLoadError):
        dx_host.register(Answers(2), "acme")
    assert dx_host.first("dxclient_executor", settings=None) == 1


def test_what_a_plugin_offered_is_called_with_its_failures_contained(dx_host):
    def fail():
        raise KeyError("Synthetic^Subject")

    assert dx_host.contain("acme", lambda: 7) == 7
    assert dx_host.contain("acme", fail) is None
    [failure] = dx_host.failures
    assert failure.plugin == "acme"
    assert "Synthetic" not in repr(failure)


def test_guards_refuse_everything_while_a_built_in_plugin_is_missing(dx_host):
    dx_host.miss("dxclient.builtin.scripts", "ImportError")
    with pytest.raises(PluginHookError, match=r"dxclient\.builtin\.scripts"):
        strict(dx_host)


def test_only_the_newest_failures_are_kept(dx_host):
    for number in range(600):
        dx_host.contain(f"p{number}", lambda: 1 / 0)
    assert len(dx_host.failures) == 500
    assert dx_host.failures[-1].plugin == "p599"


def test_hooks_may_be_called_on_many_threads(dx_host):
    script = ScriptSource(name="a", text="", origin=Origin.PLUGIN)

    class Plugin:
        @hookimpl
        def dxclient_anonymization_steps(self, project):
            return [AnonymizationStep(order=project, script=script)]

    dx_host.register(Plugin(), "acme")
    seen = []

    def work(number):
        [(_, [step])] = dx_host.strict(
            "dxclient_anonymization_steps", project=number, draft=None, settings=None
        )
        seen.append((number, step.order))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [(n, n) for n in range(20)]
