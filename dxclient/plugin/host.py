"""Calls hooks so that one plugin's mistake stays that plugin's.

Plain pluggy ends the whole call when one implementation raises. Here each implementation is
called by itself, and the kind of the hook says what a failure means.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pluggy

from dxclient.domain.errors import AnonymizationError, DxError, PluginHookError, PluginLoadError
from dxclient.domain.plan import PluginVersion
from dxclient.hookspecs import PROJECT_NAME, STAGES, Kind
from dxclient.plugin.specs import HookSpec, hook_specs
from dxclient.plugin.validate import problems_of

T = TypeVar("T")

#: What a plugin may raise; a person's Ctrl-C is not among it.
FAILURES = (Exception, SystemExit)
#: Attribute in which a plugin names the built-in plugins that it stands in for.
REPLACES = "DXCLIENT_REPLACES"
#: Older ones are forgotten: a guard that fails for each part of a long queue says the same thing.
MOST_FAILURES = 500


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin failed once. `details` say what kind of error and where, never its own words.

    The message of a foreign error may hold values of headers.
    """

    plugin: str
    hook: str
    sentence: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class GuardedFunction:
    """A script function of a plugin, also in worker processes, where there is no host.

    What it raises may quote a header, so only its kind is told.
    """

    plugin: str
    name: str
    function: Callable[..., str | None]

    def __call__(self, *arguments: str | None) -> str | None:
        """Call it. Raises AnonymizationError where it fails."""
        try:
            return self.function(*arguments)
        except DxError:
            raise
        except FAILURES as error:
            raise AnonymizationError(
                f"The function {self.name} of the extension “{self.plugin}” failed, so nothing "
                "was sent. Update the extension, or ask its author.",
                details=type(error).__name__,
            ) from None


