"""Blackens areas of the image in a DICOM file, as the original's ``alterPixels`` does.

The result is always Explicit VR Little Endian, uncompressed. What cannot be decoded or is no
image raises Fault, so that nothing is sent; a file without pixel data stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.files import EXPLICIT, TRANSFER_SYNTAX
from dxclient.dicomedit.level import Level
from dxclient.dicomedit.raster import (
    PHOTOMETRIC,
    PIXEL_DATA,
    PLANAR,
    Raster,
    encapsulated,
    photometric,
)
from dxclient.dicomedit.target import Target

BURNED_IN = 0x00280301
METHOD, METHOD_CODES = 0x00120063, 0x00120064
METHOD_TEXT = "Burned in text blacked out"

_SOP_CLASS = 0x00080016
_FLOATS = (0x7FE00008, 0x7FE00009)
_LENGTH_TO_END, _TRAILING_PADDING = 0x00080001, 0xFFFCFFFC
#: Image storage classes whose name does not say "Image Storage".
_MORE_IMAGES = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("6.2", "30", "66.4", "77.1.5.8", "81.1", "82.1")
)
#: The code that tells that burned-in text was removed (PS3.16 CID 7050).
_CODE = (
    (0x00080100, "SH", b"113101"),
    (0x00080102, "SH", b"DCM "),
    (0x00080104, "LO", b"Clean Pixel Data Option "),
)

Area = tuple[range, range]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An area in pixels, from left and top on; only the distances to right and bottom count.

    So it is in the original: where right is smaller than left, the area still starts at left.
    """

    left: int
    top: int
    right: int
    bottom: int

    def clipped(self, columns: int, rows: int) -> Area:
        """Columns and rows of an image that the area covers."""
        across = range(max(self.left, 0), min(self.left + abs(self.right - self.left), columns))
        down = range(max(self.top, 0), min(self.top + abs(self.bottom - self.top), rows))
        return across, down


def blacken(data: bytes, areas: Sequence[Rectangle]) -> bytes:
    """Blacken areas in every frame and sample of a DICOM file.

    Parameters
    ----------
    data : bytes
        The whole file. Without pixel data it comes back as it is.
    areas : sequence of Rectangle
        What lies outside the image is ignored. Without anything to blacken, the file is only
        written uncompressed, without the marks that something was done.

    Raises
    ------
    Fault
        The file is no image, or one that cannot be decoded.
    AnonymizationError
        The file is damaged.
    """
    target = Target(data)
    if any(tag in target.root.entries for tag in _FLOATS):
        raise Fault("areas cannot be blackened in pixels that are floating point numbers")
    if PIXEL_DATA not in target.root.entries:
        return data
    _require_image(target.root)
    packed = encapsulated(target.root)
    target = _plain(target, packed)
    raster = Raster.of(target.root)
    clipped = [area.clipped(raster.columns, raster.rows) for area in areas]
    covered = [(across, down) for across, down in clipped if across and down]
    if covered:
        if not packed and photometric(target.root) == "YBR_FULL_422":
            raster = _widen(target.root, raster)
        _hide_copies(target, raster, covered)
        _paint(target.root, raster, covered)
        _lose_last(target.root, raster)
        for _ in covered:
            _mark(target)
    return target.data()


def _require_image(root: Level) -> None:
    """As the original: only storage classes of images."""
    from pydicom.uid import UID

    uid = root.value(_SOP_CLASS).decode("ascii", "replace").strip(" \0")
    if uid not in _MORE_IMAGES and "Image Storage" not in UID(uid).name:
        raise Fault("areas can be blackened in images only, and this file is of another kind")


def _plain(target: Target, packed: bool) -> Target:
    """The file in Explicit VR Little Endian, without lengths that nobody needs any more."""
    syntax = target.meta.value(TRANSFER_SYNTAX).decode("ascii", "replace").strip(" \0")
    if packed:
        from dxclient.dicomedit.decoding import decoded

        target = Target(decoded(target.data(), syntax))
    elif syntax != EXPLICIT:
        target.meta.put(TRANSFER_SYNTAX, "UI", EXPLICIT.encode() + b"\0")
        target = Target(target.data())
    for level in target.levels():
        for tag in [tag for tag in level.entries if tag & 0xFFFF == 0]:
            level.remove(tag)
    for tag in (_LENGTH_TO_END, _TRAILING_PADDING):
        target.root.remove(tag)
    return target


