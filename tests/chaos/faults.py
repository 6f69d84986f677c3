"""Faults of the embedded server, drawn at random with options that let an upload end well."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

Options = dict[str, object]
#: Where files are archived there are checksums; elsewhere nobody could notice a changed byte.
_TO_ARCHIVE = "/services/import.*PROJECT_ID=(ARCHIVE|OVERWRITE)"

_KINDS: Mapping[str, Callable[[random.Random], Options]] = {
    "expire-sessions": lambda chance: {"skip": chance.randrange(4)},
    "refuse-login": lambda chance: {},
    "error-after-bytes": lambda chance: {"bytes": chance.randrange(100_000)},
    "slow": lambda chance: {"seconds": chance.uniform(0.1, 1.5), "count": chance.randint(1, 4)},
    "timeout-after-success": lambda chance: {"count": chance.randint(1, 2)},
    "too-large": lambda chance: {},
    "bad-part": lambda chance: {},
    "disk-full": lambda chance: {},
    "locked": lambda chance: {"count": chance.randint(1, 3)},
    "conflict": lambda chance: {},
    "html": lambda chance: {},
    "drop-files": lambda chance: {"drop": chance.randint(1, 3)},
    "spoil-files": lambda chance: {"match": _TO_ARCHIVE},
    "bad-gateway": lambda chance: {"count": chance.randint(1, 4)},
    "lost-answer": lambda chance: {"reset": chance.random() < 0.5},
    "slow-archive": lambda chance: (
        {"seconds": chance.uniform(0.2, 3)}
        | ({"timeout": chance.uniform(0, 1)} if chance.random() < 0.5 else {})
    ),
    "no-listener": lambda chance: {"count": chance.randint(1, 3)},
    "no-digests": lambda chance: {"count": chance.randint(1, 3)},
    "keeps-nothing": lambda chance: {},
}


#: Nobody could notice a changed byte where the server tells no checksums: one of them in a run.
_EITHER = ("spoil-files", "no-digests")


def kinds(chance: random.Random) -> tuple[str, ...]:
    """The kinds of one run."""
    without = chance.choice(_EITHER)
    return tuple(kind for kind in sorted(_KINDS) if kind != without)


def armed(
    chance: random.Random, among: tuple[str, ...], single: Sequence[str] = ()
) -> tuple[str, Options]:
    """A kind of fault and its options.

    Parameters
    ----------
    single : sequence of str
        Labels of sessions with one file, which are not spoilt: where no checksum of a session
        fits, the server counts as one that writes files anew, and the receipt says so.
    """
    kind = chance.choice(among)
    options = _KINDS[kind](chance)
    if kind == "spoil-files" and single:
        options["match"] = f"(?!.*EXPT_LABEL=({'|'.join(single)})(&|$))^.*{_TO_ARCHIVE}"
    return kind, options
