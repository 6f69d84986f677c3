"""Scripts of this machine that a person can add to an upload, and what was chosen for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dxclient.anonymize import required_variables
from dxclient.app.own_scripts import own_scripts
from dxclient.app.profiles import profile, profiles
from dxclient.app.scripting import CheckedScript, check_text
from dxclient.domain.draft import UploadDraft
from dxclient.domain.errors import SettingsError
from dxclient.domain.project import Origin, ScriptSource
from dxclient.domain.protocols import DicomEditFunction
from dxclient.settings import ChosenScripts

_READY, _OWN = "ready-made", "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A script that can be chosen.

    Parameters
    ----------
    id : str
        What a choice is remembered by.
    sentence : str
        What a person should know before choosing it.
    asks : tuple of str
        Variables that a person will have to supply.
    problem : str
        Why it cannot run; empty when it can.
    """

    id: str
    script: ScriptSource
    sentence: str
    asks: tuple[str, ...] = ()
    problem: str = ""


def ready_made(name: str) -> ScriptSource | None:
    """A ready-made profile as a script that a person chose; None where there is none."""
    found = profile(name)
    if found is None:
        return None
    return ScriptSource(name=found.title, text=found.text(), origin=Origin.USER)


class Offers:
    """What can be added to uploads to one server.

    Parameters
    ----------
    home : pathlib.Path
        The program's folder: a person's own scripts, and what was chosen for good.
    server : str
        URL of the server.
    functions : callable
        What extensions add to the language.
    """

    def __init__(
        self,
        home: Path,
        server: str,
        functions: Callable[[], Sequence[DicomEditFunction]],
    ) -> None:
        self._home, self._server, self._functions = home, server, functions
        self._chosen = ChosenScripts(home / "chosen-scripts.json")

    def all(self) -> tuple[Offer, ...]:
        """The ready-made profiles, the strictest first, then the person's own scripts."""
        functions = self._functions()
        return tuple(_described(one, functions) for one in self._plain())

    def _plain(self) -> tuple[Offer, ...]:
        ready = (
            Offer(
                id=f"{_READY}:{one.name}",
                script=ScriptSource(name=one.title, text=one.text(), origin=Origin.USER),
                sentence=one.sentence,
            )
            for one in profiles()
        )
        own = (
            Offer(id=f"{_OWN}:{one.name}", script=one, sentence="Your own script.")
            for one in own_scripts(self._home)
        )
        return (*ready, *own)

    def check(self, script: ScriptSource) -> CheckedScript:
        """What a script does, or why it cannot run."""
        return check_text(script.text, self._functions())

    def id_of(self, script: ScriptSource) -> str:
        """What a script is remembered by; empty for one that is not offered.

        Its name is enough for an own script, whose text may have been changed since.
        """
        found = self._plain()
        same = (one.id for one in found if one.script == script)
        named = (one.id for one in found if one.id == f"{_OWN}:{script.name}")
        return next(same, "") or next(named, "")

    def remember(self, project: str, script: ScriptSource | None) -> None:
        """Take this script for the project from now on; None forgets what was chosen.

        Raises
        ------
        SettingsError
            It is not one of those that are offered, or the choice cannot be kept.
        """
        found = self.id_of(script) if script is not None else ""
        if script is not None and not found:
            raise SettingsError(
                f"“{script.name}” is no script of this program, so it cannot be remembered. "
                "Keep it on the page Scripts first."
            )
        self._chosen.set(self._server, project, found)

    def begin(self, draft: UploadDraft) -> UploadDraft:
        """The draft with the script that was chosen for good for its project.

        One that cannot be had any more is said in `UploadDraft.lost_script`, and holds the
        upload: whoever chose it relies on it.
        """
        plain = replace(draft, own_script=None, lost_script="")
        if draft.settings is None:
            return plain
        try:
            wanted = self._chosen.get(self._server, draft.settings.project.id)
        except SettingsError as error:
            return replace(
                plain,
                lost_script=f"{error.sentence} It holds which script you chose for this project.",
            )
        if not wanted:
            return plain
        found = next((one.script for one in self._plain() if one.id == wanted), None)
        return replace(plain, own_script=found, lost_script="" if found else _lost(wanted))


def _described(offer: Offer, functions: Sequence[DicomEditFunction]) -> Offer:
    checked = check_text(offer.script.text, functions)
    if checked.problems:
        return replace(offer, problem=checked.problems[0].sentence)
    asks = required_variables([offer.script], functions=functions)
    return replace(offer, asks=tuple(variable.name for variable in asks))


def _lost(wanted: str) -> str:
    name = wanted.partition(":")[2] or wanted
    return (
        f"The script “{name}”, which you chose for this project, is not on this computer any more."
    )
