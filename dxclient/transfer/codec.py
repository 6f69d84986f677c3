"""Facts to JSON and back, for the database and the receipt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from dxclient.domain.dicom import Reason
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.jobs import (
    Choice,
    InstanceReceipt,
    LeftOutCount,
    PartReceipt,
    PlannedScan,
    Receipt,
    ScanReceipt,
    UploadTarget,
)
from dxclient.domain.project import Destination


def dumps(fact: Any, *, indent: int | None = None) -> str:
    """Write a frozen fact, or a sequence of facts, as JSON text."""
    whole = fact if is_dataclass(fact) else list(fact)
    return json.dumps(whole, default=_plain, ensure_ascii=False, indent=indent)


def _plain(value: object) -> object:
    """One level of a fact; a receipt may have 100,000 instances, which `asdict` would copy."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no place in the queue")


def target(text: str) -> UploadTarget:
    """Read a target back."""
    data = json.loads(text)
    return UploadTarget(**{**data, "destination": Destination(data["destination"])})


def scans(text: str) -> tuple[PlannedScan, ...]:
    """Read planned scans back."""
    return tuple(PlannedScan(**scan) for scan in json.loads(text))


def left_out(text: str) -> tuple[LeftOutCount, ...]:
    """Read counts of left-out files back."""
    return _left_out(json.loads(text))


def findings(text: str) -> tuple[Finding, ...]:
    """Read findings back."""
    return _findings(json.loads(text))


def receipt(text: str) -> Receipt:
    """Read a receipt back."""
    data = json.loads(text)
    return Receipt(
        **{
            **data,
            "scans": tuple(ScanReceipt(**scan) for scan in data["scans"]),
            "parts": tuple(PartReceipt(**part) for part in data["parts"]),
            "left_out": _left_out(data["left_out"]),
            "findings": _findings(data["findings"]),
            "scripts": tuple(data["scripts"]),
            "plugins": tuple(data["plugins"]),
            # Receipts of earlier versions lack these.
            "instances": tuple(InstanceReceipt(**one) for one in data.get("instances", ())),
            "script_digests": tuple(data.get("script_digests", ())),
        }
    )


def choice_names(choices: Iterable[Choice]) -> str:
    """Write choices as one short text."""
    return " ".join(choice.name for choice in choices)


def choices(text: str) -> tuple[Choice, ...]:
    """Read choices back."""
    return tuple(Choice[name] for name in text.split())


def _left_out(rows: Iterable[Mapping[str, Any]]) -> tuple[LeftOutCount, ...]:
    return tuple(LeftOutCount(**{**row, "reason": Reason(row["reason"])}) for row in rows)


def _findings(rows: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    return tuple(Finding(**{**row, "severity": Severity(row["severity"])}) for row in rows)
