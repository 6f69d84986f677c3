"""kill -9 in the middle of an upload loses nothing and sends nothing twice."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
import requests

from dxclient.demo import DemoServer
from tests.helpers.program import Program


def big_session(folder: Path, files: int) -> None:
    """One session of many small slices, each with its own pixels."""
    import numpy as np
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    folder.mkdir(parents=True)
    noise = np.random.default_rng(7)
    for number in range(files):
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.SOPClassUID = MRImageStorage
        dataset.SOPInstanceUID = f"1.2.3.4.5.{number}"
        dataset.StudyInstanceUID = "1.2.3.4"
        dataset.SeriesInstanceUID = f"1.2.3.4.{number % 3 + 1}"
        dataset.SeriesNumber = number % 3 + 1
        dataset.InstanceNumber = number
        dataset.Modality = "MR"
        dataset.PatientName = "EXAMPLE^SECRET"
        dataset.PatientID = "HOSP-991"
        dataset.StudyDate = "20240102"
        dataset.StudyID = "STUDY-7"
        dataset.Rows = dataset.Columns = 256
        dataset.BitsAllocated = dataset.BitsStored = 16
        dataset.HighBit = 15
        dataset.SamplesPerPixel = 1
        dataset.PixelRepresentation = 0
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.PixelData = noise.integers(0, 4096, (256, 256), np.uint16).tobytes()
        dataset.save_as(folder / f"{number:05}", enforce_file_format=True)


def imports(server: DemoServer) -> list[dict[str, object]]:
    """Import requests that the server accepted."""
    log = requests.get(f"{server.url}/demo/log", auth=("admin", "admin"), timeout=30).json()
    return [r for r in log if r["path"].endswith("/services/import") and r["status"] == 200]


def stored(server: DemoServer, project: str, session: str) -> list[dict[str, str]]:
    answer = requests.get(
        f"{server.url}/demo/stored",
        params={"project": project, "session": session},
        auth=("admin", "admin"),
        timeout=60,
    )
    return answer.json()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_upload_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, server: DemoServer, program: Program, seed: int
) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "disk"
    big_session(folder, 90)
    settings = program.home
    settings.mkdir(parents=True)
    (settings / "settings.json").write_text('{"transfer.part_size": 1}')
    requests.post(
        f"{server.url}/demo/faults",
        json={"kind": "slow", "seconds": 0.15, "count": 500},
        auth=("admin", "admin"),
        timeout=30,
    )

    words = ("upload", folder, "--server", server.url, "--project", "SCRIPTS")
    labels = ("--subject", "S1", "--session", "S1_MR_1", "--yes", "--json")
    first = program.start(*words, *labels)
    deadline = time.monotonic() + 60
    while not imports(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(chance.uniform(0, 1.5))
    first.send_signal(signal.SIGKILL)
    first.wait()
    for _ in range(2):
        again = program.start("transfers", "run")
        time.sleep(chance.uniform(0.8, 3))
        again.send_signal(signal.SIGKILL)
        again.wait()

    ended = program.run("transfers", "run", "--json")
    assert ended.status == 0, ended.err
    (job,) = ended.json
    assert job["state"] == "confirmed", job
    files = stored(server, "SCRIPTS", "S1_MR_1")
    assert len(files) == 90
    assert len({file["sop_instance_uid"] for file in files}) == 90
    accepted = Counter(request["bytes"] for request in imports(server))
    # A part whose answer was cut off by a kill may come once more; an accepted one never does.
    assert sum(accepted.values()) <= job["parts_total"] + 3
