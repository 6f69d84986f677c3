"""Steps of plugins that fail do not take the window with them."""

from dxclient.domain.contributions import Step
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Severity
from dxclient.domain.forms import Field, Form
from dxclient.plugin import contained_step
from dxclient.workflow import Wizard

DRAFT = UploadDraft()


def fail(draft):
    raise ValueError("Synthetic^Subject")


def test_a_step_that_works_is_as_it_was(dx_host):
    form = Form(fields=(Field(name="visit", label="Visit"),))
    step = Step(id="a", title="A", after=("b",), form=lambda draft: form)
    found = contained_step(dx_host, "acme", step)
    assert (found.id, found.title, found.after) == ("a", "A", ("b",))
    assert found.applies(DRAFT)
    assert found.check(DRAFT) == ()
    assert found.form(DRAFT) is form
    assert contained_step(dx_host, "acme", Step(id="a", title="A")).form is None


def test_a_step_that_cannot_say_whether_it_applies_does_not(dx_host):
    assert not contained_step(dx_host, "acme", Step(id="a", title="A", applies=fail)).applies(DRAFT)
    assert dx_host.failures[0].plugin == "acme"


def test_a_step_whose_check_fails_holds_the_upload_and_names_the_plugin(dx_host):
    step = contained_step(dx_host, "acme", Step(id="a", title="A", check=fail))
    wizard = Wizard((step, Step(id="b", title="B")), DRAFT)
    assert not wizard.next()
    [finding] = wizard.holding()
    assert finding.severity is Severity.STOPS
    assert "acme" in finding.sentence
    assert "Synthetic" not in repr(dx_host.failures)


def test_a_form_that_fails_asks_nothing_and_holds(dx_host):
    form = contained_step(dx_host, "acme", Step(id="a", title="A", form=fail)).form(DRAFT)
    assert form.fields == ()
    assert [one.code for one in form.check({})] == ["step.failed"]
