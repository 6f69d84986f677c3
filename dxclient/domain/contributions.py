"""What plugins add to the program, as data; nothing here knows a toolkit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NewType

from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding
from dxclient.domain.forms import Form

#: ``"package.module:callable"``, resolved only where it is needed.
Ref = NewType("Ref", str)


def _always(draft: UploadDraft) -> bool:
    return True


def _clean(draft: UploadDraft) -> tuple[Finding, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of the upload, placed by the ids it comes after and before.

    Parameters
    ----------
    applies : callable
        Whether the step is needed for this draft.
    check : callable
        What is still missing or wrong; a finding that STOPS or NEEDS_YOU holds the step.
    panel : Ref
        The screen, resolved only by the window; empty for a step that is a `form`.
    form : callable or None
        Questions as data, for plugins that need no screen of their own.
    """

    id: str
    title: str
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    applies: Callable[[UploadDraft], bool] = _always
    check: Callable[[UploadDraft], tuple[Finding, ...]] = _clean
    panel: Ref = Ref("")
    form: Callable[[UploadDraft], Form] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A piece of the window in a named slot: ``step:<id>:side``, ``settings``, ``receipt``."""

    id: str
    slot: str
    title: str
    factory: Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An entry of the menu and the command palette."""

    id: str
    title: str
    action: Ref
    shortcut: str = ""
    order: int = field(default=100)
