"""Ready-made anonymization scripts, for the window and the command line."""

from __future__ import annotations

from dxclient.dicomedit.profiles import Options, Profile, basic_profile, profile, profiles

__all__ = ["Options", "Profile", "basic_profile", "profile", "profiles"]
