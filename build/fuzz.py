"""Coverage-guided fuzzing of DicomEdit: parser, explanation, highlighting and runtime.

    python build/fuzz.py [--seconds 60] [--what parse|run|files] [--corpus FOLDER]

Needs the extra "fuzz" (atheris, Linux). Prints runs, coverage and what crashed; an input that
crashes is kept beside the corpus. Whatever comes out besides ScriptError and AnonymizationError,
or takes longer than ten seconds, is a crash. Exit 1 when there was one.
"""

from __future__ import annotations

import argparse
import importlib
import io
import re
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Pieces of the languages; libFuzzer puts them into its inputs.
WORDS = (
    'version "6.6"\n',
    "(0010,0010)",
    "(0008,0018)",
    "(60X@,3000)",
    "(0009,{ACME}01)",
    "(0040,0275)[0]/",
    "*/",
    "+/",
    "./",
    " := ",
    " ?= ",
    ' = "',
    " != ",
    ' ~ "',
    " ? ",
    " : ",
    "if (",
    ") {\n",
    "} else {\n",
    "elseif (",
    "removeAllPrivateTags\n",
    "describe ",
    " hidden",
    "export ",
    "echo ",
    "{",
    "}",
    "]",
    "//",
    "\\\n",
    "new UID",
    "subject",
    "hashUID[",
    "concatenate[",
    "shiftDateByIncrement[",
    "alterPixels[",
    "retainPrivateTags[",
    "(?:a|a)" * 9,
    "(a|aa|a)",
    "a?" * 9,
    "a{0,9}" * 5,
    ".*.*",
)
SEEDS = (
    'version "6.6"\n(0010,0010) := subject\n-(0008,0080)\nremoveAllPrivateTags\n',
    'version "6.6"\nif ((0008,0060) = "CT") { -*/(0010,0010) } else { reject[] }\n',
    'version "6.6"\n(0008,0018) := hashUID[(0008,0018)]\nhashUIDList["*/(0008,1155)"]\n',
    'version "6.6"\nt := {"a", (0010,0010)}\n(0010,0020) := concatenate["x", t]\n',
    'version "6.6"\n(0012,0064)[0]/(0008,0100) := "c"\n(0009,{ACME}01) := "x"\n',
    'version "6.6"\n(0010,0010) ~ "(a|b)*" ? (0010,0020) ?= match[(0010,0010), "a", 0]\n',
    'version "6.6"\n"aaaaaaaaaaaaaaaaaaaa" ~ "(?:a|a)(?:a|a)a?a?a{0,9}b" ? (0010,0020) := "x"\n',
    'version "6.6"\nalterPixels["rectangle", "l=0, t=0, r=9, b=9", "solid", "v=0"]\n',
    'version "6.6"\nshiftDateTimeListByIncrement[{(0008,0020)}, "5", "days"]\n',
    '(0010,0010) := subject\n(0008,0060) = "CT" : -(60XX,3000)\n',
    '(0008,0018) := new UID\nname := format["{0}", (0010,0010)]\n(0010,0010) := name\n',
)
SCRIPT = """version "6.6"
*/(0008,0018) ?= "1.2.3"
-(50X@,XXXX)
(0012,0064)[0]/(0008,0100) := "c"
(0010,0010) := concatenate["A", (0010,0020)]
(0009,{ACME}01) := "x"
hashUIDList["*/(0020,000D)", "*/(0008,1155)"]
blankValues[(0010,0020)]
removeAllPrivateTags
"""
FILES = ("MR_small.dcm", "rtplan.dcm", "nested_priv_SQ.dcm", "UN_sequence.dcm", "image_dfl.dcm")
LATE = (
    "compiling",
    "fallback",
    "four.parser",
    "highlighting",
    "pixels",
    "reading",
    "six",
    "target",
)
VALUES = {"subject": "S1", "project": "P1", "t": "20200101", "name": "n"}


def main() -> int:
    """Fuzz one target, or all three one after the other."""
    arguments = _arguments()
    if arguments.inside:
        return _inside(arguments.what, arguments.rest)
    targets = [arguments.what] if arguments.what else ["parse", "run", "files"]
    crashes = 0
    for what in targets:
        seconds = max(1, arguments.seconds // len(targets))
        crashes += _outside(what, seconds, arguments.corpus)
    return 1 if crashes else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=60, help="in all")
    parser.add_argument("--what", choices=("parse", "run", "files"))
    parser.add_argument("--corpus", type=Path, help="kept between runs; else a temporary one")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*")
    return parser.parse_args()


