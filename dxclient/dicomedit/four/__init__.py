"""DicomEdit 4: the language of scripts without a version line.

Source of the rules: what the DicomEdit 4 engine (1.8.10) was observed to do. It drops statements
that it cannot read and goes on without them; such scripts are refused here.
"""

from dxclient.dicomedit.four.checking import changes_data, understand
from dxclient.dicomedit.four.explaining import explain, explain_lines
from dxclient.dicomedit.four.functions import known_functions
from dxclient.dicomedit.four.program import program
from dxclient.dicomedit.four.tree import Statement

__all__ = [
    "Statement",
    "changes_data",
    "explain",
    "explain_lines",
    "known_functions",
    "program",
    "understand",
]
