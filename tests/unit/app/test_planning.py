"""What the planner stops, and what it freezes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dxclient.anonymize import anonymize_bytes
from dxclient.api import (
    AnonymizationStep,
    DateVerification,
    Origin,
    ScriptSource,
    Severity,
    Sourced,
    Variable,
    hookimpl,
)
from dxclient.app.planning import Planner
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding
from dxclient.plugin import PluginHost
from dxclient.testing import examples
from tests.unit.dicomedit.files import read, synthetic


def script(lines: str, origin: Origin = Origin.PROJECT) -> ScriptSource:
    return ScriptSource(name="script", text=f'version "6.6"\n{lines}\n', origin=origin)


def draft(*lines: str, require_date: bool = False, **known: Any) -> UploadDraft:
    project = replace(
        examples.project(),
        scripts=tuple(map(script, lines)),
        require_date=Sourced(require_date),
    )
    return replace(examples.draft(), settings=project, **known)


class Steps:
    """An extension that anonymizes."""

    def __init__(self, lines: str, *variables: Variable) -> None:
        self.step = AnonymizationStep(
            order=300, script=script(lines, Origin.PLUGIN), variables=variables
        )

    @hookimpl
    def dxclient_anonymization_steps(self) -> list[AnonymizationStep]:
        return [self.step]


class Dates:
    """An extension that judges dates, or fails to."""

    def __init__(self, judge: Any) -> None:
        self.judge = judge

    @hookimpl
    def dxclient_date_verification(self) -> DateVerification:
        return DateVerification(question="Which day?", judge=self.judge)


@pytest.fixture
def planner(dx_builtin: PluginHost) -> Planner:
    return Planner(dx_builtin, lambda project: examples.settings())


def found(planner: Planner, draft: UploadDraft, severity: Severity = Severity.STOPS) -> list[str]:
    return [f.code for f in planner.verify(draft) if f.severity is severity]


def values(planner: Planner, draft: UploadDraft) -> dict[str, str]:
    return planner.anonymization(draft).values


# -- variables


@pytest.mark.parametrize("name", ["subject", "SUBJECT", "Project", "session", "tracer"])
def test_an_answer_does_not_replace_what_the_program_sets(planner: Planner, name: str) -> None:
    plain = draft("(0010,0010) := subject")
    answered = replace(plain, answers=(Variable(name, "Smuggled"),))
    assert found(planner, answered) == ["variable.reserved"]
    assert values(planner, answered) == values(planner, plain)
    assert values(planner, plain)["subject"] == "S1"


def test_a_step_of_an_extension_does_not_replace_what_the_program_sets(
    planner: Planner, dx_builtin: PluginHost
) -> None:
    dx_builtin.register(Steps("-(0010,0030)", Variable("Subject", "Other")), "acme")
    plan = planner.anonymization(draft("(0010,0010) := subject"))
    assert read(anonymize_bytes(synthetic(), plan).data).PatientName == "S1"


def test_an_answer_in_another_case_reaches_the_script(planner: Planner) -> None:
    answered = draft("(0008,1030) := Site_Id", answers=(Variable("SITE_ID", "7"),))
    assert found(planner, answered) == []
    plan = planner.anonymization(answered)
    assert read(anonymize_bytes(synthetic(), plan).data).StudyDescription == "7"


@pytest.mark.parametrize("answers", [(), (Variable("site_id", " "),)])
def test_a_value_that_nobody_gave_stops_and_is_not_made_empty(
    planner: Planner, answers: tuple[Variable, ...]
) -> None:
    asked = draft("(0008,1030) := site_id")
    assert found(planner, replace(asked, answers=answers)) == ["variable.missing"]
    assert "site_id" not in values(planner, asked)


def test_a_value_that_a_script_of_an_extension_needs_is_asked_for_too(
    planner: Planner, dx_builtin: PluginHost
) -> None:
    dx_builtin.register(Steps("(0008,1030) := site_id"), "acme")
    asked = draft("-(0010,0010)")
    assert [variable.name for variable in planner.variables(asked)] == ["site_id"]
    assert found(planner, asked) == ["variable.missing"]
    assert found(planner, replace(asked, answers=(Variable("Site_ID", "7"),))) == []


def test_a_value_that_an_extension_brings_is_not_asked_for(
    planner: Planner, dx_builtin: PluginHost
) -> None:
    dx_builtin.register(Steps("(0008,1030) := site_id", Variable("SITE_ID", "7")), "acme")
    assert planner.variables(draft()) == ()
    assert found(planner, draft()) == []


def test_nobody_is_asked_for_what_the_program_supplies(planner: Planner) -> None:
    asked = draft("(0008,1030) := experiment_label\n(0010,4000) := tracer")
    assert found(planner, asked) == []
    after = read(anonymize_bytes(synthetic(), planner.anonymization(asked)).data)
    assert (after.StudyDescription, after.PatientComments) == ("S1_MR_1", "")


# -- scripts that do nothing


NOTHING = [(), ("",), ('echo "x"',), ('describe a "text"',), ('a := "x"',), ("reject[false[]]",)]


@pytest.mark.parametrize("lines", NOTHING)
def test_without_a_script_that_changes_anything_a_person_has_to_agree(
    planner: Planner, lines: tuple[str, ...]
) -> None:
    assert found(planner, draft(*lines)) == ["script.none"]
    agreed = draft(*lines, accepts_no_script=True)
    assert found(planner, agreed) == []
    assert "script.none-accepted" in found(planner, agreed, Severity.NOTE)


@pytest.mark.parametrize("lines", NOTHING)
def test_settings_can_forbid_to_send_without_a_script_that_changes_anything(
    dx_builtin: PluginHost, lines: tuple[str, ...]
) -> None:
    strict = Planner(dx_builtin, lambda project: examples.settings({"upload.require_script": True}))
    assert found(strict, draft(*lines, accepts_no_script=True)) == ["script.required"]


@pytest.mark.parametrize(
    "lines",
    [
        "-(0010,0010)",
        '(0010,0010) := "x"',
        "removeAllPrivateTags",
        "removeTags[(0010,0010)]",
        'subject = "S1" ? -(0010,0010)',
        'if (subject = "S1") { -(0010,0010) }',
    ],
)
def test_a_script_that_changes_something_is_enough(planner: Planner, lines: str) -> None:
    assert found(planner, draft(lines)) == []


def test_a_script_of_an_extension_is_enough(planner: Planner, dx_builtin: PluginHost) -> None:
    dx_builtin.register(Steps("-(0010,0010)"), "acme")
    assert found(planner, draft()) == []


def test_scripts_of_the_server_that_do_not_run_are_not_enough(dx_host: PluginHost) -> None:
    planner = Planner(dx_host, lambda project: examples.settings())
    assert found(planner, draft("-(0010,0010)")) == ["script.none"]


# -- dates


def test_a_date_check_that_fails_stops_and_names_the_extension(
    planner: Planner, dx_builtin: PluginHost
) -> None:
    def judge(typed: str) -> tuple[Finding, ...]:
        raise ValueError("Synthetic^Subject")

    dx_builtin.register(Dates(judge), "acme")
    dated = draft("-(0010,0010)", verified_date="2020-01-02")
    [finding] = [f for f in planner.verify(dated) if f.severity is Severity.STOPS]
    assert (finding.code, finding.source) == ("date.unjudged", "acme")
    assert "acme" in finding.sentence
    assert "Synthetic" not in str(finding)
    plan = planner.plan(dated, server=examples.URL, user="demo")
    assert [f.code for f in plan.stops] == ["date.unjudged"]


@pytest.mark.parametrize("answer", [None, 7, ["no finding"]])
def test_a_date_check_that_answers_nonsense_stops(
    planner: Planner, dx_builtin: PluginHost, answer: Any
) -> None:
    dx_builtin.register(Dates(lambda typed: answer), "acme")
    assert found(planner, draft("-(0010,0010)")) == ["date.unjudged"]


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"verified_date": "2020-01-02"}, "answered and accepted"),
        ({"date_unknown": True}, "not known to the person who sent it"),
    ],
)
def test_a_receipt_says_of_the_date_what_is_known(
    planner: Planner, known: dict[str, Any], said: str
) -> None:
    plan = planner.plan(
        draft("-(0010,0010)", require_date=True, **known), server=examples.URL, user="demo"
    )
    assert plan.stops == ()
    assert plan.request.date_check == said


def test_a_wrong_date_still_stops(planner: Planner) -> None:
    wrong = draft("-(0010,0010)", require_date=True, verified_date="2021-01-02")
    assert found(planner, wrong) == ["date.differs"]


def test_a_date_that_is_demanded_and_not_in_the_files_is_said(planner: Planner) -> None:
    undated = draft("-(0010,0010)", require_date=True)
    undated = replace(undated, session=replace(examples.session(), date=None))
    assert "date.none" in found(planner, undated, Severity.NEEDS_YOU)
    assert found(planner, undated) == []
