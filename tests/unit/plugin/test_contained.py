"""Steps and functions of plugins that fail do not take the program with them."""

import pickle

import pytest

from dxclient.domain.contributions import Step
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import AnonymizationError
from dxclient.domain.findings import Severity
from dxclient.domain.forms import Field, Form
from dxclient.plugin import GuardedFunction, contained_step
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


def quoting(value):
    raise KeyError(f"no entry for {value}")


def test_a_script_function_that_fails_says_its_kind_of_error_and_no_value():
    function = pickle.loads(pickle.dumps(GuardedFunction("acme", "loud", quoting)))
    with pytest.raises(AnonymizationError) as caught:
        function("Roe^Rick")
    assert "acme" in str(caught.value)
    assert "loud" in str(caught.value)
    assert caught.value.details == "KeyError"
    assert "Roe" not in str(caught.value) + caught.value.details


def test_a_script_function_that_works_is_not_disturbed():
    assert GuardedFunction("acme", "upper", str.upper)("x") == "X"
