#!/usr/bin/env python3
"""Make, try, test and measure dxclient: one script, the standard library only, every system.

    python3 build/make.py demo [--headless]   the window (or a whole upload) on a server of its own
    python3 build/make.py test [pytest args]  install what the tests need, run them all
    python3 build/make.py bench [names]       the benchmarks, as tables
    python3 build/make.py check               ruff and mypy
    python3 build/make.py fuzz [--seconds 60] scripts and files by chance through DicomEdit
    python3 build/make.py chaos [--seeds 20]  uploads under random trouble, as a table
    python3 build/make.py setup               only make .venv

It makes .venv beside pyproject.toml and is quick the second time. On Linux without a screen it
starts a virtual one (Debian's xvfb, installed if it may).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
#: What Debian calls the things that tests and screenshots need, and the program that shows it.
DEBIAN = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "import": "imagemagick",
    "dcmdump": "dcmtk",
    "strace": "strace",
    "fc-list": "fontconfig",
}
FONTS = ("fonts-dejavu", "fonts-noto-core")
OLDEST = (3, 11)
_TESTING = {"test", "check", "bench", "chaos"}


def main() -> int:
    """Run the command that was asked for."""
    command, *rest = sys.argv[1:] or ["help"]
    commands = {
        "setup": lambda rest: 0,
        "demo": demo,
        "test": test,
        "bench": bench,
        "check": check,
        "fuzz": fuzz,
        "chaos": chaos,
    }
    if command not in commands:
        print(__doc__)
        return 0 if command in {"help", "-h", "--help"} else 2
    if sys.version_info < OLDEST:
        print(f"dxclient needs Python {'.'.join(map(str, OLDEST))} or later.", file=sys.stderr)
        return 1
    make_venv("fuzz" if command == "fuzz" else "test" if command in _TESTING else "")
    return commands[command](rest)


def demo(rest: list[str]) -> int:
    """Open the window on the embedded server and sample sessions."""
    headless = "--headless" in rest or "--serve" in rest
    with contextlib.nullcontext() if headless else screen():
        return run([python(), "-m", "dxclient", "demo", *rest])


def test(rest: list[str]) -> int:
    """Run lint, types and all tests."""
    install_programs(DEBIAN, FONTS)
    status = check([])
    workers = [] if any(arg.startswith(("-n", "--pdb")) for arg in rest) else ["-n", "2"]
    with screen():
        return run([python(), "-m", "pytest", *workers, *rest]) or status


def check(rest: list[str]) -> int:
    """Run ruff and mypy."""
    ruff = run([python(), "-m", "ruff", "check", "."])
    layout = run([python(), "-m", "ruff", "format", "--check", "-q", "."])
    return ruff or layout or run([python(), "-m", "mypy"])


def fuzz(rest: list[str]) -> int:
    """Run the coverage-guided fuzzer of the scripts' language."""
    return run([python(), str(ROOT / "build" / "fuzz.py"), *rest])


def chaos(rest: list[str]) -> int:
    """Send sessions while processes are killed and the network is cut, by seeds."""
    return run([python(), str(ROOT / "build" / "chaos.py"), *rest])


def bench(rest: list[str]) -> int:
    """Run the benchmarks in build/benchmarks."""
    with screen():
        return run([python(), str(ROOT / "build" / "benchmarks" / "all.py"), *rest])


def python() -> str:
    """The Python of .venv."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return str(VENV / folder / ("python.exe" if os.name == "nt" else "python"))


def make_venv(extra: str) -> None:
    """Make .venv and install dxclient into it, unless that was done for this pyproject.toml."""
    wish = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    marker = VENV / f"dxclient-{extra or 'run'}.installed"
    # What the tests need includes what running needs.
    enough = [marker] if extra else [marker, VENV / "dxclient-test.installed"]
    if any(done.exists() and done.read_text() == wish for done in enough):
        return
    if not Path(python()).exists():
        print("Making .venv …", flush=True)
        make = [sys.executable, "-m", "venv", str(VENV)]
        if subprocess.run(make).returncode:
            sys.exit(
                "Python could not make a virtual environment. On Debian: apt install python3-venv"
            )
    print("Installing what dxclient needs …", flush=True)
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    pip = [python(), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-e", target]
    result = subprocess.run(pip, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{result.stdout}{result.stderr}\nThe installation failed; see above.")
    marker.write_text(wish)


def run(command: list[str]) -> int:
    """Run a command in the project's folder."""
    return subprocess.run(command, cwd=ROOT).returncode


def install_programs(programs: dict[str, str], fonts: tuple[str, ...] = ()) -> None:
    """Install Debian packages of programs that are missing, or say what to install."""
    if not sys.platform.startswith("linux"):
        return
    missing = [package for program, package in programs.items() if not shutil.which(program)]
    if fonts and missing:
        missing += fonts
    if not missing:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing {', '.join(missing)} …", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        out = subprocess.DEVNULL
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdout=out, stderr=out)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
            env=quiet,
            stdout=out,
            stderr=out,
        )
    still = [package for program, package in programs.items() if not shutil.which(program)]
    if still:
        print(f"Not installed, and some things need it: {', '.join(still)}", file=sys.stderr)


@contextlib.contextmanager
def screen() -> Iterator[None]:
    """Give windows a screen: the one there is, else a virtual one."""
    linux = sys.platform.startswith("linux")
    if not linux or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield
        return
    install_programs({"Xvfb": "xvfb"})
    if not shutil.which("Xvfb"):
        sys.exit("There is no screen, and Xvfb is not installed. On Debian: apt install xvfb")
    with tempfile.TemporaryFile() as log:
        read, write = os.pipe()
        size = ["-screen", "0", "1920x1200x24", "-nolisten", "tcp"]
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), *size],
            pass_fds=[write],
            stdout=log,
            stderr=log,
        )
        os.close(write)
        try:
            number = _display_number(read)
            os.environ["DISPLAY"] = f":{number}"
            yield
        finally:
            os.environ.pop("DISPLAY", None)
            server.terminate()
            server.wait(10)


def _display_number(pipe: int) -> str:
    deadline = time.monotonic() + 20
    text = b""
    while not text.endswith(b"\n") and time.monotonic() < deadline:
        piece = os.read(pipe, 16)
        if not piece:
            break
        text += piece
    os.close(pipe)
    if not text.strip():
        sys.exit("The virtual screen did not start.")
    return text.decode().strip()


if __name__ == "__main__":
    sys.exit(main())
