"""From the bytes of a header to text that a person can read, whatever their encoding."""

from __future__ import annotations

import re
import warnings
from datetime import date

_MOST_KEPT = 4096
_WHOLE = re.compile(r"[+-]?\d{1,12}(\.0*)?")
_DATE = re.compile(r"(\d{4})(?:(\d\d)(\d\d)|\.(\d\d)\.(\d\d))")
_TIME = re.compile(r"(\d\d):?(\d\d)?:?(\d\d)?(\.\d*)?")


class Texts:
    """Decodes values and gives equal ones as one object, so that many headers stay small."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bytes, bool], str] = {}
        self._codes: dict[bytes, str] = {b"": ""}

    def text(self, raw: bytes, charset: bytes = b"", *, name: bool = False) -> str:
        """Decode a value of VR LO, SH or PN.

        Parameters
        ----------
        raw : bytes
            The value as it lies in the file.
        charset : bytes
            Value of Specific Character Set (0008,0005) as it lies in the file.
        name : bool
            VR is PN, where ``^`` and ``=`` end the effect of an ISO 2022 escape (PS3.5 6.1.2.5.3).
        """
        key = (raw, charset, name)
        known = self._known.get(key)
        if known is None:
            if len(self._known) > _MOST_KEPT:
                self._known.clear()
            known = self._known[key] = _shown(_decode(raw.strip(b"\0 "), charset, name))
            if name:  # empty groups at the end mean nothing (PS3.5 6.2)
                known = self._known[key] = known.rstrip("= ")
        return known

    def code(self, raw: bytes) -> str:
        """First value of VR UI, CS, IS, DA or TM: plain ASCII."""
        known = self._codes.get(raw)
        if known is None:
            if len(self._codes) > _MOST_KEPT:
                self._codes.clear()
            known = self._codes[raw] = uid(raw)
        return known


def uid(raw: bytes) -> str:
    """A UID or other code; not kept for reuse, for what is different in each file."""
    text = raw.split(b"\\", 1)[0].strip(b"\0 \t\r\n").decode("ascii", "replace")
    return text if text.isprintable() else _shown(text)


def _shown(text: str) -> str:
    """Without padding, and without control characters that could disturb a screen."""
    text = text.strip("\0 \t\r\n")
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return text


def _decode(raw: bytes, charset: bytes, name: bool) -> str:
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    if not charset.strip(b"\0 \\"):
        return _utf8(raw) or raw.decode("latin-1")
    text = _declared(raw, charset, name)
    if "\ufffd" not in text and "\x1b" not in text:
        return text
    # The declared character set is not the one that was used.
    if (guess := _utf8(raw)) is not None and b"\x1b" not in raw:
        return guess
    return raw.decode("latin-1") if b"192" in charset else text


def _utf8(raw: bytes) -> str | None:
    """As UTF-8, which other encodings hardly ever happen to be."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _declared(raw: bytes, charset: bytes, name: bool) -> str:
    """Decode as the header says, with pydicom's knowledge of DICOM character sets."""
    from pydicom.charset import convert_encodings, decode_bytes
    from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

    names = [part.strip() for part in charset.decode("ascii", "replace").strip("\0 ").split("\\")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            encodings = convert_encodings(names)
            if name:
                groups = (decode_bytes(part, encodings, PN_DELIMS) for part in raw.split(b"="))
                return "=".join(groups)
            return decode_bytes(raw, encodings, TEXT_VR_DELIMS)
        except (LookupError, ValueError, TypeError, AssertionError):
            # "rot13" or "hex" are codecs to Python but no character sets.
            return raw.decode("latin-1")


def whole_number(text: str) -> int | None:
    """A number of VR IS; ``"7.0"``, which some writers make of it, is 7."""
    return int(text.split(".")[0]) if _WHOLE.fullmatch(text) else None


def day(text: str) -> date | None:
    """A date of VR DA, also in the old form with dots (PS3.5 6.2); None where it is no date."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    try:
        return date(*(int(part) for part in found.groups() if part))
    except ValueError:
        return None


def clock(text: str) -> str:
    """A time of VR TM as ``HH:MM:SS``, or empty where it is no time."""
    found = _TIME.fullmatch(text)
    if not found:
        return ""
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    return f"{hour:02}:{minute:02}:{second:02}" if hour < 24 and minute < 60 and second < 61 else ""
