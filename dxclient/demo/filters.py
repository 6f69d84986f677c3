"""Series import filters, judged as the server does: one instance at a time, silently."""

import json
import re
import sqlite3
from collections.abc import Mapping

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from dxclient.demo.forms import RestError
from dxclient.demo.state import State

_SECTION = re.compile(r"^\[([A-Za-z0-9(),]+)\]$")
_HEX = re.compile(r"^\(?([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)?$")
_SERIES_DESCRIPTION = 0x0008103E
#: The server compares at most this much of a value.
_LONGEST = 300


def accepts(state: State, project: str, dataset: Dataset) -> bool:
    """Return whether the filters of the site and of the project both let an instance in."""
    return all(_one(state, where, dataset) for where in dict.fromkeys(("", project)))


def _one(state: State, project: str, dataset: Dataset) -> bool:
    row: sqlite3.Row | None = state.row(
        "SELECT contents, status FROM config WHERE project = ? AND tool = 'seriesImportFilter' "
        "AND path = 'config' ORDER BY version DESC",
        project,
    )
    if row is None or row["status"] != "enabled" or not row["contents"].strip():
        return True
    return included(json.loads(row["contents"]), dataset)


def included(filters: Mapping[str, str], dataset: Dataset) -> bool:
    """Judge one instance by one filter.

    Parameters
    ----------
    filters
        The configuration: ``mode`` ``whitelist`` or ``blacklist``, ``list`` with one pattern a
        line. The ``modalityMap`` mode lets everything in.
    dataset
        The instance.
    """
    mode = filters.get("mode", "blacklist").lower()
    if mode not in ("whitelist", "blacklist"):
        return True
    hit = _hit(filters.get("list", ""), dataset)
    return hit if mode == "whitelist" else not hit


def _hit(listing: str, dataset: Dataset) -> bool:
    tag = _SERIES_DESCRIPTION
    for raw in listing.split("\\n" if "\\n" in listing else "\n"):
        line = raw.strip()
        section = _SECTION.match(line)
        if section:
            tag = _tag(section[1])
        elif line and not line.startswith("#") and _matches(line, tag, dataset):
            return True
    return False


def _tag(name: str) -> int:
    numbers = _HEX.match(name)
    if numbers:
        return int(numbers[1] + numbers[2], 16)
    found = tag_for_keyword(name)
    if found is None:
        raise RestError(500, f"Unknown DICOM header in series import filter: {name}")
    return found


def _matches(pattern: str, tag: int, dataset: Dataset) -> bool:
    present = tag in dataset
    if pattern in ("EXISTS", "!EXISTS"):
        return present == (pattern == "EXISTS")
    if not present:
        return False
    try:
        return re.search(pattern, _text(dataset, tag), re.IGNORECASE | re.ASCII) is not None
    except re.error:
        raise RestError(500, "Invalid pattern in series import filter") from None


def _text(dataset: Dataset, tag: int) -> str:
    value = dataset[tag].value
    if value is None:
        return ""
    parts = [value] if isinstance(value, str | bytes) or not hasattr(value, "__iter__") else value
    return "\\".join(str(part) for part in parts)[:_LONGEST]
