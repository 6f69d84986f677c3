"""Puts steps in order by what they come after and before, never by numbers."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dxclient.domain.contributions import Step
from dxclient.domain.errors import PluginError

#: The step that ends the upload. Steps that do not say otherwise come before it: behind it, nobody
#: would see them.
LAST = "core.confirm"
#: Ids of built-in steps begin so; they are placed first, so that none falls to an extension.
BUILT_IN = "core."


@dataclass(frozen=True, slots=True)
class OrderedSteps:
    """The steps in order, and why others are not among them."""

    steps: tuple[Step, ...]
    problems: tuple[PluginError, ...] = ()


def order_steps(steps: Iterable[Step]) -> OrderedSteps:
    """Sort steps topologically; ties: built-in ones first, then in the order given.

    A step with an id that is taken, with an anchor that is not there, or that closes a circle
    with earlier ones is left out, each with a problem; the others are not touched by that.
    """
    problems: list[PluginError] = []
    kept = _unique(sorted(steps, key=lambda one: not one.id.startswith(BUILT_IN)), problems)
    while culprit := _unanchored(kept) or _circular(kept):
        step, sentence = culprit
        problems.append(PluginError(f"The step “{step.title}” ({step.id}) {sentence}."))
        kept.remove(step)
    return OrderedSteps(tuple(_sorted(kept)), tuple(problems))


def _unique(steps: Iterable[Step], problems: list[PluginError]) -> list[Step]:
    kept: dict[str, Step] = {}
    for step in steps:
        if step.id in kept:
            problems.append(PluginError(f"There is a step {step.id} already; one is left out."))
        else:
            kept[step.id] = step
    return list(kept.values())


def _unanchored(steps: Sequence[Step]) -> tuple[Step, str] | None:
    known = {step.id for step in steps}
    for step in steps:
        for anchor in (*step.after, *step.before):
            if anchor not in known:
                return step, f"is left out: there is no step {anchor}"
    return None


def _circular(steps: Sequence[Step]) -> tuple[Step, str] | None:
    """The first step that cannot be placed together with those before it in the list."""
    for count in range(1, len(steps) + 1):
        if len(_sorted(steps[:count])) < count:
            return steps[count - 1], "is left out: it would have to be before and after another"
    return None


def _sorted(steps: Sequence[Step]) -> list[Step]:
    """Kahn's algorithm with the place in the list as tie-break; stops short at a circle."""
    edges = _edges(steps)
    blocked = {step.id: sum(1 for _, later in edges if later == step.id) for step in steps}
    ready = [place for place, step in enumerate(steps) if not blocked[step.id]]
    done: list[Step] = []
    while ready:
        step = steps[heapq.heappop(ready)]
        done.append(step)
        for place, other in enumerate(steps):
            if (step.id, other.id) in edges:
                blocked[other.id] -= 1
                if not blocked[other.id]:
                    heapq.heappush(ready, place)
    return done


def _edges(steps: Sequence[Step]) -> frozenset[tuple[str, str]]:
    """Pairs of ids, earlier and later; anchors outside the list do not count."""
    known = {step.id for step in steps}
    asked = {(anchor, step.id) for step in steps for anchor in step.after if anchor in known}
    asked |= {(step.id, anchor) for step in steps for anchor in step.before if anchor in known}
    if LAST not in known:
        return frozenset(asked)
    behind = _reached(LAST, asked)
    return frozenset(asked | {(one, LAST) for one in known - behind})


def _reached(start: str, edges: Iterable[tuple[str, str]]) -> set[str]:
    """Ids that come after *start* along the edges, and itself."""
    found = {start}
    while more := {later for earlier, later in edges if earlier in found} - found:
        found |= more
    return found
