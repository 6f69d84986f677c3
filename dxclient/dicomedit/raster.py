"""How the pixels of an image lie in memory (PS3.3 section C.7.6.3)."""

from __future__ import annotations

from dataclasses import dataclass

from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.level import Level

PIXEL_DATA = 0x7FE00010
SAMPLES, PHOTOMETRIC, PLANAR = 0x00280002, 0x00280004, 0x00280006
FRAMES, ROWS, COLUMNS = 0x00280008, 0x00280010, 0x00280011
ALLOCATED, STORED, HIGH, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103


@dataclass(frozen=True, slots=True)
class Raster:
    """Pixels of 8 or 16 bits, of one or three samples.

    Parameters
    ----------
    width : int
        Bytes in a sample.
    planar : bool
        Each frame is three planes, not pixels of three samples.
    black : tuple of bytes
        A black pixel, sample by sample. In every palette and grey scale it is 0, as in the
        original.
    """

    rows: int
    columns: int
    samples: int
    width: int
    planar: bool
    frames: int
    black: tuple[bytes, ...]

    @classmethod
    def of(cls, level: Level) -> Raster:
        """What the header says. Raises Fault on other kinds of pixels."""
        bits, samples = number(level, ALLOCATED), number(level, SAMPLES, 1)
        if bits not in (8, 16) or samples not in (1, 3):
            raise Fault("areas can be blackened in images of 8 or 16 bits only")
        return cls(
            rows=number(level, ROWS),
            columns=number(level, COLUMNS),
            samples=samples,
            width=bits // 8,
            planar=samples > 1 and number(level, PLANAR, 0) == 1,
            frames=max(number(level, FRAMES, 1), 1),
            black=_black(level, samples, bits),
        )

    @property
    def step(self) -> int:
        """Bytes from a pixel to the next."""
        return self.width if self.planar else self.width * self.samples

    @property
    def length(self) -> int:
        """Bytes of all frames."""
        return self.frames * self.rows * self.columns * self.samples * self.width


def _black(level: Level, samples: int, bits: int) -> tuple[bytes, ...]:
    values = [0] * samples
    if samples == 3 and photometric(level).startswith("YBR_FULL"):
        # Black has no colour, which is the middle of both colour axes.
        stored = number(level, STORED, bits)
        if not 0 < stored <= bits:
            raise Fault("the file does not say how its pixels are stored")
        values[1:] = [1 << stored - 1] * 2
    return tuple(value.to_bytes(bits // 8, "little") for value in values)


def encapsulated(level: Level) -> bool:
    """Whether the pixel data are compressed (PS3.5 annex A.4)."""
    entry = level.entries.get(PIXEL_DATA)
    return entry is not None and len(entry) == 5 and entry[4]


def photometric(level: Level) -> str:
    """How samples are colours."""
    return text(level, PHOTOMETRIC)


def text(level: Level, tag: int) -> str:
    """A plain value, padding taken away; empty where it is absent."""
    return level.value(tag).decode("latin-1").strip(" \0")


def number(level: Level, tag: int, default: int | None = None) -> int:
    """The first value of an element as a whole number. Raises Fault where there is none."""
    value = level.value(tag)
    if level.vr(tag) in ("US", "SS") and len(value) >= 2:
        return int.from_bytes(value[:2], "little" if level.order.little else "big")
    words = value.decode("latin-1").strip(" \0").split("\\")[0].removeprefix("+")
    if words.isascii() and words.isdigit():
        return int(words)
    if default is None or words:
        raise Fault("the file does not say how its pixels are stored")
    return default
