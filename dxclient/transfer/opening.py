"""What is written down before the first part of a session leaves.

Cancelling may remove the session again. For that two things have to be known that nothing tells
later: that something may have arrived though no answer came back, and whether a session lay there
already, to which XNAT then added (it joins by project, study and label), and which is not ours.
"""

from __future__ import annotations

import json
from contextlib import suppress

from dxclient.domain.errors import NotPermitted, XnatMissing, XnatRejected
from dxclient.domain.jobs import PackedPart
from dxclient.domain.protocols import Importer
from dxclient.transfer.run import Run


def note_first(run: Run, importer: Importer, packed: PackedPart) -> None:
    """Before a session's first part: keep which sessions of this label wait there already."""
    if run.store.facts(run.job.id)["send_begun"]:
        return
    known = ""  # who may not look does not know, and removes nothing
    with suppress(NotPermitted, XnatRejected, XnatMissing):
        known = json.dumps([one.url for one in importer.waiting(run.job.target)])
    study = packed.sent[0].study_uid if packed.sent else ""
    run.store.note(run.job.id, send_begun=1, sent_study=study, there_before=known)
