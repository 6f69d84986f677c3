"""Each hook delivers what a plugin says, and treats a plugin that fails as its kind demands."""

import argparse
import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from dxclient.api import (
    AnonymizationStep,
    Command,
    DateVerification,
    DicomEditFunction,
    Finding,
    JobState,
    LabelKind,
    Origin,
    Panel,
    PetTracer,
    Redaction,
    Ref,
    ScriptSource,
    SettingField,
    SettingLayer,
    Severity,
    Step,
    Verdict,
    hookimpl,
)
from dxclient.domain.errors import PluginHookError
from dxclient.hookspecs import KINDS, Kind
from dxclient.plugin import hook_specs
from dxclient.settings import MemoryStore, merge
from dxclient.testing.examples import example


def plugin(hook, function):
    """An object with one implementation; the function's own arguments are asked for."""
    function.__name__ = hook
    return type("Plugin", (), {hook: staticmethod(hookimpl(function))})


def broken(hook):
    def fail():
        raise LookupError("the header says Synthetic^Subject")

    return plugin(hook, fail)


@pytest.fixture
def offers(dx_plugin, dx_ask, dx_host):
    """Check an offer: two plugins answer, one between them fails, both answers arrive by name."""

    def check(hook, function, **known):
        dx_plugin(plugin(hook, function), "early")
        dx_plugin(broken(hook), "broken")
        dx_plugin(plugin(hook, function), "late")
        answers = dx_ask(hook, **known)
        assert [name for name, _ in answers] == ["late", "early"]
        assert [(f.plugin, f.hook) for f in dx_host.failures] == [("broken", hook)]
        return next(one for _, answer in answers for one in answer)

    return check


@pytest.fixture
def decides(dx_plugin, dx_ask, dx_host):
    """Check a decision: a later plugin wins; one that fails or has no opinion is passed over."""

    def check(hook, function, **known):
        assert dx_ask(hook, **known) is None
        dx_plugin(plugin(hook, lambda: "of the early one"), "early")
        dx_plugin(plugin(hook, function), "late")
        dx_plugin(plugin(hook, lambda: None), "without opinion")
        dx_plugin(broken(hook), "broken")
        answer = dx_ask(hook, **known)
        assert answer != "of the early one"
        assert [(f.plugin, f.hook) for f in dx_host.failures] == [("broken", hook)]
        return answer

    return check


@pytest.fixture
def notifies(dx_plugin, dx_ask, dx_host):
    """Check a notification: all are told, also after one that failed; answers are ignored."""

    def check(hook, record, **known):
        heard = []

        def note(**kwargs):
            heard.append(kwargs)
            return "ignored"

        dx_plugin(plugin(hook, record(note)), "early")
        dx_plugin(broken(hook), "broken")
        dx_plugin(plugin(hook, record(note)), "late")
        assert dx_ask(hook, **known) is None
        assert [(f.plugin, f.hook) for f in dx_host.failures] == [("broken", hook)]
        assert heard[0] == heard[1]
        assert len(heard) == 2
        return heard[0]

    return check


@pytest.fixture
def guards(dx_plugin, dx_ask, dx_host):
    """Check a guard: all answers arrive; one that fails stops everything and is named."""

    def check(hook, function, *, many=True, **known):
        dx_plugin(plugin(hook, function), "early")
        dx_plugin(plugin(hook, function), "late")
        answers = dx_ask(hook, **known)
        assert [name for name, _ in answers] == ["late", "early"]
        if many:
            dx_plugin(plugin(hook, lambda: None), "silent")
            with pytest.raises(PluginHookError, match="silent"):
                dx_ask(hook, **known)
            dx_host.unregister("silent")
        dx_plugin(broken(hook), "broken")
        with pytest.raises(PluginHookError) as caught:
            dx_ask(hook, **known)
        assert (caught.value.plugin, caught.value.hook) == ("broken", hook)
        assert "Synthetic" not in str(caught.value) + caught.value.details
        answer = answers[0][1]
        return next(iter(answer)) if many else answer

    return check


def test_hook_dxclient_startup(notifies, dx_plugin):
    app = example("app")
    heard = notifies("dxclient_startup", lambda note: lambda app: note(app=app), app=app)
    assert heard == {"app": app}


