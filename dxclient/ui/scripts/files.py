"""Reading and writing script files, and finding the scripts that can be shown."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dxclient.app import scripting
from dxclient.app.profiles import profiles
from dxclient.domain.errors import DxError
from dxclient.domain.project import Origin, ProjectSettings, ScriptSource

if TYPE_CHECKING:
    from dxclient.app import App

#: Bytes; a longer file is no script that a person writes.
MOST_BYTES = 4 << 20
#: Files that are taken of one folder for a comparison.
MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A file as it is read: lines end with one character in `text`, whatever the file has."""

    text: str
    crlf: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerScripts:
    """Scripts of a project, or why there are none to show."""

    sentence: str
    scripts: tuple[ScriptSource, ...] = ()


def read_script(path: Path) -> ScriptFile:
    """Read a script of this computer.

    Raises
    ------
    DxError
        It cannot be read, or is no text.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DxError("This file is too large to be a script.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DxError("The file cannot be read.", details=type(error).__name__) from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise DxError("This file is no script: scripts are texts in UTF-8.")
    return ScriptFile(plain_lines(text), "\r\n" in text)


def plain_lines(text: str) -> str:
    """The text with one character at each line's end, as the editor counts."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_script(path: Path, text: str, *, crlf: bool, expected: str) -> None:
    """Write a script in one go: the file holds the old text or the new one, never a half.

    Parameters
    ----------
    expected : str
        The text that was read; when the file has another one now, nothing is written.

    Raises
    ------
    DxError
        It cannot be written, or somebody else has changed it.
    """
    if path.exists() and read_script(path).text != expected:
        raise DxError(
            "The file was changed by another program meanwhile, and was not overwritten. "
            "Save your text as your own script, or open the file again."
        )
    data = (text.replace("\n", "\r\n") if crlf else text).encode("utf-8", "replace")
    try:
        _replace(path.resolve(), data)
    except OSError as error:
        raise DxError(
            "The file cannot be written. What you typed is still here; save it as your own script.",
            details=type(error).__name__,
        ) from None


def _replace(path: Path, data: bytes) -> None:
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".script-")
    fresh = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        if path.exists():
            fresh.chmod(path.stat().st_mode & 0o7777)
        fresh.replace(path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def of_settings(settings: ProjectSettings) -> ServerScripts:
    """The scripts among the settings of a project."""
    title = settings.project.title
    scripts = tuple(settings.scripts)
    if not scripts:
        return ServerScripts(sentence=f"“{title}” has no script, and neither has its site.")
    return ServerScripts(sentence=f"The server's scripts are those for “{title}”.", scripts=scripts)


def of_last_project(app: App) -> ServerScripts:
    """The scripts of the project that was uploaded to last. Asks the server."""
    if app.connection is None:
        return ServerScripts(sentence="Log in to see the scripts of a project.")
    recent = app.recent_projects()
    if not recent:
        return ServerScripts(
            sentence="No project was opened yet. Choose one under Upload to see its scripts."
        )
    return of_settings(app.project_settings(app.project(recent[0])))


def dicom_files(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files themselves, and those in folders, in order; not more than are of use."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else ()
        found += inside if path.is_dir() else (path,)
        if len(found) >= MOST_FILES:
            break
    return tuple(dict.fromkeys(found))[:MOST_FILES]


def own(app: App) -> tuple[ScriptSource, ...]:
    """Scripts that a person keeps on this computer."""
    return scripting.own_scripts(app.home)


def ready_made() -> tuple[ScriptSource, ...]:
    """Scripts that come with the program."""
    return tuple(
        ScriptSource(name=one.title, text=one.text(), origin=Origin.DEFAULT) for one in profiles()
    )


def ready_sentences() -> dict[str, str]:
    """What a person should know of each ready-made script, by its name."""
    return {one.title: one.sentence for one in profiles()}
