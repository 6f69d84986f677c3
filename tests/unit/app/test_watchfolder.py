"""A watched folder: when is a study there as a whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from dxclient.app.watchfolder import Look, WatchedFolder
from dxclient.domain.dicom import Reason
from tests.helpers.demoserver import ROOT, dicom

QUIET = 60.0


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class Place:
    """A folder with files, looked at by a clock of our own."""

    def __init__(self, root: Path) -> None:
        self.root = root / "in"
        self.root.mkdir()
        self.clock = Clock()
        self.folder = WatchedFolder(self.root, QUIET, self.clock)

    def put(self, name: str, content: bytes = b"", *, instance: int = 1, study: int = 1) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content or dicom(instance, study=study))
        return path

    def after(self, seconds: float) -> Look:
        self.clock.now += seconds
        return self.folder.look()

    def complete(self, look: Look) -> dict[int, int]:
        """Files of the complete studies, by their number."""
        return {
            int(one.study_uid.removeprefix(f"{ROOT}.")): one.file_count for one in look.complete
        }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_study_is_complete_when_nothing_of_it_changed_for_a_while(place: Place) -> None:
    place.put("a/1.dcm")
    assert place.after(0).arriving
    assert place.complete(place.after(10)) == {}
    place.put("a/2.dcm", instance=2)
    assert place.complete(place.after(10)) == {}
    assert place.complete(place.after(50)) == {}
    assert place.complete(place.after(10)) == {1: 2}
    assert not place.after(1).arriving


def test_what_is_there_at_the_start_waits_as_long(place: Place) -> None:
    place.put("1.dcm")
    assert place.complete(place.after(100_000)) == {}
    assert place.complete(place.after(QUIET)) == {1: 1}


def test_a_growing_file_is_read_when_it_rests_and_holds_its_study(place: Place) -> None:
    whole = dicom(2)
    place.put("a/1.dcm")
    place.after(0)
    for size in (10, 300, len(whole) - 5):
        place.put("a/2.dcm", whole[:size])
        assert place.complete(place.after(40)) == {}
    place.put("a/2.dcm", whole)
    place.after(1)
    assert place.complete(place.after(50)) == {}
    assert place.complete(place.after(20)) == {1: 2}


def test_a_file_that_stays_half_written_holds_its_study_with_a_reason(place: Place) -> None:
    place.put("a/1.dcm")
    broken = place.put("a/2.dcm", dicom(2)[:-20])
    place.put("b/1.dcm", study=2)
    place.after(0)
    place.after(1)
    look = place.after(QUIET)
    assert place.complete(look) == {2: 1}
    (held,) = look.held
    assert (held.reason, held.files) == (Reason.TRUNCATED, 1)
    assert not look.arriving
    broken.unlink()
    place.after(1)
    assert place.complete(place.after(QUIET)) == {1: 1, 2: 1}


def test_a_broken_file_in_a_folder_of_its_own_holds_the_study_around_it(place: Place) -> None:
    place.put("a/scan1/1.dcm")
    place.put("a/scan2/1.dcm", dicom(9)[:-20])
    place.put("b/scan1/1.dcm", study=2)
    place.put("1.dcm", study=3)
    place.after(0)
    place.after(1)
    assert place.complete(place.after(QUIET)) == {2: 1, 3: 1}


def test_two_studies_in_one_folder_are_complete_each_at_its_time(place: Place) -> None:
    place.put("1.dcm")
    place.after(0)
    place.after(30)
    place.put("2.dcm", study=2)
    place.after(5)
    assert place.complete(place.after(5)) == {}
    assert place.complete(place.after(25)) == {1: 1}
    assert place.complete(place.after(40)) == {1: 1, 2: 1}


@pytest.mark.parametrize("change", ["renamed", "removed", "touched"])
def test_each_change_makes_a_study_wait_anew(place: Place, change: str) -> None:
    place.put("1.dcm")
    other = place.put("2.dcm", instance=2)
    place.after(0)
    place.after(50)
    if change == "renamed":
        other.rename(place.root / "3.dcm")
    elif change == "removed":
        other.unlink()
    else:
        os.utime(other, ns=(1, 1))
    assert place.complete(place.after(20)) == {}
    assert place.complete(place.after(20)) == {}
    assert place.complete(place.after(41)) == {1: 1 if change == "removed" else 2}


def test_other_files_hold_nothing_up(place: Place) -> None:
    place.put("a/1.dcm")
    place.put("a/notes.txt", b"hello")
    (place.root / "a" / "DONE").touch()
    place.after(0)
    place.after(1)
    assert place.complete(place.after(QUIET)) == {1: 1}


def test_a_folder_that_went_away_is_no_folder_without_files(place: Place) -> None:
    place.put("1.dcm")
    place.after(0)
    place.after(QUIET)
    place.root.rename(place.root.with_name("away"))
    with pytest.raises(OSError, match="in"):
        place.after(1)
    place.root.with_name("away").rename(place.root)
    assert place.complete(place.after(1)) == {1: 1}


def test_headers_are_read_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from dxclient.app import watchfolder

    read: list[str] = []
    real = watchfolder.read_all

    def counted(paths, cancelled):  # type: ignore[no-untyped-def]
        read.extend(paths)
        return real(paths, cancelled)

    monkeypatch.setattr(watchfolder, "read_all", counted)
    place.put("1.dcm")
    for _ in range(6):
        place.after(20)
    assert len(read) == 1


def test_folders_behind_links_are_not_entered(place: Place, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.dcm").write_bytes(dicom(1))
    try:
        (place.root / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    except OSError:
        pytest.skip("links need a right that this account lacks")
    place.after(0)
    assert place.after(QUIET) == Look()


def test_the_place_of_a_study_is_said_from_the_watched_folder(place: Place) -> None:
    place.put("a/x/1.dcm")
    place.put("a/y/2.dcm", instance=2)
    place.after(0)
    place.after(1)
    (session,) = place.after(QUIET).complete
    assert place.folder.where(session) == "a"
