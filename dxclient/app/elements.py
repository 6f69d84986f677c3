"""What elements are called, for the window."""

from __future__ import annotations

from dxclient.dicom.names import element_name

__all__ = ["element_name"]
