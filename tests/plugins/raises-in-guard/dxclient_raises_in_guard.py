"""A guard that fails, as a plugin does that expects a value which is not there."""

from __future__ import annotations

from collections.abc import Iterator

from dxclient.api import Finding, ImageSession, hookimpl


@hookimpl
def dxclient_verify_session(session: ImageSession) -> Iterator[Finding]:
    """Fail with the patient's name in the message, which nobody may see."""
    if session is not None:
        raise ValueError(session.patient_name)
    yield from ()
