"""The thread that asks the daemon."""

import threading
import time

import pytest

from huedot.panel.courier import Courier
from huedot.protocol.client import Client
from huedot.protocol.errors import Cancelled


@pytest.fixture
def courier():
    courier = Courier(Client("tests", "1", launch=False))
    yield courier
    courier.close()


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_an_errand_counts_as_asked_until_its_outcome_is_collected(courier):
    got = []
    courier.ask("colorize", lambda client: 7, got.append, got.append)
    until(lambda: courier._done)
    assert courier.asked("colorize")
    assert not courier.asked("palette")
    courier.collect()
    assert got == [7]
    assert not courier.asked("colorize")


def test_every_errand_has_an_outcome_but_one_whose_owner_has_a_newer(courier):
    got, may_go_on = [], threading.Event()
    courier.ask("hello", lambda client: may_go_on.wait(10), got.append, got.append)
    for owner, name in (("one", "first"), ("other", "second"), ("one", "third")):
        courier.ask("open", lambda client, name=name: name, got.append, got.append, owner)
    courier.ask("variations", lambda client: 7, got.append, lambda error: got.append(type(error)))
    courier.give_up("variations")
    may_go_on.set()
    until(lambda: not courier._waiting and courier._running is None)
    courier.collect()
    assert got == [Cancelled, True, "third", "second"]
