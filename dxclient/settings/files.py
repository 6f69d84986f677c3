"""Reading and writing small files so that a crash leaves either the old or the new one."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dxclient.domain.errors import SettingsError


def read_table(path: Path) -> dict[str, Any]:
    """The table in a JSON or TOML file; empty when there is no file.

    Raises
    ------
    SettingsError
        The file is there and cannot be read or understood.
    """
    try:
        text = path.read_text("utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(path, type(error).__name__) from error
    if not isinstance(found, dict):
        raise _unreadable(path, "not a table")
    return found


def _unreadable(path: Path, details: str) -> SettingsError:
    return SettingsError(
        f"The file {path.name} cannot be read; what it says is not used.", details=details
    )


def write_table(path: Path, table: Mapping[str, Any]) -> None:
    """Write a table as JSON: a temporary file beside it, flushed, then renamed. Owner only.

    Raises
    ------
    SettingsError
        The folder cannot be written to; the old file stays as it was.
    """
    write_text(path, json.dumps(table, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, as safely as `write_table`. Owner only.

    Raises
    ------
    SettingsError
        The folder cannot be written to; the old file stays as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _replace(path, text.encode())
    except OSError as error:
        raise SettingsError(
            f"{path.name} cannot be written; nothing was changed. Check the folder's permissions "
            "and the space on the disk.",
            details=type(error).__name__,
        ) from error


def _replace(path: Path, data: bytes) -> None:
    # mkstemp makes the file readable for its owner only.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def set_aside(path: Path) -> None:
    """Keep a file that cannot be understood under another name, so that it is not lost."""
    with contextlib.suppress(OSError):
        path.replace(path.with_name(f"{path.name}.broken"))
