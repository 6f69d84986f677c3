"""Settings as plugins see them: fields, layers, and a read-only view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from dxclient.domain.project import Origin, Sourced

#: What a setting may hold.
Value = bool | int | float | str | tuple[str, ...]


class Scope(Enum):
    """Where a setting makes sense."""

    APP = "app"
    SERVER = "server"
    PROJECT = "project"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """A setting: its key, its default (whose type is its type), and what it is for.

    Parameters
    ----------
    key : str
        Dotted, lower case, first part is the owner: ``"transfer.parts_in_flight"``.
    choices : tuple of str
        Allowed values of a text setting; empty allows any.
    minimum, maximum : float or None
        Limits of a number.
    """

    key: str
    default: Value
    label: str
    help: str = ""
    scope: Scope = Scope.APP
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingLayer:
    """Values from one place. A locked key cannot be changed by a stronger layer."""

    origin: Origin
    values: Mapping[str, Value] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()


class SettingsView:
    """A read-only, merged view of all layers.

    Parameters
    ----------
    values : mapping of str to Sourced
        Key to value with origin.
    locked : frozenset of str
        Keys that a person may not change here.
    """

    __slots__ = ("_locked", "_values")

    def __init__(
        self, values: Mapping[str, Sourced[Value]], locked: frozenset[str] = frozenset()
    ) -> None:
        self._values = dict(values)
        self._locked = locked

    def __getitem__(self, key: str) -> Value:
        """The value of *key*; raises KeyError when nobody declared it."""
        return self._values[key].value

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def keys(self) -> tuple[str, ...]:
        """All declared keys, sorted."""
        return tuple(sorted(self._values))

    def sourced(self, key: str) -> Sourced[Value]:
        """The value of *key* with its origin."""
        return self._values[key]

    def locked(self, key: str) -> bool:
        """Whether a machine policy fixed this key."""
        return key in self._locked

    def number(self, key: str) -> int:
        """The value of *key* as an integer."""
        value = self._values[key].value
        return int(value) if isinstance(value, int | float | str) else len(value)

    def text(self, key: str) -> str:
        """The value of *key* as text."""
        return str(self._values[key].value)

    def flag(self, key: str) -> bool:
        """The value of *key* as a boolean."""
        return self._values[key].value is True
