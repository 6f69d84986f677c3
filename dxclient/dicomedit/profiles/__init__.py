"""Ready-made scripts after the confidentiality profiles of DICOM PS3.15 Annex E.

>>> from dxclient.dicomedit.profiles import Options, basic_profile
>>> text = basic_profile(Options(retain_uids=True))
"""

from dxclient.dicomedit.profiles.options import Options
from dxclient.dicomedit.profiles.ready import Profile, profile, profiles
from dxclient.dicomedit.profiles.writing import basic_profile

__all__ = ["Options", "Profile", "basic_profile", "profile", "profiles"]
