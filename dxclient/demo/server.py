"""The web server around the application: on loopback, with threads and big bodies."""

import contextlib
import logging
import socket
import struct
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from waitress.channel import ClientDisconnected, HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]
from waitress.server import create_server  # type: ignore[import-untyped]
from waitress.utilities import InternalServerError  # type: ignore[import-untyped]

from dxclient.demo.app import make_app, open_demo
from dxclient.demo.context import Demo
from dxclient.demo.faults import Fault
from dxclient.demo.seed import seed

THREADS = 12
#: Bodies up to this size are received; above `IN_MEMORY` they lie in a temporary file (bytes).
LARGEST_BODY = 64 * 2**30
IN_MEMORY = 16 * 2**20


class DemoServer:
    """An XNAT-compatible server on this machine only.

    Parameters
    ----------
    folder
        Where its state and the received files are; made ready where empty.
    port
        The port; 0 takes a free one.
    site_script
        Whether the site has an anonymization script, which then applies to all projects.

    Examples
    --------
    >>> with DemoServer(Path("somewhere")) as server:  # doctest: +SKIP
    ...     print(server.url)
    """

    def __init__(self, folder: Path, port: int = 0, *, site_script: bool = False) -> None:
        self.folder = Path(folder)
        self.url = ""
        self._port = port
        self._site_script = site_script
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._demo: Demo | None = None

    def start(self) -> str:
        """Start answering; return the URL."""
        demo = open_demo(self.folder)
        seed(demo, site_script=self._site_script)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        server = create_server(
            make_app(demo),
            host="127.0.0.1",
            port=self._port,
            threads=THREADS,
            max_request_body_size=LARGEST_BODY,
            inbuf_overflow=IN_MEMORY,
            channel_timeout=900,
            connection_limit=500,
            ident="dxclient-demo",
        )
        server.channel_class = _channel(demo)
        self._demo, self._server = demo, server
        self.url = f"http://127.0.0.1:{server.effective_port}"
        self._thread = threading.Thread(target=server.run, name="demo-server", daemon=True)
        self._thread.start()
        return self.url

    def stop(self) -> None:
        """Stop answering and close the state."""
        server, thread, demo = self._server, self._thread, self._demo
        if server is None or thread is None or demo is None:
            return
        self._server = self._thread = self._demo = None
        demo.ended.set()
        # The loop may close the trigger while it is being pulled.
        with contextlib.suppress(OSError):
            server.trigger.pull_trigger(lambda: server.asyncore.close_all(server._map))
        thread.join(timeout=10)
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)
        demo.state.close()

    def wait(self) -> None:
        """Wait until the server stops."""
        while self._thread and self._thread.is_alive():
            self._thread.join(timeout=1)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _channel(demo: Demo) -> type[Any]:
    """Return a connection class whose parser knows of the server's troubles."""

    class Parser(HTTPRequestParser):  # type: ignore[misc]
        """Notes chunked bodies (which waitress hides) and breaks off where told to."""

        limit = -1
        cut: Fault | None = None

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            if self.chunked:
                self.headers["X_DEMO_CHUNKED"] = "1"
            target = f"{self.path}?{self.query}"
            self.cut = demo.faults.take("lost-answer", target)
            fault = demo.faults.take("error-after-bytes", target)
            if fault:
                self.limit = int(fault.number("bytes", 65536))

        def received(self, data: bytes) -> int:
            consumed = int(super().received(data))
            if 0 <= self.limit <= self.body_bytes_received and self.body_rcv is not None:
                self._break_off()
            return consumed

        def _break_off(self) -> None:
            self.limit = -1
            self.error = InternalServerError("The server stopped reading.")
            self.completed = True
            received = self.body_bytes_received
            demo.log.add(self.command, self.path, {}, status=500, bytes=received, broken=True)

    class Channel(HTTPChannel):  # type: ignore[misc]
        """A connection with that parser, which may close in place of an answer."""

        parser_class = Parser

        def write_soon(self, data: Any) -> int:
            cut = self.requests[0].cut if self.requests else None
            if cut is None:
                return int(super().write_soon(data))
            if cut.options.get("reset"):
                # Closing with pending time zero sends RST in place of FIN.
                linger = struct.pack("ii", 1, 0)
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            raise ClientDisconnected

    return Channel
