"""Functions on elements and UIDs."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from dxclient.dicomedit.codec import LONG_TEXT
from dxclient.dicomedit.editing import VOID_TEXT, Editor, Result, flat, text_of
from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.functions_text import HashedUid
from dxclient.dicomedit.paths import direct_path_of, path_of
from dxclient.dicomedit.searching import Spot
from dxclient.dicomedit.tree import Element, Place, TagPath, Wild

PIXELS = 0x7FE00010


@lru_cache(maxsize=8192)
def hashed_uid(text: str) -> str:
    """The UID of a text as XNAT makes it: a version 5 UUID of SHA-1 without a namespace."""
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).digest()
    number = int.from_bytes(digest[:16], "big")
    return f"2.25.{number & ~_VERSION_BITS | _VERSION_5}"


#: Where version and variant of a UUID stand in its 128 bits, and what says version 5.
_VERSION_BITS = 0xF << 76 | 0x3 << 62
_VERSION_5 = 0x5 << 76 | 0x2 << 62


def hash_uid(editor: Editor, arguments: list[Result]) -> Result:
    """A UID that depends on the text only."""
    text = editor.value(arguments[0])
    return None if text is None else HashedUid(hashed_uid(text))


def hash_uid_list(editor: Editor, arguments: list[Result]) -> Result:
    """Hash every value of every matching element."""
    for spot in editor.matching(arguments):
        text = editor.target.text(spot)
        if text:
            values = _values(editor, spot, text)
            editor.write(spot, "\\".join(hashed_uid(value) for value in values))
    return VOID_TEXT


def _values(editor: Editor, spot: Spot, text: str) -> list[str]:
    """The values of an element; a backslash in a long text parts nothing."""
    return [text] if editor.target.vr(spot) in LONG_TEXT else text.split("\\")


def new_uid(editor: Editor, arguments: list[Result]) -> Result:
    """A UID that nothing had before."""
    return editor.fresh.next()


def map_uid(editor: Editor, arguments: list[Result]) -> Result:
    """A UID under a prefix, the same for the same value.

    The original draws it at random once per process. Files of one session are anonymized in
    several processes here, so the number is made from the value, as ``hashUID`` does.
    """
    value, prefix = (text_of(argument) for argument in arguments)
    if value is None or prefix is None:
        raise Fault("mapUID needs a value that is missing")
    return _mapped(value, prefix)


def map_referenced_uids(editor: Editor, arguments: list[Result]) -> Result:
    """Map every matching UID."""
    prefix = text_of(arguments[0]) or ""
    if any(isinstance(argument, TagPath) for argument in flat(arguments[1:])):
        raise Fault("mapReferencedUIDs takes paths in double quotes; XNAT ignores bare ones")
    for spot in editor.matching(arguments[1:]):
        text = editor.target.text(spot)
        if text:
            values = _values(editor, spot, text)
            editor.write(spot, "\\".join(_mapped(value, prefix) for value in values))
    return VOID_TEXT


def _mapped(value: str, prefix: str) -> str:
    if len(prefix) > 24:
        raise Fault("the prefix of a UID may have 24 characters")
    return f"{prefix}.{hashed_uid('mapUID ' + value).removeprefix('2.25.')}"


def remove_tags(editor: Editor, arguments: list[Result]) -> Result:
    """Delete what the paths name."""
    for path in editor.paths(arguments):
        editor.delete(path)
    return VOID_TEXT


def delete(editor: Editor, arguments: list[Result]) -> Result:
    """Delete one element, private creators included."""
    path = _direct(arguments[0])
    spot = editor.target.resolve(path)
    if spot is not None:
        editor.remove(spot)
    return VOID_TEXT


def set_(editor: Editor, arguments: list[Result]) -> Result:
    """Assign one element, private creators included."""
    path, text = _direct(arguments[0]), text_of(arguments[1])
    if text is not None:
        editor.write(editor.target.create(path), text)
    return VOID_TEXT


def _direct(argument: Result) -> TagPath:
    path = direct_path_of(argument) if isinstance(argument, str) else None
    if path is None:
        raise Fault('a path in double quotes is needed, such as "(0010,0010)"')
    if any(isinstance(part, Element) and int(part.group, 16) >= 0x8000 for part in path.parts):
        raise Fault("groups from 8000 on cannot be named here")
    return path


def is_present(editor: Editor, arguments: list[Result]) -> Result:
    """Whether all elements are there, even if empty."""
    present = True
    for argument in flat(arguments):
        if not isinstance(argument, TagPath) or not argument.singular:
            raise Fault("isPresent takes paths that name one element each")
        present = present and editor.target.resolve(argument) is not None
    return present


def value_at(editor: Editor, arguments: list[Result]) -> Result:
    """Value of a path that may come from a variable."""
    argument = arguments[0]
    path = argument if isinstance(argument, TagPath) else path_of(text_of(argument) or "")
    if path is None:
        raise Fault("valueAt takes a tag path")
    return editor.read(path)


def collect_values(editor: Editor, arguments: list[Result]) -> Result:
    """Values of all matching elements; texts pass through."""
    values: list[Result] = []
    for argument in flat(arguments):
        if isinstance(argument, TagPath):
            values += [editor.target.text(spot) for spot in editor.matching([argument])]
        else:
            values.append(argument)
    return values


def blank_values(editor: Editor, arguments: list[Result]) -> Result:
    """Empty every element, at any depth, that holds one of the values."""
    values: set[str | None] = set()
    for argument in flat(arguments):
        if isinstance(argument, TagPath):
            values.update(editor.target.text(spot) for spot in editor.matching([argument]))
        else:
            values.add(text_of(argument))
    values -= {None, ""}
    for spot in editor.matching([TagPath((Wild("*"),), Place(0, 0))]):
        if spot[1] != PIXELS and editor.target.text(spot) in values:
            editor.write(spot, "")
    return VOID_TEXT


def retain_private_tags(editor: Editor, arguments: list[Result]) -> Result:
    """Remove all private elements but the named ones and their creators.

    The original protects a creator (gggg,00bb) by a pattern that names the element (gggg,bbbb)
    too, so this one stays where it exists.
    """
    kept: set[Spot] = set()
    for path in editor.paths(arguments):
        if not any(isinstance(part, Element) and part.private for part in path.parts):
            raise Fault("retainPrivateTags takes private elements")
        kept.update(editor.target.find((*path.reach, Wild("*"))))
        kept |= _above(editor, path)
    creators = {(level, tag & 0xFFFF0000 | tag >> 8 & 0xFF) for level, tag in kept}
    kept |= creators
    kept |= {(level, tag | (tag & 0xFF) << 8) for level, tag in creators}
    for spot in editor.target.private():
        if spot not in kept:
            editor.remove(spot)
    return VOID_TEXT


def _above(editor: Editor, path: TagPath) -> set[Spot]:
    """Private sequences on the way to a retained element."""
    ways = (path.parts[: n + 1] for n in range(len(path.parts) - 1))
    found: set[Spot] = set()
    for way in ways:
        last = way[-1]
        if isinstance(last, Element):
            closed = (*way[:-1], Element(last.group, last.element, last.creator))
            found.update(editor.target.find(closed))
    return found


def remove_all_private(editor: Editor) -> None:
    """The statement ``removeAllPrivateTags``: every odd group at every level."""
    for spot in editor.target.private():
        editor.remove(spot)