class PluginHost:
    """Holds the registered plugins and calls their hooks.

    Registering belongs to the start of the program; afterwards the registry does not change,
    so hooks may be called on any thread without locks.
    """

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(PROJECT_NAME)
        for stage in STAGES:
            self._manager.add_hookspecs(importlib.import_module(stage))
        self._specs = {spec.name: spec for spec in hook_specs()}
        self._versions: dict[str, PluginVersion] = {}
        self._builtin: set[str] = set()
        self._failures: list[PluginFailure] = []
        self._history: list[tuple[str, Mapping[str, Any]]] = []
        self._missing: dict[str, str] = {}

    # -- who is there

    @property
    def failures(self) -> tuple[PluginFailure, ...]:
        """What went wrong so far, oldest first."""
        return tuple(self._failures)

    def versions(self) -> tuple[PluginVersion, ...]:
        """Names and versions in the order of registration."""
        return tuple(self._versions.values())

    def hooks_of(self, name: str) -> tuple[str, ...]:
        """The hooks that a registered plugin implements, sorted."""
        callers = self._manager.get_hookcallers(self._manager.get_plugin(name)) or []
        return tuple(sorted(caller.name for caller in callers if caller.name in self._specs))

    def guards_of(self, name: str) -> tuple[str, ...]:
        """The guards among the hooks that a registered plugin implements, sorted."""
        return tuple(h for h in self.hooks_of(name) if self._specs[h].kind is Kind.GUARD)

    def replaces(self, name: str) -> tuple[str, ...]:
        """Built-in plugins in whose place a registered plugin stands (``DXCLIENT_REPLACES``)."""
        named = getattr(self._manager.get_plugin(name), REPLACES, ())
        return (named,) if isinstance(named, str) else tuple(map(str, named))

    def register(
        self, plugin: object, name: str, version: str = "", *, builtin: bool = False
    ) -> None:
        """Take a module or object with hook implementations.

        A plugin that is registered later is asked earlier. It hears of historic calls that were
        made before.

        Raises
        ------
        PluginLoadError
            Unknown hooks, wrong arguments, wrappers, or a name that is taken; nothing of the
            plugin was registered.
        """
        problems = problems_of(plugin, self._manager, self._specs)
        if problems:
            raise PluginLoadError(name, " ".join(problems))
        try:
            self._manager.register(plugin, name)
        except (ValueError, pluggy.PluginValidationError) as error:
            raise PluginLoadError(
                name, "An extension of this name is there already.", details=type(error).__name__
            ) from error
        self._versions[name] = PluginVersion(name, version)
        if builtin:
            self._builtin.add(name)
        self._replay(name)

    def unregister(self, name: str) -> None:
        """Drop a plugin; for the loader and for tests, before any hook was called."""
        self._manager.unregister(name=name)
        self._versions.pop(name, None)
        self._builtin.discard(name)

    def miss(self, name: str, details: str) -> None:
        """Note that a built-in plugin could not be loaded: from now on every guard refuses.

        What it would have guarded is not known, so nothing may pass.
        """
        self._missing[name] = details

    # -- calling hooks

    def notify(self, hook: str, /, **known: Any) -> None:
        """Tell every plugin; a failure is recorded and changes nothing."""
        spec = self._checked(hook, Kind.NOTIFY, known)
        if spec.historic:
            self._history.append((hook, known))
        for implementation in self._implementations(hook):
            self._recorded(implementation, spec, known)

    def each(self, hook: str, /, **known: Any) -> list[tuple[str, Any]]:
        """Every plugin's offer with its name, latest registered first; failures are recorded."""
        spec = self._checked(hook, Kind.OFFER, known)
        answers = (
            (implementation.plugin_name, self._recorded(implementation, spec, known))
            for implementation in self._implementations(hook)
        )
        return [(name, answer) for name, answer in answers if answer is not None]

    def first(self, hook: str, /, **known: Any) -> Any:
        """The first answer that is not None; a plugin that fails has no opinion."""
        _, answer = self.first_named(hook, **known)
        return answer

    def first_named(self, hook: str, /, **known: Any) -> tuple[str, Any]:
        """As `first`, with the name of the plugin that answered; empty without an answer."""
        spec = self._checked(hook, Kind.DECIDE, known)
        for implementation in self._implementations(hook):
            answer = self._recorded(implementation, spec, known)
            if answer is not None:
                return implementation.plugin_name, answer
        return "", None

    def strict(self, hook: str, /, **known: Any) -> list[tuple[str, Any]]:
        """All answers of a guard; the first failure ends the work.

        Raises
        ------
        PluginHookError
            A plugin failed, or gave no answer where one is needed; names it.
        """
        spec = self._checked(hook, Kind.GUARD, known)
        for name, details in self._missing.items():
            raise PluginHookError(name, hook, details=details)
        answers = []
        for implementation in self._implementations(hook):
            try:
                answer = _call(implementation, spec, known)
            except FAILURES as error:
                self._record(implementation.plugin_name, hook, error)
                raise self._stopped(implementation.plugin_name, hook, error) from error
            if answer is not None:
                answers.append((implementation.plugin_name, answer))
        return answers

    def contain(self, plugin: str, function: Callable[[], T], *, hook: str = "") -> T | None:
        """Call something that a plugin offered; None, and a record, when it fails."""
        try:
            return function()
        except FAILURES as error:
            self._record(plugin, hook, error)
            return None

    def _checked(self, hook: str, kind: Kind, known: Mapping[str, Any]) -> HookSpec:
        """The specification of a hook that is called as its kind demands."""
        spec = self._specs.get(hook)
        if spec is None:
            raise ValueError(f"There is no hook {hook}.")
        if spec.kind is not kind:
            raise ValueError(f"{hook} is of the kind {spec.kind.value}, not {kind.value}.")
        if set(known) != set(spec.arguments):
            raise ValueError(f"{hook} is called with {', '.join(spec.arguments) or 'nothing'}.")
        return spec

    def _implementations(self, hook: str) -> Iterator[pluggy.HookImpl]:
        found: list[pluggy.HookImpl] = getattr(self._manager.hook, hook).get_hookimpls()
        return reversed(found)

    def _recorded(
        self, implementation: pluggy.HookImpl, spec: HookSpec, known: Mapping[str, Any]
    ) -> Any:
        try:
            return _call(implementation, spec, known)
        except FAILURES as error:
            self._record(implementation.plugin_name, spec.name, error)
            return None

    def _replay(self, name: str) -> None:
        for hook, known in tuple(self._history):
            for implementation in self._implementations(hook):
                if implementation.plugin_name == name:
                    self._recorded(implementation, self._specs[hook], known)

    def _record(self, plugin: str, hook: str, error: BaseException) -> None:
        place = f" in {hook}" if hook else ""
        del self._failures[: -MOST_FAILURES + 1]
        self._failures.append(
            PluginFailure(plugin, hook, f"The extension “{plugin}” failed{place}.", describe(error))
        )

    def _stopped(self, plugin: str, hook: str, error: BaseException) -> PluginHookError:
        """The error for a guard that failed; our own words are kept, foreign ones are not."""
        ours = plugin in self._builtin and isinstance(error, DxError)
        if ours or isinstance(error, AnonymizationError):
            return PluginHookError(plugin, hook, details=str(error))
        return PluginHookError(plugin, hook, details=describe(error))


def _call(implementation: pluggy.HookImpl, spec: HookSpec, known: Mapping[str, Any]) -> Any:
    """Call one implementation and consume its answer, so that it fails here or not at all."""
    answer: Any = implementation.function(*(known[name] for name in implementation.argnames))
    if not spec.many:
        return answer
    if answer is None and spec.kind is Kind.GUARD:
        raise TypeError("a guard must answer, with an empty list at least")
    if isinstance(answer, str | bytes | Mapping):
        raise TypeError(f"{type(answer).__name__} is not a list of answers")
    return None if answer is None else tuple(answer)


def describe(error: BaseException) -> str:
    """Kind and place of an error: ``ValueError in labels.py, line 12``. Never its own words."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    return f"{type(error).__name__} in {Path(frames[-1].filename).name}, line {frames[-1].lineno}"
