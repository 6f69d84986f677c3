r"""Sets of characters that Java's regular expressions know by name."""

from __future__ import annotations

import re

from dxclient.dicomedit.faults import Fault

#: The inside of a set for ``\d``, ``\w`` and their like.
SETS = {
    "d": "0-9",
    "w": "A-Za-z0-9_",
    "s": r" \t\n\x0b\x0c\r",
    "h": r" \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000",
    "v": r"\n\x0b\x0c\r\u0085\u2028\u2029",
}
#: The same under the flag ``(?U)``.
UNICODE_SETS = {
    "d": r"\p{Nd}",
    "w": r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}",
    "s": r"\p{White_Space}",
}
_NAMED = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Alnum": "A-Za-z0-9",
    "Punct": r"!-\/:-@\[-`{-~",
    "Graph": r"!-~",
    "Print": r"\x20-~",
    "Blank": r"\x20\t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9A-Fa-f",
    "Space": r"\x20\t\n\x0b\x0c\r",
    "L1": r"\x00-\xff",
    "LC": r"\p{Lu}\p{Ll}\p{Lt}",
    "LD": r"\p{L}\p{Nd}",
    "all": r"\x00-\U0010ffff",
    "javaLowerCase": r"\p{Lowercase}",
    "javaUpperCase": r"\p{Uppercase}",
    "javaTitleCase": r"\p{Lt}",
    "javaAlphabetic": r"\p{Alphabetic}",
    "javaIdeographic": r"\p{Ideographic}",
    "javaDigit": r"\p{Nd}",
    "javaLetter": r"\p{L}",
    "javaLetterOrDigit": r"\p{L}\p{Nd}",
    "javaWhitespace": r"\t-\r\x1c-\x20\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000",
    "javaSpaceChar": r"\p{Z}",
    "javaISOControl": r"\x00-\x1f\x7f-\x9f",
}
_UNICODE_NAMED = {
    "Lower": r"\p{Lowercase}",
    "Upper": r"\p{Uppercase}",
    "Alpha": r"\p{Alphabetic}",
    "Digit": r"\p{Nd}",
    "Alnum": r"\p{Alphabetic}\p{Nd}",
    "Punct": r"\p{P}",
    "Blank": r"\p{Zs}\t",
    "Cntrl": r"\p{Cc}",
    "XDigit": r"\p{Nd}\p{Hex_Digit}",
    "Space": r"\p{White_Space}",
}
_CATEGORIES = re.compile("L[ultmo]?|M[nec]?|N[dlo]?|Z[slp]?|C[cfosn]?|P[dsecoif]?|S[mcko]?")
_CASED = {"Lower": "A-Za-z", "Upper": "A-Za-z"} | dict.fromkeys(
    ("Lu", "Ll", "Lt", "javaLowerCase", "javaUpperCase"), r"\p{Lu}\p{Ll}\p{Lt}"
)
_VALUED = re.compile(r"(script|sc|block|blk|general_category|gc)=([A-Za-z0-9_ -]+)")
_KEYS = {
    "script": "Script",
    "sc": "Script",
    "block": "Block",
    "blk": "Block",
    "general_category": "General_Category",
    "gc": "General_Category",
}


def property_set(name: str, *, folded: bool = False, unicode: bool = False) -> str:
    r"""The inside of a set for ``\p{name}``. Raises Fault where Java knows no such name.

    Parameters
    ----------
    folded : bool
        The case is ignored.
    unicode : bool
        The flag ``(?U)`` is on, so that the POSIX names mean more than ASCII.
    """
    if folded and name in _CASED:
        return _CASED[name]
    if unicode and name in _UNICODE_NAMED:
        return _UNICODE_NAMED[name]
    if name in _NAMED:
        return _NAMED[name]
    if _CATEGORIES.fullmatch(name):
        return rf"\p{{{name}}}"
    valued = _VALUED.fullmatch(name)
    if valued is not None:
        return rf"\p{{{_KEYS[valued[1]]}={valued[2]}}}"
    if re.fullmatch(r"I[sn][A-Za-z][A-Za-z0-9_ -]*", name):
        return rf"\p{{Block={name[2:]}}}" if name[1] == "n" else rf"\p{{{name[2:]}}}"
    raise Fault("a regular expression names characters that are not known")


def written(character: str) -> str:
    """A character so that it stands for itself, inside and outside of sets."""
    if character.isascii() and character.isalnum():
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def variants(character: str, *, unicode: bool) -> list[str]:
    """A character in both cases; in ASCII only, unless *unicode*."""
    if not unicode and not character.isascii():
        return [character]
    both = {character, character.lower(), character.upper()}
    return sorted(one for one in both if len(one) == 1 and (unicode or one.isascii()))
