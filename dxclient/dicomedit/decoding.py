"""Compressed pixel data as plain ones, and what the header has to say then."""

from __future__ import annotations

import struct
import warnings
from typing import Any

from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.files import EXPLICIT, TRANSFER_SYNTAX, load, save
from dxclient.dicomedit.level import Level
from dxclient.dicomedit.raster import (
    ALLOCATED,
    COLUMNS,
    FRAMES,
    HIGH,
    PHOTOMETRIC,
    PIXEL_DATA,
    PLANAR,
    ROWS,
    SAMPLES,
    SIGNED,
    STORED,
    Raster,
    number,
    photometric,
    text,
)

_LOSSY, _RATIO, _METHOD = 0x00282110, 0x00282112, 0x00282114
_OFFSETS = (0x7FE00001, 0x7FE00002, 0x7FE00003)
_RLE = "1.2.840.10008.1.2.5"
#: Transfer syntaxes that are decoded, and by which decoder of pydicom. Named, so that a machine
#: with more decoders installed sends the same bytes.
_DECODERS = {
    "1.2.840.10008.1.2.4.50": "pillow",
    "1.2.840.10008.1.2.4.51": "pillow",
    "1.2.840.10008.1.2.4.90": "pillow",
    "1.2.840.10008.1.2.4.91": "pillow",
    _RLE: "pydicom",
}
#: Lossy methods by transfer syntax (PS3.3 section C.7.6.1.1.5.1).
_LOSSY_BY = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
}
_TROUBLE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    StopIteration,
    struct.error,
    TypeError,
    ValueError,
)


def decoded(data: bytes, syntax: str) -> bytes:
    """A file with its compressed pixel data decoded.

    Colours become RGB, besides those of RLE, which keeps what it packed.

    Raises
    ------
    Fault
        This compression, or this image, cannot be decoded.
    """
    file = load(data)
    root = file.root
    raster = Raster.of(root)
    packed = root.value(PIXEL_DATA)
    pixels = _pixels(root, syntax, raster)
    root.put(PIXEL_DATA, "OB" if raster.width == 1 else "OW", pixels)
    for tag in _OFFSETS:
        root.remove(tag)
    if raster.samples > 1:
        root.put(PLANAR, "US", b"\0\0")
        if syntax != _RLE and photometric(root).startswith("YBR"):
            root.put(PHOTOMETRIC, "CS", b"RGB ")
    if syntax in _LOSSY_BY:
        _tell_lossy(root, _LOSSY_BY[syntax], len(pixels) / max(len(packed), 1))
    file.meta.put(TRANSFER_SYNTAX, "UI", EXPLICIT.encode() + b"\0")
    return save(file)


def _pixels(root: Level, syntax: str, raster: Raster) -> bytes:
    plugin = _DECODERS.get(syntax)
    if plugin is None:
        raise Fault("the compression of the pixel data is not supported")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels = _array(_source(root, syntax), syntax, plugin)
    except _TROUBLE:
        # The words of such an error may hold values of the file.
        raise Fault("the compressed pixel data cannot be decoded") from None
    if len(pixels) < raster.length:
        raise Fault("the compressed pixel data do not have the size that the file says")
    return pixels[: raster.length] + b"\0" * (raster.length % 2)


def _array(source: Any, syntax: str, plugin: str) -> bytes:
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    # Not frame by frame: pydicom 3.0 cannot correct the sign of single frames.
    pixels, _ = get_decoder(UID(syntax)).as_array(
        source, raw=syntax == _RLE, decoding_plugin=plugin
    )
    little: bytes = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()
    return little


def _source(root: Level, syntax: str) -> Any:
    """A data set with all that decoding asks for."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID

    source = Dataset()
    source.file_meta = FileMetaDataset()
    source.file_meta.TransferSyntaxUID = UID(syntax)
    source.PhotometricInterpretation = photometric(root)
    source.SamplesPerPixel = number(root, SAMPLES, 1)
    source.NumberOfFrames = max(number(root, FRAMES, 1), 1)
    for tag in (PLANAR, ROWS, COLUMNS, ALLOCATED, STORED, HIGH, SIGNED):
        if tag in root.entries:
            source.add_new(tag, "US", number(root, tag))
    for tag in _OFFSETS[:2]:
        if tag in root.entries:
            source.add_new(tag, "OV", root.value(tag))
    source.add_new(PIXEL_DATA, "OB", root.value(PIXEL_DATA))
    source["PixelData"].is_undefined_length = True
    return source


def _tell_lossy(root: Level, method: str, ratio: float) -> None:
    """What was once lossy stays so (PS3.3 section C.7.6.1.1.5)."""
    root.put(_LOSSY, "CS", b"01")
    methods, ratios = _values(root, _METHOD), _values(root, _RATIO)
    if not methods or methods[-1] != method:
        methods.append(method)
        _put(root, _METHOD, "CS", methods)
    if len(ratios) < len(methods):
        ratios += [""] * (len(methods) - 1 - len(ratios))
        _put(root, _RATIO, "DS", [*ratios, f"{ratio:.9g}"])


def _values(root: Level, tag: int) -> list[str]:
    found = text(root, tag)
    return [one.strip() for one in found.split("\\")] if found else []


def _put(root: Level, tag: int, vr: str, values: list[str]) -> None:
    value = "\\".join(values).encode("latin-1")
    root.put(tag, vr, value + b" " * (len(value) % 2))
