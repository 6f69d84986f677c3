"""A script of this machine that a person adds to an upload: planned, frozen, remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dxclient.anonymize import anonymize_bytes
from dxclient.api import Origin, ProjectSettings, ScriptSource, Severity, Variable
from dxclient.app.offers import Offers, ready_made
from dxclient.app.own_scripts import delete_own, save_own
from dxclient.app.planning import Planner
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import DxError, ScriptError, SettingsError
from dxclient.domain.plan import AnonymizationPlan
from dxclient.domain.project import Project
from dxclient.plugin import PluginHost
from dxclient.testing import examples
from tests.unit.dicomedit.files import read, synthetic

URL = "https://xnat.example.org"


def script(lines: str, origin: Origin, name: str = "script") -> ScriptSource:
    return ScriptSource(name=name, text=f'version "6.6"\n{lines}\n', origin=origin)


def profile(name: str) -> ScriptSource:
    found = ready_made(name)
    assert found is not None
    return found


def draft(*scripts: ScriptSource, **known: Any) -> UploadDraft:
    project = replace(examples.project(), scripts=scripts)
    return replace(examples.draft(), settings=project, **known)


@pytest.fixture
def planner(dx_builtin: PluginHost) -> Planner:
    return Planner(dx_builtin, lambda project: examples.settings())


def stops(planner: Planner, draft: UploadDraft) -> list[str]:
    return [f.code for f in planner.verify(draft) if f.severity is Severity.STOPS]


# -- in the plan


def test_a_chosen_profile_settles_that_there_is_no_script(planner: Planner) -> None:
    assert stops(planner, draft()) == ["script.none"]
    assert stops(planner, draft(own_script=profile("basic"))) == []


def test_a_chosen_profile_settles_that_a_script_is_required(dx_builtin: PluginHost) -> None:
    strict = Planner(dx_builtin, lambda project: examples.settings({"upload.require_script": True}))
    assert stops(strict, draft()) == ["script.required"]
    assert stops(strict, draft(own_script=profile("basic"))) == []


def test_an_own_script_that_changes_nothing_settles_nothing(planner: Planner) -> None:
    empty = script('echo "x"', Origin.USER)
    assert stops(planner, draft(own_script=empty)) == ["script.none"]


def test_it_runs_after_site_and_project(planner: Planner) -> None:
    steps = {
        origin: script(f'(0008,1030) := concatenate[(0008,1030), "{letter}"]', origin, origin.value)
        for origin, letter in ((Origin.SITE, "s"), (Origin.PROJECT, "p"), (Origin.USER, "u"))
    }
    asked = draft(steps[Origin.SITE], steps[Origin.PROJECT], own_script=steps[Origin.USER])
    plan = planner.anonymization(asked)
    assert [one.origin for one in plan.scripts] == [Origin.SITE, Origin.PROJECT, Origin.USER]
    data = synthetic(StudyDescription="x")
    assert read(anonymize_bytes(data, plan).data).StudyDescription == "xspu"


def test_the_frozen_plan_holds_its_text_and_the_digest_knows_it(planner: Planner) -> None:
    own = profile("basic")
    plan = planner.anonymization(draft(own_script=own))
    assert AnonymizationPlan.from_json(plan.to_json()).scripts == (own,)
    other = replace(own, text=own.text + "\n")
    assert planner.anonymization(draft(own_script=other)).digest != plan.digest
    assert planner.anonymization(draft()).digest != plan.digest


def test_the_explanation_says_what_it_does(planner: Planner) -> None:
    own = script("-(0010,0030)", Origin.USER)
    made = planner.plan(draft(own_script=own), server=URL, user="nurse")
    assert made.explanation == ("Deletes Patient's Birth Date (0010,0030).",)
    assert made.request.plan.scripts == (own,)


@pytest.mark.parametrize("name", ["modified-dates", "research"])
def test_a_profile_that_shifts_dates_asks_by_how_many_days(planner: Planner, name: str) -> None:
    asked = draft(own_script=profile(name))
    assert [variable.name for variable in planner.variables(asked)] == ["date_shift_days"]
    assert stops(planner, asked) == ["variable.missing"]
    assert stops(planner, replace(asked, answers=(Variable("date_shift_days", "-12"),))) == []


def test_one_that_cannot_be_understood_is_named(planner: Planner) -> None:
    with pytest.raises(ScriptError, match="mine"):
        planner.plan(
            draft(own_script=script("nonsense[", Origin.USER, "mine")), server=URL, user=""
        )


def test_one_that_would_not_run_stops_the_upload(dx_builtin: PluginHost) -> None:
    dx_builtin.unregister("dxclient.builtin.scripts")
    without = Planner(dx_builtin, lambda project: examples.settings())
    asked = draft(own_script=profile("basic"))
    assert stops(without, asked) == ["script.none", "script.own-left-out"]
    agreed = replace(asked, accepts_no_script=True)
    assert stops(without, agreed) == ["script.own-left-out"]


# -- what is offered, and what is remembered


@pytest.fixture
def offers(tmp_path: Path) -> Offers:
    return Offers(tmp_path, URL, tuple)


def test_profiles_come_first_then_a_persons_own_scripts(offers: Offers, tmp_path: Path) -> None:
    save_own(tmp_path, "mine", 'version "6.6"\n-(0010,0010)\n')
    found = offers.all()
    assert found[0].id == "ready-made:basic"
    assert found[-1].id == "own:mine"
    assert {one.script.origin for one in found} == {Origin.USER}
    assert all(one.sentence and not one.problem for one in found)
    asks = {one.id: one.asks for one in found}
    assert asks["ready-made:basic"] == ()
    assert asks["ready-made:research"] == ("date_shift_days",)


def test_an_own_script_with_errors_is_offered_with_its_problem(
    offers: Offers, tmp_path: Path
) -> None:
    save_own(tmp_path, "broken", 'version "6.6"\n-(0010,0010\n')
    assert offers.all()[-1].problem


def test_a_choice_is_remembered_for_its_project_and_server(offers: Offers, tmp_path: Path) -> None:
    offers.remember("DEMO", profile("basic"))
    assert offers.begin(draft()).own_script == profile("basic")
    other = replace(draft(), settings=ProjectSettings(project=Project(id="OTHER")))
    assert offers.begin(other) == other
    elsewhere = Offers(tmp_path, "https://b", tuple)
    assert elsewhere.begin(draft()).own_script is None
    offers.remember("DEMO", None)
    assert offers.begin(draft()) == draft()


def test_a_remembered_own_script_is_taken_as_it_is_now(offers: Offers, tmp_path: Path) -> None:
    offers.remember("DEMO", save_own(tmp_path, "mine", 'version "6.6"\n-(0010,0010)\n'))
    now = save_own(tmp_path, "mine", 'version "6.6"\n-(0010,0020)\n')
    assert offers.begin(draft()).own_script == now


def test_a_remembered_script_that_vanished_holds_the_upload(
    offers: Offers, tmp_path: Path, planner: Planner
) -> None:
    site = script("-(0010,0030)", Origin.SITE)
    offers.remember("DEMO", save_own(tmp_path, "mine", 'version "6.6"\n-(0010,0010)\n'))
    delete_own(tmp_path, "mine")
    begun = offers.begin(draft(site))
    assert begun.own_script is None
    assert "“mine”" in begun.lost_script
    assert stops(planner, begun) == ["script.own-lost"]


@pytest.mark.parametrize("text", ["{", "[]", f'{{"{URL}": 7}}', f'{{"{URL}": {{"DEMO": 7}}}}'])
def test_a_damaged_memory_holds_the_upload_and_is_not_overwritten(
    offers: Offers, tmp_path: Path, planner: Planner, text: str
) -> None:
    (tmp_path / "chosen-scripts.json").write_text(text)
    begun = offers.begin(draft())
    assert begun.lost_script
    assert "script.own-lost" in stops(planner, begun)


def test_nothing_is_remembered_over_a_damaged_file(offers: Offers, tmp_path: Path) -> None:
    (tmp_path / "chosen-scripts.json").write_text("{")
    with pytest.raises(SettingsError):
        offers.remember("DEMO", profile("basic"))
    assert (tmp_path / "chosen-scripts.json").read_text() == "{"


def test_only_what_is_offered_can_be_remembered(offers: Offers) -> None:
    with pytest.raises(DxError, match="Scripts"):
        offers.remember("DEMO", script("-(0010,0010)", Origin.USER, "a file"))
