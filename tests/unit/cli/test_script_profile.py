"""``dxclient script profile``."""

import argparse
import json

import pytest

from dxclient.app.profiles import Options, basic_profile, profiles
from dxclient.cli import script_profile


def call(*words):
    parser = argparse.ArgumentParser()
    script_profile.add(parser)
    return script_profile.run(parser.parse_args(words))


def test_the_script_of_the_basic_profile_is_printed_as_it_is(capsys):
    assert call() == 0
    assert capsys.readouterr().out == basic_profile()


def test_flags_add_to_the_options_of_a_named_profile(capsys):
    assert call("modified-dates", "--retain-uids") == 0
    expected = basic_profile(Options(modified_dates=True, retain_uids=True))
    assert capsys.readouterr().out == expected


def test_every_option_has_a_flag():
    assert set(script_profile._FLAGS) == set(Options.__dataclass_fields__)


def test_the_list_names_every_profile(capsys):
    assert call("--list") == 0
    shown = capsys.readouterr().out
    assert all(one.name in shown for one in profiles())


def test_json_holds_script_and_options(capsys):
    assert call("retain-uids", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["name"] == "retain-uids"
    assert answer["options"]["retain_uids"] is True
    assert answer["script"].startswith('version "6.6"\n')
    assert call("--list", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "basic"


@pytest.mark.parametrize(
    "words", [("none-such",), ("full-dates", "--modified-dates"), ("--full-dates", "--no")]
)
def test_wrong_usage_ends_with_status_2(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        call(*words)
    assert stopped.value.code == 2
    assert capsys.readouterr().err
