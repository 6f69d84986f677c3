"""``dxclient script profile [NAME] [--retain-uids …] [--list]``: print a ready-made script."""

from __future__ import annotations

import argparse
import dataclasses
import sys

from dxclient.app.profiles import Options, Profile, basic_profile, profile, profiles
from dxclient.cli.output import console, show_json, table

#: Field of `Options` → help of its flag.
_FLAGS = {
    "retain_uids": "keep UIDs instead of hashing them",
    "retain_device": "keep serial numbers, station names and the like",
    "retain_institution": "keep name and address of the institution",
    "retain_patient_characteristics": "keep age, sex, size, weight and the like",
    "safe_private": "keep the private elements that DICOM lists as safe",
    "clean_descriptors": "keep a few descriptions where all their words are known",
    "full_dates": "keep dates and times",
    "modified_dates": "move dates by the variable date_shift_days",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("name", nargs="?", default="basic", type=_known, help="default: basic")
    parser.add_argument("--list", action="store_true", help="list the ready-made profiles")
    for field, summary in _FLAGS.items():
        parser.add_argument(f"--{field.replace('_', '-')}", action="store_true", help=summary)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(wrong=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Print the script of a profile, its options and those of the flags together."""
    if arguments.list:
        return _list(as_json=arguments.json)
    found = profile(arguments.name)
    assert found is not None  # `_known` has seen to it
    options = _options(found, arguments)
    text = basic_profile(options)
    if arguments.json:
        show_json({"name": found.name, "options": options, "script": text})
    else:
        sys.stdout.write(text)
    return 0


def _known(name: str) -> str:
    if profile(name) is None:
        names = ", ".join(one.name for one in profiles())
        raise argparse.ArgumentTypeError(f"there is no such profile; known are {names}")
    return name


def _options(found: Profile, arguments: argparse.Namespace) -> Options:
    asked = {field: True for field in _FLAGS if getattr(arguments, field)}
    try:
        return dataclasses.replace(found.options, **asked)
    except ValueError as error:
        arguments.wrong(str(error))
        raise


def _list(*, as_json: bool) -> int:
    if as_json:
        show_json(profiles())
    else:
        rows = [(one.name, one.title, one.sentence) for one in profiles()]
        console().print(table(["Name", "Title", "What it does"], rows, right=set()))
    return 0
