"""Another program that looks at the queue disturbs nobody who works on it."""

import subprocess
import sys
from pathlib import Path

from dxclient.transfer import Store
from dxclient.transfer.reading import open_to_read
from tests.unit.transfer.fakes import make_request

ROOT = Path(__file__).parents[3]
LOOK = """
import sys
from pathlib import Path
from dxclient.transfer.reading import open_to_read

reader = open_to_read(Path(sys.argv[1]))
print(len(reader.jobs()))
reader.close()
"""


def look(path):
    """How many jobs another process sees; it is gone afterwards."""
    command = [sys.executable, "-c", LOOK, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)


def test_a_queue_opened_while_this_program_looked_at_it_survives_others_that_look(tmp_path):
    path = tmp_path / "queue.sqlite"
    Store(path).close()
    reader = open_to_read(path)  # as `dxclient transfers run` does before it works
    reader.jobs()
    store = Store(path)
    request = make_request(tmp_path)
    job = store.add(request, [request.files], now=0)
    assert look(path) == 1
    assert path.with_name("queue.sqlite-wal").exists()  # nobody removed it under our feet
    store.note(job.id, sentence="written afterwards")
    assert look(path) == 1
    store.close()
    reader.close()
    again = Store(path)
    assert again.job(job.id).sentence == "written afterwards"
    again.close()
