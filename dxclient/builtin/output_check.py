"""The last look at a part before it leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from dxclient.api import Finding, PackedPart, Severity, UploadJob, hookimpl


@hookimpl
def dxclient_verify_output(part: PackedPart, job: UploadJob) -> Iterable[Finding]:
    """Hold a part whose body or bookkeeping does not add up."""
    if bool(part.body) != bool(part.sent):
        yield _stop("output.count", "A part and the list of its files contradict each other.")
    if part.body and hashlib.sha256(part.body).hexdigest() != part.sha256:
        yield _stop("output.digest", "A part changed after it was packed.")
    if any(not sent.sop_instance_uid for sent in part.sent):
        yield _stop("output.uid", "The scripts left a file without its SOP Instance UID.")


def _stop(code: str, sentence: str) -> Finding:
    return Finding(severity=Severity.STOPS, code=code, sentence=sentence)
