import platform
import subprocess
import sys

import pytest

LEFT_AFTER_PARTS = """
import sys
from dxclient.anonymize.memory import return_large_blocks
if sys.argv[1] == "told":
    assert return_large_blocks()
for size in (30, 20, 28):
    held, spacer = bytearray(size << 20), bytearray(100_000)
    small = [bytes(50_000) for _ in range(20)]
    del held
lines = open("/proc/self/status").read().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps large blocks")
def test_memory_of_large_parts_goes_back_to_the_system():
    command = [sys.executable, "-c", LEFT_AFTER_PARTS]
    left = {
        how: int(subprocess.run([*command, how], capture_output=True, check=True).stdout)
        for how in ("told", "untold")
    }
    assert left["told"] + 15_000 < left["untold"]
