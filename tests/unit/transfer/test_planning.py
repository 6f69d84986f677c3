from hypothesis import given
from hypothesis import strategies as st

from dxclient.domain.jobs import PlannedScan, SourceFile
from dxclient.transfer.planning import plan_parts


def make_file(series, size, index=0):
    return SourceFile(
        path=f"/{series}/{index}",
        size=size,
        modified_ns=0,
        series_uid=series,
        sop_instance_uid=f"{series}.{index}",
    )


def make_scan(series):
    return PlannedScan(series_uid=series, number=series, modality="CT", files=1, size=1)


def sizes(parts):
    return [[file.size for file in part] for part in parts]


def test_small_scans_share_a_part():
    files = [make_file(s, 10) for s in "abc"]
    assert sizes(plan_parts(files, [make_scan(s) for s in "abc"], 100)) == [[10, 10, 10]]


def test_a_file_that_is_too_large_is_a_part_of_its_own():
    files = [make_file("a", size, n) for n, size in enumerate((30, 500, 30))]
    assert sizes(plan_parts(files, [make_scan("a")], 100)) == [[30], [500], [30]]


def test_scans_come_in_their_order_and_stay_together():
    files = [make_file(series, 60, n) for n in range(2) for series in "ab"]
    parts = plan_parts(files, [make_scan("b"), make_scan("a")], 120)
    assert [[file.series_uid for file in part] for part in parts] == [["b", "b"], ["a", "a"]]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 300)), max_size=40),
    st.integers(1, 400),
)
def test_every_file_is_in_exactly_one_part_and_parts_keep_to_the_size(plan, limit):
    files = [make_file(series, size, n) for n, (series, size) in enumerate(plan)]
    parts = plan_parts(files, [make_scan(s) for s in "abc"], limit)
    assert sorted(f.path for part in parts for f in part) == sorted(f.path for f in files)
    for part in parts:
        assert part
        assert len(part) == 1 or sum(file.size for file in part) <= limit
