"""Scripts for files on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from dxclient.app.files import plan_of
from dxclient.domain.errors import DxError
from dxclient.domain.plan import Variable


def written(folder: Path, lines: str) -> list[Path]:
    path = folder / "script.das"
    path.write_text(f'version "6.6"\n{lines}\n')
    return [path]


@pytest.mark.parametrize("lines", ["", 'echo "x"'])
def test_scripts_that_change_nothing_are_refused(tmp_path: Path, lines: str) -> None:
    with pytest.raises(DxError, match="change nothing"):
        plan_of(written(tmp_path, lines), ())


def test_a_variable_counts_in_any_case(tmp_path: Path) -> None:
    scripts = written(tmp_path, "(0010,0010) := Site_Id")
    assert plan_of(scripts, (Variable("SITE_ID", "7"),)).scripts


@pytest.mark.parametrize("name", ["site_id", "subject", "experiment_label"])
def test_a_variable_without_a_value_is_named_before_any_file_is_read(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(DxError, match=name):
        plan_of(written(tmp_path, f"(0010,0010) := {name}"), ())
