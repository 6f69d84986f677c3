"""Labels by a pattern."""

from __future__ import annotations

from datetime import date

import pytest

from dxclient.app.watchlabels import check_pattern, label_by
from dxclient.domain.dicom import ImageSession, Scan
from dxclient.domain.errors import DxError
from dxclient.domain.project import Place, ProjectContents, TakenLabel

SESSION = ImageSession(
    study_uid="1.2",
    date=date(2024, 1, 2),
    time="10:11:12",
    patient_id="A 7/x",
    scans=(Scan(series_uid="1.2.3", modality="MR"),),
)
NOTHING = ProjectContents()


def test_a_pattern_is_filled_with_legal_values() -> None:
    label = label_by("{subject}_{patient_id}_{date}{time}", SESSION, NOTHING, subject="S1")
    assert label == "S1_A_7_x_20240102101112"


def test_a_plain_label_stays_as_it_is() -> None:
    assert label_by("S01", SESSION, NOTHING) == "S01"


def test_a_value_that_is_missing_gives_no_label() -> None:
    assert label_by("{accession}_{date}", SESSION, NOTHING) == ""


def test_a_number_is_the_next_that_is_free() -> None:
    taken = tuple(TakenLabel(label=f"e_{n}", place=Place.ARCHIVE) for n in (1, 2))
    assert label_by("E_{number}", SESSION, ProjectContents(taken=taken)) == "E_3"


def test_a_number_that_is_cut_off_gives_no_label() -> None:
    long = "x" * 64
    taken = ProjectContents(taken=(TakenLabel(label=long, place=Place.ARCHIVE),))
    assert label_by(f"{long}{{number}}", SESSION, taken) == ""


@pytest.mark.parametrize("pattern", ["{nobody}", "{", "{}", "{date:>300000000}", "{date!r}"])
def test_a_pattern_that_cannot_be_understood_is_refused(pattern: str) -> None:
    with pytest.raises(DxError, match="cannot have"):
        check_pattern(pattern)
