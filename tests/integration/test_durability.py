"""kill -9 in the middle of an upload loses nothing and sends nothing twice."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
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
        # Ever more noise: parts of the upload can be told apart by the size of their zip.
        dataset.PixelData = noise.integers(0, 256 + 40 * number, (256, 256), np.uint16).tobytes()
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
    running = program.start(*words, *labels)
    wait_for(lambda: imports(server))
    before: list[tuple[set[int], Counter[int]]] = []
    for pause in (chance.uniform(0, 1.5), chance.uniform(0.8, 3), chance.uniform(0.8, 3)):
        time.sleep(pause)
        running.send_signal(signal.SIGKILL)
        running.wait()
        before.append((accepted_sizes(program.home), received_sizes(server)))
        running = program.start("transfers", "run")
    running.send_signal(signal.SIGKILL)
    running.wait()

    ended = program.run("transfers", "run", "--json")
    assert ended.status == 0, ended.err
    (job,) = ended.json
    assert job["state"] == "confirmed", job
    files = stored(server, "SCRIPTS", "S1_MR_1")
    assert len(files) == 90
    assert len({file["sop_instance_uid"] for file in files}) == 90
    after = received_sizes(server)
    assert any(accepted for accepted, _ in before)
    for accepted, sent in before:
        assert {size: after[size] for size in accepted} == {size: sent[size] for size in accepted}


def wait_for(happened: Callable[[], object]) -> None:
    """Wait until something happened, a minute at most."""
    deadline = time.monotonic() + 60
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)


def accepted_sizes(home: Path) -> set[int]:
    """Bodies of the parts that the queue knows to be accepted; their sizes tell them apart."""
    with sqlite3.connect(home / "queue.sqlite") as queue:
        rows = queue.execute("SELECT body_size FROM part WHERE state = 'accepted'").fetchall()
    sizes = {size for (size,) in rows}
    assert len(sizes) == len(rows)
    return sizes


def received_sizes(server: DemoServer) -> Counter[int]:
    """How often the server took a body of each size."""
    return Counter(int(str(request["bytes"])) for request in imports(server))
