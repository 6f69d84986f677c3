"""Finds, screens, imports and registers plugins; a bad one leaves the others working."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from dxclient import __version__
from dxclient.domain.errors import PluginLoadError
from dxclient.plugin.host import PluginHost, describe
from dxclient.plugin.quarantine import Quarantine
from dxclient.plugin.screening import refusal
from dxclient.plugin.sources import Candidate, built_in, contains, installed, names

#: Names of the extensions to load, with commas; unset loads all.
CHOICE = "DXCLIENT_PLUGINS"


class PluginState(Enum):
    """How far a plugin came."""

    FOUND = "found"
    SCREENED = "screened"
    IMPORTED = "imported"
    REGISTERED = "registered"
    ACTIVE = "active"
    REFUSED = "refused"
    FAILED = "failed"
    DISABLED = "disabled"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRecord:
    """What became of a plugin, and why."""

    name: str
    version: str
    source: str
    state: PluginState
    sentence: str
    details: str = ""
    hooks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policy:
    """What a person, an administrator or the environment decided."""

    safe_mode: bool
    disabled: tuple[str, ...]
    only: tuple[str, ...] | None

    def reason_to_skip(self, candidate: Candidate) -> str:
        """Why a plugin is switched off; empty when it is not."""
        if contains(self.disabled, candidate.name):
            return "It is switched off."
        if candidate.builtin:
            return ""
        if self.safe_mode:
            return "Safe mode loads no extensions."
        if self.only is not None and not contains(self.only, candidate.name):
            return "It is not among the extensions that were chosen for this run."
        return ""


def load_plugins(
    host: PluginHost,
    builtin: Sequence[str],
    *,
    safe_mode: bool = False,
    disabled: Iterable[str] = (),
    only: Iterable[str] | None = None,
    state_folder: Path | None = None,
) -> tuple[PluginRecord, ...]:
    """Load the built-in plugins, then extensions, so that extensions are asked first.

    Parameters
    ----------
    builtin : sequence of str
        Paths of modules.
    safe_mode : bool
        Load no extensions.
    disabled : iterable of str
        Names of plugins that are switched off. A built-in guard stays on: it can be replaced,
        not switched off.
    only : iterable of str or None
        The only extensions to load; None asks the environment (``DXCLIENT_PLUGINS``), and
        without that loads all.
    state_folder : pathlib.Path or None
        Where a plugin that took the program down is remembered.

    Returns
    -------
    tuple of PluginRecord
        One for each plugin found, with its state and a sentence. A built-in plugin that an
        extension replaces (``DXCLIENT_REPLACES``) is disabled; the extension's name and version
        are in the plan, and so on the receipt.
    """
    policy = _Policy(safe_mode=safe_mode, disabled=tuple(disabled), only=_chosen(only))
    quarantine = Quarantine(state_folder)
    records: list[PluginRecord] = []
    for candidate in (*built_in(builtin), *installed()):
        taken = [r.name for r in records if r.state is not PluginState.REFUSED]
        records.append(_one(host, candidate, policy, quarantine, taken))
    return _with_replacements(host, records, frozenset(builtin))


def _chosen(only: Iterable[str] | None) -> tuple[str, ...] | None:
    if only is not None:
        return tuple(only)
    text = os.environ.get(CHOICE)
    return None if text is None else names(text)


def _one(
    host: PluginHost,
    candidate: Candidate,
    policy: _Policy,
    quarantine: Quarantine,
    taken: Sequence[str],
) -> PluginRecord:
    """Take one plugin as far as it comes."""
    if reason := refusal(candidate, taken, __version__):
        return _record(candidate, PluginState.REFUSED, reason)
    skip = policy.reason_to_skip(candidate)
    if skip and not candidate.builtin:
        return _record(candidate, PluginState.DISABLED, skip)
    if quarantine.suspect == candidate.name and not candidate.builtin:
        return _record(
            candidate,
            PluginState.QUARANTINED,
            "The program ended while it was loading this extension, so it is skipped this time.",
        )
    return _load(host, candidate, quarantine, skip)


def _load(
    host: PluginHost, candidate: Candidate, quarantine: Quarantine, skip: str
) -> PluginRecord:
    """Import and register; a built-in that should be skipped stays when it guards something."""
    try:
        with nullcontext() if candidate.builtin else quarantine.importing(candidate.name):
            plugin = candidate.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Whatever a foreign module does when it is imported, even sys.exit(), is its own failure.
        sentence = "It cannot be imported. Update or remove it, or ask its author."
        return _failed(host, candidate, sentence, describe(error))
    try:
        host.register(plugin, candidate.name, candidate.version, builtin=candidate.builtin)
    except PluginLoadError as error:
        return _failed(host, candidate, error.sentence, error.details)
    hooks = host.hooks_of(candidate.name)
    if not skip:
        return _record(candidate, PluginState.ACTIVE, "It works.", hooks=hooks)
    if host.guards_of(candidate.name):
        sentence = "It guards what is sent, so it cannot be switched off."
        return _record(candidate, PluginState.ACTIVE, sentence, hooks=hooks)
    host.unregister(candidate.name)
    return _record(candidate, PluginState.DISABLED, skip)


def _with_replacements(
    host: PluginHost, records: Sequence[PluginRecord], builtin: frozenset[str]
) -> tuple[PluginRecord, ...]:
    """Let active extensions take the places of built-in plugins that they name."""
    wishes = {
        old: record.name
        for record in records
        if record.state is PluginState.ACTIVE and record.name not in builtin
        for old in host.replaces(record.name)
        if old in builtin
    }
    return tuple(
        _replaced(host, one, wishes[one.name]) if one.name in wishes else one for one in records
    )


def _replaced(host: PluginHost, record: PluginRecord, by: str) -> PluginRecord:
    """Take a built-in plugin out, unless one of its guards would then be missing."""
    if record.state is not PluginState.ACTIVE:
        return record
    missing = sorted(set(host.guards_of(record.name)) - set(host.hooks_of(by)))
    if missing:
        sentence = f"It stays: “{by}” would replace it, but has no {', '.join(missing)}."
        return replace(record, sentence=sentence)
    host.unregister(record.name)
    sentence = f"The extension “{by}” replaces it."
    return replace(record, state=PluginState.DISABLED, sentence=sentence, hooks=())


def _failed(host: PluginHost, candidate: Candidate, sentence: str, details: str) -> PluginRecord:
    if candidate.builtin:
        host.miss(candidate.name, details or sentence)
    return _record(candidate, PluginState.FAILED, sentence, details=details)


def _record(
    candidate: Candidate,
    state: PluginState,
    sentence: str,
    *,
    details: str = "",
    hooks: tuple[str, ...] = (),
) -> PluginRecord:
    return PluginRecord(
        name=candidate.name,
        version=candidate.version,
        source=candidate.source,
        state=state,
        sentence=sentence,
        details=details,
        hooks=hooks,
    )
