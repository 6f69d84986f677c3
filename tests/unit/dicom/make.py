"""Small synthetic DICOM files for tests."""

from io import BytesIO
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "encapsulated": RLELossless,
}
MR = "1.2.840.10008.5.1.4.1.1.4"


def dataset(**values) -> Dataset:
    """One MR slice of 16x16; `values` by keyword, None removes one."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = MR, "2.25.100"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "2.25.1", "2.25.10"
    ds.StudyDate, ds.StudyTime, ds.Modality = "20200131", "101112.5", "MR"
    ds.StudyDescription, ds.SeriesDescription = "Synthetic study", "Synthetic series"
    ds.PatientName, ds.PatientID = "TEST^SYNTHETIC", "T1"
    ds.AccessionNumber, ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "A1", "S1", 3, 7
    ds.Rows = ds.Columns = 16
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    inner = Dataset()
    inner.StudyInstanceUID, inner.PatientID = "2.25.666", "WRONG"
    outer = Dataset()
    outer.ReferencedStudySequence = Sequence([inner])
    outer.ReferencedStudySequence.is_undefined_length = True
    ds.ReferencedImageSequence = Sequence([outer])
    ds["ReferencedImageSequence"].is_undefined_length = True
    for name, value in values.items():
        if value is None:
            delattr(ds, name)
        else:
            setattr(ds, name, value)
    return ds


def data(syntax=ExplicitVRLittleEndian, *, meta=True, **values) -> bytes:
    """The bytes of such a file."""
    ds = dataset(**values)
    if "PixelData" not in ds:
        ds.PixelData = bytes(range(256)) * 2
    if syntax == RLELossless:
        ds.PixelData = encapsulate([bytes(100), bytes(50)])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
    else:
        ds["PixelData"].VR = "OW"
    out = BytesIO()
    if meta:
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = syntax
        ds.file_meta.MediaStorageSOPClassUID = MR
        ds.file_meta.MediaStorageSOPInstanceUID = "2.25.100"
        ds.save_as(out, enforce_file_format=True)
    else:
        ds.save_as(out, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)
    return out.getvalue()


def write(folder: Path, name: str, content: bytes | None = None, **values) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data(**values) if content is None else content)
    return path
