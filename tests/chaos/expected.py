"""What has to arrive, worked out without queue, parts or client."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from dxclient.dicomedit import parse, run
from tests.chaos.sessions import REJECTED, Wanted

#: The script of every project; it leaves screenshots out and keeps no identity.
SCRIPT = f"""version "6.1"
(0008,103E) = "{REJECTED}" ? reject[]
(0010,0010) := subject
(0010,0020) := session
(0008,1030) := project
- (0010,0030)
- (0010,1001)
- (0010,1040)
- (0008,0090)
- (0008,0080)
- (0008,1070)
- (0008,0050)
- (0020,0010)
(0020,000D) := hashUID[(0020,000D)]
(0020,000E) := hashUID[(0020,000E)]
(0008,0018) := hashUID[(0008,0018)]
removeAllPrivateTags
"""


def expected(wanted: Wanted, scripts: Sequence[str]) -> Counter[str]:
    """SHA-256 of each file as it has to lie on the server."""
    parsed = [parse(text) for text in scripts]
    values = {"project": wanted.project, "subject": wanted.subject, "session": wanted.label}
    outcomes = (run(parsed, path.read_bytes(), values) for path in wanted.files)
    return Counter(
        hashlib.sha256(outcome.data).hexdigest() for outcome in outcomes if outcome.data is not None
    )
