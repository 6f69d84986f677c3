"""The way through the steps of one upload; knows no toolkit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dxclient.domain.contributions import Step
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity

#: Findings that hold a step, unless a person acknowledged them.
HOLDING = frozenset({Severity.STOPS, Severity.NEEDS_YOU})


@dataclass(frozen=True, slots=True)
class _Visit:
    """A step that was entered, and the draft as it was then."""

    step: str
    draft: UploadDraft


class Wizard:
    """Where a person is, and what was decided so far.

    Each step remembers the draft with which it was entered, so *back* loses nothing that earlier
    steps decided, and takes nothing along that later steps did, unless it is wanted (`back`).

    Parameters
    ----------
    steps : sequence of Step
        In order.
    draft : UploadDraft
        What is known at the beginning.
    check : callable, optional
        Calls a step's own check; replaced where checks of plugins have to be contained.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        draft: UploadDraft,
        *,
        check: Callable[[Step, UploadDraft], tuple[Finding, ...]] | None = None,
    ) -> None:
        if not steps:
            raise ValueError("an upload needs at least one step")
        self._all = tuple(steps)
        self._check = check or _own_check
        self._draft = draft
        self._left: dict[str, UploadDraft] = {}
        self._visits = [_Visit(self._applicable(draft)[0].id, draft)]

    @property
    def draft(self) -> UploadDraft:
        """What was decided so far."""
        return self._draft

    @property
    def current(self) -> Step:
        """The step that a person sees now."""
        return next(step for step in self._all if step.id == self._visits[-1].step)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that this upload needs, as far as can be told from the draft."""
        return self._applicable(self._draft)

    @property
    def visited(self) -> tuple[Step, ...]:
        """The steps up to the current one that a person went through."""
        ids = [visit.step for visit in self._visits]
        return tuple(step for step in self._all if step.id in ids)

    @property
    def at_end(self) -> bool:
        """Whether no step follows."""
        return self._following() is None

    @property
    def at_start(self) -> bool:
        """Whether there is no way back."""
        return len(self._visits) == 1

    def replace(self, draft: UploadDraft) -> None:
        """Take what the current step decided."""
        self._draft = draft

    def findings(self) -> tuple[Finding, ...]:
        """What the current step says of the draft."""
        return self._check(self.current, self._draft)

    def holding(self) -> tuple[Finding, ...]:
        """The findings that keep a person on this step.

        One that STOPS always does; one that NEEDS_YOU until its code is acknowledged.
        """
        return tuple(one for one in self.findings() if self._holds(one))

    def can_go_next(self) -> bool:
        """Whether `next` would go on."""
        return not self.at_end and not self.holding()

    def next(self) -> bool:
        """Go to the next step that applies; False, and nothing changes, when it cannot."""
        following = self._following()
        if following is None or self.holding():
            return False
        self._left[self.current.id] = self._draft
        self._visits.append(_Visit(following.id, self._draft))
        return True

    def back(self, *, forget: bool = False) -> bool:
        """Go to the step before; False at the first one.

        Parameters
        ----------
        forget : bool
            Return to the draft as that step left it, without what was decided since.
        """
        if self.at_start:
            return False
        self._visits.pop()
        if forget:
            self._draft = self._left.get(self.current.id, self._draft)
        return True

    def jump(self, step_id: str, *, forget: bool = False) -> bool:
        """Go back to a step that was visited; False when it was not."""
        if step_id not in [visit.step for visit in self._visits]:
            return False
        while self.current.id != step_id:
            self.back(forget=forget)
        return True

    def undo(self) -> None:
        """Return to the draft with which the current step was entered."""
        self._draft = self._visits[-1].draft

    def _holds(self, finding: Finding) -> bool:
        if finding.severity is Severity.NEEDS_YOU:
            return finding.code not in self._draft.acknowledged
        return finding.severity in HOLDING

    def _applicable(self, draft: UploadDraft) -> tuple[Step, ...]:
        found = tuple(step for step in self._all if step.applies(draft))
        return found or self._all[:1]

    def _following(self) -> Step | None:
        place = self._all.index(self.current)
        return next((step for step in self._all[place + 1 :] if step.applies(self._draft)), None)


def _own_check(step: Step, draft: UploadDraft) -> tuple[Finding, ...]:
    return tuple(step.check(draft))
