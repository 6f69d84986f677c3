"""The way through the steps."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dxclient.domain.contributions import Step
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity
from dxclient.workflow import Wizard


def finding(severity, code="acme.x"):
    return Finding(severity=severity, code=code, sentence="X.")


def needs_subject(draft):
    return () if draft.subject else (finding(Severity.STOPS),)


PLAIN = (Step(id="a", title="A"), Step(id="b", title="B"), Step(id="c", title="C"))


def test_an_upload_begins_at_the_first_step_that_applies():
    steps = (Step(id="no", title="No", applies=lambda draft: False), *PLAIN)
    wizard = Wizard(steps, UploadDraft())
    assert wizard.current.id == "a"
    assert wizard.at_start
    assert not wizard.back()


def test_a_finding_that_stops_holds_the_step_until_the_draft_is_right():
    wizard = Wizard((Step(id="a", title="A", check=needs_subject), *PLAIN[1:]), UploadDraft())
    assert not wizard.can_go_next()
    assert not wizard.next()
    assert wizard.current.id == "a"
    wizard.replace(UploadDraft(subject="S1"))
    assert wizard.can_go_next()
    assert wizard.next()
    assert wizard.current.id == "b"


def test_a_finding_that_needs_you_holds_until_it_is_acknowledged():
    first = Step(id="a", title="A", check=lambda draft: (finding(Severity.NEEDS_YOU),))
    wizard = Wizard((first, *PLAIN[1:]), UploadDraft())
    assert wizard.holding() == wizard.findings()
    assert not wizard.next()
    wizard.replace(UploadDraft(acknowledged=frozenset({"acme.x"})))
    assert wizard.findings()
    assert wizard.holding() == ()
    assert wizard.next()


def test_what_stops_cannot_be_acknowledged():
    first = Step(id="a", title="A", check=lambda draft: (finding(Severity.STOPS),))
    draft = UploadDraft(acknowledged=frozenset({"acme.x"}))
    assert not Wizard((first, *PLAIN[1:]), draft).can_go_next()


def test_a_note_holds_nothing():
    first = Step(id="a", title="A", check=lambda draft: (finding(Severity.NOTE),))
    assert Wizard((first, *PLAIN[1:]), UploadDraft()).can_go_next()


def test_back_keeps_what_was_decided_since():
    wizard = Wizard(PLAIN, UploadDraft(subject="S1"))
    wizard.next()
    wizard.replace(UploadDraft(subject="S1", label="L1"))
    assert wizard.back()
    assert (wizard.current.id, wizard.draft.label) == ("a", "L1")


def test_back_can_return_to_the_draft_as_the_step_left_it():
    wizard = Wizard(PLAIN, UploadDraft())
    wizard.replace(UploadDraft(subject="S1"))
    wizard.next()
    wizard.replace(UploadDraft(subject="S1", label="L1"))
    wizard.back(forget=True)
    assert wizard.draft == UploadDraft(subject="S1")


def test_a_step_can_be_undone():
    wizard = Wizard(PLAIN, UploadDraft(subject="S1"))
    wizard.next()
    wizard.replace(UploadDraft(subject="S2"))
    wizard.undo()
    assert wizard.draft == UploadDraft(subject="S1")


def test_one_can_jump_to_a_step_that_was_visited_and_to_no_other():
    wizard = Wizard(PLAIN, UploadDraft())
    wizard.next()
    assert not wizard.jump("c")
    wizard.next()
    assert wizard.at_end
    assert wizard.jump("a")
    assert wizard.at_start
    assert not wizard.jump("c")
    assert not wizard.jump("nowhere")


def test_a_step_appears_when_the_draft_begins_to_need_it():
    tracer = Step(id="t", title="T", applies=lambda draft: bool(draft.tracer))
    wizard = Wizard((PLAIN[0], tracer, PLAIN[2]), UploadDraft())
    assert [step.id for step in wizard.steps] == ["a", "c"]
    wizard.replace(UploadDraft(tracer="FDG"))
    assert [step.id for step in wizard.steps] == ["a", "t", "c"]
    wizard.next()
    assert wizard.current.id == "t"


def test_a_step_that_stops_to_apply_while_one_is_in_it_can_be_left_both_ways():
    tracer = Step(id="t", title="T", applies=lambda draft: bool(draft.tracer))
    for move, expected in (("next", "c"), ("back", "a")):
        wizard = Wizard((PLAIN[0], tracer, PLAIN[2]), UploadDraft(tracer="FDG"))
        wizard.next()
        wizard.replace(UploadDraft())
        assert getattr(wizard, move)()
        assert wizard.current.id == expected


def test_the_last_step_goes_nowhere():
    wizard = Wizard(PLAIN[:1], UploadDraft())
    assert wizard.at_end
    assert not wizard.can_go_next()
    assert not wizard.next()


def test_checks_of_steps_can_be_called_by_somebody_else():
    def fails(draft):
        raise ValueError

    contained = finding(Severity.STOPS, "step.failed")
    steps = (Step(id="a", title="A", check=fails), *PLAIN[1:])
    wizard = Wizard(steps, UploadDraft(), check=lambda step, draft: (contained,))
    assert wizard.holding() == (contained,)


def test_an_upload_without_steps_is_not_possible():
    with pytest.raises(ValueError, match="one step"):
        Wizard((), UploadDraft())


class Walk(RuleBasedStateMachine):
    """Any way through the steps, compared with a plain list of what was visited."""

    def __init__(self):
        super().__init__()
        tracer = Step(id="t", title="T", applies=lambda draft: bool(draft.tracer))
        held = Step(id="h", title="H", check=needs_subject)
        self.steps = (PLAIN[0], tracer, held, PLAIN[1], PLAIN[2])
        self.wizard = Wizard(self.steps, UploadDraft())
        self.trail = ["a"]

    @rule(tracer=st.sampled_from(["", "FDG"]), subject=st.sampled_from(["", "S1"]))
    def decide(self, tracer, subject):
        self.wizard.replace(replace(self.wizard.draft, tracer=tracer, subject=subject))

    @rule()
    def go_on(self):
        could = self.wizard.can_go_next()
        assert self.wizard.next() is could
        if could:
            self.trail.append(self.wizard.current.id)

    @rule(forget=st.booleans())
    def go_back(self, forget):
        assert self.wizard.back(forget=forget) is (len(self.trail) > 1)
        self.trail = self.trail[:-1] if len(self.trail) > 1 else self.trail

    @rule(name=st.sampled_from(["a", "t", "h", "b", "c"]))
    def jump(self, name):
        assert self.wizard.jump(name) is (name in self.trail)
        if name in self.trail:
            self.trail = self.trail[: self.trail.index(name) + 1]

    @invariant()
    def the_trail_is_right(self):
        assert self.wizard.current.id == self.trail[-1]
        order = [step.id for step in self.steps]
        assert self.trail == sorted(self.trail, key=order.index)
        assert [step.id for step in self.wizard.visited] == self.trail
        if self.wizard.current.id == "h" and not self.wizard.draft.subject:
            assert not self.wizard.can_go_next()


TestWalk = Walk.TestCase


@given(st.text(max_size=3))
def test_a_draft_is_never_changed_in_place(subject):
    draft = UploadDraft()
    wizard = Wizard(PLAIN, draft)
    wizard.replace(replace(draft, subject=subject))
    wizard.next()
    assert draft == UploadDraft()
