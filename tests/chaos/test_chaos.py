"""Uploads come through random trouble; the long run is ``python build/make.py chaos``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.chaos.run import Chaos


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="processes are killed and counted in /proc")
@pytest.mark.parametrize("seed", [31, 32])
def test_every_upload_is_confirmed_and_right_whatever_happened(tmp_path: Path, seed: int) -> None:
    result = Chaos(seed, tmp_path / "chaos", uploads=4, seconds=5).run()
    assert result.problems == [], f"python build/make.py chaos --seed {seed} --uploads 4"
    assert result.uploads == 4
