"""Files that settings come from: a person's own, and the policy of the machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dxclient.domain.errors import SettingsError
from dxclient.domain.preferences import SettingLayer, Value
from dxclient.domain.project import Origin
from dxclient.settings.files import read_table, set_aside, write_table
from dxclient.settings.paths import policy_file


class UserSettings:
    """What a person chose, in a JSON file (or a TOML file that the program only reads).

    Parameters
    ----------
    path : pathlib.Path
        Need not exist.

    Attributes
    ----------
    problem : str
        Why the file could not be read the last time; empty when it could.
    """

    name = "user settings"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.problem = ""

    def layer(self, server: str, project: str) -> SettingLayer:
        """The same values for every server and project."""
        return SettingLayer(origin=Origin.USER, values=_flat(self._read()))

    def write(self, key: str, value: Value | None) -> None:
        """Keep *value* for *key*; None forgets it.

        A file that cannot be understood is set aside first, under the name ``….broken``.

        Raises
        ------
        SettingsError
            The file cannot be written, or is one that people write themselves.
        """
        if self._path.suffix == ".toml":
            raise SettingsError(f"Change {self._path.name} in a text editor.")
        with self._lock:
            table = _flat(self._read())
            if self.problem:
                set_aside(self._path)
            table.pop(key, None)
            if value is not None:
                table[key] = value
            write_table(self._path, table)

    def _read(self) -> dict[str, Any]:
        try:
            self.problem = ""
            return read_table(self._path)
        except SettingsError as error:
            self.problem = error.sentence
            return {}


class MachinePolicy:
    """What an administrator sets for this machine, and which of it nobody may change.

    A TOML file with a table ``[values]`` and a list ``locked``::

        locked = ["transfer.part_size"]
        [values]
        "transfer.part_size" = 16

    Parameters
    ----------
    path : pathlib.Path, optional
        The place that the system has for it, unless said otherwise.

    Attributes
    ----------
    problem : str
        Why the file could not be read or followed the last time; empty when it could.
    """

    name = "machine policy"

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or policy_file()
        self.problem = ""

    def layer(self, server: str, project: str) -> SettingLayer:
        """The same values for every server and project."""
        try:
            table = read_table(self._path)
            self.problem = self._misshapen(table)
        except SettingsError as error:
            self.problem = error.sentence
            table = {}
        return SettingLayer(
            origin=Origin.MACHINE,
            values=_flat(_table(table.get("values"))),
            locked=frozenset(_texts(table.get("locked"))),
        )

    def _misshapen(self, table: Mapping[str, Any]) -> str:
        """What has another form than it must have, and would silently count as nothing."""
        locked = table.get("locked", [])
        if not isinstance(locked, list) or not all(isinstance(one, str) for one in locked):
            return f"The file {self._path.name} cannot be followed: locked has to be a list."
        if not isinstance(table.get("values", {}), Mapping):
            return f"The file {self._path.name} cannot be followed: values has to be a table."
        return ""


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted keys of a table in which dots may have become tables, as TOML reads them."""
    return dict(_pairs(table, prefix))


def _pairs(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _pairs(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _table(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _texts(found: object) -> tuple[str, ...]:
    rows = found if isinstance(found, list) else ()
    return tuple(one for one in rows if isinstance(one, str))
