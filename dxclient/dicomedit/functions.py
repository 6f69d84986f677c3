"""The functions of DicomEdit 6, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeVar

from dxclient.dicomedit import functions_dates, functions_tags, functions_text
from dxclient.dicomedit.editing import Editor, Result
from dxclient.dicomedit.functions_pixels import alter_pixels
from dxclient.dicomedit.functions_url import GET_URL, get_url

Body = Callable[[Editor, list[Result]], Result]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that scripts may call.

    Parameters
    ----------
    minimum, maximum : int
        Number of arguments; a maximum of None means any number.
    void : bool
        Returns nothing that could be assigned.
    """

    name: str
    body: Body
    minimum: int
    maximum: int | None
    void: bool = False


class PluginFunction(Protocol):
    """What an extension offers; texts (or None) in and out."""

    @property
    def name(self) -> str:
        """As scripts call it."""

    @property
    def function(self) -> Callable[..., str | None]:
        """Gets the arguments as texts; None is a missing value."""

    @property
    def min_args(self) -> int:
        """Fewest arguments."""

    @property
    def max_args(self) -> int:
        """Most arguments."""


_T, _G, _D = functions_text, functions_tags, functions_dates

_KNOWN = (
    Function("concatenate", _T.concatenate, 0, None),
    Function("format", _T.format_, 1, None),
    Function("uppercase", _T.uppercase, 1, None),
    Function("lowercase", _T.lowercase, 1, 1),
    Function("substring", _T.substring, 3, None),
    Function("replace", _T.replace, 3, None),
    Function("match", _T.match, 3, None),
    Function("ismatch", _T.ismatch, 2, None),
    Function("normalizeString", _T.normalize_string, 1, 2),
    Function("lookup", _T.lookup, 2, 2),
    Function("true", _T.true, 0, None),
    Function("false", _T.false, 0, None),
    Function("and", _T.and_, 0, None),
    Function("or", _T.or_, 0, None),
    Function("equals", _T.equals, 0, None),
    Function("reject", _T.reject, 0, None),
    Function("hashUID", _G.hash_uid, 1, None),
    Function("hashUIDList", _G.hash_uid_list, 0, None, void=True),
    Function("newUID", _G.new_uid, 0, None),
    Function("mapUID", _G.map_uid, 2, 2),
    Function("mapReferencedUIDs", _G.map_referenced_uids, 2, None, void=True),
    Function("removeTags", _G.remove_tags, 0, None),
    Function("delete", _G.delete, 1, None, void=True),
    Function("set", _G.set_, 2, 2, void=True),
    Function("isPresent", _G.is_present, 0, None),
    Function("valueAt", _G.value_at, 1, 1),
    Function("collectValues", _G.collect_values, 0, None),
    Function("blankValues", _G.blank_values, 0, None),
    Function("retainPrivateTags", _G.retain_private_tags, 0, None, void=True),
    Function("shiftDateByIncrement", _D.shift_date, 2, 3),
    Function("shiftDateTimeByIncrement", _D.shift_date_time, 2, 3),
    Function("shiftDateTimeListByIncrement", _D.shift_list, 3, 3),
    Function("scalePatientAgeAndDobFromStudyDate", _D.scale_age, 0, None),
    Function("shiftDateTimeSequenceByIncrement", _D.shift_sequence, 2, None, void=True),
    Function("alterPixels", alter_pixels, 4, 4, void=True),
)

#: Functions that change a file by being called. Those of extensions only make values.
CHANGING = frozenset(
    {"hashUIDList", "mapReferencedUIDs", "removeTags", "delete", "set", "blankValues"}
    | {"retainPrivateTags", "shiftDateTimeListByIncrement", "shiftDateTimeSequenceByIncrement"}
    | {"scalePatientAgeAndDobFromStudyDate", "alterPixels"}
)


class Named(Protocol):
    """A function of either language."""

    @property
    def name(self) -> str:
        """As scripts call it."""


F = TypeVar("F", bound=Named)


def by_name(
    known: Iterable[F], extra: Iterable[PluginFunction], adapted: Callable[[PluginFunction], F]
) -> Mapping[str, F]:
    """Functions by name. Extensions may not redefine what the language has, besides getURL."""
    table = {function.name: function for function in known}
    for offered in extra:
        if offered.name not in table:
            table[offered.name] = adapted(offered)
    return MappingProxyType(table)


def known_functions(extra: Sequence[PluginFunction] = ()) -> Mapping[str, Function]:
    """Functions by name, those of extensions after those of the language."""
    return by_name(_KNOWN, extra, _from_plugin)


def _from_plugin(offered: PluginFunction) -> Function:
    if offered.name == GET_URL:
        return Function(GET_URL, get_url(offered.function), 1, None)

    def body(editor: Editor, arguments: list[Result]) -> Result:
        return offered.function(*(editor.value(argument) for argument in arguments))

    return Function(offered.name, body, offered.min_args, offered.max_args)
