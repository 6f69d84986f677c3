"""Files too odd for the index: read and written by pydicom, which knows more quirks."""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO

from pydicom.errors import BytesLengthException

from dxclient.dicomedit.structure import Broken

#: What pydicom, or a function of an extension, raises on data that are not as they should be.
TROUBLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BytesLengthException,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,  # RecursionError is one
    struct.error,
    TypeError,
    ValueError,
    zlib.error,
)


def rewritten(data: bytes) -> bytes:
    """The same file as pydicom understands and writes it.

    Raises
    ------
    Broken
        pydicom does not understand it either, or only a part of it.
    """
    from pydicom import dcmread, dcmwrite
    from pydicom.errors import InvalidDicomError

    out = BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(BytesIO(data), force=True)
            _require_whole(dataset, len(data))
            for tag in [tag for tag in dataset._dict if tag < 0x00010000]:
                del dataset[tag]
            dcmwrite(out, dataset, implicit_vr=None, enforce_file_format=False)
    except (*TROUBLE, InvalidDicomError):
        raise Broken from None
    return out.getvalue()


def _require_whole(dataset: object, size: int) -> None:
    """It keeps what it could read of a file that ends too early; that is not enough here."""
    from pydicom.dataelem import RawDataElement
    from pydicom.dataset import Dataset

    assert isinstance(dataset, Dataset)
    end = 0
    for element in dataset._dict.values():
        if isinstance(element, RawDataElement) and element.value is not None:
            if element.length not in (len(element.value), 0xFFFFFFFF):
                raise Broken
            end = max(end, element.value_tell + len(element.value))
    if not dataset._dict or size - end > 8:
        raise Broken
