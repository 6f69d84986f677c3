"""Signs of life during long calls: one upload does not renew XNAT's session, which then ends."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from dxclient.domain.errors import XnatError
from dxclient.xnat.transport import Transport

#: Open to everybody and cheap; any request renews the server session.
BUILD_INFO = "/xapi/siteConfig/buildInfo"


@contextlib.contextmanager
def keep_alive(transport: Transport) -> Iterator[None]:
    """Ask for something small on another connection while the block lasts.

    Several long calls at once share the signs: none is given where the server was heard of
    since the last one was due.
    """
    done = threading.Event()
    every = transport.timeouts.heartbeat

    def beat() -> None:
        wait = every
        while not done.wait(wait):
            # One at a time: those who waited for their turn find that the server was heard.
            with transport.beating, contextlib.suppress(XnatError):
                wait = every - (time.monotonic() - transport.heard)
                if wait <= every / 10:
                    wait = every
                    transport.get(BUILD_INFO, attempts=1)

    threading.Thread(target=beat, name="xnat-heartbeat", daemon=True).start()
    try:
        yield
    finally:
        done.set()
