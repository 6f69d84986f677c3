"""Synthetic slices for the benchmarks: one template, with its UIDs patched for each file."""

from __future__ import annotations

from pathlib import Path


def write_slices(folder: Path, count: int, *, side: int = 512, series: int = 4) -> int:
    """Write *count* slices of side × side × 16 bit of one study; return their bytes in all."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(1)
    field = np.add.outer(np.arange(side), np.arange(side)) * 2
    total = 0
    for number in range(count):
        pixels = (field + noise.integers(0, 256, (side, side))).astype("<u2").tobytes()
        path = folder / f"slice{number:06}.dcm"
        _dataset(number, number % series + 1, side, pixels).save_as(path, enforce_file_format=True)
        total += path.stat().st_size
    return total


def _dataset(number: int, series: int, side: int, pixels: bytes):  # noqa: ANN202
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = MRImageStorage
    dataset.SOPInstanceUID = f"1.2.826.0.1.3680043.8.498.1.{number + 1}"
    dataset.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.2"
    dataset.SeriesInstanceUID = f"1.2.826.0.1.3680043.8.498.3.{series}"
    dataset.SeriesNumber, dataset.InstanceNumber = series, number + 1
    dataset.StudyDate, dataset.StudyTime = "20240102", "101112"
    dataset.Modality, dataset.SeriesDescription = "MR", f"series {series}"
    dataset.PatientName, dataset.PatientID = "EXAMPLE^BENCH", "BENCH-1"
    dataset.PatientBirthDate, dataset.StudyDescription = "19700101", "benchmark"
    dataset.Rows = dataset.Columns = side
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 15, 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = pixels
    return dataset
