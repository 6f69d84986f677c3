import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxclient.domain.errors import (
    BadCredentials,
    CertificateUntrusted,
    Misrouted,
    NotPermitted,
    SourceChanged,
    XnatAnswer,
    XnatBusy,
    XnatRejected,
    XnatTooLarge,
    XnatTrouble,
    XnatUnreachable,
)
from dxclient.transfer.retry import backoff, worth_retrying


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_wait_is_between_half_and_all_of_a_capped_doubling(attempt, chance):
    full = min(600.0, 2.0 * 2.0 ** min(attempt - 1, 40))
    assert full / 2 <= backoff(attempt, 2.0, 600.0, chance) <= full


def test_clients_do_not_come_back_in_step():
    assert len({backoff(5, 2.0, 600.0) for _ in range(20)}) > 1


@pytest.mark.parametrize("kind", [XnatUnreachable, XnatBusy])
def test_a_server_that_is_away_or_busy_is_asked_for_as_long_as_it_takes(kind):
    assert worth_retrying(kind("x"), 10_000)


@pytest.mark.parametrize(("kind", "limit"), [(XnatTrouble, 12), (XnatAnswer, 6)])
def test_trouble_is_tried_a_number_of_times(kind, limit):
    assert worth_retrying(kind("x"), limit)
    assert not worth_retrying(kind("x"), limit + 1)


def test_a_400_is_tried_again_but_other_refusals_are_not():
    assert worth_retrying(XnatRejected("x", status=400), 3)
    assert not worth_retrying(XnatRejected("x", status=400), 4)
    assert not worth_retrying(XnatRejected("x", status=422), 1)


@pytest.mark.parametrize(
    "kind",
    [BadCredentials, CertificateUntrusted, Misrouted, NotPermitted, SourceChanged, XnatTooLarge],
)
def test_what_only_a_person_can_mend_is_not_repeated(kind):
    assert not worth_retrying(kind("x"), 1)
