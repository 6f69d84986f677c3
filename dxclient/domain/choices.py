"""What a person may answer when an upload asks."""

from __future__ import annotations

from enum import Enum


class Choice(Enum):
    """An answer to an upload that needs a person; the value is shown to people."""

    APPEND = "add to the session that is there"
    NEW_LABEL = "use another session label"
    LEAVE = "leave it in the prearchive"
    SEND_MISSING = "send again what is missing"
    START_OVER = "send everything again"
