"""The few fields of an X.509 certificate that a person compares (RFC 5280 section 4.1).

The standard library decodes only certificates that it already trusts, and here the point is
to describe one that is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_VERSION, _UTC_TIME = 0xA0, 0x17
_SHORT = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
    b"\x55\x04\x06": "C",
}


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """Issuer, subject and days (``YYYY-MM-DD``) of a certificate."""

    issuer: str
    subject: str
    valid_from: str
    valid_until: str


def certificate_names(der: bytes) -> CertificateNames:
    """Read a DER certificate. Raises ValueError or IndexError when it is none."""
    (_, certificate), *_ = _elements(der)
    (_, signed), *_ = _elements(certificate)
    fields = [part for part in _elements(signed) if part[0] != _VERSION]
    _serial, _algorithm, issuer, validity, subject = (value for _, value in fields[:5])
    start, end = (_day(tag, value) for tag, value in _elements(validity))
    return CertificateNames(_name(issuer), _name(subject), start, end)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size]), at + size
        if at + length > len(data):
            raise ValueError("certificate ends too early")
        yield tag, data[at : at + length]
        at += length


def _name(value: bytes) -> str:
    parts = []
    for _, group in _elements(value):
        for _, pair in _elements(group):
            (_, oid), (_, text) = _elements(pair)
            if oid in _SHORT:
                parts.append(f"{_SHORT[oid]}={text.decode('utf-8', errors='replace')}")
    return ", ".join(parts)


def _day(tag: int, value: bytes) -> str:
    digits = value.decode("ascii")
    if tag == _UTC_TIME:  # two digits of the year: 50 and later is the last century
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
