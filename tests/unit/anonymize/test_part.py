import io
import os
import pickle
import zipfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from hashlib import sha256
from multiprocessing import get_context

import pytest

from dxclient.anonymize import build_part
from dxclient.domain.dicom import Reason
from dxclient.domain.errors import AnonymizationError, ScriptError, SourceChanged, UnreadableFile
from dxclient.domain.jobs import LeftOutCount, PartRequest, SourceFile
from dxclient.domain.plan import AnonymizationPlan, Variable
from dxclient.domain.project import Origin, ScriptSource
from tests.unit.dicomedit.files import read, sample, synthetic

PLAN = AnonymizationPlan(
    scripts=(
        ScriptSource(
            name="site",
            text='version "6.6"\n(0010,0010) := subject\n(0020,0011) = "666" ? reject[]\n',
            origin=Origin.SITE,
        ),
    ),
    variables=(Variable("subject", "S1"),),
)


def source(path, data):
    path.write_bytes(data)
    state = path.stat()
    return SourceFile(
        path=str(path),
        size=state.st_size,
        modified_ns=state.st_mtime_ns,
        series_uid="1.2.9",
        sop_instance_uid="1.2.3",
    )


def request(*files, plan=PLAN):
    return PartRequest(job_id="j", number=3, plan=plan, files=files)


def plan_with(lines):
    text = f'version "6.6"\n{lines}\n'
    return AnonymizationPlan(scripts=(ScriptSource(name="p", text=text, origin=Origin.PROJECT),))


def unpacked(body):
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {info.filename: (info, archive.read(info)) for info in archive.infolist()}


def test_a_part_is_a_zip_of_anonymized_files_with_meaningless_names(tmp_path):
    files = [
        source(tmp_path / "Doe_Jane.dcm", synthetic()),
        source(tmp_path / "b", synthetic(SeriesNumber="5", SOPInstanceUID="1.2.4")),
    ]
    part = build_part(request(*files))
    members = unpacked(part.body)
    assert list(members) == ["000001.dcm", "000002.dcm"]
    assert all(read(data).PatientName == "S1" for _, data in members.values())
    assert b"Doe" not in part.body
    assert (part.number, part.sha256) == (3, sha256(part.body).hexdigest())
    assert [sent.scan_id for sent in part.sent] == ["4", "5"]
    assert [sent.size for sent in part.sent] == [len(data) for _, data in members.values()]


def test_the_same_files_give_the_same_bytes(tmp_path):
    part = request(source(tmp_path / "a", sample("CT_small.dcm")))
    assert build_part(part) == build_part(part)


def test_compressed_images_are_stored_and_native_ones_packed(tmp_path):
    files = [source(tmp_path / n, sample(n)) for n in ("JPEG2000.dcm", "CT_small.dcm")]
    members = unpacked(build_part(request(*files)).body)
    kinds = [info.compress_type for info, _ in members.values()]
    assert kinds == [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]
    assert {info.date_time for info, _ in members.values()} == {(1980, 1, 1, 0, 0, 0)}


def test_rejected_files_are_counted_by_their_series_on_disk(tmp_path):
    files = [source(tmp_path / str(n), synthetic(SeriesNumber="666")) for n in range(2)]
    part = build_part(request(*files))
    assert (part.body, part.sent) == (b"", ())
    assert part.left_out == (LeftOutCount(series_number="666", reason=Reason.REJECTED, files=2),)


def test_without_a_series_number_the_scan_is_named_by_its_uid(tmp_path):
    file = source(tmp_path / "a", synthetic())
    part = build_part(request(file, plan=plan_with("-(0020,0011)")))
    assert part.sent[0].scan_id == "1_2_9"


def test_a_file_that_changed_since_it_was_chosen_stops_the_part(tmp_path):
    path = tmp_path / "secret_name"
    file = source(path, synthetic())
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceChanged) as caught:
        build_part(request(file))
    assert "secret_name" not in str(caught.value) + caught.value.details


def test_a_file_that_grew_or_vanished_stops_the_part(tmp_path):
    path = tmp_path / "a"
    file = source(path, synthetic())
    path.write_bytes(synthetic() + b"\0\0")
    os.utime(path, ns=(file.modified_ns, file.modified_ns))
    with pytest.raises(SourceChanged):
        build_part(request(file))
    path.unlink()
    with pytest.raises(SourceChanged):
        build_part(request(file))


def test_a_file_that_cannot_be_opened_is_told_without_its_path(tmp_path):
    folder = tmp_path / "secret_name"
    folder.mkdir()
    state = folder.stat()
    file = SourceFile(
        path=str(folder),
        size=state.st_size,
        modified_ns=state.st_mtime_ns,
        series_uid="1",
        sop_instance_uid="2",
    )
    with pytest.raises(UnreadableFile) as caught:
        build_part(request(file))
    assert "secret_name" not in str(caught.value) + caught.value.details


def test_one_file_that_cannot_be_anonymized_fails_the_whole_part(tmp_path):
    files = [source(tmp_path / "a", synthetic()), source(tmp_path / "b", synthetic()[:-20])]
    with pytest.raises(AnonymizationError):
        build_part(request(*files))


@pytest.mark.parametrize("lines", ["-(0020,000D)", '(0008,0018) := ""'])
def test_a_file_that_the_server_could_not_place_is_not_sent(tmp_path, lines):
    file = source(tmp_path / "a", synthetic())
    with pytest.raises(AnonymizationError, match="UID"):
        build_part(request(file, plan=plan_with(lines)))


def test_originals_are_left_alone_and_nothing_else_is_written(tmp_path):
    data = synthetic()
    build_part(request(source(tmp_path / "a", data)))
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", data)]


def test_parts_are_built_in_other_processes_and_errors_come_back_whole(tmp_path):
    good = request(source(tmp_path / "a", synthetic()))
    bad = request(source(tmp_path / "b", synthetic()), plan=plan_with("(0010,0010) := who"))
    assert pickle.loads(pickle.dumps(good)) == good
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(build_part, good).result() == build_part(good)
        with pytest.raises(ScriptError, match="who"):
            pool.submit(build_part, bad).result()


def test_a_script_that_gives_two_files_one_instance_uid_fails_the_part(tmp_path):
    files = [
        source(tmp_path / "a", synthetic(SOPInstanceUID="1.2.3.1")),
        source(tmp_path / "b", synthetic(SOPInstanceUID="1.2.3.2")),
    ]
    assert len(build_part(request(*files)).sent) == 2
    with pytest.raises(AnonymizationError, match="same SOP Instance UID"):
        build_part(request(*files, plan=plan_with('(0008,0018) := "1.2.3"')))


def test_a_part_that_is_made_again_has_the_same_new_uids(tmp_path):
    plan = plan_with("(0008,0018) := newUID[]")
    asked = request(source(tmp_path / "a", synthetic()), plan=plan)
    part = build_part(asked)
    assert build_part(asked).body == part.body
    other = build_part(replace(asked, job_id="another"))
    assert other.sent[0].sop_instance_uid != part.sent[0].sop_instance_uid


def test_new_uids_of_two_files_and_within_a_file_differ(tmp_path):
    files = [
        source(tmp_path / "a", synthetic()),
        source(tmp_path / "b", synthetic(SOPInstanceUID="1.2.4")),
    ]
    plan = plan_with("(0008,0018) := newUID[]\n(0020,0052) := newUID[]")
    members = unpacked(build_part(request(*files, plan=plan)).body).values()
    sets = [read(data) for _, data in members]
    uids = {uid for one in sets for uid in (one.SOPInstanceUID, one.FrameOfReferenceUID)}
    assert len(uids) == 4
