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
        (case, result, compare().check(case, result, strict_vr=True))
        for case in cases()
        for result in [result_of(case)]
    ]


def table():
    counts = defaultdict(lambda: [0, 0])
    for case, _, problems in judged():
        counts[case["area"]][0] += not problems
        counts[case["area"]][1] += 1
    return {area: tuple(count) for area, count in sorted(counts.items())}


def test_the_areas_of_the_corpus_are_those_with_a_level_and_each_level_is_all_of_it():
    assert {area: total for area, (_, total) in table().items()} == LEVELS


def test_every_case_of_every_area_passes_with_its_value_representations():
    counts = table()
    for area, (passed, total) in counts.items():
        print(f"{area:28} {passed:3} of {total:3}")
    failed = {case["id"]: problems for case, _, problems in judged() if problems}
    assert failed == {}
    assert {area: passed for area, (passed, _) in counts.items()} == LEVELS


def test_what_must_fail_or_be_rejected_never_comes_back_as_data():
    sent = {
        case["id"]
        for case, result, _ in judged()
        if case["expected"]["status"] != "ok"
        and "ok" not in case["expected"].get("accept", ())
        and isinstance(result, pydicom.Dataset)
    }
    assert sent == set()


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
