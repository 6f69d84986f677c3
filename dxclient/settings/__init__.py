"""Settings in layers with their origins, and passwords in the keychain of the system."""

from dxclient.settings.layers import (
    Declared,
    Merged,
    checked_value,
    declare,
    merge,
    merge_with_findings,
    problem_with,
)
from dxclient.settings.paths import config_folder, data_folder, policy_file
from dxclient.settings.places import MachinePolicy, UserSettings
from dxclient.settings.saved import ChosenScripts, Recent, SavedServers
from dxclient.settings.secrets import KeychainStore, MemoryStore, keychain_available

__all__ = [
    "ChosenScripts",
    "Declared",
    "KeychainStore",
    "MachinePolicy",
    "MemoryStore",
    "Merged",
    "Recent",
    "SavedServers",
    "UserSettings",
    "checked_value",
    "config_folder",
    "data_folder",
    "declare",
    "keychain_available",
    "merge",
    "merge_with_findings",
    "policy_file",
    "problem_with",
]
