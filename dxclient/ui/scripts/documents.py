"""The scripts that are open in the window: where they come from, and whether they are kept."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from dxclient.domain.project import Origin, ScriptSource
from dxclient.ui.context import UNSAVED
from dxclient.ui.scripts.files import plain_lines

#: What a new script begins with; without a version line it would be DicomEdit 4.
NEW_TEXT = 'version "6.6"\n'


class Kind(Enum):
    """Where a script comes from, in the order of the list."""

    SERVER = "server"
    READY = "ready-made"
    COPY = "copy"
    OWN = "own"
    FILE = "file"


@dataclass(slots=True, eq=False, kw_only=True)
class Document:
    """A script and what became of it since it was opened.

    Parameters
    ----------
    text : str
        As it is in the editor.
    saved : str or None
        As it is kept; None when it is kept nowhere.
    original : str or None
        Text of the script that this is a copy of.
    copied_from : Kind or None
        Where that script is.
    crlf : bool
        The file has line ends as on Windows, and gets them again.
    """

    id: str
    kind: Kind
    name: str
    text: str
    saved: str | None = None
    origin: Origin = Origin.USER
    path: Path | None = None
    original: str | None = None
    copied_from: Kind | None = None
    crlf: bool = False

    @property
    def read_only(self) -> bool:
        """Whether the text stays as it is."""
        return self.kind in (Kind.SERVER, Kind.READY)

    @property
    def unsaved(self) -> bool:
        """Whether closing would lose something that a person typed."""
        if self.read_only:
            return False
        known = self.saved if self.saved is not None else self.original or NEW_TEXT
        return self.text != known

    @property
    def has_place(self) -> bool:
        """Whether it can be saved without asking for a name."""
        return self.kind is Kind.FILE or (self.kind is Kind.OWN and self.saved is not None)

    @property
    def title(self) -> str:
        """Its name, with a dot while it has changes that are not saved."""
        return f"{UNSAVED} {self.name}" if self.unsaved else self.name

    @property
    def place(self) -> str:
        """Where it is, and what one may do, in words."""
        if self.kind is Kind.SERVER:
            return f"read only, from the {self.origin.value}"
        if self.kind is Kind.READY:
            return "read only, comes with dxclient"
        if self.kind is Kind.FILE:
            return "a file on this computer"
        if self.kind is Kind.OWN and self.saved is not None:
            return "your own, kept on this computer"
        if self.copied_from is Kind.SERVER:
            return "copy, not on the server, not saved"
        return "not saved yet"

    def source(self) -> ScriptSource:
        """The script as the program takes it."""
        return ScriptSource(name=self.name, text=self.text, origin=self.origin)

    def differences(self) -> str:
        """What was changed against the original, or against what is kept, line by line."""
        before = self.original if self.original is not None else self.saved or ""
        lines = difflib.unified_diff(
            before.splitlines(), self.text.splitlines(), "before", "now", lineterm="", n=2
        )
        return "\n".join(lines)


@dataclass(slots=True)
class Library:
    """All scripts of the page, in the order of the list."""

    documents: list[Document] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def of(self, kind: Kind) -> list[Document]:
        """Those of one kind, in order."""
        return [one for one in self.documents if one.kind is kind]

    def get(self, document_id: str) -> Document | None:
        """The one with this id."""
        return next((one for one in self.documents if one.id == document_id), None)

    def named(self, name: str, *kinds: Kind) -> Document | None:
        """The first of these kinds with this name."""
        return next((one for one in self.documents if one.kind in kinds and one.name == name), None)

    def unsaved(self) -> tuple[Document, ...]:
        """Those with changes that closing would lose."""
        return tuple(one for one in self.documents if one.unsaved)

    def show_sources(self, kind: Kind, sources: Iterable[ScriptSource]) -> None:
        """Take what the server, the program or the folder has; typed changes stay as they are."""
        known = {(one.name, one.origin): one for one in self.of(kind) if one.saved is not None}
        shown = []
        for source in sources:
            one = known.pop((source.name, source.origin), None)
            shown.append(self._made(kind, source) if one is None else _renewed(one, source))
        shown += [one for one in self.of(kind) if one not in shown and _in_hand(one)]
        self.documents = [one for one in self.documents if one.kind is not kind] + shown

    def _made(self, kind: Kind, source: ScriptSource) -> Document:
        text = plain_lines(source.text)
        return Document(
            id=self._id(),
            kind=kind,
            name=source.name,
            text=text,
            saved=text,
            origin=source.origin,
        )

    def new(self) -> Document:
        """An empty script of one's own."""
        made = Document(id=self._id(), kind=Kind.OWN, name=self._free("New script"), text=NEW_TEXT)
        self.documents.append(made)
        return made

    def copy(self, one: Document) -> Document:
        """A working copy beside a script that is read only."""
        made = Document(
            id=self._id(),
            kind=Kind.COPY,
            name=self._free(f"{one.name} (copy)"),
            text=one.text,
            original=one.text,
            copied_from=one.kind,
        )
        self.documents.append(made)
        return made

    def file(self, path: Path, text: str, *, crlf: bool = False) -> Document:
        """A file of this computer; the same file is opened once."""
        known = next((one for one in self.of(Kind.FILE) if one.path == path), None)
        if known is not None:
            return known
        made = Document(
            id=self._id(),
            kind=Kind.FILE,
            name=path.name,
            text=text,
            saved=text,
            path=path,
            crlf=crlf,
        )
        self.documents.append(made)
        return made

    def remove(self, one: Document) -> None:
        """Take a script out of the list."""
        self.documents.remove(one)

    def _id(self) -> str:
        return f"script-{next(self._numbers)}"

    def _free(self, name: str) -> str:
        """The name, or the first free one with a number."""
        taken = {one.name for one in self.documents}
        if name not in taken:
            return name
        return next(n for i in itertools.count(2) if (n := f"{name} {i}") not in taken)


def _renewed(one: Document, source: ScriptSource) -> Document:
    """Take over a newer text, unless a person is changing the older one."""
    if not one.unsaved:
        one.text = one.saved = plain_lines(source.text)
    return one


def _in_hand(one: Document) -> bool:
    """Whether a person would miss it."""
    return one.unsaved or one.saved is None
