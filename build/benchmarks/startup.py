"""From the start of the program to its first window, and to the end of --help."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from report import show

ROUNDS = 5


def to_window() -> float:
    """Seconds until the window is on the screen, as xdotool sees it."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "DXCLIENT_HOME": home}
        start = time.perf_counter()
        program = subprocess.Popen([sys.executable, "-m", "dxclient"], env=environment)
        try:
            look = ["xdotool", "search", "--onlyvisible", "--name", "dxclient"]
            while subprocess.run(look, capture_output=True).returncode:
                if program.poll() is not None or time.perf_counter() - start > 60:
                    sys.exit("The window did not open.")
                time.sleep(0.01)
            return time.perf_counter() - start
        finally:
            program.kill()
            program.wait()


def to_help() -> float:
    """Seconds of ``dxclient --help``."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "dxclient", "--help"], capture_output=True, check=True)
    return time.perf_counter() - start


def bare_python() -> float:
    """Seconds that Python itself needs."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import argparse, json"], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print the best and the middle of a few rounds."""
    base = _rounds(bare_python)
    measured = [("python alone", base), ("dxclient --help", _rounds(to_help))]
    if shutil.which("xdotool") and os.environ.get("DISPLAY"):
        measured.append(("first window", _rounds(to_window)))
    rows = [
        (what, f"{best:.2f}", f"{middle:.2f}", f"{middle / base[1]:.1f}")
        for what, (best, middle) in measured
    ]
    show("Start", ("what", "best s", "median s", "of python alone"), rows)


def _rounds(measure: Callable[[], float]) -> tuple[float, float]:
    times = sorted(measure() for _ in range(ROUNDS))
    return times[0], times[len(times) // 2]


if __name__ == "__main__":
    main()
