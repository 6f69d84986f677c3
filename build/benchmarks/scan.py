"""How fast folders are read: against a plain loop of pydicom, and for a hundred thousand files.

python build/benchmarks/scan.py [--slices 2000] [--files 100000] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dxclient.dicom import scan_folders

PER_SERIES = 100
DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "PatientBirthDate")
TIMES = ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime")
NAMES = ("PatientName", "ReferringPhysicianName", "OperatorsName", "PhysiciansOfRecord")
TEXTS = (
    *("AccessionNumber", "Manufacturer", "InstitutionName", "InstitutionAddress", "StationName"),
    *("StudyDescription", "SeriesDescription", "ManufacturerModelName", "PatientID"),
    *("IssuerOfPatientID", "PatientAddress", "OtherPatientIDs", "PatientComments", "StudyID"),
    *("DeviceSerialNumber", "SoftwareVersions", "ProtocolName", "PositionReferenceIndicator"),
    *("ReceiveCoilName", "TransmitCoilName"),
)
NUMBERS = (
    *("SliceThickness", "RepetitionTime", "EchoTime", "InversionTime", "NumberOfAverages"),
    *("FlipAngle", "ImagingFrequency", "EchoTrainLength", "MagneticFieldStrength", "SAR"),
    *("PixelBandwidth", "SpacingBetweenSlices", "PercentSampling", "PercentPhaseFieldOfView"),
    *("SliceLocation", "SeriesNumber", "AcquisitionNumber", "InstanceNumber"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. `ratio` is against the plain loop of pydicom over the same files."""

    what: str
    files: int
    megabytes: float
    seconds: float
    ratio: float | None = None
    peak_megabytes: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        return (
            self.what,
            f"{self.files:,}",
            f"{self.seconds:.2f}",
            f"{self.files / self.seconds:,.0f}",
            f"{self.megabytes / self.seconds:,.0f}",
            f"{self.ratio:.1f}" if self.ratio else "",
            f"{self.peak_megabytes:.0f}" if self.peak_megabytes else "",
        )


TITLES = ("what", "files", "seconds", "files/s", "MB/s", "times pydicom", "peak MB")


def _uid(*key: object) -> str:
    """A UID of always 39 characters, so that it can be put in the place of another one."""
    text = "/".join(map(str, key)).encode()
    number = int.from_bytes(hashlib.sha256(text).digest()[:15], "big") % 10**33
    return f"2.25.1{number:033d}"


def _set(ds: object, words: Sequence[str], value: str) -> None:
    for word in words:
        setattr(ds, word, value)


def template(size: int) -> bytes:
    """One MR slice with about 80 elements, two sequences and a private block."""
    from io import BytesIO

    import numpy as np
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.sequence import Sequence as Items
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    meta.MediaStorageSOPInstanceUID = _uid("instance")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, _uid("instance")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = _uid("study"), _uid("series")
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    _set(ds, DATES, "20200102")
    _set(ds, TIMES, "101112.000000")
    _set(ds, TEXTS, "SYNTHETIC")
    _set(ds, NAMES, "TEST^SYNTHETIC")
    ds.Modality, ds.PatientSex, ds.PatientAge, ds.PatientWeight = "MR", "O", "040Y", "70"
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "GR", "SP", ""
    ds.MRAcquisitionType, ds.BodyPartExamined, ds.PatientPosition = "3D", "HEAD", "HFS"
    _set(ds, NUMBERS, "2")
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    ds.FrameOfReferenceUID = _uid("frame")
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = ds.SOPClassUID, _uid("other")
    ds.ReferencedImageSequence = Items([item])
    item = Dataset()
    item.RequestedProcedureID = item.ScheduledProcedureStepID = "1"
    ds.RequestAttributesSequence = Items([item])
    block = ds.private_block(0x0029, "SYNTHETIC HEADER", create=True)
    block.add_new(0x10, "OB", bytes(2048))
    ds.Rows = ds.Columns = size
    ds.PixelSpacing, ds.PhotometricInterpretation, ds.SamplesPerPixel = [1, 1], "MONOCHROME2", 1
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.WindowCenter, ds.WindowWidth = "700", "1400"
    noise = np.random.default_rng(1).integers(0, 4096, (size, size), dtype="<u2")
    ds.PixelData = noise.tobytes()
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def make_files(folder: Path, count: int, size: int) -> int:
    """Write `count` slices in series of a hundred and studies of ten series; return the bytes."""
    whole, total = template(size), 0
    for number in range(count):
        series, study = number // PER_SERIES, number // (PER_SERIES * 10)
        data = whole.replace(_uid("instance").encode(), _uid("instance", number).encode())
        data = data.replace(_uid("series").encode(), _uid("series", series).encode())
        data = data.replace(_uid("study").encode(), _uid("study", study).encode())
        place = folder / f"{study:03d}" / f"{series:05d}"
        if number % PER_SERIES == 0:
            place.mkdir(parents=True)
        (place / f"{number:06d}.dcm").write_bytes(data)
        total += len(data)
    return total


