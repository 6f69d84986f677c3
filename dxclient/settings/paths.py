"""Where settings and data lie on each system."""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: Overrides both folders of a person; for tests and the demo.
HOME = "DXCLIENT_HOME"


def data_folder() -> Path:
    """Folder for the queue, settings and receipts of a person. Not created here."""
    if chosen := os.environ.get(HOME):
        return Path(chosen)
    import platformdirs

    return platformdirs.user_data_path("dxclient", appauthor=False)


def config_folder() -> Path:
    """Folder for what a person configures by hand. Not created here."""
    if chosen := os.environ.get(HOME):
        return Path(chosen)
    import platformdirs

    return platformdirs.user_config_path("dxclient", appauthor=False)


def policy_file() -> Path:
    """The file in which an administrator sets and locks values for everyone on this machine.

    The environment does not move it: a person could otherwise leave the policy behind.
    """
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "dxclient" / "policy.toml"
    if sys.platform == "darwin":
        return Path("/Library/Application Support/dxclient/policy.toml")
    return Path("/etc/dxclient/policy.toml")
