"""A policy of the machine that cannot be followed is said, and stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from dxclient.app.program import App
from dxclient.domain.findings import Severity


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[values]\n"upload.require_script" = "true"', "yes or no"),
        ('locked = "upload.require_script"', "locked has to be a list"),
        ("values = 3", "values has to be a table"),
        ("locked = [", "cannot be read"),
    ],
)
def test_a_policy_that_cannot_be_followed_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(text)
    monkeypatch.setattr("dxclient.settings.places.policy_file", lambda: policy)
    with App.open(tmp_path / "home", safe_mode=True, use_keychain=False) as app:
        [finding] = app.notices()
    assert (finding.severity, finding.code) == (Severity.STOPS, "settings.policy")
    assert words in finding.sentence


def test_a_policy_that_can_be_followed_is_not_mentioned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        'locked = ["upload.require_script"]\n[values.upload]\nrequire_script = true\n'
    )
    monkeypatch.setattr("dxclient.settings.places.policy_file", lambda: policy)
    with App.open(tmp_path / "home", safe_mode=True, use_keychain=False) as app:
        assert app.notices() == ()
        assert app.settings().flag("upload.require_script")
