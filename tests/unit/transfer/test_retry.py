"""What an error means for a job, row by row, and how long is waited."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.domain import errors
from dxclient.domain.errors import (
    AlreadyRunning,
    AnonymizationError,
    BadCredentials,
    CertificateUntrusted,
    DxError,
    LoggedOut,
    Misrouted,
    NoSecureConnection,
    NotPermitted,
    PlanChanged,
    SettingsError,
    SourceChanged,
    UnreadableFile,
    XnatAnswer,
    XnatBusy,
    XnatConflict,
    XnatMissing,
    XnatRejected,
    XnatTooLarge,
    XnatTrouble,
    XnatUnreachable,
)
from dxclient.transfer.retry import (
    RULES,
    Remedy,
    backoff,
    pause_after,
    remedy,
    rule_for,
    worth_retrying,
)

ALWAYS = None
#: (error, what helps, repetitions): one line for each thing that a server or a network does.
TABLE = [
    (LoggedOut("x", status=401), Remedy.LOGIN, 0),
    (BadCredentials("x", status=401), Remedy.LOGIN, 0),
    (NotPermitted("x", status=403), Remedy.NONE, 0),
    (
        NotPermitted("x", status=403, details="Your security token has expired or is invalid."),
        Remedy.LOGIN,
        0,
    ),
    (NotPermitted("x", status=403, details="Your password has Expired."), Remedy.LOGIN, 0),
    (XnatMissing("x", status=404), Remedy.NONE, 0),
    (XnatRejected("x", status=400), Remedy.TIME, 3),
    (XnatTrouble("x", status=400), Remedy.TIME, 3),
    (XnatRejected("x", status=408), Remedy.TIME, 12),
    (XnatRejected("x", status=417), Remedy.NONE, 0),
    (XnatRejected("x", status=422), Remedy.NONE, 0),
    (XnatBusy("x", status=409), Remedy.TIME, ALWAYS),
    (XnatBusy("x", status=423), Remedy.TIME, ALWAYS),
    (XnatBusy("x", status=429), Remedy.TIME, ALWAYS),
    (XnatConflict("x", status=409), Remedy.PERSON, 0),
    (XnatTooLarge("x", status=413), Remedy.NONE, 0),
    (XnatTrouble("x", status=500), Remedy.TIME, 12),
    (XnatTrouble("x", status=500, details="java.io: No space left on device"), Remedy.TIME, 40),
    (XnatTrouble("x", status=502), Remedy.TIME, ALWAYS),
    (XnatTrouble("x", status=503), Remedy.TIME, ALWAYS),
    (XnatTrouble("x", status=504), Remedy.TIME, ALWAYS),
    (XnatTrouble("x", status=507), Remedy.TIME, 40),
    (XnatAnswer("x", status=200), Remedy.TIME, 6),
    (XnatUnreachable("x"), Remedy.NETWORK, ALWAYS),
    (CertificateUntrusted("x"), Remedy.PERSON, 0),
    (NoSecureConnection("x"), Remedy.PERSON, 0),
    (Misrouted("x"), Remedy.NONE, 0),
    (PlanChanged("x"), Remedy.PERSON, 0),
    (SourceChanged("x"), Remedy.NONE, 0),
    (UnreadableFile("x"), Remedy.NONE, 0),
    (AnonymizationError("x"), Remedy.NONE, 0),
    (SettingsError("x"), Remedy.NONE, 0),
    (AlreadyRunning("x"), Remedy.NONE, 0),
]


def name(value):
    if isinstance(value, DxError):
        return f"{type(value).__name__}-{getattr(value, 'status', '')}-{value.details[:12]}"
    return str(value)


@pytest.mark.parametrize(("error", "helps", "tries"), TABLE, ids=name)
def test_each_kind_of_error_has_its_remedy_and_its_number_of_tries(error, helps, tries):
    assert remedy(error) is helps
    if tries is ALWAYS:
        assert worth_retrying(error, 10_000)
    else:
        assert not worth_retrying(error, tries + 1)
        assert remedy(error, tries + 1) is (Remedy.NONE if tries else helps)
        assert all(worth_retrying(error, number) for number in range(1, tries + 1))


def test_each_row_of_the_table_is_met_by_an_error_of_the_tests():
    assert {rule_for(error) for error, _, _ in TABLE} == set(RULES)


def every_kind(kind=DxError):
    yield kind
    for below in kind.__subclasses__():
        yield from every_kind(below)


@pytest.mark.parametrize("kind", list(every_kind()), ids=lambda kind: kind.__name__)
def test_each_error_finds_a_row_and_only_the_retryable_are_repeated(kind):
    if issubclass(kind, errors.PluginError) and kind is not errors.PluginError:
        return  # these name a plugin, and are never repeated
    assert rule_for(kind("x")).remedy in Remedy
    assert worth_retrying(kind("x"), 1) == kind.retryable


def test_what_is_wrong_with_tls_concerns_all_jobs_of_the_server():
    kinds = {rule.kind for rule in RULES if rule.whole_server}
    assert kinds == {CertificateUntrusted, NoSecureConnection}


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_wait_is_anything_up_to_a_capped_doubling_but_never_nothing(attempt, chance):
    full = min(600.0, 2.0 * 2.0 ** min(attempt - 1, 40))
    assert 0.2 <= backoff(attempt, 2.0, 600.0, lambda: chance) <= full


def test_with_a_fixed_source_of_chance_the_waits_are_these():
    source = iter([0.5, 0.25, 0.75, 0.0, 1.0, 0.5, 0.999])
    waits = [backoff(attempt, 2.0, 60.0, lambda: next(source)) for attempt in range(1, 8)]
    assert waits == [1.0, 1.0, 6.0, 0.2, 32.0, 30.0, 59.94]


def test_the_jitter_is_full_so_that_clients_spread_over_the_whole_time():
    chance = random.Random(1).random
    waits = [backoff(20, 2.0, 100.0, chance) for _ in range(2_000)]
    assert sum(wait < 25 for wait in waits) > 400
    assert sum(wait > 75 for wait in waits) > 400
    assert max(waits) <= 100


def test_what_the_server_asks_for_is_waited_at_least_but_not_for_ever():
    assert pause_after(XnatBusy("x", retry_after=90), 1, 2.0, 600.0) == 90
    assert pause_after(XnatBusy("x", retry_after=1e9), 1, 2.0, 600.0) == 3600
    assert pause_after(XnatBusy("x", retry_after=1), 9, 64.0, 64.0, lambda: 0.5) == 32
    assert pause_after(AnonymizationError("x"), 1, 2.0, 600.0, lambda: 0.5) == 1
