"""Declared fields and layers of values become one view, each value with its origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dxclient.domain.errors import SettingsError
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.preferences import SettingField, SettingLayer, SettingsView, Value
from dxclient.domain.project import Origin, Sourced

#: Weakest first. Extensions stand between what the machine and what the server says.
STRENGTH = (
    Origin.DEFAULT,
    Origin.MACHINE,
    Origin.PLUGIN,
    Origin.SITE,
    Origin.PROJECT,
    Origin.USER,
)
_KINDS = {bool: "yes or no", int: "a whole number", float: "a number", str: "a text"}


@dataclass(frozen=True, slots=True)
class Declared:
    """The fields that count, and what was said of those that do not."""

    fields: tuple[SettingField, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """The view, and what was ignored on the way."""

    view: SettingsView
    findings: tuple[Finding, ...] = ()


def declare(answers: Sequence[tuple[str, Iterable[SettingField]]]) -> Declared:
    """Collect fields from plugins in the order in which hooks answer: latest registered first.

    Who registered first owns a key; another declaration of it is refused with a finding.
    """
    owned: dict[str, SettingField] = {}
    findings: list[Finding] = []
    for plugin, fields in reversed(answers):
        for field in fields:
            if field.key in owned:
                sentence = f"The setting {field.key} is declared already; this one is not used."
                findings.append(_note("settings.twice", sentence, field.key, plugin))
            else:
                owned[field.key] = field
    return Declared(tuple(owned.values()), tuple(findings))


def merge(fields: Iterable[SettingField], layers: Iterable[SettingLayer]) -> SettingsView:
    """The merged view; values that do not fit their field are ignored."""
    return merge_with_findings(fields, layers).view


def merge_with_findings(fields: Iterable[SettingField], layers: Iterable[SettingLayer]) -> Merged:
    """Merge by strength of origin: default, machine, extension, XNAT site, XNAT project, user.

    Layers of the same origin count in the order given, the later one wins. A key that a layer
    locks keeps what was reached there, whatever stronger layers say.
    """
    known = {field.key: field for field in fields}
    values = {key: Sourced(field.default) for key, field in known.items()}
    locked: set[str] = set()
    findings: list[Finding] = []
    for layer in sorted(layers, key=lambda one: STRENGTH.index(one.origin)):
        for key, value in layer.values.items():
            if key not in known or key in locked:
                continue  # of a plugin that is not loaded, or fixed by a weaker layer
            if problem := problem_with(known[key], value):
                sentence = f"{key} from {layer.origin.value} is not used: {problem}"
                findings.append(_misfit(layer.origin, sentence, key))
            else:
                values[key] = Sourced(_converted(known[key], value), layer.origin)
        locked |= layer.locked
    return Merged(SettingsView(values, frozenset(locked & known.keys())), tuple(findings))


def checked_value(
    fields: Iterable[SettingField], view: SettingsView, key: str, value: Value
) -> Value:
    """The value as it may be kept for *key*.

    Raises
    ------
    SettingsError
        Nobody declared the key, a policy fixed it, or the value does not fit.
    """
    field = next((one for one in fields if one.key == key), None)
    if field is None:
        raise SettingsError(f"There is no setting {key}.")
    if view.locked(key):
        raise SettingsError(f"“{field.label}” is fixed for this machine and cannot be changed.")
    if problem := problem_with(field, value):
        raise SettingsError(f"“{field.label}” stays as it was: {problem}")
    return _converted(field, value)


def problem_with(field: SettingField, value: object) -> str:
    """What is wrong with a value, as the end of a sentence; empty when it fits its field."""
    kind = type(field.default)
    if not _fits(kind, value):
        return f"it has to be {_KINDS.get(kind, 'a list of texts')}."
    if field.choices and value not in field.choices:
        return f"it has to be one of {', '.join(field.choices)}."
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _outside(field, value)
    return ""


def _fits(kind: type, value: object) -> bool:
    """Booleans are not numbers here, though Python says so."""
    if kind is tuple:
        return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind


def _outside(field: SettingField, value: float) -> str:
    # Written so that NaN, which compares with nothing, is outside.
    if field.minimum is not None and not value >= field.minimum:
        return f"it has to be {field.minimum:g} or more."
    if field.maximum is not None and not value <= field.maximum:
        return f"it has to be {field.maximum:g} or less."
    return ""


def _converted(field: SettingField, value: Value) -> Value:
    if isinstance(field.default, float) and isinstance(value, int | float):
        return float(value)
    return tuple(value) if isinstance(value, list | tuple) else value


def _misfit(origin: Origin, sentence: str, key: str) -> Finding:
    """What an administrator wanted must not be left out silently: it may forbid something."""
    if origin is not Origin.MACHINE:
        return _note("settings.value", sentence, key)
    return Finding(
        severity=Severity.STOPS,
        code="settings.policy",
        sentence=f"The machine policy cannot be followed. {sentence}",
        hint="Ask the administrator of this machine to mend it.",
        subject=key,
    )


def _note(code: str, sentence: str, key: str, source: str = "") -> Finding:
    return Finding(severity=Severity.NOTE, code=code, sentence=sentence, subject=key, source=source)
