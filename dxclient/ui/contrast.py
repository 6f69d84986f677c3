"""How well two colours can be told apart (WCAG 2.1, success criteria 1.4.3 and 1.4.11)."""

from __future__ import annotations

#: For text, and for what is not active or is a sign and not a text.
TEXT, SIGN = 4.5, 3.0


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rrggbb``."""
    digits = colour.lstrip("#")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def luminance(colour: str) -> float:
    """Relative luminance, 0 for black to 1 for white."""
    parts = (value / 255 for value in rgb(colour))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 (the same) to 21 (black on white)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def blend(one: str, other: str, share: float) -> str:
    """The colour that lies *share* of the way from one to the other."""
    mixed = (round(a + (b - a) * share) for a, b in zip(rgb(one), rgb(other), strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def readable(wanted: str, back: str, otherwise: str, least: float = TEXT) -> str:
    """The wanted colour, moved towards *otherwise* until it can be read on *back*."""
    for step in range(11):
        colour = blend(wanted, otherwise, step / 10)
        if contrast(colour, back) >= least:
            return colour
    return otherwise
