"""What the engine needs of a data set, so that another one can be put in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from dxclient.dicomedit.tree import Part, TagPath


@dataclass(frozen=True, slots=True)
class Spot:
    """An element found in a data set.

    Parameters
    ----------
    level : object
        The data set (or item) that holds it; belongs to the target.
    tag : int
        ``0xGGGGEEEE``.
    name : str
        Path for people, such as ``(0040,0275)[0]/(0040,0007)``.
    """

    level: Any = field(repr=False)
    tag: int
    name: str


class Target(Protocol):
    """One data set under edit. Every method may raise `Fault`."""

    def find(self, parts: Sequence[Part]) -> list[Spot]:
        """Existing elements that match a path, wildcards allowed, in file order."""

    def walk(self) -> Iterator[Spot]:
        """Every element at every level."""

    def resolve(self, path: TagPath) -> Spot | None:
        """The one element that a singular path names, if it exists."""

    def create(self, path: TagPath) -> Spot:
        """The place of a singular path, sequences, items and private block made as needed."""

    def text(self, spot: Spot) -> str | None:
        """The value as DicomEdit shows it; None where absent. Faults on sequences."""

    def vr(self, spot: Spot) -> str:
        """Value representation, of the element or of the dictionary."""

    def write(self, spot: Spot, text: str, vr: str = "") -> None:
        """Put a value, encoded for the element's value representation or for the one given."""

    def remove(self, spot: Spot) -> None:
        """Remove an element; nothing happens where it is absent."""

    def is_creator(self, spot: Spot) -> bool:
        """Whether the element reserves a private block."""
