"""What may stand in the log: nothing that could be of a patient, by construction.

A message passes only as a constant of the code that logs it: a text that was put together, such as
an f-string with a name in it, is no constant and does not pass. What is filled in passes by its
kind: plain numbers, our own enumerations, kinds of errors, words that the program itself knows. Any
other text is shown as a short keyed hash, by which the same value is known again and nothing else.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePath
from types import FrameType, TracebackType
from typing import Any

#: Root of our own loggers and modules.
OURS = "dxclient"
#: Names by which `extra` of a log call may be read, in the order in which they are written.
FIELDS = (
    "job", "part", "parts", "files", "bytes", "scans", "state", "before", "attempt", "remedy",
    "status", "seconds", "bytes_per_second", "error", "server", "user", "path", "plugin", "hook",
    "version", "system", "count",
)  # fmt: skip
_JOB = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[A-Z][A-Za-z0-9_]{2,60}|str|int|float|bytes|list|tuple|dict|set")
_PLAIN = re.compile(r"[\w.:<>/…+#-]+")
#: How many causes of an error, and how many of our own calls, are written down.
_CAUSES = 3
_CALLS = 8


class Words:
    """Turns values into what the log may show.

    Parameters
    ----------
    key : bytes
        Of this installation; without it a hash cannot be tried out on a list of names.
    known : frozenset of str
        Words that belong to the program: names of plugins, hooks, versions.
    """

    def __init__(self, key: bytes, known: frozenset[str] = frozenset()) -> None:
        self._key = key
        self._known = known

    def hashed(self, text: str) -> str:
        """Six hex digits that stand for a text."""
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:6]

    def shown(self, value: object, *, field: str = "") -> str | int | float:
        """A value as the log may show it; numbers stay numbers."""
        if value is None or isinstance(value, bool):
            return str(value)
        if isinstance(value, Enum):
            return str(value.value) if _of_ours(type(value)) else self._text(str(value.value))
        # Numbers of headers have types of their own (pydicom's IS and DS); they do not pass.
        if type(value) is int or type(value) is float:
            return value
        if isinstance(value, BaseException):
            return told(value)
        if isinstance(value, type):
            return _name(value)
        if isinstance(value, PurePath) or field == "path":
            return f"…/{self.hashed(str(value))}"
        return self._job(value) if field == "job" else self._text(value)

    def _job(self, value: object) -> str:
        """The beginning of a job's id, which is random."""
        text = value if isinstance(value, str) else ""
        return text[:8] if _JOB.fullmatch(text) else self._text(value)

    def _text(self, value: object) -> str:
        if not isinstance(value, str):
            return f"<{_name(type(value))}>"
        if value in self._known or (_NAME.fullmatch(value) and value in _error_names()):
            return value
        if "/" in value or "\\" in value:
            return f"…/{self.hashed(value)}"
        return f"#{self.hashed(value)}"


def _of_ours(kind: type) -> bool:
    return kind.__module__ == OURS or kind.__module__.startswith(f"{OURS}.")


def _name(kind: type) -> str:
    """The name of a kind that a module has under this name: no name was made up on the way."""
    name = kind.__name__
    known = getattr(sys.modules.get(kind.__module__), name, None) is kind
    return name if known and _NAME.fullmatch(name) else "?"


def _error_names() -> frozenset[str]:
    """Names of all kinds of errors that there are."""
    found: set[type] = set()
    waiting: list[type] = [BaseException]
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            found.add(kind)
            waiting += kind.__subclasses__()
    return frozenset(map(_name, found))


def told(error: BaseException) -> str:
    """Kinds of an error and its causes, and where in our own code: never its words."""
    causes: list[str] = []
    current: BaseException | None = error
    while current is not None and len(causes) < _CAUSES:
        places = list(_places(current.__traceback__))[-_CALLS:]
        causes.append(" < ".join([_name(type(current)), *reversed(places)]))
        current = current.__cause__ or current.__context__
    return " <- ".join(causes)


def _places(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        module = _module(trace.tb_frame)
        if module:
            yield f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next


def _module(frame: FrameType) -> str:
    """Name of a module of ours, without our own; empty for others."""
    name = str(frame.f_globals.get("__name__", ""))
    return name.removeprefix(f"{OURS}.") if name.startswith(f"{OURS}.") else ""


class OnlyOurs(logging.Filter):
    """Lets through what our own modules log; libraries quote addresses, headers and paths."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record comes from us."""
        return record.name == OURS or record.name.startswith(f"{OURS}.")


class Line(logging.Formatter):
    """One line for each record: time in UTC, level, module, what happened, fields by name."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as a line."""
        then = datetime.fromtimestamp(record.created, UTC)
        moment = f"{then:%Y-%m-%dT%H:%M:%S}.{then.microsecond // 1000:03d}Z"
        module = record.name.removeprefix(f"{OURS}.")
        said = json.dumps(self._said(record), ensure_ascii=False)
        parts = [moment, record.levelname, module, said]
        parts += [f"{name}={_quoted(value)}" for name, value in self._fields(record)]
        return " ".join(parts)

    def _said(self, record: logging.LogRecord) -> str:
        caller = _caller(record)
        if caller is None or record.msg not in caller.f_code.co_consts:
            return "(a text that was put together)"
        given = record.args if isinstance(record.args, tuple) else (record.args,)
        if not given or not record.args:
            return str(record.msg)
        shown = tuple(map(self._words.shown, given))
        try:
            return str(record.msg % shown)
        except (TypeError, ValueError):
            return str(record.msg)

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, object]]:
        known: dict[str, Any] = record.__dict__
        for name in FIELDS:
            if name in known:
                yield name, self._words.shown(known[name], field=name)
        if record.exc_info and record.exc_info[1] is not None:
            yield "raised", told(record.exc_info[1])


def _caller(record: logging.LogRecord) -> FrameType | None:
    """The code of ours that logs just now; None for what is no code of ours."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        code = frame.f_code
        here = (code.co_filename, code.co_name, frame.f_lineno)
        if here == (record.pathname, record.funcName, record.lineno):
            return frame if _module(frame) else None
        frame = frame.f_back
    return None


def _quoted(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
