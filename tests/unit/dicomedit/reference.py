"""Short ways to ask what a script does, for the tests that follow the reference."""

import io

import pydicom
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from dxclient.dicomedit import parse, run
from dxclient.domain.errors import AnonymizationError
from tests.unit.dicomedit.files import edited, read, synthetic

__all__ = ["applied", "edited", "nested", "read", "refused", "rejected", "shown", "synthetic"]


def applied(lines, data=None, variables=None):
    """The outcome of a script (without its version line)."""
    script = parse(f'version "6.6"\n{lines}\n')
    return run([script], data or synthetic(), variables or {})


def shown(value, data=None, variables=None, before=""):
    """What a value of the language is as text; None where it assigns nothing."""
    after = read(applied(f"{before}\n(0010,4000) := {value}", data or synthetic(), variables).data)
    return after.get("PatientComments")


def refused(lines, data=None, variables=None):
    """A script must not leave a file behind."""
    with pytest.raises(AnonymizationError):
        applied(lines, data, variables)


def rejected(lines, data=None, variables=None):
    """Whether a script leaves the file out."""
    return applied(lines, data, variables).rejected


def item(**elements):
    """One item of a sequence."""
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def nested(**elements):
    """A file with two levels of sequences, private blocks at two levels, and two creators.

    The items of (0040,0275) hold (0040,0007) and (0040,0008), the latter a sequence again.
    """
    one = item(ScheduledProcedureStepDescription="first", ScheduledProcedureStepID="A")
    one.ScheduledProtocolCodeSequence = [item(CodeValue="c1", CodeMeaning="deep")]
    one.private_block(0x0029, "NESTED", create=True).add_new(0x05, "LO", "inner")
    two = item(ScheduledProcedureStepDescription="second", PatientID="0815")
    dataset = read(synthetic(**elements))
    dataset.RequestAttributesSequence = [one, two]
    dataset.OtherPatientIDsSequence = [item(PatientID="OTHER", TypeOfPatientID="TEXT")]
    for creator in ("ACME", "OTHER CO"):
        block = dataset.private_block(0x0029, creator, create=True)
        block.add_new(0x01, "LO", f"{creator} one")
        block.add_new(0x10, "LO", f"{creator} ten")
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def holding(*elements):
    """A file with further elements: (tag, VR, value)."""
    dataset = read(synthetic())
    for tag, vr, value in elements:
        dataset[tag] = DataElement(tag, vr, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def paths(dataset, prefix=""):
    """Every element as a path such as ``00400275[0]/00400007``."""
    for element in dataset:
        path = f"{prefix}{int(element.tag):08X}"
        yield path
        if element.VR == "SQ":
            for number, inner in enumerate(element.value):
                yield from paths(inner, f"{path}[{number}]/")


def differences(before, after):
    """Paths that are only in the one and only in the other."""
    one, other = set(paths(read(before))), set(paths(after))
    return one - other, other - one


def forced(data):
    """A data set, however odd."""
    return pydicom.dcmread(io.BytesIO(data), force=True)
