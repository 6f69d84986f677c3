"""Sessions to be sent: small, synthetic, of several kinds, and full of values to search for."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, RLELossless

ROOT = "1.2.826.0.1.3680043.8.498.4"
KINDS = ("many", "big", "two studies", "rejected", "compressed", "one number", "tiny")
#: Where sessions go: into the prearchive, into the archive, into the archive with replacing.
PROJECTS = ("SCRIPTS", "ARCHIVE", "OVERWRITE")
#: What the projects' script rejects.
REJECTED = "SCREENSHOT"
CLASSES = {"MR": MRImageStorage, "CT": CTImageStorage}


@dataclass(frozen=True)
class Wanted:
    """One session that has to arrive."""

    kind: str
    folder: Path
    study_uid: str
    project: str
    subject: str
    label: str
    files: tuple[Path, ...]


@dataclass
class Person:
    """Nobody, with header values that are found wherever they turn up."""

    mark: str
    seed: int

    @property
    def headers(self) -> dict[str, str]:
        """Values by DICOM keyword."""
        return {
            "PatientName": f"SYNTHETIC{self.mark}^NOBODY",
            "PatientID": f"HOSP-{self.mark}",
            "PatientBirthDate": f"19{self.seed % 90 + 10}0{self.seed % 8 + 1}2{self.seed % 7 + 1}",
            "AccessionNumber": f"ACC{self.mark}",
            "ReferringPhysicianName": f"PHYSICIAN{self.mark}^NOBODY",
            "InstitutionName": f"CLINIC OF {self.mark}",
            "StudyID": f"SID{self.mark}",
            "OperatorsName": f"OPERATOR{self.mark}^NOBODY",
            "OtherPatientNames": f"FORMERLY{self.mark}^NOBODY",
            "PatientAddress": f"STREET {self.mark}",
        }


class Maker:
    """Writes sessions below a folder and remembers what must not be found anywhere.

    Parameters
    ----------
    chance : random.Random
    folder : pathlib.Path
    """

    def __init__(self, chance: random.Random, folder: Path) -> None:
        self._chance = chance
        self._folder = folder
        self._noise = np.random.default_rng(chance.getrandbits(32))
        self._number = 0
        #: Header values, and what of paths and UIDs is to be forgotten in the end.
        self.values: set[str] = set()
        self.places: set[str] = set()

    def make(self, uploads: int) -> list[Wanted]:
        """Write sessions until there are so many."""
        made: list[Wanted] = []
        while len(made) < uploads:
            made += self._one(KINDS[len(made) % len(KINDS)])
        return made

    def _one(self, kind: str) -> list[Wanted]:
        self._number += 1
        number, mark = self._number, f"{self._chance.getrandbits(40):010X}Q{self._number}"
        person = Person(mark, self._chance.randrange(1000))
        folder = self._folder / f"disk{number}-{mark}"
        self.values |= set(person.headers.values())
        self.places.add(mark)
        project = self._chance.choice(PROJECTS)
        return [
            self._session(kind, folder / f"st{study}", person, project, study)
            for study in range(1, 3 if kind == "two studies" else 2)
        ]

    def _session(self, kind: str, folder: Path, person: Person, project: str, study: int) -> Wanted:
        folder.mkdir(parents=True)
        uid = f"{ROOT}.{self._chance.getrandbits(48)}.{self._number}{study}"
        self.places.add(uid)
        files = []
        for number, image in enumerate(self._images(kind, uid, person), 1):
            path = folder / f"{person.mark}-{number:04}.dcm"
            stream = io.BytesIO()
            image.save_as(stream, enforce_file_format=True)
            path.write_bytes(stream.getvalue())
            files.append(path)
        return Wanted(
            kind=kind,
            folder=folder,
            study_uid=uid,
            project=project,
            subject=f"S{self._number}",
            label=f"S{self._number}_{study}",
            files=tuple(files),
        )

    def _images(self, kind: str, study: str, person: Person) -> Iterator[Dataset]:
        """Images of a session: (series, its number, how many, pixels of a side, modality)."""
        plans: dict[str, list[tuple[int, int, int, int, str]]] = {
            "many": [(1, 1, 50, 32, "MR"), (2, 2, 30, 48, "MR"), (3, 3, 3, 16, "MR")],
            "big": [(1, 1, 1, 1100, "CT"), (2, 2, 2, 32, "CT")],
            "two studies": [(1, 1, 8, 64, "MR"), (2, 2, 8, 64, "MR")],
            "rejected": [(1, 1, 12, 64, "MR"), (2, 2, 12, 64, "MR"), (9, 9, 12, 64, "MR")],
            "compressed": [(1, 1, 10, 96, "CT"), (2, 2, 4, 256, "CT")],
            "one number": [(1, 5, 10, 64, "MR"), (2, 5, 9, 64, "MR")],
            "tiny": [(1, 1, 1, 16, "CT")],
        }
        for series, number, count, side, modality in plans[kind]:
            for instance in range(1, count + 1):
                image = self._image(study, series, number, instance, side, modality, person)
                if kind == "rejected" and (series == 9 or instance % 5 == 0):
                    image.SeriesDescription = REJECTED
                if kind == "compressed":
                    image.compress(RLELossless, generate_instance_uid=False)
                yield image

    def _image(
        self,
        study: str,
        series: int,
        number: int,
        instance: int,
        side: int,
        modality: str,
        person: Person,
    ) -> Dataset:
        image = Dataset()
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.SOPClassUID = CLASSES[modality]
        image.SOPInstanceUID = f"{study}.{series}.{instance}"
        image.StudyInstanceUID = study
        image.SeriesInstanceUID = f"{study}.{series}"
        for keyword, value in person.headers.items():
            setattr(image, keyword, value)
        image.SeriesNumber, image.InstanceNumber = number, instance
        image.SeriesDescription = f"series {series}"
        image.Modality = modality
        image.StudyDate, image.StudyTime = "20240102", "101112"
        image.Rows = image.Columns = side
        image.SamplesPerPixel, image.PixelRepresentation = 1, 0
        image.PhotometricInterpretation = "MONOCHROME2"
        image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
        smooth = instance % 2 == 0  # what compresses well, and what does not
        pixels = self._noise.integers(0, 16 if smooth else 4096, (side, side), np.uint16)
        image.PixelData = pixels.tobytes()
        return image
