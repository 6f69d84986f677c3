"""Tag paths in words."""

from __future__ import annotations

from functools import lru_cache

from dxclient.dicomedit import tree
from dxclient.dicomedit.paths import shown

_LEVELS = {
    "*": "at any level",
    "+": "in sequences at any level",
    ".": "in any sequence, one level down",
}


def path_in_words(path: tree.TagPath) -> str:
    """The elements that a path names: ``Patient's Name (0010,0010)``."""
    return " ".join(words for words in named_and_where(path) if words)


def named_and_where(path: tree.TagPath) -> tuple[str, str]:
    """The elements that a path names, and where they stand; nowhere for the top level."""
    *above, last = path.parts
    if not above:
        return _only(last), ""
    if isinstance(last, tree.Wild):
        *above, parent = above
        words = _everything(parent, last)
    elif last.item is not None:
        words = f"everything in {_item(last)}"
    else:
        words = _leaf(last)
    return words, " ".join(_inside(part) for part in reversed(above))


def _only(part: tree.Part) -> str:
    if isinstance(part, tree.Wild):
        return {
            "*": "every element",
            "+": "every element in sequences",
            ".": "every element of the top level",
        }[part.kind]
    if part.item is not None:
        return f"everything in {_item(part)}"
    return _leaf(part)


def _everything(parent: tree.Part, wild: tree.Wild) -> str:
    if isinstance(parent, tree.Wild):
        return f"every element {_LEVELS[parent.kind]}"
    if wild.kind == "*" and parent.item is None:
        return f"{_leaf(parent)} with everything in it"
    return f"everything in {_item(parent)}"


def _inside(part: tree.Part) -> str:
    if isinstance(part, tree.Wild):
        return _LEVELS[part.kind]
    return f"in {_item(part)}"


def _item(element: tree.Element) -> str:
    which = "every item" if element.item in (None, "%") else f"item {element.item}"
    return f"{which} of {_leaf(element)}"


def _leaf(element: tree.Element) -> str:
    notation = shown_element(element)
    if element.private:
        wild = any(digit in "X@#" for digit in element.element + element.group)
        every = "every private element" if wild else "the private element"
        return f"{every} {notation}"
    if element.fixed is not None:
        name = element_name(element.fixed)
        return f"{name} {notation}" if name else f"the element {notation}"
    name = _repeating(element)
    return f"every {name} {notation}" if name else f"every element {notation}"


def shown_element(element: tree.Element) -> str:
    """One element in the notation of scripts, without its item."""
    bare = tree.Element(element.group, element.element, element.creator)
    return shown(tree.TagPath((bare,), tree.Place(0, 0)))


def _repeating(element: tree.Element) -> str:
    """Name of an element of a repeating group, such as the overlays in 60X@."""
    if element.group[:2] not in ("50", "60") or any(d in "X@#" for d in element.element):
        return ""
    return element_name(int(f"{element.group[:2]}00{element.element}", 16))


@lru_cache(maxsize=4096)
def element_name(tag: int) -> str:
    """The name of a tag in the DICOM dictionary; empty where it has none."""
    from pydicom.datadict import dictionary_description

    try:
        return dictionary_description(tag)
    except KeyError:
        return ""
