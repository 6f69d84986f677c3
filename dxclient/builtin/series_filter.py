"""Series import filters of site and project, judged before anything is sent.

XNAT (dicomtools, SeriesImportFilter) tests each instance with case-insensitive Java patterns
that need only occur somewhere in the value; the first match decides. Here a scan is judged by
the values that are known of it; a rule on another header is left to the server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dxclient.api import (
    AnonymizationError,
    ProjectSettings,
    Scan,
    SeriesFilter,
    Verdict,
    hookimpl,
)

#: Where filters start, and what a scan knows: header keyword → attribute of `Scan`.
KNOWN = {
    "seriesdescription": "description",
    "0008,103e": "description",
    "modality": "modality",
    "0008,0060": "modality",
    "seriesnumber": "number",
    "0020,0011": "number",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and the header it is for."""

    header: str
    pattern: str

    def matches(self, scan: Scan) -> bool | None:
        """Whether the rule matches; None when the scan does not know this header."""
        attribute = KNOWN.get(self.header)
        if attribute is None:
            return None
        value = str(getattr(scan, attribute))
        if self.pattern in {"EXISTS", "!EXISTS"}:
            return bool(value) is (self.pattern == "EXISTS") if value else None
        return re.search(self.pattern, value[:300], re.IGNORECASE | re.ASCII) is not None


@hookimpl
def dxclient_accept_scan(scan: Scan, project: ProjectSettings) -> Verdict | None:
    """Refuse what the filters of site or project would drop on arrival."""
    for series_filter in project.filters:
        verdict = judge(series_filter, scan)
        if verdict is not None and not verdict.accepted:
            return verdict
    return None


def judge(series_filter: SeriesFilter, scan: Scan) -> Verdict | None:
    """Judge one scan by one filter; None when only the server can tell.

    Raises
    ------
    AnonymizationError
        The filter cannot be understood; XNAT would refuse the whole import.
    """
    content = _content(series_filter.text)
    mode = content.get("mode", "blacklist")
    if str(content.get("enabled", "true")).lower() == "false" or mode not in {
        "whitelist",
        "blacklist",
    }:
        return None
    wanted = mode == "whitelist"
    try:
        found = [rule.matches(scan) for rule in rules(content.get("list", ""))]
    except re.error:
        raise AnonymizationError(
            f"The series import filter of the {series_filter.origin.value} holds a pattern that "
            "cannot be understood. Nothing was sent. Ask its owner to mend it."
        ) from None
    if True in found:
        return Verdict(wanted, "" if wanted else _because(series_filter))
    if None in found:
        return None
    return Verdict(not wanted, _because(series_filter) if wanted else "")


def _because(series_filter: SeriesFilter) -> str:
    return f"left out by the series import filter of the {series_filter.origin.value}"


def _content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
        wrapped = content.get("contents") or content.get("content")
        return dict(json.loads(wrapped) if wrapped else content)
    except (ValueError, AttributeError, TypeError):
        raise AnonymizationError(
            "The series import filter of this project cannot be read. Nothing was sent."
        ) from None


def rules(text: str) -> Iterator[Rule]:
    """Read the lines of a filter; ``[Header]`` switches the header that follows are for."""
    header = "seriesdescription"
    for line in text.replace("\\n", "\n").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if re.fullmatch(r"\[[A-Za-z0-9(),]+\]", line):
            header = line[1:-1].strip("()").casefold()
        else:
            yield Rule(header, line)
