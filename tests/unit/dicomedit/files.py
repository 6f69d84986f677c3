"""DICOM files for these tests: those in the pydicom package, and small synthetic ones."""

import io
import os

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset

from dxclient.dicomedit import parse, run

CT = "1.2.840.10008.5.1.4.1.1.2"


def sample(name):
    path = os.path.join(os.path.dirname(pydicom.__file__), "data", "test_files", name)
    with open(path, "rb") as file:
        return file.read()


def synthetic(**elements):
    """A small CT without pixels, in Explicit VR Little Endian."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.file_meta.MediaStorageSOPClassUID = CT
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    values = {
        "SOPClassUID": CT,
        "SOPInstanceUID": "1.2.3",
        "StudyInstanceUID": "1.2",
        "SeriesInstanceUID": "1.2.9",
        "SeriesNumber": "4",
        "PatientName": "Doe^Jane",
        "PatientID": "0815",
    }
    for keyword, value in (values | elements).items():
        setattr(dataset, keyword, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def read(data):
    return pydicom.dcmread(io.BytesIO(data))


def edited(lines, data=None, variables=None):
    """The data set after a script (without its version line)."""
    script = parse(f'version "6.6"\n{lines}\n')
    return read(run([script], data or synthetic(), variables or {}).data)
