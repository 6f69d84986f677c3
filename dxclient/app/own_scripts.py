"""A person's own anonymization scripts, kept as files in the program's folder."""

from __future__ import annotations

import re
from pathlib import Path

from dxclient.domain.errors import SettingsError
from dxclient.domain.project import Origin, ScriptSource
from dxclient.settings.files import write_text

#: Bytes; the longest script that people write is far below, a file of images far above.
MOST_BYTES = 4 << 20
_SUFFIX = ".das"
_NAME = re.compile(r"\w[\w .()+-]{0,79}(?<![. ])")
#: Names that Windows keeps for devices, whatever ending they have.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def own_scripts(folder: Path) -> tuple[ScriptSource, ...]:
    """Scripts that were kept, by name; a file there that is no text is passed over.

    Parameters
    ----------
    folder : pathlib.Path
        The program's folder.
    """
    found = (_read(path) for path in sorted((folder / "scripts").glob(f"*{_SUFFIX}")))
    return tuple(script for script in found if script is not None)


def save_own(folder: Path, name: str, text: str) -> ScriptSource:
    """Keep a script; one of the same name is replaced.

    Raises
    ------
    SettingsError
        The name cannot be the name of a file, or the file cannot be written. What was kept
        before stays.
    """
    path = _path(folder, name)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise SettingsError(
            "The script holds half a character, which no file can keep. Type that line again."
        ) from None
    write_text(path, text)
    return ScriptSource(name=path.stem, text=text, origin=Origin.USER)


def delete_own(folder: Path, name: str) -> None:
    """Remove a script; fine when it is not there.

    Raises
    ------
    SettingsError
        It cannot be removed.
    """
    try:
        _path(folder, name).unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            "The script cannot be removed. Check the permissions of the program's folder.",
            details=type(error).__name__,
        ) from None


def script_text(data: bytes) -> str | None:
    """The text of a script file: UTF-8, with a byte order mark or without; None for others."""
    if len(data) > MOST_BYTES or b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _read(path: Path) -> ScriptSource | None:
    try:
        text = script_text(path.read_bytes())
    except OSError:
        return None
    return None if text is None else ScriptSource(name=path.stem, text=text, origin=Origin.USER)


def _path(folder: Path, name: str) -> Path:
    plain = name.strip().removesuffix(_SUFFIX)
    if not _NAME.fullmatch(plain) or _DEVICES.fullmatch(plain):
        raise SettingsError(
            "A script's name has letters, digits, blanks, and . - _ + ( ), at most 80 of them, "
            "and begins with a letter or a digit."
        )
    return folder / "scripts" / f"{plain}{_SUFFIX}"
