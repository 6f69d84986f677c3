"""Anonymizing the files of an upload, in memory.

Heavy imports happen on first use, so that importing this package costs nothing.
"""

from dxclient.anonymize.part import build_part
from dxclient.anonymize.plan import (
    OWN_VARIABLES,
    anonymize_bytes,
    anonymizes,
    check_plan,
    explain_plan,
    required_variables,
)

__all__ = [
    "OWN_VARIABLES",
    "anonymize_bytes",
    "anonymizes",
    "build_part",
    "check_plan",
    "explain_plan",
    "required_variables",
]
