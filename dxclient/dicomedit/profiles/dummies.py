"""Values that stand in for what was removed, valid for the value representation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

TEXT = "ANONYMIZED"


def dummy(vr: str) -> str:
    """A value for action D (PS3.5 section 6.2 for what is valid)."""
    if vr in ("DS", "IS", "FD", "FL", "US", "SS", "UL", "SL"):
        return "0"
    special = {"DA": "19000101", "DT": "19000101000000", "TM": "000000", "AS": "000Y"}
    special |= {"UR": "urn:anonymized", "PN": "Anonymized"}
    return special.get(vr, TEXT)


@dataclass(frozen=True, slots=True)
class Stand:
    """One item that takes the place of a sequence.

    DicomEdit cannot write an empty sequence, so sequences of type 2 get an item, too.

    Parameters
    ----------
    inside : str
        Path of the item that has to hold the sequence; empty for the top of a file.
    beside : str
        An element of that item, by which a script sees that the item is there.
    """

    tag: str
    name: str
    values: tuple[tuple[str, str], ...]
    inside: str = ""
    beside: str = ""

    def lines(self) -> Iterator[str]:
        """Statements to be run after the sequence was removed below the top."""
        path = f"{self.inside}({self.tag[:4]},{self.tag[4:]})"
        yield f"if (isPresent[{self.inside + self.beside or path}]) {{"
        if not self.inside:
            yield f"    - {path}"
        for inner, value in self.values:
            yield f"    {path}[0]/{inner} := {value}"
        yield "}"


def stands() -> tuple[Stand, ...]:
    """Sequences that objects need: in reports, specimens, contexts of acquisition."""
    text = (
        ("(0040,A040)", '"TEXT"'),
        ("(0040,A043)[0]/(0008,0100)", '"121106"'),
        ("(0040,A043)[0]/(0008,0102)", '"DCM"'),
        ("(0040,A043)[0]/(0008,0104)", '"Comment"'),
        ("(0040,A160)", f'"{TEXT}"'),
    )
    step = (
        ("(0008,1150)", '"1.2.840.10008.3.1.2.3.3"'),
        ("(0008,1155)", f'hashUID["{TEXT}"]'),
    )
    observer = (
        ("(0040,A027)", f'"{TEXT}"'),
        ("(0040,A030)", f'"{dummy("DT")}"'),
        ("(0040,A075)", f'"{dummy("PN")}"'),
    )
    issuer = (("(0040,0031)", f'"{TEXT}"'),)
    return (
        Stand("00081111", "Referenced Performed Procedure Step Sequence", step),
        Stand("00400513", "Issuer of the Container Identifier Sequence", issuer),
        Stand("00400555", "Acquisition Context Sequence", text),
        _of_specimen("00400562", "Issuer of the Specimen Identifier Sequence", issuer),
        _of_specimen("00400610", "Specimen Preparation Sequence", _below("(0040,0612)[0]/", text)),
        Stand("0040A073", "Verifying Observer Sequence", observer),
        Stand("0040A730", "Content Sequence", (("(0040,A010)", '"CONTAINS"'), *text)),
    )


def _of_specimen(tag: str, name: str, values: tuple[tuple[str, str], ...]) -> Stand:
    """A sequence of the first specimen; a script cannot go through all of them."""
    return Stand(tag, name, values, "(0040,0560)[0]/", "(0040,0551)")


def _below(way: str, values: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((way + inner, value) for inner, value in values)
