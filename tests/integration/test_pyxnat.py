"""Another independent client, pyxnat, works with the embedded server.

It lives in an environment of its own, because it wants packages that nothing here needs.
"""

import json
import os
import subprocess
import venv
from pathlib import Path

import pytest

from dxclient.demo import DemoServer
from tests.helpers.demoserver import dicom, zipped

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".work" / "pyxnat"
PACKAGES = ("pyxnat>=1.6.4", "nibabel", "pandas", "networkx")
#: What pyxnat is asked to do; it needs the extra packages although it does not declare them.
SCRIPT = """
import json, sys
import pyxnat
url, archive = sys.argv[1:3]
client = pyxnat.Interface(url, "nurse", "nurse")
project = client.select.project("PLAIN")
facts = {"projects": client.select.projects().get(), "exists": project.exists(),
         "code": project.prearchive_code(), "subjects": [s.label() for s in project.subjects()]}
with open(archive, "rb") as body:
    query = "import-handler=DICOM-zip&project=PLAIN&subject=PX&session=PX_MR&rename=true"
    answer = client.post("/data/services/import?" + query, data=body.read(),
                         headers={"Content-Type": "application/zip"})
facts["place"] = answer.text
prearchive = client.manage.prearchive
waiting = prearchive.get()
facts["waiting"], facts["status"] = waiting, prearchive.status(waiting[0])
facts["scans"] = prearchive.get_scans(waiting[0])
facts["files"] = len(prearchive.get_files(waiting[0], "1", "DICOM"))
answer = client.post("/data/services/archive", data={"src": answer.text.strip()})
facts["archived"], facts["left"] = answer.text.strip(), prearchive.get()
facts["session"] = project.subject("PX").experiment("PX_MR").exists()
client.disconnect()
print(json.dumps(facts))
"""


def _python() -> Path:
    return PLACE / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _environment() -> Path:
    """Return the interpreter that has pyxnat; skip only where it can not be downloaded."""
    if not _python().exists():
        venv.EnvBuilder(with_pip=True, clear=True).create(PLACE)
    check = [str(_python()), "-c", "import pyxnat, nibabel, pandas, networkx"]
    if subprocess.run(check, capture_output=True, check=False).returncode == 0:
        return _python()
    install = [str(_python()), "-m", "pip", "install", "--quiet", *PACKAGES]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["pip failed"]
        pytest.skip(f"pyxnat could not be downloaded: {last[0]}")
    return _python()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pyxnat_lists_imports_and_archives(tmp_path):
    python = _environment()
    archive, script = tmp_path / "session.zip", tmp_path / "script.py"
    archive.write_bytes(zipped([dicom(1), dicom(2)]))
    script.write_text(SCRIPT, "utf-8")
    with DemoServer(tmp_path / "server") as server:
        command = [str(python), str(script), server.url, str(archive)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert "PLAIN" in facts["projects"]
    assert facts["exists"]
    assert facts["code"] == 0
    assert facts["subjects"] == ["P001", "P002"]
    assert facts["waiting"][0][::2] == ["PLAIN", "PX_MR"]
    assert facts["status"] == "RECEIVING"
    assert (facts["scans"], facts["files"]) == ("1", 2)
    assert facts["archived"] == "/data/archive/projects/PLAIN/subjects/PX/experiments/PX_MR"
    assert facts["left"] == []
    assert facts["session"]