def test_startup_is_told_to_plugins_that_come_later(dx_plugin, dx_ask, dx_host):
    heard = []
    dx_ask("dxclient_startup", app="the program")
    dx_plugin(plugin("dxclient_startup", lambda app: heard.append(app)), "later")
    assert heard == ["the program"]
    dx_plugin(broken("dxclient_startup"), "broken")
    assert [f.plugin for f in dx_host.failures] == ["broken"]


def test_hook_dxclient_shutdown(notifies):
    app = example("app")
    heard = notifies("dxclient_shutdown", lambda note: lambda app: note(app=app), app=app)
    assert heard == {"app": app}


def test_hook_dxclient_setting_fields(offers):
    field = SettingField(key="acme.prefix", default="AC", label="Prefix")
    found = offers("dxclient_setting_fields", lambda: [field])
    assert merge([found], []).text("acme.prefix") == "AC"


def test_hook_dxclient_settings_providers(offers):
    class Provider:
        name = "acme"

        def layer(self, server, project):
            return SettingLayer(origin=Origin.PLUGIN, values={"acme.prefix": project})

    found = offers("dxclient_settings_providers", lambda app: [Provider()])
    field = SettingField(key="acme.prefix", default="AC", label="Prefix")
    assert merge([field], [found.layer("", "P1")]).text("acme.prefix") == "P1"


def test_hook_dxclient_credential_store(decides):
    store = MemoryStore()
    server = example("server")
    asked = []
    found = decides(
        "dxclient_credential_store",
        lambda server: asked.append(server) or store,
        server=server,
    )
    assert found is store
    assert asked == [server]


def test_hook_dxclient_authenticators(offers):
    class Token:
        id, title = "acme.token", "Token"

        def credentials(self, server, answers):
            return answers["alias"], answers["secret"]

    found = offers("dxclient_authenticators", lambda server: [Token()])
    answers = {"alias": "a", "secret": "s"}
    assert found.credentials(example("server"), answers) == ("a", "s")


def test_hook_dxclient_accept_scan(guards, dx_host):
    scan = example("scan")
    refused = Verdict(False, "not wanted")
    found = guards("dxclient_accept_scan", lambda scan: refused, many=False, scan=scan)
    assert found is refused


def test_a_filter_without_opinion_is_no_answer(dx_plugin, dx_ask):
    dx_plugin(plugin("dxclient_accept_scan", lambda scan: None))
    assert dx_ask("dxclient_accept_scan") == []


def test_hook_dxclient_workflow_steps(offers):
    step = Step(id="acme.visit", title="Visit", after=("core.labels",))
    assert offers("dxclient_workflow_steps", lambda settings: [step]) is step


def test_hook_dxclient_pet_tracers(offers):
    assert offers("dxclient_pet_tracers", lambda: iter([PetTracer("FDG")])) == PetTracer("FDG")


def test_hook_dxclient_labeling_schemes(offers):
    class ByStudy:
        id, title, kind = "acme.study", "Study", LabelKind.SESSION

        def propose(self, session, draft, contents):
            return session.study_uid

    found = offers("dxclient_labeling_schemes", lambda project: [ByStudy()])
    session = example("session")
    assert found.propose(session, example("draft"), None) == session.study_uid


def test_hook_dxclient_date_verification(decides):
    wrong = Finding(severity=Severity.STOPS, code="date.other", sentence="Another day.")

    def ask(session):
        right = session.date.isoformat()
        return DateVerification(question="Day?", judge=lambda day: () if day == right else (wrong,))

    found = decides("dxclient_date_verification", ask, session=example("session"))
    assert found.judge("2020-01-02") == ()
    assert found.judge("2020-02-01") == (wrong,)


def test_hook_dxclient_verify_session(guards):
    def check(session, draft):
        yield Finding(severity=Severity.STOPS, code="acme.no", sentence=draft.label)

    found = guards("dxclient_verify_session", check)
    assert found.sentence == example("draft").label


