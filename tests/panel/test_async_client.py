"""The thread that asks the daemon."""

import threading
import time

import pytest

from huedot.panel.async_client import AsyncClient
from huedot.protocol.client import Client
from huedot.protocol.errors import Cancelled


@pytest.fixture
def client():
    client = AsyncClient(Client("tests", "1", launch=False))
    yield client
    client.close()


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_job_counts_until_its_outcome_is_delivered(client):
    got = []
    client.submit("colorize", lambda _: 7, got.append, got.append)
    until(lambda: client._outcomes)
    assert client.has("colorize")
    assert not client.has("palette")
    client.deliver()
    assert got == [7]
    assert not client.has("colorize")


def test_every_job_has_an_outcome_but_one_whose_owner_has_a_newer(client):
    got, may_go_on = [], threading.Event()
    client.submit("hello", lambda _: may_go_on.wait(10), got.append, got.append)
    for owner, name in (("one", "first"), ("other", "second"), ("one", "third")):
        client.submit("open", lambda _, name=name: name, got.append, got.append, owner)
    client.submit("variations", lambda _: 7, got.append, lambda error: got.append(type(error)))
    client.cancel("variations")
    may_go_on.set()
    until(lambda: not client._waiting and client._running is None)
    client.deliver()
    assert got == [Cancelled, True, "third", "second"]
