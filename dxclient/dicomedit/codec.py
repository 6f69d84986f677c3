"""Values between the bytes of an element and the text that scripts see."""

from __future__ import annotations

import math
import re
import struct
import warnings
from collections.abc import Sequence
from functools import lru_cache

from pydicom import charset
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.javatext import number_text

TRIMMED = frozenset({"PN", "LO", "SH", "CS", "UI", "DA", "TM", "DT", "DS", "IS", "AS", "AE"})
LONG_TEXT = frozenset({"LT", "ST", "UT", "UC", "UR"})
ENCODED = frozenset({"PN", "LO", "SH", "LT", "ST", "UT", "UC"})
BYTES_AS_TEXT = frozenset({"UN", "OB", "OW", "OF", "OD", "OL", "OV"})
_INTEGERS = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q"}
_FLOATS = {"FL": "f", "FD": "d"}
_NUMBERS = frozenset({*_INTEGERS, *_FLOATS, "AT"})
#: What is shown as numbers; unknown bytes are shown as text.
_PACKED = _NUMBERS | BYTES_AS_TEXT - {"UN"}
_JAVA_NUMBER = re.compile(
    r"[\x00-\x20]*(?:([+-]?(?:NaN|Infinity))"
    r"|([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[fFdD]?)[\x00-\x20]*"
)


def is_plain(value: bytes) -> bool:
    """Whether bytes mean the same in every character set: ASCII without escape sequences."""
    return value.isascii() and b"\x1b" not in value


def is_known(value: bytes) -> bool:
    """Whether every term of a value of Specific Character Set (0008,0005) is known."""
    terms = value.decode("ascii", "replace").strip(" \0").split("\\")
    return all(term.strip() in charset.python_encoding for term in terms)


@lru_cache(maxsize=256)
def encodings_of(value: bytes) -> tuple[str, ...]:
    """Python encodings of a value of Specific Character Set (0008,0005)."""
    terms = value.decode("ascii", "replace").strip(" \0")
    if not terms:
        return ()
    return tuple(charset.convert_encodings([term.strip() for term in terms.split("\\")]))


def decode(vr: str, value: bytes, little: bool, encodings: Sequence[str]) -> str:
    """The value as DicomEdit shows it, several values joined by a backslash.

    Blanks that mean nothing do not show (PS3.5 section 6.2).
    """
    if vr in _PACKED:
        return _shown(vr, value, "<" if little else ">")
    declared = encodings and vr in ENCODED
    text = _declared(vr, value, encodings) if declared else _guessed(value)
    if vr not in TRIMMED:
        return text.rstrip(" \0")
    if "\\" not in text:
        return _trimmed(vr, text)
    return "\\".join(_trimmed(vr, part) for part in text.split("\\"))


def _shown(vr: str, value: bytes, order: str) -> str:
    """Numbers, and bytes as numbers."""
    if vr in _INTEGERS:
        return "\\".join(str(n) for n in _unpacked(order, _INTEGERS[vr], value))
    if vr in _FLOATS:
        numbers = _unpacked(order, _FLOATS[vr], value)
        return "\\".join(number_text(n, single=vr == "FL") for n in numbers)
    if vr == "AT":
        words = _unpacked(order, "H", value)
        pairs = zip(words[::2], words[1::2], strict=False)
        return "\\".join(f"{int(a):04X}{int(b):04X}" for a, b in pairs)
    return "\\".join(f"{byte:02X}" for byte in value)


def _unpacked(order: str, code: str, value: bytes) -> tuple[float, ...]:
    size = struct.calcsize(order + code)
    count = len(value) // size
    return struct.unpack(f"{order}{count}{code}", value[: count * size])


def _declared(vr: str, value: bytes, encodings: Sequence[str]) -> str:
    delimiters = PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS
    return charset.decode_bytes(value, list(encodings), delimiters)


def _trimmed(vr: str, text: str) -> str:
    # Empty components at the end of a name do not show, as in the original's toolkit.
    return text.strip(" \0").rstrip("^ ") if vr == "PN" else text.strip(" \0")


def _guessed(value: bytes) -> str:
    """Text without a character set: UTF-8, which ASCII is too, else each byte a character."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def encode(vr: str, text: str, little: bool, encodings: Sequence[str]) -> bytes:
    """Bytes of even length for a text.

    Raises
    ------
    Fault
        The text is no number where one is needed, or the character set cannot hold it.
    """
    if vr in _NUMBERS:
        order = "<" if little else ">"
        return b"".join(_number(vr, part, order) for part in text.split("\\")) if text else b""
    if vr == "SQ":
        raise Fault("a sequence cannot be given a text")
    data = text.encode("utf-8") if vr in BYTES_AS_TEXT else _encoded(vr, text, encodings)
    if len(data) % 2 == 0:
        return data
    return data + (b"\0" if vr == "UI" or vr in BYTES_AS_TEXT else b" ")


def _number(vr: str, text: str, order: str) -> bytes:
    if vr == "AT":
        if not re.fullmatch(r"[0-9A-Fa-f]{8}", text):
            raise Fault("the element needs eight hexadecimal digits")
        return struct.pack(order + "HH", int(text[:4], 16), int(text[4:], 16))
    if vr in _FLOATS:
        return _packed(order, vr, _float(text))
    size = struct.calcsize(order + _INTEGERS[vr])
    # As in Java: short numbers wrap around within 32 bits, long ones within 64.
    limit = 1 << {2: 31, 4: 63, 8: 64}[size]
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text) or not -limit <= int(text) < limit:
        raise Fault("the element needs whole numbers")
    wrapped = int(text) % (1 << 8 * size)
    return wrapped.to_bytes(size, "little" if order == "<" else "big")


def _float(text: str) -> float:
    """A number as Java reads it."""
    match = _JAVA_NUMBER.fullmatch(text)
    if match is None:
        raise Fault("the element needs numbers")
    return float(match[1] or match[2])


def _packed(order: str, vr: str, value: float) -> bytes:
    try:
        return struct.pack(order + _FLOATS[vr], value)
    except OverflowError:  # too large for a short one
        return struct.pack(order + _FLOATS[vr], math.copysign(math.inf, value))


def _encoded(vr: str, text: str, encodings: Sequence[str]) -> bytes:
    if text.isascii() or not encodings or vr not in ENCODED:
        # Where no character set counts, the engine writes UTF-8 bytes; so do we.
        return text.encode("utf-8")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pieces = re.split(r"([\\^=])", text) if len(encodings) > 1 else [text]
            return b"".join(charset.encode_string(piece, list(encodings)) for piece in pieces)
    except (UnicodeError, UserWarning, LookupError):
        raise Fault("the file's character set cannot hold the new text") from None
