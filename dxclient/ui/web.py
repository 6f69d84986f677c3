"""Opening web pages in the browser of the desktop."""

from __future__ import annotations

import webbrowser


def open_page(url: str) -> None:
    """Open a web page; anything else than http and https is left alone."""
    if url.startswith(("http://", "https://")):
        webbrowser.open(url)
