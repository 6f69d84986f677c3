"""Finding the elements of one file by tag paths, wildcards and items included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dxclient.dicomedit.level import ITEM_BYTES, Level
from dxclient.dicomedit.matching import matches, may_be_nothing
from dxclient.dicomedit.structure import open_items
from dxclient.dicomedit.tree import Element, Part, TagPath, Wild

#: Where an element is, or may be put: its data set or item, and its tag.
Spot = tuple[Level, int]


class Search:
    """The elements of one file.

    Attributes
    ----------
    meta, root : Level
        The file meta group and the data set.

    Raises
    ------
    Broken, Odd
        When a sequence is opened that is not one.
    """

    meta: Level
    root: Level

    def _search_in(self, meta: Level, root: Level) -> None:
        """Forget what was known, and search in these."""
        self.meta, self.root = meta, root
        self._forget_levels()

    def _forget_levels(self) -> None:
        """Sequences came or went; what was known of the levels may be wrong."""
        self._levels: list[Level] | None = None
        self._by_tag: dict[int, list[Level]] | None = None

    def top(self, tag: int) -> Spot:
        """The place of an element that is in no sequence."""
        return (self.meta if tag >> 16 == 2 else self.root), tag

    def matching(self, path: TagPath) -> list[Spot]:
        """Existing elements that a path names."""
        if path.fixed is not None:
            spot = self.top(path.fixed)
            return [spot] if path.fixed in spot[0].entries else []
        last = path.anywhere
        if last is None:
            return self.find(path.reach)
        places = self._by_tag if self._by_tag is not None else self._places()
        tag = last.fixed
        if tag is None:
            nested = _matching(places, last)
        elif tag in places:
            nested = [tag]
        elif tag in self.root.entries and not path.deep:
            return [(self.root, tag)]
        else:
            return []
        spots = [] if path.deep else [(self.root, tag) for tag in _named(self.root, last)]
        return spots + self._nested(nested, path) if nested else spots

    def _nested(self, tags: list[int], path: TagPath) -> list[Spot]:
        """Where elements are in sequences.

        The engine's ``+`` does not start at a level that is itself the named element.
        """
        last, creator_of = path.anywhere, self.root.creator
        assert last is not None
        return [
            (level, tag)
            for tag in tags
            for level in self._places()[tag]
            if tag in level.entries
            and (not last.creator or matches(last, tag, level.creator))
            and not (path.deep and matches(last, level.outermost.tag, creator_of))
        ]

    def _places(self) -> dict[int, list[Level]]:
        """Items by the elements that they have, or had: most paths ask for every level."""
        if self._by_tag is None:
            self._by_tag = {}
            for level in self.levels()[1:]:
                for tag in level.entries:
                    self._by_tag.setdefault(tag, []).append(level)
        return self._by_tag

    def _added(self, level: Level, tag: int) -> None:
        """Remember a new element of an item."""
        if self._by_tag is not None and tag not in level.entries:
            levels = self._by_tag.setdefault(tag, [])
            if level not in levels:
                levels.append(level)

    def find(self, parts: Sequence[Part]) -> list[Spot]:
        """Existing elements that match, wildcards allowed, in file order, each once."""
        first = parts[0]
        if isinstance(first, Element):
            if len(parts) == 1:
                start = self.meta if first.group == "0002" else self.root
                return [(start, tag) for tag in _named(start, first)]
            if first.group == "0002":
                return []
        return list(dict.fromkeys(self._search(self.root, tuple(parts))))

    def walk(self) -> Iterator[Spot]:
        """Every element at every level."""
        for level in self.levels():
            for tag in list(level.entries):
                yield level, tag

    def private(self) -> list[Spot]:
        """Every element of an odd group, creators included, at every level."""
        return [(level, tag) for level in self.levels() for tag in level.entries if tag & 0x10000]

    def levels(self) -> list[Level]:
        """The data set and every item at any depth."""
        if self._levels is None:
            self._levels = list(self._levels_of(self.root))
        return self._levels

    def _levels_of(self, level: Level) -> Iterator[Level]:
        yield level
        for tag in level.nested():
            for item in self.items(level, tag):
                yield from self._levels_of(item)

    def _search(self, level: Level, parts: tuple[Part, ...]) -> Iterator[Spot]:
        head, rest = parts[0], parts[1:]
        if isinstance(head, Element):
            yield from self._search_element(level, head, rest)
        elif head.kind == "*":
            yield from self._search_any(level, parts)
        else:
            yield from self._search_levels(level, head, rest)

    def _search_element(
        self, level: Level, head: Element, rest: tuple[Part, ...]
    ) -> Iterator[Spot]:
        for tag in _named(level, head):
            if may_be_nothing(rest) and head.item is None:
                yield level, tag
            if not rest:
                continue
            for item in self.items(level, tag):
                if head.item in (None, "%", item.number):
                    yield from self._search(item, rest)

    def _search_any(self, level: Level, parts: tuple[Part, ...]) -> Iterator[Spot]:
        rest = parts[1:]
        if rest:
            yield from self._search(level, rest)
        if may_be_nothing(rest):
            yield from ((level, tag) for tag in level.entries)
        for tag in level.nested():
            for item in self.items(level, tag):
                yield from self._search(item, parts)

    def _search_levels(self, level: Level, head: Wild, rest: tuple[Part, ...]) -> Iterator[Spot]:
        if may_be_nothing(rest):
            yield from ((level, tag) for tag in level.entries)
        below = (Wild("*"), *rest) if head.kind == "+" else rest
        follower = rest[0] if rest and head.kind == "+" else None
        for tag in level.nested() if below else ():
            # The engine's "+" does not start at a level that is itself the named element.
            if isinstance(follower, Element) and matches(follower, tag, level.creator):
                continue
            for item in self.items(level, tag):
                yield from self._search(item, below)

    def items(self, level: Level, tag: int) -> list[Level]:
        """Items of a sequence, also of one that stands there as unknown bytes.

        Names of patients hide there, so searches look inside.
        """
        opened = level.items.get(tag)
        if opened is not None:
            return opened
        entry = level.entries.get(tag)
        if entry is None or len(entry) == 2:
            return []
        vr, begins = level.vr(tag), level.data.startswith(ITEM_BYTES, entry[1], entry[2])
        # Some files hold a text where the dictionary, but not the file, says that items are.
        if vr == "SQ" and (entry[3] or begins):
            found = open_items(level, tag, entry, unknown=False)
        elif begins and (vr == "UN" or not entry[3]):
            found = open_items(level, tag, entry, unknown=True)
        else:
            return []
        level.items[tag] = found
        return found


def _named(level: Level, element: Element) -> list[int]:
    """Tags of a level that an element of a path names."""
    if element.fixed is not None:
        return [element.fixed] if element.fixed in level.entries else []
    found = _matching(level.entries, element)
    if element.creator:
        return [tag for tag in found if matches(element, tag, level.creator)]
    return found


def _matching(tags: Mapping[int, object], element: Element) -> list[int]:
    if element.options:
        return [tag for tag in element.options if tag in tags]
    mask, bits = element.mask, element.bits
    return [tag for tag in tags if tag & mask == bits]
