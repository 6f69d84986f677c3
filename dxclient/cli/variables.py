"""Values for script variables, as the command line takes them."""

from __future__ import annotations

from collections.abc import Sequence

from dxclient.domain.errors import DxError
from dxclient.domain.plan import Variable


def variables(pairs: Sequence[str]) -> tuple[Variable, ...]:
    """Read ``NAME=VALUE`` texts."""
    read = []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise DxError("Write variables as NAME=VALUE.")
        read.append(Variable(name.strip(), value))
    return tuple(read)
