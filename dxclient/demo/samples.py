"""Sample sessions of invented patients: MR, CT, PET with CT, ultrasound and angiography."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from dxclient.demo.drawing import Picture, body, brain, fan, levels, vessels, with_text

#: Written last; the samples are complete when it is there, and of this edition.
MARK = ".samples-1"
SOP_CLASSES = {
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "US cine": "1.2.840.10008.5.1.4.1.1.3.1",
    "XA": "1.2.840.10008.5.1.4.1.1.12.1",
}


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented patient."""

    name: str
    id: str
    birth: str
    sex: str
    age: str


@dataclass(frozen=True, slots=True)
class Study:
    """One visit to a scanner."""

    key: str
    patient: Patient
    date: str
    description: str
    station: str


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a study."""

    study: Study
    number: int
    modality: str
    description: str
    thickness: float = 5.0
    localizer: bool = False


ANNA = Patient("EXAMPLE^ANNA", "EX-1001", "19620314", "F", "061Y")
BRUNO = Patient("EXAMPLE^BRUNO", "EX-1002", "19790521", "M", "044Y")
CLARA = Patient("EXAMPLE^CLARA", "EX-1003", "19500809", "F", "073Y")
DAVID = Patient("EXAMPLE^DAVID", "EX-1004", "19881130", "M", "035Y")
EMMA = Patient("EXAMPLE^EMMA", "EX-1005", "19940222", "F", "030Y")
FELIX = Patient("EXAMPLE^FELIX", "EX-1006", "19561001", "M", "067Y")


def uid(*parts: object) -> str:
    """Return an identifier that is always the same for the same parts."""
    return str(generate_uid(entropy_srcs=["dxclient sample", *(str(part) for part in parts)]))


def _elements(target: Dataset, **values: object) -> None:
    for keyword, value in values.items():
        setattr(target, keyword, value)


def _identity(dataset: Dataset, study: Study) -> None:
    patient = study.patient
    _elements(
        dataset,
        SpecificCharacterSet="ISO_IR 192",
        PatientName=patient.name,
        PatientID=patient.id,
        PatientBirthDate=patient.birth,
        PatientSex=patient.sex,
        PatientAge=patient.age,
        PatientAddress="1 Example Road, Sampletown",
        OtherPatientIDs=f"OLD-{patient.id}",
        AccessionNumber=f"ACC{patient.id[-4:]}",
        ReferringPhysicianName="SAMPLE^DOCTOR",
        InstitutionName="Example Hospital",
        StationName=study.station,
    )


def _study(dataset: Dataset, series: Series) -> None:
    study = series.study
    _elements(
        dataset,
        StudyInstanceUID=uid(study.key),
        SeriesInstanceUID=uid(study.key, series.number),
        FrameOfReferenceUID=uid(study.key, "frame"),
        StudyID="1",
        StudyDate=study.date,
        SeriesDate=study.date,
        AcquisitionDate=study.date,
        ContentDate=study.date,
        StudyTime="091500",
        SeriesTime=f"09{15 + series.number:02d}00",
        AcquisitionTime=f"09{15 + series.number:02d}10",
        ContentTime=f"09{15 + series.number:02d}20",
        StudyDescription=study.description,
        SeriesDescription=series.description,
        SeriesNumber=series.number,
        Modality=series.modality,
        Manufacturer="Example Imaging",
        ManufacturerModelName=f"Phantom {series.modality}",
        DeviceSerialNumber="12345",
        SoftwareVersions="1.0",
        OperatorsName="SAMPLE^TECHNICIAN",
        BodyPartExamined="HEAD" if series.modality == "MR" else "CHEST",
        ProtocolName=series.description,
    )


def _geometry(dataset: Dataset, series: Series, index: int, spacing: float) -> None:
    kind = "LOCALIZER" if series.localizer else "AXIAL"
    half = spacing * dataset.Rows / 2
    _elements(
        dataset,
        ImageType=["ORIGINAL", "PRIMARY", kind],
        PatientPosition="HFS",
        ImagePositionPatient=[-half, -half, index * series.thickness],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        SliceLocation=index * series.thickness,
        SliceThickness=series.thickness,
        PixelSpacing=[spacing, spacing],
        PositionReferenceIndicator="",
    )


def _pixels(dataset: Dataset, pixels: Picture) -> None:
    """Put pixels in: (rows, columns), or (frames, rows, columns)."""
    bits = 8 if pixels.dtype == np.uint8 else 16
    _elements(
        dataset,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        Rows=pixels.shape[-2],
        Columns=pixels.shape[-1],
        BitsAllocated=bits,
        BitsStored=bits if bits == 8 else 12,
        HighBit=7 if bits == 8 else 11,
        PixelRepresentation=0,
    )
    if pixels.ndim == 3:
        dataset.NumberOfFrames = pixels.shape[0]
    dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)


def _private(dataset: Dataset, series: Series) -> None:
    block = dataset.private_block(0x0029, "EXAMPLE IMAGING HEADER", create=True)
    block.add_new(0x10, "LO", f"operator note on {series.study.patient.name}")
    block.add_new(0x20, "DS", "1.5")
    block.add_new(0x30, "UN", b"binary header of the scanner")


_DETAILS: dict[str, dict[str, Any]] = {
    "MR": {
        "ScanningSequence": "SE",
        "SequenceVariant": "NONE",
        "ScanOptions": "",
        "MRAcquisitionType": "2D",
        "RepetitionTime": 550,
        "EchoTime": 12,
        "EchoTrainLength": 1,
        "MagneticFieldStrength": 3,
        "FlipAngle": 90,
        "ImagingFrequency": 123.2,
    },
    "CT": {"KVP": 120, "RescaleIntercept": -1024, "RescaleSlope": 1, "AcquisitionNumber": 1},
    "PT": {
        "Units": "BQML",
        "CountsSource": "EMISSION",
        "SeriesType": ["WHOLE BODY", "IMAGE"],
        "RescaleIntercept": 0,
        "RescaleSlope": 12.5,
        "CorrectedImage": ["ATTN", "DECY"],
        "DecayCorrection": "START",
        "CollimatorType": "NONE",
        "FrameReferenceTime": 0,
    },
    "US": {"TransducerType": "SECTOR_PHASED"},
    "XA": {"KVP": 80, "PixelIntensityRelationship": "LIN", "PositionerPrimaryAngle": 0},
}


def make_instance(series: Series, index: int, pixels: Picture, spacing: float = 1.0) -> bytes:
    """Return one image as the bytes of a DICOM file.

    Parameters
    ----------
    series
        What it belongs to.
    index
        Position in the series, from 0.
    pixels
        Whole numbers, rows by columns, or frames by rows by columns.
    spacing
        Distance of pixels in mm.
    """
    meta = FileMetaDataset()
    cine = pixels.ndim == 3
    kind = "US cine" if cine and series.modality == "US" else series.modality
    instance = uid(series.study.key, series.number, index)
    meta.MediaStorageSOPClassUID = SOP_CLASSES[kind]  # type: ignore[assignment]
    meta.MediaStorageSOPInstanceUID = instance  # type: ignore[assignment]
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = SOP_CLASSES[kind]
    dataset.SOPInstanceUID = instance
    _identity(dataset, series.study)
    _study(dataset, series)
    dataset.InstanceNumber = index + 1
    _pixels(dataset, pixels)
    _kind(dataset, series, index, spacing)
    _private(dataset, series)
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _kind(dataset: Dataset, series: Series, index: int, spacing: float) -> None:
    _elements(dataset, **_DETAILS[series.modality])
    if series.modality in ("MR", "CT", "PT"):
        _geometry(dataset, series, index, spacing)
    else:
        dataset.ImageType = ["ORIGINAL", "PRIMARY"]
        dataset.PatientOrientation = ""
    if "NumberOfFrames" in dataset:
        dataset.FrameTime = "40"
        dataset.FrameIncrementPointer = 0x00181063
    if series.modality == "US":
        dataset.BurnedInAnnotation = "YES"
    if series.modality == "PT":
        dataset.RadiopharmaceuticalInformationSequence = [_tracer()]
        dataset.NumberOfSlices = 20
        dataset.ImageIndex = index + 1


def _tracer() -> Dataset:
    found = Dataset()
    _elements(
        found,
        Radiopharmaceutical="FDG",
        RadiopharmaceuticalStartTime="081500",
        RadionuclideTotalDose=350e6,
        RadionuclideHalfLife=6586.2,
    )
    return found


def _mr(study: Study, slices: int, size: int) -> Iterator[bytes]:
    scout = Series(study, 1, "MR", "LOCALIZER", 10.0, localizer=True)
    for index in range(3):
        picture = levels(brain(size // 2, 0.3 + 0.15 * index, index, t2=False), 4000)
        yield make_instance(scout, index, picture, 480 / size)
    for number, name in ((2, "T1 axial"), (3, "T2 axial")):
        series = Series(study, number, "MR", name)
        for index in range(slices):
            place, seed = (index + 0.5) / slices, 1000 * number + index
            picture = levels(brain(size, place, seed, t2=number == 3), 4000)
            yield make_instance(series, index, picture, 240 / size)


def _trunk(series: Series, slices: int, size: int) -> Iterator[bytes]:
    pet = series.modality == "PT"
    for index in range(slices):
        picture = levels(body(size, (index + 0.5) / slices, index, pet=pet), 3000)
        yield make_instance(series, index, picture, 400 / size)


def _ultrasound(study: Study) -> Iterator[bytes]:
    lines = (study.patient.name.replace("^", ", "), study.patient.id, "Example Hospital")
    still = Series(study, 1, "US", "Abdomen still")
    for index in range(3):
        picture = levels(fan(480, 360, index, index), 235)
        yield make_instance(still, index, with_text(picture, lines))
    frames = [with_text(levels(fan(320, 240, i / 2, i), 235), lines) for i in range(12)]
    yield make_instance(Series(study, 2, "US", "Abdomen cine"), 0, np.stack(frames))


def _angiography(study: Study) -> Iterator[bytes]:
    frames = [levels(vessels(256, (i + 1) / 16, i), 255) for i in range(16)]
    yield make_instance(Series(study, 1, "XA", "Left coronary"), 0, np.stack(frames))


def _sessions() -> Iterator[tuple[str, Iterator[bytes]]]:
    yield "MR-1", _mr(Study("mr1", ANNA, "20230612", "MR head", "MR01"), 18, 192)
    yield "MR-2", _mr(Study("mr2", BRUNO, "20231004", "MR head", "MR01"), 14, 192)
    ct = Study("ct1", CLARA, "20240118", "CT chest", "CT01")
    yield "CT", _trunk(Series(ct, 2, "CT", "Chest 5 mm"), 20, 256)
    pet = Study("pet1", FELIX, "20240205", "PET-CT chest", "PETCT01")
    yield "PET-CT", _trunk(Series(pet, 2, "CT", "CT for attenuation"), 16, 192)
    yield "PET-CT", _trunk(Series(pet, 3, "PT", "PET corrected", 5.0), 16, 128)
    yield "US", _ultrasound(Study("us1", EMMA, "20240311", "US abdomen", "US01"))
    yield "XA", _angiography(Study("xa1", DAVID, "20240402", "Coronary angiography", "XA01"))


def write_samples(folder: Path) -> None:
    """Write all sample sessions below a folder, unless they are complete already."""
    if (folder / MARK).exists():
        return
    counts: dict[str, int] = {}
    for name, files in _sessions():
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        for content in files:
            counts[name] = counts.get(name, 0) + 1
            (place / f"IM{counts[name]:04d}").write_bytes(content)
    (folder / MARK).write_text("complete\n", "utf-8")


def small_session() -> Iterator[tuple[str, bytes]]:
    """Return names and bytes of a small session, for a server that should not be empty."""
    patient = Patient("EXAMPLE^GRETA", "EX-0001", "19700101", "F", "050Y")
    study = Study("seed", patient, "20200107", "MR head", "MR01")
    series = Series(study, 2, "MR", "T1 axial")
    for index in range(4):
        picture = levels(brain(64, (index + 0.5) / 4, index, t2=False), 4000)
        yield f"{index}.dcm", make_instance(series, index, picture, 4.0)
