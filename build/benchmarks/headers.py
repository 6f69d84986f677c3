"""Files for the benchmark of scripts: a small CT many times, and slices with a scanner's header."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

ROOT = "1.2.826.0.1.3680043.8.498"
#: Text elements as a scanner writes them, by keyword.
TEXTS = """
ImageType=ORIGINAL\\PRIMARY\\M\\ND\\NORM
InstanceCreationDate=20240102
InstanceCreationTime=101530.125000
StudyDate=20240102
SeriesDate=20240102
AcquisitionDate=20240102
ContentDate=20240102
AcquisitionDateTime=20240102101412.500000
StudyTime=101112.000000
SeriesTime=101355.140000
AcquisitionTime=101412.500000
ContentTime=101530.125000
AccessionNumber=ACC-2024-0001
Modality=MR
Manufacturer=Example Imaging
InstitutionName=Example Hospital
InstitutionAddress=Example Street 1, Example City
ReferringPhysicianName=EXAMPLE^REFERRING
StationName=MR3T-1
StudyDescription=Head without contrast
SeriesDescription=t1_mprage_sag_p2
InstitutionalDepartmentName=Radiology
PerformingPhysicianName=EXAMPLE^PERFORMING
OperatorsName=EXAMPLE^OPERATOR
ManufacturerModelName=Example 3T
PatientName=EXAMPLE^BENCH
PatientID=BENCH-1
PatientBirthDate=19700101
PatientSex=O
OtherPatientIDs=OLD-77
PatientAge=054Y
PatientSize=1.75
PatientWeight=72.5
PatientAddress=Example Street 2, Example City
BodyPartExamined=HEAD
ScanningSequence=GR\\IR
SequenceVariant=SP\\MP
ScanOptions=IR\\WE
MRAcquisitionType=3D
SequenceName=*tfl3d1_16ns
AngioFlag=N
SliceThickness=1
RepetitionTime=2300
EchoTime=2.98
InversionTime=900
NumberOfAverages=1
ImagingFrequency=123.253
ImagedNucleus=1H
EchoNumbers=1
MagneticFieldStrength=3
NumberOfPhaseEncodingSteps=255
EchoTrainLength=1
PercentSampling=100
PercentPhaseFieldOfView=100
PixelBandwidth=240
DeviceSerialNumber=145067
SoftwareVersions=example MR E11
ProtocolName=t1_mprage_sag_p2
TransmitCoilName=Body
InPlanePhaseEncodingDirection=ROW
FlipAngle=9
VariableFlipAngleFlag=N
SAR=0.07
dBdt=0
PatientPosition=HFS
StudyID=1
SeriesNumber=3
AcquisitionNumber=1
ImageOrientationPatient=0\\1\\0\\0\\0\\-1
PositionReferenceIndicator=
PhotometricInterpretation=MONOCHROME2
PixelSpacing=0.5\\0.5
WindowCenter=400
WindowWidth=900
RequestingPhysician=EXAMPLE^REQUESTING
RequestedProcedureDescription=MR Head
PerformedProcedureStepStartDate=20240102
PerformedProcedureStepStartTime=101112.000000
PerformedProcedureStepID=PPS-1
PerformedProcedureStepDescription=MR Head
"""
PRIVATE = "EXAMPLE MR HEADER"


def write_small(folder: Path, count: int) -> None:
    """pydicom's CT of 39 KB, each time with a UID of its own."""
    import pydicom
    from pydicom.data import get_testdata_file

    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    for number in range(count):
        dataset.SOPInstanceUID = f"{ROOT}.5.{number + 1}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.InstanceNumber = number + 1
        dataset.save_as(folder / f"small{number:04}.dcm")


def write_large(folder: Path, count: int, side: int = 512) -> None:
    """Slices of side × side × 16 bit with about 100 elements, sequences and private blocks."""
    _write_slices(folder, count, side, _header(side))


def write_plain(folder: Path, count: int, side: int = 512) -> None:
    """Slices of side × side × 16 bit with the header of pydicom's MR: 73 elements, no sequence."""
    import pydicom
    from pydicom.data import get_testdata_file

    dataset = pydicom.dcmread(str(get_testdata_file("MR_small.dcm")))
    dataset.Rows = dataset.Columns = side
    _write_slices(folder, count, side, dataset)


def _write_slices(folder: Path, count: int, side: int, dataset) -> None:  # noqa: ANN001
    import numpy as np

    noise = np.random.default_rng(1)
    field = np.add.outer(np.arange(side), np.arange(side)) * 2
    for number in range(count):
        dataset.SOPInstanceUID = f"{ROOT}.6.{number + 1}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.InstanceNumber, dataset.SliceLocation = number + 1, number - 100
        dataset.ImagePositionPatient = [number - 100, -128, 128]
        dataset.PixelData = (field + noise.integers(0, 256, (side, side))).astype("<u2").tobytes()
        packed = BytesIO()
        dataset.save_as(packed, enforce_file_format=True)
        (folder / f"large{number:04}.dcm").write_bytes(packed.getvalue())


def _header(side: int):  # noqa: ANN202
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet, dataset.SOPClassUID = "ISO_IR 100", MRImageStorage
    for line in TEXTS.split("\n"):
        keyword, _, text = line.partition("=")
        if keyword:
            setattr(dataset, keyword, text)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{ROOT}.2", f"{ROOT}.3.1"
    dataset.FrameOfReferenceUID, dataset.InstanceCreatorUID = f"{ROOT}.4", f"{ROOT}.9"
    dataset.AcquisitionMatrix = [0, 512, 512, 0]
    dataset.Rows = dataset.Columns = side
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation, dataset.SamplesPerPixel = 0, 1
    dataset.SmallestImagePixelValue, dataset.LargestImagePixelValue = 0, 2300
    _sequences(dataset)
    block = dataset.private_block(0x0029, PRIVATE, create=True)
    block.add_new(0x08, "CS", "IMAGE NUM 4")
    block.add_new(0x10, "OB", bytes(range(256)) * 8)
    return dataset


def _sequences(dataset) -> None:  # noqa: ANN001
    references = [_item(ReferencedSOPInstanceUID=f"{ROOT}.7.{number}") for number in range(3)]
    for one in references:
        one.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    dataset.ReferencedImageSequence = references
    dataset.ReferencedStudySequence = [_item(ReferencedSOPInstanceUID=f"{ROOT}.8")]
    code = _item(CodeValue="MRHEAD", CodingSchemeDesignator="99EX", CodeMeaning="MR Head")
    dataset.ProcedureCodeSequence = [code]
    dataset.RequestAttributesSequence = [
        _item(ScheduledProcedureStepID="SPS-1", RequestedProcedureID="RP-1")
    ]


def _item(**elements: str):  # noqa: ANN202
    from pydicom.dataset import Dataset

    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item
