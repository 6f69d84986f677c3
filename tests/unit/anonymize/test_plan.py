import pytest

from dxclient.anonymize import anonymize_bytes, check_plan, explain_plan, required_variables
from dxclient.domain.errors import ScriptError
from dxclient.domain.plan import AnonymizationPlan, Variable
from dxclient.domain.project import Origin, ScriptSource
from tests.unit.dicomedit.files import read, synthetic


def script(lines, name="site"):
    return ScriptSource(name=name, text=f'version "6.6"\n{lines}\n', origin=Origin.SITE)


def test_the_scripts_of_a_plan_run_in_order_with_its_variables():
    plan = AnonymizationPlan(
        scripts=(script("(0010,0010) := subject"), script("(0010,0020) := (0010,0010)", "project")),
        variables=(Variable("subject", "S1"),),
    )
    after = read(anonymize_bytes(synthetic(), plan).data)
    assert (after.PatientName, after.PatientID) == ("S1", "S1")


def test_a_plan_without_scripts_leaves_files_as_they_are():
    data = synthetic()
    assert anonymize_bytes(data, AnonymizationPlan()).data == data


def test_a_script_that_cannot_be_understood_is_named_before_any_file_is_touched():
    plan = AnonymizationPlan(scripts=(script("-(0010,0010)"), script("nosuch[]", "project")))
    with pytest.raises(ScriptError, match="“project”") as caught:
        check_plan(plan)
    assert (caught.value.line, caught.value.column) == (2, 1)


def test_people_are_asked_for_variables_that_neither_program_nor_script_supplies():
    scripts = [
        script("(0010,0010) := subject\n(0008,1030) := site_id\nown := project\n-(0010,0030)"),
        script("(0010,0020) := SITE_ID\n(0010,4000) := own", "project"),
    ]
    assert [v.name for v in required_variables(scripts)] == ["site_id", "own"]


def test_a_plan_is_explained_script_after_script():
    plan = AnonymizationPlan(scripts=(script("-(0010,0030)"), script("removeAllPrivateTags")))
    assert explain_plan(plan) == (
        "Deletes Patient's Birth Date (0010,0030).",
        "Removes all private elements.",
    )
