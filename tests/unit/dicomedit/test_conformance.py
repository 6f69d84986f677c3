"""The corpus of what the original engine does, area by area."""

import importlib.util
import io
import json
from collections import defaultdict
from functools import cache
from pathlib import Path

import pydicom
import pytest

from dxclient.dicomedit import parse, run
from dxclient.domain.errors import AnonymizationError
from tests.helpers.shared import SHARED

CORPUS = SHARED / "conformance" / "dicomedit"
LEVELS = json.loads((Path(__file__).parent / "levels.json").read_text())

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the conformance corpus (../shared/conformance) is not here"
)


@cache
def compare():
    spec = importlib.util.spec_from_file_location("corpus_compare", CORPUS / "compare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases():
    with (CORPUS / "public.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def result_of(case):
    """A data set, "rejected", or the error; other exceptions fail the test."""
    data = Path(compare().test_file(case["input"])).read_bytes()
    try:
        scripts = [parse(text) for text in case.get("scripts") or [case["script"]]]
        outcome = run(scripts, data, case["variables"])
    except AnonymizationError as error:
        return error
    if outcome.rejected:
        return "rejected"
    return pydicom.dcmread(io.BytesIO(outcome.data), force=True)


@cache
def judged():
    return [
        (case, result, compare().check(case, result))
        for case in cases()
        for result in [result_of(case)]
    ]


def table():
    counts = defaultdict(lambda: [0, 0])
    for case, _, problems in judged():
        counts[case["area"]][0] += not problems
        counts[case["area"]][1] += 1
    return {area: tuple(count) for area, count in sorted(counts.items())}


def test_no_area_falls_under_its_recorded_level():
    counts = table()
    for area, (passed, total) in counts.items():
        print(f"{area:28} {passed:3} of {total:3}")
    fallen = {
        area: f"{passed} of {total}, was {LEVELS.get(area, 0)}"
        for area, (passed, total) in counts.items()
        if passed < LEVELS.get(area, 0)
    }
    assert fallen == {}


def test_what_must_fail_or_be_rejected_never_comes_back_as_data():
    sent = {
        case["id"]
        for case, result, _ in judged()
        if case["expected"]["status"] != "ok"
        and "ok" not in case["expected"].get("accept", ())
        and isinstance(result, pydicom.Dataset)
    }
    assert sent == set()


def test_areas_that_are_not_supported_are_refused():
    for case, result, problems in judged():
        if case["area"] in ("de4", "pixels") and problems:
            assert isinstance(result, AnonymizationError), case["id"]


def test_variables_are_listed_as_the_original_lists_them_besides_those_in_arguments():
    problems = {}
    for case in cases():
        if case["area"] != "variables" or not isinstance(case["expected_variables"], dict):
            continue
        try:
            listed = {v.name: v.initial for v in parse(case["script"]).variables}
        except AnonymizationError:
            continue
        if found := compare().check_variables(case, listed):
            problems[case["id"]] = found
    # variables-036 names its variable only inside a function's arguments; we list it.
    assert set(problems) <= {"variables-036"}
