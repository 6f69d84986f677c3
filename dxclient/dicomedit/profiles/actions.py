"""From the action codes of the standard to what a script does."""

from __future__ import annotations

from enum import Enum

from dxclient.dicomedit.profiles.options import Options
from dxclient.dicomedit.profiles.table import Attribute, descriptors


class Action(Enum):
    """What the script does with an attribute wherever it occurs."""

    KEEP = "keep"
    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "dummy"
    HASH = "hash"
    SHIFT = "shift"
    SCREEN = "screen"


def action(attribute: Attribute, options: Options) -> Action:
    """What is done with an attribute.

    Keeping wins over cleaning, cleaning over the Basic Profile. What a script cannot clean is
    treated as the Basic Profile says.
    """
    codes = {option: attribute.codes.get(option, "") for option in options.chosen()}
    if "K" in codes.values():
        return Action.KEEP
    if codes.get("modified_dates") == "C" and attribute.vr in ("DA", "DT"):
        return Action.SHIFT
    if codes.get("modified_dates") == "C" and attribute.vr == "TM":
        return Action.KEEP  # whole days do not move the time of day
    if codes.get("clean_descriptors") == "C" and attribute.tag in descriptors()[0]:
        return Action.SCREEN
    return basic_action(attribute)


def basic_action(attribute: Attribute) -> Action:
    """The action of the Basic Profile.

    Of a combined code such as X/Z/D the last is taken. A script does not know which elements
    the kind of object demands, and the last code is valid for all of them (PS3.15 E.1.1).
    """
    last = attribute.basic.rsplit("/", 1)[-1]
    if last == "U*":
        return Action.KEEP  # the sequence stays, the UIDs in it are hashed
    if last == "U" or (last == "D" and attribute.vr == "UI"):
        return Action.HASH
    if last == "X" or attribute.vr in ("SQ", ""):
        return Action.REMOVE  # a script cannot write a sequence of any kind, see dummies.py
    return Action.EMPTY if last == "Z" else Action.DUMMY