def _widen(root: Level, raster: Raster) -> Raster:
    """Give every pixel its own colour: two share one in YBR_FULL_422 (PS3.3 C.7.6.3.1.2)."""
    count = raster.frames * raster.rows * raster.columns
    packed = root.value(PIXEL_DATA)[: count * 2]
    if raster.width != 1 or raster.planar or len(packed) < count * 2 or raster.columns % 2:
        raise Fault("the pixel data do not have the size that the file says")
    wide = bytearray(count * 3)
    wide[0::6], wide[3::6] = packed[0::4], packed[1::4]
    for place in (1, 2):
        wide[place::6] = wide[place + 3 :: 6] = packed[place + 1 :: 4]
    root.put(PIXEL_DATA, "OB", bytes(wide))
    root.put(PHOTOMETRIC, "CS", b"YBR_FULL")
    root.put(PLANAR, "US", b"\0\0")
    return Raster.of(root)


# -- painting -----------------------------------------------------------------------------


def _paint(level: Level, raster: Raster, covered: Sequence[Area]) -> None:
    """Blacken areas. What follows the last frame is cut off: it could be another image."""
    before = level.value(PIXEL_DATA)
    if len(before) < raster.length:
        raise Fault("the pixel data end too early")
    pixels = bytearray(before[: raster.length])
    for across, down in covered:
        for start, black in _strips(raster, across, down):
            pixels[start : start + len(black)] = black
    pixels += b"\0" * (len(pixels) % 2)
    if pixels != before:
        level.put(PIXEL_DATA, level.vr(PIXEL_DATA), bytes(pixels))


def _lose_last(root: Level, raster: Raster) -> None:
    """As the original, which reads OW in words of two bytes and forgets an odd last byte.

    Of several frames it would shift all that follow; that is not done here.
    """
    if root.vr(PIXEL_DATA) == "OW" and raster.length % 2 and raster.frames == 1:
        root.put(PIXEL_DATA, "OW", root.value(PIXEL_DATA)[: raster.length - 1] + b"\0\0")


def _strips(raster: Raster, across: range, down: range) -> Iterator[tuple[int, bytes]]:
    """Where each row of an area starts in memory, and what belongs there."""
    planes = raster.samples if raster.planar else 1
    for plane in range(raster.frames * planes):
        pixel = raster.black[plane % planes] if raster.planar else b"".join(raster.black)
        black = pixel * len(across)
        for row in down:
            at = (plane * raster.rows + row) * raster.columns + across.start
            yield at * raster.step, black


def _hide_copies(target: Target, raster: Raster, covered: Sequence[Area]) -> None:
    """Blacken the same share of icons, which would show what was blackened.

    An icon that cannot be understood goes. The original leaves all icons as they are.
    """
    for level in target.levels()[1:]:
        if PIXEL_DATA in level.entries and not _hidden(level, raster, covered):
            level.remove(PIXEL_DATA)


def _hidden(level: Level, raster: Raster, covered: Sequence[Area]) -> bool:
    try:
        small = Raster.of(level)
    except Fault:
        return False
    if encapsulated(level) or len(level.value(PIXEL_DATA)) < small.length:
        return False
    scaled = [
        (_scaled(across, raster.columns, small.columns), _scaled(down, raster.rows, small.rows))
        for across, down in covered
    ]
    visible = [area for area in scaled if _shows(level.value(PIXEL_DATA), small, *area)]
    if visible:
        _paint(level, small, visible)
    return True


def _scaled(part: range, whole: int, small: int) -> range:
    return range(part.start * small // whole, -(-part.stop * small // whole))


def _shows(pixels: bytes, raster: Raster, across: range, down: range) -> bool:
    """Whether there is anything to see in an area; one value all over shows nothing."""
    seen: set[bytes] = set()
    for start, black in _strips(raster, across, down):
        strip = pixels[start : start + len(black)]
        seen.update(strip[at : at + raster.step] for at in range(0, len(strip), raster.step))
        if len(seen) > 1:
            return True
    return False


# -- marks ----------------------------------------------------------------------------------


def _mark(target: Target) -> None:
    """Say in the header what was done, as the original does."""
    root = target.root
    root.put(BURNED_IN, "CS", b"NO")
    before = root.value(METHOD).rstrip(b" \0")
    value = b"\\".join(part for part in (before, METHOD_TEXT.encode()) if part)
    root.put(METHOD, "LO", value + b" " * (len(value) % 2))
    _add_code(target)


def _add_code(target: Target) -> None:
    root = target.root
    if METHOD_CODES not in root.entries:
        root.nest(METHOD_CODES)
    if root.vr(METHOD_CODES) != "SQ":
        raise Fault("the file holds a list of methods that cannot be read")
    items = target.items(root, METHOD_CODES)
    root.items[METHOD_CODES] = items
    added = Level(
        root.data,
        explicit=True,
        order=root.order,
        parent=root,
        tag=METHOD_CODES,
        number=len(items),
    )
    items.append(added)
    for tag, vr, value in _CODE:
        added.put(tag, vr, value)
