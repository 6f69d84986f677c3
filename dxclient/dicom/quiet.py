"""Keeps pydicom from talking: its warnings quote header values, which are patient data."""

from __future__ import annotations

import logging
import warnings


def quiet() -> None:
    """Silence pydicom's warnings and log in this process; trouble is told by our own errors."""
    warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
