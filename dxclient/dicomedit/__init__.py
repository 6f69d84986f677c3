"""DicomEdit: XNAT's language for anonymizing DICOM files. Usable alone.

>>> from dxclient.dicomedit import parse, run
>>> script = parse(text)                                   # doctest: +SKIP
>>> outcome = run([script], data, {"subject": "S1"})       # doctest: +SKIP
"""

from dxclient.dicomedit.facts import Change, Outcome, ScriptVariable
from dxclient.dicomedit.highlighting import Span, highlight
from dxclient.dicomedit.script import Script, parse, run

__all__ = ["Change", "Outcome", "Script", "ScriptVariable", "Span", "highlight", "parse", "run"]
