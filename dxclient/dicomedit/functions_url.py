"""The function ``getURL``. Its reading is done by an extension, where a setting allows it.

This package never touches the network: without an extension that offers a function of this name,
a script with ``getURL`` is refused when it is parsed.
"""

from __future__ import annotations

from collections.abc import Callable

from dxclient.dicomedit.editing import Editor, Result
from dxclient.dicomedit.faults import Fault

GET_URL = "getURL"
#: Said of a script that calls it where nobody offers it.
NETWORK_OFF = (
    "reading from the network in scripts is off, so getURL cannot be used; "
    "the setting scripts.allow_network allows it"
)


def get_url(read: Callable[..., str | None]) -> Callable[[Editor, list[Result]], Result]:
    """The function, around what an extension offers.

    Parameters
    ----------
    read : callable
        Gets an address; returns the text that is there, None where there is none.
    """

    def body(editor: Editor, arguments: list[Result]) -> Result:
        text = read(editor.needed(arguments[0]))
        if not text:
            raise Fault("getURL got no answer")
        return one_line(text)

    return body


def one_line(text: str) -> str:
    """The lines of an answer without what separated them, as DicomEdit 6 does."""
    return text.replace("\r\n", "").replace("\n", "").replace("\r", "")
