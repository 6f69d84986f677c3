"""Scripts: reading those of the server, writing one's own, and trying both on files."""

from dxclient.ui.scripts.view import ScriptsView

__all__ = ["ScriptsView"]