def plain_loop(folder: Path) -> int:
    """What one writes first: a loop over all files, one thread, headers only."""
    from pydicom import dcmread

    keys = set()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            ds = dcmread(path, stop_before_pixels=True)
            keys.add((ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID))
    return len(keys)


def _scan(folder: Path, workers: int | None = None) -> int:
    report = scan_folders([folder], workers=workers)
    assert not report.left_out, report.left_out[0]
    return sum(session.file_count for session in report.sessions)


def _timed(call: object, *arguments: object) -> tuple[int, float]:
    assert callable(call)
    began = time.perf_counter()
    files = call(*arguments)
    return files, time.perf_counter() - began


def _alone(folder: Path) -> str:
    """Scan in this process, which did nothing before, so that its peak memory is the scan's."""
    files, seconds = _timed(_scan, folder)
    return json.dumps([files, seconds, _peak()])


def _peak() -> float | None:
    """Most memory this process has had so far, MB; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def against_pydicom(folder: Path, slices: int) -> list[Row]:
    """Slices of 512x512: the best of three runs each, turn by turn, files in the cache."""
    size = make_files(folder, slices, 512) / 1e6
    contenders = {
        "plain pydicom loop": (plain_loop, folder),
        "scan_folders": (_scan, folder),
        "scan_folders, 1 process": (_scan, folder, 1),
        "scan_folders, 2 processes": (_scan, folder, 2),
    }
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(3):
        for name, call in contenders.items():
            files, seconds = _timed(*call)
            assert files == slices, name
            best[name] = min(best[name], seconds)
    plain = best["plain pydicom loop"]
    return [Row(name, slices, size, took, plain / took) for name, took in best.items()]


def many(folder: Path, files: int) -> Row:
    """Many small files in a process of its own."""
    size = make_files(folder, files, 16) / 1e6
    command = [sys.executable, __file__, "--alone", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found, seconds, peak = json.loads(done.stdout)
    assert found == files
    return Row("scan_folders, many small files", files, size, seconds, None, peak)


def run(
    slices: int = 2000, files: int = 100_000, folder: Path | None = None
) -> list[tuple[str, ...]]:
    """Measure, and give the table's rows; the first one holds the titles."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        rows = against_pydicom(Path(place) / "slices", slices)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        rows.append(many(Path(place) / "many", files))
    return [TITLES, *(row.cells for row in rows)]


def show(table: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        first, *others = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join([first.strip().ljust(widths[0]), *others]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slices", type=int, default=2000, help="slices of 512x512")
    parser.add_argument("--files", type=int, default=100_000, help="small files")
    parser.add_argument("--folder", type=Path, help="where to put them for the time")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        print(_alone(asked.alone))
        return
    show(run(asked.slices, asked.files, asked.folder))


if __name__ == "__main__":
    main()
