"""The order of steps."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from dxclient.builtin.steps import dxclient_workflow_steps
from dxclient.domain.contributions import Step
from dxclient.domain.errors import PluginError
from dxclient.workflow import order_steps


def step(name, after="", before=""):
    return Step(
        id=name, title=name.upper(), after=tuple(after.split()), before=tuple(before.split())
    )


def ids(*steps):
    ordered = order_steps(steps)
    assert ordered.problems == ()
    return " ".join(one.id for one in ordered.steps)


CORE = tuple(dxclient_workflow_steps())


def test_the_built_in_steps_are_in_order_however_they_are_given():
    expected = "core.project core.sessions core.verify core.labels core.confirm"
    for given_order in itertools.permutations(CORE):
        assert ids(*given_order) == expected


def test_a_step_comes_after_its_anchor_and_before_the_confirmation():
    visit = step("acme.visit", after="core.labels")
    expected = "core.project core.sessions core.verify core.labels acme.visit core.confirm"
    assert ids(*CORE, visit) == expected
    assert ids(visit, *CORE) == expected


def test_a_step_without_anchors_comes_before_the_confirmation():
    assert ids(*CORE, step("acme.note")).endswith("core.labels acme.note core.confirm")


def test_a_step_may_come_after_the_confirmation_when_it_says_so():
    steps = step("acme.thanks", after="core.confirm"), step("acme.more", after="acme.thanks")
    assert ids(*CORE, *steps).endswith("core.confirm acme.thanks acme.more")


def test_ties_keep_the_order_in_which_steps_are_given():
    assert ids(step("b"), step("a"), step("c")) == "b a c"
    assert ids(step("z", after="a"), step("y", after="a"), step("a")) == "a z y"


def test_a_step_between_two_others():
    assert ids(step("a"), step("b"), step("m", after="a", before="b")) == "a m b"


def test_an_unknown_anchor_costs_only_that_step_and_what_hangs_on_it():
    lost = step("acme.x", after="core.lables"), step("acme.y", after="acme.x")
    ordered = order_steps([*CORE, *lost, step("acme.z", after="core.labels")])
    assert [one.id for one in ordered.steps if one.id.startswith("acme")] == ["acme.z"]
    assert [type(problem) for problem in ordered.problems] == [PluginError, PluginError]
    assert "acme.x" in str(ordered.problems[0])
    assert "core.lables" in str(ordered.problems[0])


def test_a_circle_costs_the_extension_and_never_what_is_built_in():
    bad = step("acme.bad", after="core.confirm", before="core.project")
    for given_order in ((bad, *CORE), (*CORE, bad)):
        ordered = order_steps(given_order)
        assert ordered.steps == CORE
        [problem] = ordered.problems
        assert "acme.bad" in str(problem)


def test_a_step_that_wants_to_follow_itself_is_left_out():
    ordered = order_steps([step("a", after="a"), step("b")])
    assert [one.id for one in ordered.steps] == ["b"]
    assert len(ordered.problems) == 1


def test_an_id_that_is_taken_is_left_out():
    ordered = order_steps([*CORE, step("core.labels")])
    assert ordered.steps == CORE
    assert "core.labels" in str(ordered.problems[0])


NAMES = st.sampled_from("abcdefgh")
STEPS = st.lists(
    st.builds(
        lambda name, after, before: step(name, " ".join(after), " ".join(before)),
        NAMES,
        st.lists(NAMES, max_size=2),
        st.lists(NAMES, max_size=2),
    ),
    max_size=8,
)


@given(STEPS)
def test_every_step_is_either_in_its_place_or_explained(steps):
    ordered = order_steps(steps)
    place = {one.id: number for number, one in enumerate(ordered.steps)}
    for one in ordered.steps:
        assert all(place[anchor] < place[one.id] for anchor in one.after)
        assert all(place[one.id] < place[anchor] for anchor in one.before)
    assert len(ordered.steps) + len(ordered.problems) == len(steps)


@given(st.permutations("abcdefgh"), st.data())
def test_steps_that_can_be_ordered_all_are(order, data):
    def earlier(number):
        return st.lists(st.sampled_from(order[:number] or ["-"]), max_size=3)

    chosen = [
        step(name, " ".join(one for one in data.draw(earlier(number)) if one != "-"))
        for number, name in enumerate(order)
    ]
    ordered = order_steps(data.draw(st.permutations(chosen)))
    assert ordered.problems == ()
    assert len(ordered.steps) == len(chosen)
