import threading

import pytest

from dxclient.domain.errors import Cancelled
from dxclient.domain.jobs import PackedPart
from dxclient.transfer.slots import Bodies

BODY = PackedPart(number=1, body=b"x", sha256="")


def test_a_shelved_body_is_given_back_to_its_part():
    bodies = Bodies(1)
    assert bodies.enter(("a", 1), lambda: False) is None
    bodies.shelve(("a", 1), BODY)
    assert bodies.enter(("a", 1), lambda: False) is BODY
    assert bodies.held == 1


def test_a_shelved_body_makes_room_for_another_part():
    bodies = Bodies(1)
    bodies.enter(("a", 1), lambda: False)
    bodies.shelve(("a", 1), BODY)
    assert bodies.enter(("b", 1), lambda: False) is None
    bodies.leave()
    assert bodies.enter(("a", 1), lambda: False) is None


def test_waiting_for_a_place_ends_when_stopped_and_when_one_is_free():
    bodies = Bodies(1)
    bodies.enter(("a", 1), lambda: False)
    with pytest.raises(Cancelled):
        bodies.enter(("b", 1), lambda: True)
    threading.Timer(0.05, bodies.leave).start()
    assert bodies.enter(("b", 1), lambda: False) is None


def test_dropping_a_job_lets_its_bodies_go():
    bodies = Bodies(2)
    for number in (1, 2):
        bodies.enter(("a", number), lambda: False)
        bodies.shelve(("a", number), BODY)
    bodies.drop("a")
    assert bodies.held == 0


def test_a_server_without_a_place_gets_one_though_another_holds_all():
    bodies = Bodies(2)
    for number in (1, 2):
        bodies.enter(("a", number), lambda: False, "slow")
    assert bodies.enter(("b", 1), lambda: True, "quick") is None
    assert bodies.held == 3
    with pytest.raises(Cancelled):
        bodies.enter(("b", 2), lambda: True, "quick")
    with pytest.raises(Cancelled):
        bodies.enter(("a", 3), lambda: True, "slow")


def test_a_body_beyond_the_bound_is_not_shelved():
    bodies = Bodies(1)
    bodies.enter(("a", 1), lambda: False, "slow")
    bodies.enter(("b", 1), lambda: False, "quick")
    bodies.shelve(("b", 1), BODY, "quick")
    assert bodies.held == 1
    assert bodies.enter(("b", 1), lambda: False, "quick") is None
