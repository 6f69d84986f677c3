"""Small helpers around the embedded server: DICOM objects, archives, requests, troubles."""

import io
import zipfile

import numpy as np
import requests
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

MR = "1.2.840.10008.5.1.4.1.1.4"
ROOT = "1.2.826.0.1.3680043.8.498.77"


def dicom(instance=1, *, study=1, series=1, **elements):
    """Return a small MR image as bytes; `elements` by keyword replace or remove (None)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MR
    meta.MediaStorageSOPInstanceUID = f"{ROOT}.{study}.{series}.{instance}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    facts = {
        "SOPClassUID": MR,
        "SOPInstanceUID": f"{ROOT}.{study}.{series}.{instance}",
        "StudyInstanceUID": f"{ROOT}.{study}",
        "SeriesInstanceUID": f"{ROOT}.{study}.{series}",
        "SeriesNumber": series,
        "InstanceNumber": instance,
        "Modality": "MR",
        "StudyDate": "20240102",
        "StudyTime": "101112.5",
        "SeriesDescription": f"series {series}",
        "PatientName": "EXAMPLE^TEST",
        "PatientID": "EX-T",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": 16,
        "Columns": 16,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "PixelData": np.full((16, 16), instance, np.uint16).tobytes(),
        **elements,
    }
    for keyword, value in facts.items():
        if value is not None:
            setattr(dataset, keyword, value)
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=False)
    return stream.getvalue()


def zipped(files):
    """Return a zip of {name: bytes}, or of a list of bytes with meaningless names."""
    if not isinstance(files, dict):
        files = {f"{number:06d}.dcm": content for number, content in enumerate(files, 1)}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def logged_in(url, user="nurse"):
    """Return a session of requests that is logged in."""
    session = requests.Session()
    session.auth = (user, user)
    assert session.get(f"{url}/data/auth", timeout=30).status_code == 200
    return session


def send(session, url, files, project="PLAIN", label="E1", *, body=None, kind=None, **query):
    """Import files as an uploader does; further `query` values replace the defaults."""
    asked = {
        "import-handler": "DICOM-zip",
        "PROJECT_ID": project,
        "SUBJECT_ID": "S1",
        "EXPT_LABEL": label,
        "rename": "true",
        "prevent_anon": "true",
        "prevent_auto_commit": "true",
        "SOURCE": "uploader",
        **query,
    }
    return session.post(
        f"{url}/data/services/import",
        params={name: value for name, value in asked.items() if value is not None},
        data=zipped(files) if body is None else body,
        headers={"Content-Type": kind or "application/zip"},
        timeout=60,
    )


def commit(session, url, place, **query):
    """Commit a prearchive session by the URI that the import returned."""
    asked = {"action": "commit", "SOURCE": "uploader", **query}
    return session.post(f"{url}{place.strip()}", params=asked, json={}, timeout=60)


def rows(session, url, path, **query):
    """Return the rows of a listing."""
    answer = session.get(f"{url}{path}", params={"format": "json", **query}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["ResultSet"]["Result"]


def arm(url, kind, **options):
    """Switch a trouble on."""
    answer = requests.post(f"{url}/demo/faults", json={"kind": kind, **options}, timeout=30)
    assert answer.status_code == 200, answer.text


def stored(url, project="", session="", *, header=False):
    """Return what the server stored."""
    query = {"project": project, "session": session, "header": "1" if header else ""}
    return requests.get(f"{url}/demo/stored", params=query, timeout=30).json()


def received(url):
    """Return the requests that the server received."""
    return requests.get(f"{url}/demo/log", timeout=30).json()
