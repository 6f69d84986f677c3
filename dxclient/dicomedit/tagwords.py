"""What is wrong with something that looks like a tag, in words."""

from __future__ import annotations

import re

_EVEN = "02468ACE@"
_HEX = re.compile(r"[0-9A-FX@#]{4}")
_CREATOR = re.compile(r"\{(?P<name>[^}]*)\}(?P<low>.*)")
_LAWFUL_CREATOR = re.compile(r"[A-Za-z][A-Za-z0-9 \-_.:]*")


def wrong_tag(text: str) -> tuple[str, str]:
    """Sentence and suggestion for a tag that the language does not take as it stands."""
    inner = text[1:-1].strip()
    if "," not in inner:
        digits = re.sub(r"[^0-9A-Fa-fXx@#]", "", inner)
        tag = f"({digits[:4]},{digits[4:]})"
        return f"A tag is written with a comma: {tag}.", tag
    group, element = (half.strip() for half in inner.split(",", 1))
    upper = group.upper()
    if not _HEX.fullmatch(upper):
        return f"A tag has four hexadecimal digits before the comma, “{group}” is not that.", ""
    if upper[-1] == "X":
        return _undecided(group, element)
    if "{" in element:
        return _with_creator(group, element)
    if not _HEX.fullmatch(element.upper()):
        return f"A tag has four hexadecimal digits after the comma, “{element}” is not that.", ""
    if upper[-1] not in _EVEN:
        return _without_creator(group, element)
    tag = f"({group},{element})"
    return f"A tag is written without blanks after “(” and before “)”: {tag}.", tag


def _undecided(group: str, element: str) -> tuple[str, str]:
    last = "#" if "{" in element else "@"
    tag = f"({group[:3]}{last},{element})"
    return (
        "The last digit of a group says whether the tag is public or private, so X cannot stand "
        f"there; write {tag}.",
        tag,
    )


def _without_creator(group: str, element: str) -> tuple[str, str]:
    if re.fullmatch(r"00[1-9A-Fa-f][0-9A-Fa-f]", element):
        return (
            "A private creator cannot be named as a tag; name the elements of its block, such as "
            f"({group},{{CREATOR}}01).",
            "",
        )
    tag = f"({group},{{CREATOR}}{element[2:]})"
    return (
        f"An element of an odd group is written with its private creator in braces: {tag}.",
        tag,
    )


def _with_creator(group: str, element: str) -> tuple[str, str]:
    match = _CREATOR.fullmatch(element)
    if match is None:
        return "After the private creator in braces come two digits: (0009,{CREATOR}01).", ""
    name, low = match["name"], match["low"].strip()
    if group[-1].upper() in _EVEN:
        return "A private creator belongs to an odd group; this group is even.", ""
    if not _LAWFUL_CREATOR.fullmatch(name):
        return (
            "A private creator starts with a letter and goes on with letters, digits, blanks "
            "and - _ . : only; others can be reached with set and delete.",
            "",
        )
    if not re.fullmatch(r"[0-9A-Fa-fXx@#]{2}", low):
        tag = f"({group},{{{name}}}{low[-2:]})"
        known = re.fullmatch(r"[0-9A-Fa-fXx@#]{2,4}", low)
        return (
            "After the private creator come exactly two digits; "
            "the block is found by itself" + (f": {tag}." if known else "."),
            tag if known else "",
        )
    tag = f"({group},{{{name}}}{low})"
    return f"A tag is written without blanks after “(” and before “)”: {tag}.", tag
