"""Run the benchmarks and print their tables: ``python build/benchmarks/all.py [scan upload …]``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

NAMES = ("startup", "scan", "scripts", "upload", "queued", "window")


def main() -> int:
    """Run those that were named, else all."""
    here = Path(__file__).resolve().parent
    sys.path[:0] = [str(here), str(here.parents[1])]
    names = sys.argv[1:] or NAMES
    del sys.argv[1:]  # the benchmarks have options of their own, when they run alone
    for name in names:
        if name not in NAMES:
            sys.exit(f"No benchmark is named {name}; there are: {', '.join(NAMES)}.")
        importlib.import_module(name).main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