def test_a_guard_that_fails_in_the_middle_of_its_answer_stops_too(dx_plugin, dx_ask):
    def half():
        yield Finding(severity=Severity.NOTE, code="acme.one", sentence="One.")
        raise ValueError

    dx_plugin(plugin("dxclient_verify_session", half), "half")
    with pytest.raises(PluginHookError, match="half"):
        dx_ask("dxclient_verify_session")


def test_hook_dxclient_anonymization_steps(guards):
    script = ScriptSource(name="acme", text='version "6.6"', origin=Origin.PLUGIN)
    step = AnonymizationStep(order=300, script=script)
    assert guards("dxclient_anonymization_steps", lambda project: [step]) is step


def test_hook_dxclient_dicomedit_functions(guards):
    function = DicomEditFunction(
        name="acmeCode", version="1", function=str.upper, min_args=1, max_args=1
    )
    found = guards("dxclient_dicomedit_functions", lambda: [function])
    assert found.function("a") == "A"


def test_hook_dxclient_redactions(guards):
    def top(session):
        return [
            Redaction(series_uid=s.series_uid, left=0, top=0, right=8, bottom=2)
            for s in session.scans
        ]

    assert guards("dxclient_redactions", top).series_uid == example("scan").series_uid


def test_hook_dxclient_verify_output(guards):
    def check(part, job):
        yield Finding(severity=Severity.STOPS, code="acme.part", sentence=f"{job.id}/{part.number}")

    assert guards("dxclient_verify_output", check).sentence == "1/1"


def test_hook_dxclient_executor(decides):
    with ThreadPoolExecutor(1) as pool:
        found = decides("dxclient_executor", lambda settings: pool)
        assert found.submit(int, "7").result(10) == 7


def test_hook_dxclient_job_changed(notifies):
    job = example("job")
    heard = notifies(
        "dxclient_job_changed",
        lambda note: lambda job, previous: note(job=job, previous=previous),
        job=job,
        previous=JobState.PAUSED,
    )
    assert heard == {"job": job, "previous": JobState.PAUSED}


def test_hook_dxclient_session_uploaded(notifies):
    receipt = example("receipt")
    heard = notifies(
        "dxclient_session_uploaded",
        lambda note: lambda receipt: note(receipt=receipt),
        receipt=receipt,
    )
    assert heard == {"receipt": receipt}


def test_hook_dxclient_receipt_writers(offers):
    class Xml:
        suffix, title = ".xml", "XML"

        def render(self, receipt):
            return f"<receipt session='{receipt.session}'/>".encode()

    found = offers("dxclient_receipt_writers", lambda: [Xml()])
    assert b"S1_MR_1" in found.render(example("receipt"))


def test_hook_dxclient_panels(offers):
    panel = Panel(id="acme.help", slot="settings", title="Acme", factory=Ref("acme.panel:build"))
    assert offers("dxclient_panels", lambda: [panel]) is panel


def test_hook_dxclient_commands(offers):
    command = Command(id="acme.report", title="Report", action=Ref("acme.report:run"))
    assert offers("dxclient_commands", lambda: [command]) is command


def test_hook_dxclient_cli_commands(dx_plugin, dx_ask, dx_host):
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()

    def add(subparsers):
        subparsers.add_parser("acme").set_defaults(run=lambda arguments: 7)

    dx_plugin(plugin("dxclient_cli_commands", add), "acme")
    dx_plugin(broken("dxclient_cli_commands"), "broken")
    assert dx_ask("dxclient_cli_commands", subparsers=subparsers) == []
    parsed = parser.parse_args(["acme"])
    assert parsed.run(parsed) == 7
    assert [f.plugin for f in dx_host.failures] == ["broken"]


CALLS = {Kind.NOTIFY: "notify", Kind.OFFER: "each", Kind.DECIDE: "first", Kind.GUARD: "strict"}
WRONG = [
    (spec.name, method)
    for spec, (kind, method) in itertools.product(hook_specs(), CALLS.items())
    if spec.kind is not kind
]


@pytest.mark.parametrize(("hook", "method"), WRONG)
def test_a_hook_cannot_be_called_as_another_kind(dx_host, hook, method):
    known = dict.fromkeys(next(s for s in hook_specs() if s.name == hook).arguments)
    with pytest.raises(ValueError, match=KINDS[hook].value):
        getattr(dx_host, method)(hook, **known)
