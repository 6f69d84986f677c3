"""An embedded XNAT-compatible server with synthetic sample sessions.

It shares no code with the client, so that both can be held against the same reference.
"""

from pathlib import Path

from dxclient.demo.server import DemoServer

__all__ = ["DemoServer", "make_samples"]


def make_samples(folder: Path) -> None:
    """Make the sample sessions in a folder, unless they are there already.

    Parameters
    ----------
    folder
        Where to; made where missing. The patients are invented.
    """
    from dxclient.demo.samples import write_samples

    write_samples(folder)
