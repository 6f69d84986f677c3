"""The functions of DicomEdit 4, by name. A missing value is None, as nowhere in DicomEdit 6."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote_plus

from dxclient.dicomedit.faults import Fault
from dxclient.dicomedit.functions import PluginFunction, by_name
from dxclient.dicomedit.functions_tags import hashed_uid
from dxclient.dicomedit.functions_url import GET_URL
from dxclient.dicomedit.javatext import message, regex, substring
from dxclient.dicomedit.limits import check_length, replaced

Body = Callable[[Sequence[str | None]], str | None]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that scripts may call.

    Parameters
    ----------
    minimum, maximum : int
        Number of arguments; a maximum of None means any number, of which the last are ignored.
    literals : tuple of int
        Arguments that have to be written as whole numbers.
    """

    name: str
    body: Body
    minimum: int
    maximum: int | None = None
    literals: tuple[int, ...] = ()


def known_functions(extra: Sequence[PluginFunction] = ()) -> Mapping[str, Function]:
    """Functions by name, those of extensions after those of the language."""
    return by_name(_KNOWN, extra, _from_plugin)


def _from_plugin(offered: PluginFunction) -> Function:
    if offered.name == GET_URL:
        return Function(GET_URL, partial(_get_url, offered.function), 1)

    def body(arguments: Sequence[str | None]) -> str | None:
        return offered.function(*arguments)

    return Function(offered.name, body, offered.min_args, offered.max_args)


def _get_url(read: Callable[..., str | None], arguments: Sequence[str | None]) -> str | None:
    text = read(_needed(arguments[0]))
    # DicomEdit 4 takes the blanks around an answer off and keeps its lines, DicomEdit 6 does not.
    return None if text is None else text.strip()


def formatted(arguments: Sequence[str | None]) -> str:
    """Put texts into a pattern; a missing one shows as ``null``."""
    pattern, *texts = arguments
    return message(_needed(pattern), texts)


def _substring(arguments: Sequence[str | None]) -> str | None:
    text, begin, end = arguments[0], int(_needed(arguments[1])), int(_needed(arguments[2]))
    if text is None or not text.strip():
        return text
    return substring(text, begin, end)


def _replace(arguments: Sequence[str | None]) -> str:
    text, old, new = (_needed(argument) for argument in arguments[:3])
    return replaced(text, old, new)


def _match(arguments: Sequence[str | None]) -> str | None:
    text, pattern, group = arguments[0], arguments[1], int(_needed(arguments[2]))
    if text is None:
        return None
    found = regex(_needed(pattern)).fullmatch(text)
    if found is None:
        return None
    if not 0 <= group <= len(found.groups()):
        raise Fault("match has no such group")
    return found.group(group)


def _uppercase(arguments: Sequence[str | None]) -> str | None:
    return None if arguments[0] is None else arguments[0].upper()


def _lowercase(arguments: Sequence[str | None]) -> str | None:
    return None if arguments[0] is None else arguments[0].lower()


def _url_encode(arguments: Sequence[str | None]) -> str | None:
    if arguments[0] is None:
        return None
    # Java keeps the asterisk and encodes the tilde, Python the other way round.
    return quote_plus(arguments[0], safe="*", errors="replace").replace("~", "%7E")


def _hash_uid(arguments: Sequence[str | None]) -> str | None:
    return None if arguments[0] is None else hashed_uid(arguments[0])


def _needed(argument: str | None) -> str:
    if argument is None:
        raise Fault("a function needs a value that is missing")
    return argument


def call(function: Function, arguments: Sequence[str | None]) -> str | None:
    """The result of a function. Raises Fault."""
    text = function.body(arguments)
    check_length(0 if text is None else len(text))
    return text


_KNOWN = (
    Function("substring", _substring, 3, literals=(1, 2)),
    Function("format", formatted, 1),
    Function("lowercase", _lowercase, 1),
    Function("uppercase", _uppercase, 1),
    Function("replace", _replace, 3),
    Function("match", _match, 3, literals=(2,)),
    Function("urlEncode", _url_encode, 1),
    Function("hashUID", _hash_uid, 1),
)
