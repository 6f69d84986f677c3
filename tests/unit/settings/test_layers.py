"""Layers of settings: who wins, what is locked, what is ignored."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.domain.errors import SettingsError
from dxclient.domain.findings import Severity
from dxclient.domain.preferences import SettingField, SettingLayer
from dxclient.domain.project import Origin
from dxclient.settings import checked_value, declare, merge, merge_with_findings, problem_with

PREFIX = SettingField(key="acme.prefix", default="AC", label="Prefix")
PARTS = SettingField(key="parts", default=3, label="Parts", minimum=1, maximum=8)
ORDER = (Origin.MACHINE, Origin.PLUGIN, Origin.SITE, Origin.PROJECT, Origin.USER)


def says(origin, value, *locked):
    return SettingLayer(origin=origin, values={"acme.prefix": value}, locked=frozenset(locked))


@pytest.mark.parametrize(("weak", "strong"), list(itertools.combinations(ORDER, 2)))
def test_the_stronger_origin_wins_in_whatever_order_they_come(weak, strong):
    layers = [says(strong, "strong"), says(weak, "weak")]
    for order in (layers, layers[::-1]):
        found = merge([PREFIX], order).sourced("acme.prefix")
        assert (found.value, found.origin) == ("strong", strong)


def test_without_layers_the_default_counts():
    found = merge([PREFIX], []).sourced("acme.prefix")
    assert (found.value, found.origin) == ("AC", Origin.DEFAULT)


@pytest.mark.parametrize("strong", ORDER[1:])
def test_what_the_machine_locks_nobody_changes(strong):
    view = merge([PREFIX], [says(strong, "mine"), says(Origin.MACHINE, "fixed", "acme.prefix")])
    assert view.text("acme.prefix") == "fixed"
    assert view.locked("acme.prefix")
    assert view.sourced("acme.prefix").origin is Origin.MACHINE


def test_a_lock_without_a_value_fixes_the_default():
    policy = SettingLayer(origin=Origin.MACHINE, locked=frozenset({"acme.prefix"}))
    assert merge([PREFIX], [says(Origin.USER, "mine"), policy]).text("acme.prefix") == "AC"


def test_a_locked_value_that_does_not_fit_still_keeps_the_others_out():
    view = merge([PREFIX], [says(Origin.MACHINE, 7, "acme.prefix"), says(Origin.USER, "mine")])
    assert view.text("acme.prefix") == "AC"


def test_of_two_layers_of_one_origin_the_later_one_wins():
    assert (
        merge([PREFIX], [says(Origin.SITE, "a"), says(Origin.SITE, "b")]).text("acme.prefix") == "b"
    )


def test_a_bad_value_falls_back_to_the_next_weaker_one_and_is_said():
    merged = merge_with_findings([PREFIX], [says(Origin.SITE, "site"), says(Origin.USER, 7)])
    assert merged.view.text("acme.prefix") == "site"
    [finding] = merged.findings
    assert (finding.subject, finding.code) == ("acme.prefix", "settings.value")
    assert "user" in finding.sentence


def test_a_policy_value_that_does_not_fit_stops():
    merged = merge_with_findings(
        FIELDS, [SettingLayer(origin=Origin.MACHINE, values={"flag": "true"})]
    )
    [finding] = merged.findings
    assert (finding.severity, finding.subject) == (Severity.STOPS, "flag")
    assert "yes or no" in finding.sentence


def test_keys_that_nobody_declared_are_left_alone():
    merged = merge_with_findings([PARTS], [says(Origin.USER, "of a plugin that is not loaded")])
    assert merged.findings == ()
    assert "acme.prefix" not in merged.view


FIELDS = [
    SettingField(key="flag", default=False, label="Flag"),
    PARTS,
    SettingField(key="rate", default=1.5, label="Rate", minimum=0),
    SettingField(key="theme", default="light", label="Theme", choices=("light", "dark")),
    SettingField(key="list", default=("a",), label="List"),
]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.floats(),
    st.text(max_size=4),
    st.just("dark"),
    st.lists(st.one_of(st.text(max_size=2), st.integers()), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
)


@given(st.fixed_dictionaries({field.key: ANYTHING for field in FIELDS}))
def test_whatever_a_file_says_the_view_holds_values_that_fit(values):
    merged = merge_with_findings(FIELDS, [SettingLayer(origin=Origin.USER, values=values)])
    for field in FIELDS:
        found = merged.view[field.key]
        assert type(found) is type(field.default)
        assert problem_with(field, found) == ""
    ignored = {finding.subject for finding in merged.findings}
    assert ignored == {f.key for f in FIELDS if problem_with(f, values[f.key])}


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (FIELDS[0], 1, "yes or no"),
        (PARTS, True, "whole number"),
        (PARTS, 0, "1 or more"),
        (PARTS, 9, "8 or less"),
        (PARTS, 2.0, "whole number"),
        (FIELDS[2], math.nan, "0 or more"),
        (FIELDS[3], "blue", "light, dark"),
        (FIELDS[4], ["a", 1], "list of texts"),
        (FIELDS[4], "abc", "list of texts"),
    ],
)
def test_a_value_that_does_not_fit_is_explained(field, value, problem):
    assert problem in problem_with(field, value)


def test_a_whole_number_is_taken_as_a_number():
    layer = SettingLayer(origin=Origin.USER, values={"rate": 2})
    assert repr(merge(FIELDS, [layer])["rate"]) == "2.0"


def test_a_value_to_keep_is_checked():
    view = merge(FIELDS, [SettingLayer(origin=Origin.MACHINE, locked=frozenset({"flag"}))])
    assert checked_value(FIELDS, view, "parts", 4) == 4
    for key, value, reason in (("parts", 9, "8 or less"), ("flag", True, "fixed"), ("x", 1, "no ")):
        with pytest.raises(SettingsError, match=reason):
            checked_value(FIELDS, view, key, value)


def test_who_declares_a_key_first_owns_it():
    ours = SettingField(key="parts", default=3, label="Ours")
    theirs = SettingField(key="parts", default="many", label="Theirs")
    # Hooks answer with the latest registered first: the extension before what is built in.
    declared = declare([("acme", [theirs, PREFIX]), ("dxclient.builtin.preferences", [ours])])
    assert declared.fields == (ours, PREFIX)
    [finding] = declared.findings
    assert (finding.source, finding.subject) == ("acme", "parts")
    assert merge([theirs, ours], []).sourced("parts").value == 3
