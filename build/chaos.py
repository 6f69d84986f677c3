"""Uploads under random trouble, as a table: ``python build/make.py chaos --seeds 20``.

Each seed has its own sessions, server, client and network; see `tests/chaos/run.py`. Exit 1
when anything was not as it has to be; ``--seed N`` runs one again, ``--keep`` leaves its files.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.chaos.run import Chaos, Result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seed", type=int, action="append", help="only this one; repeatable")
    parser.add_argument("--uploads", type=int, default=8, help="sessions for each seed")
    parser.add_argument("--seconds", type=float, default=15, help="how long trouble lasts")
    parser.add_argument("--keep", type=Path, help="folder to keep the files of failing seeds in")
    given = parser.parse_args()
    seeds = given.seed or range(given.first, given.first + given.seeds)
    results = []
    print(f"{'seed':>6} {'uploads':>7} {'files':>6} {'kills c/s':>9} {'faults':>6} {'cuts':>5} "
          f"{'orders':>6} {'answers':>7} {'s':>5}  result")  # fmt: skip
    for seed in seeds:
        results.append(one(seed, given))
        print(line(results[-1]), flush=True)
        for problem in results[-1].problems:
            print(f"         {problem}", flush=True)
    summary(results)
    return int(any(result.problems for result in results))


def one(seed: int, given: argparse.Namespace) -> Result:
    folder = Path(tempfile.mkdtemp(prefix=f"dxclient-chaos-{seed}-"))
    chaos = Chaos(seed, folder, uploads=given.uploads, seconds=given.seconds)
    try:
        result = chaos.run()
    finally:
        if given.keep and chaos.result.problems:
            shutil.copytree(folder, given.keep / f"{seed}-{time.strftime('%H%M%S')}")
        shutil.rmtree(folder, ignore_errors=True)
    return result


def line(one: Result) -> str:
    kills = f"{one.kills['client']}/{one.kills['server']}"
    return (
        f"{one.seed:>6} {one.uploads:>7} {one.files:>6} {kills:>9} {one.faults.total():>6} "
        f"{one.cuts.total():>5} {one.orders.total():>6} {one.answers.total():>7} "
        f"{one.seconds:>5.0f}  {'FAILED' if one.problems else 'ok'}"
    )


def summary(results: list[Result]) -> None:
    failed = [result.seed for result in results if result.problems]
    uploads = sum(result.uploads for result in results)
    files = sum(result.files for result in results)
    print(f"\n{len(results)} seeds, {uploads} uploads, {files} files: "
          f"{len(results) - len(failed)} seeds as it has to be, {len(failed)} not"
          f"{': ' + ' '.join(map(str, failed)) if failed else ''}")  # fmt: skip
    for name, counters in (
        ("kills", (result.kills for result in results)),
        ("faults of the server", (result.faults for result in results)),
        ("troubles of the network", (result.cuts for result in results)),
        ("orders", (result.orders for result in results)),
        ("answers", (result.answers for result in results)),
    ):
        table(name, counters)


def table(name: str, counters: Iterable[Counter[str]]) -> None:
    whole: Counter[str] = Counter()
    for counter in counters:
        whole += counter
    print(f"\n{name}: {whole.total()}")
    for kind, number in sorted(whole.items(), key=lambda item: -item[1]):
        print(f"  {number:>5}  {kind}")


if __name__ == "__main__":
    sys.exit(main())
