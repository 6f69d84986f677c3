"""Facts of the core: labels, plans, drafts, sessions, errors."""

import ast
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dxclient.domain
from dxclient.domain import errors
from dxclient.domain.dicom import DicomFile, ImageSession, Scan
from dxclient.domain.draft import UploadDraft
from dxclient.domain.labels import MAX_LABEL, clean_label, label_problem, same_label
from dxclient.domain.plan import AnonymizationPlan, PluginVersion, Variable
from dxclient.domain.preferences import SettingsView
from dxclient.domain.project import Origin, Project, ScriptSource, Sourced


@given(st.text())
def test_a_cleaned_label_is_legal_or_empty(text):
    label = clean_label(text)
    assert label == "" or label_problem(label) == ""
    assert len(label) <= MAX_LABEL


@given(st.text())
def test_a_cleaned_label_has_only_characters_that_xnat_keeps(text):
    assert re.fullmatch(r"[A-Za-z0-9_-]*", clean_label(text))


@given(st.from_regex(r"[A-Za-z0-9-]([A-Za-z0-9_-]{0,60}[A-Za-z0-9-])?", fullmatch=True))
def test_a_legal_label_stays_as_it_is(text):
    assert clean_label(text) == text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Visit 1", "Visit_1"),
        ("Müller^Ä", "Muller_A"),
        ("  a//b  ", "a_b"),
        ("日本", ""),
        ("__", ""),
    ],
)
def test_labels_are_cleaned_so(text, label):
    assert clean_label(text) == label


@pytest.mark.parametrize("text", ["", "a b", "é", "a.b", "x" * (MAX_LABEL + 1), "a\n"])
def test_an_illegal_label_is_explained(text):
    assert label_problem(text).endswith(".")


def test_labels_that_differ_only_in_case_are_the_same():
    assert same_label("S1_mr", "s1_MR")
    assert not same_label("S1", "S2")


TEXTS = st.text(max_size=8)
SCRIPTS = st.builds(ScriptSource, name=TEXTS, text=TEXTS, origin=st.sampled_from(Origin))
PLANS = st.builds(
    AnonymizationPlan,
    scripts=st.lists(SCRIPTS, max_size=3).map(tuple),
    variables=st.lists(st.builds(Variable, TEXTS, TEXTS), max_size=3).map(tuple),
    plugins=st.lists(st.builds(PluginVersion, TEXTS, TEXTS), max_size=2).map(tuple),
)


@given(PLANS)
def test_a_plan_survives_being_written_and_read(plan):
    found = AnonymizationPlan.from_json(plan.to_json())
    assert found == plan
    assert found.digest == plan.digest


@given(PLANS, PLANS)
def test_plans_have_the_same_digest_only_when_they_are_the_same(one, other):
    assert (one.digest == other.digest) is (one == other)


def test_the_order_of_scripts_is_part_of_the_digest():
    scripts = tuple(ScriptSource(name=n, text=n, origin=Origin.SITE) for n in "ab")
    one, other = (AnonymizationPlan(scripts=order) for order in (scripts, scripts[::-1]))
    assert one.digest != other.digest


def file(size):
    return DicomFile(
        path=Path("x"),
        size=size,
        modified_ns=0,
        sop_class_uid="1",
        sop_instance_uid="2",
        transfer_syntax_uid="3",
    )


SCANS = (
    Scan(series_uid="1", modality="MR", files=(file(3), file(4))),
    Scan(series_uid="2", modality="PT", files=(file(5),)),
    Scan(series_uid="3", modality="MR"),
    Scan(series_uid="4"),
)


def test_a_session_sums_its_scans():
    session = ImageSession(study_uid="1", scans=SCANS)
    assert (session.size, session.file_count) == (12, 3)
    assert session.modalities == ("MR", "PT")


def test_a_draft_sends_all_scans_unless_some_were_chosen():
    draft = UploadDraft(session=ImageSession(study_uid="1", scans=SCANS))
    assert draft.scans == SCANS
    assert draft.has_pet
    chosen = dataclasses.replace(draft, scan_uids=frozenset({"1", "3"}))
    assert [scan.series_uid for scan in chosen.scans] == ["1", "3"]
    assert not chosen.has_pet
    assert dataclasses.replace(draft, scan_uids=frozenset()).scans == ()
    assert UploadDraft().scans == ()


def test_a_project_without_a_name_is_called_by_its_id():
    assert Project(id="P1").title == "P1"
    assert Project(id="P1", name="Study").title == "Study"


def test_a_view_of_settings_gives_values_with_their_origin():
    view = SettingsView(
        {"a": Sourced(3, Origin.SITE), "b": Sourced("x"), "c": Sourced(True)}, frozenset({"a"})
    )
    assert view.keys() == ("a", "b", "c")
    assert (view.number("a"), view.text("b"), view.flag("c"), view.flag("a")) == (
        3,
        "x",
        True,
        False,
    )
    assert view.sourced("a").origin is Origin.SITE
    assert view.locked("a")
    assert not view.locked("b")
    with pytest.raises(KeyError):
        view["d"]


ERRORS = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, errors.DxError)
]
ARGUMENTS = {
    errors.PluginLoadError: ("acme", "Broken."),
    errors.PluginHookError: ("acme", "dxclient_redactions"),
}


@pytest.mark.parametrize("kind", ERRORS, ids=lambda one: one.__name__)
def test_an_error_crosses_process_boundaries_as_it_is(kind):
    error = kind(*ARGUMENTS.get(kind, ("What happened.",)), details="more")
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is kind
    assert str(found) == str(error)
    assert vars(found) == vars(error)


def test_the_tree_that_is_drawn_is_the_tree_that_is():
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__)
    assert sorted(drawn) == sorted(kind.__name__ for kind in ERRORS if kind is not errors.DxError)
    depth = {
        name: len(lead) for lead, name in re.findall(r"^([│ ├└─]*)(\w+)", errors.__doc__, re.M)
    }
    for kind in ERRORS[1:]:
        assert depth[kind.__name__] == depth[kind.__base__.__name__] + 4


def facts():
    for info in pkgutil.iter_modules(dxclient.domain.__path__):
        module = importlib.import_module(f"dxclient.domain.{info.name}")
        for kind in vars(module).values():
            if dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__:
                yield kind


@pytest.mark.parametrize("kind", list(facts()), ids=lambda one: one.__name__)
def test_facts_are_frozen_and_slotted(kind):
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)
    for found in dataclasses.fields(kind):
        assert not re.match(r"(list|dict|set)\b", str(found.type)), found.name


def test_the_facade_exports_what_it_imports():
    import dxclient.api as api

    tree = ast.parse(Path(api.__file__).read_text("utf-8"))
    imported = {
        alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert set(api.__all__) == imported | {"API_VERSION"}