def _outside(what: str, seconds: int, corpus: Path | None) -> int:
    """Run libFuzzer in a process of its own, and say what it found; 1 for a crash."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = (corpus or Path(scratch)) / what
        crashes = (corpus or Path(tempfile.gettempdir())) / f"dxclient-crash-{what}-"
        folder.mkdir(parents=True, exist_ok=True)
        _seed(what, folder)
        words = Path(scratch) / "words"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS))
        options = [
            f"-max_total_time={seconds}",
            f"-dict={words}",
            f"-artifact_prefix={crashes}",
            "-timeout=10",
            "-rss_limit_mb=3000",
            f"-max_len={40_000 if what == 'files' else 600}",
            str(folder),
        ]
        command = [sys.executable, __file__, "--inside", "--what", what, "--", *options]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
    return _report(what, done)


def _report(what: str, done: subprocess.CompletedProcess[str]) -> int:
    words = done.stderr
    if "atheris" in words and "ModuleNotFoundError" in words:
        sys.exit('Fuzzing needs atheris: pip install "dxclient[fuzz]" (Linux).')
    status = re.findall(r"#(\d+)\s+\w+\s+cov: (\d+)", words)
    runs, coverage = status[-1] if status else ("0", "0")
    crashed = done.returncode != 0
    verdict = "CRASHED" if crashed else "nothing crashed"
    print(f"{what:6} {runs:>9} runs, {coverage:>6} branches reached, {verdict}", flush=True)
    if crashed:
        print(words[-4000:])
    return int(crashed)


def _escaped(word: str) -> str:
    return "".join(
        character if character.isalnum() else f"\\x{ord(character):02x}" for character in word
    )


def _seed(what: str, folder: Path) -> None:
    if what == "files":
        import pydicom.data

        root = Path(pydicom.data.__file__).parent / "test_files"
        seeds = [(root / name).read_bytes() for name in FILES]
    else:
        seeds = [text.encode() for text in SEEDS]
    for number, data in enumerate(seeds):
        (folder / f"seed-{number}").write_bytes(data)


def _inside(what: str, options: list[str]) -> int:
    """Be the process that libFuzzer drives."""
    import atheris

    sys.path.insert(0, str(ROOT))
    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=["dxclient.dicomedit"]):
        targets = _targets()
    atheris.Setup([sys.argv[0], *options], targets[what])
    atheris.Fuzz()
    return 0


def _targets() -> dict[str, Callable[[bytes], None]]:
    # What is loaded on demand must be loaded while imports are instrumented.
    for name in LATE:
        importlib.import_module(f"dxclient.dicomedit.{name}")
    from dxclient.dicomedit import highlight, parse, run
    from dxclient.domain.errors import AnonymizationError

    small = _small_file()
    fixed = parse(SCRIPT)

    def understand(data: bytes) -> object:
        text = data.decode("utf-8", "surrogateescape")
        highlight(text)
        try:
            script = parse(text)
        except AnonymizationError:
            return None
        script.explain()
        return script

    def run_script(data: bytes) -> None:
        script = understand(data)
        if script is not None:
            try:
                run([script], small, VALUES, record=True)
            except AnonymizationError:
                return

    def run_file(data: bytes) -> None:
        try:
            run([fixed], data, VALUES, record=True)
        except AnonymizationError:
            return

    return {"parse": lambda data: (understand(data), None)[1], "run": run_script, "files": run_file}


def _small_file() -> bytes:
    """A data set with a sequence, a private block, dates and a few pixels."""
    from pydicom.dataset import Dataset, FileMetaDataset

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    dataset.SOPInstanceUID = dataset.StudyInstanceUID = "1.2.3"
    dataset.PatientName, dataset.PatientID, dataset.StudyDate = "Doe^Jane", "0815", "20200228"
    dataset.PatientBirthDate, dataset.PatientAge, dataset.Modality = "19000101", "099Y", "OT"
    inner = Dataset()
    inner.ReferencedSOPInstanceUID = "1.2.3.4"
    dataset.ReferencedImageSequence = [inner]
    dataset.Rows = dataset.Columns = 4
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = 7, 0, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = bytes(16)
    dataset.private_block(0x0009, "ACME", create=True).add_new(0x01, "LO", "x")
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
