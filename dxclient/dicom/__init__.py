"""Reading DICOM from disk: folders to image sessions, without touching pixels.

Names are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dxclient.dicom.header import Header, read_header
    from dxclient.dicom.scan import scan_folders

__all__ = ["Header", "read_header", "scan_folders"]


def __getattr__(name: str) -> Any:
    """Load a public name from its module (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "scan" if name == "scan_folders" else "header"
    return getattr(import_module(f"{__name__}.{module}"), name)
