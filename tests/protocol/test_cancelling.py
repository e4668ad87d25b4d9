"""A cancellation counts whenever it comes: before the request, between two of them, or too late."""

import threading

import pytest

from huedot.panel.async_client import AsyncClient
from huedot.protocol.client import Client
from huedot.protocol.errors import Cancelled


@pytest.fixture
def client():
    with Client("test", "0", launch=False) as one:
        yield one


def test_before_the_request(start, client):
    daemon = start()
    client.ping()
    client.cancel()
    with pytest.raises(Cancelled):
        client.request("variations")
    client.ping()
    assert [request["op"] for request in daemon.requests] == ["hello", "ping", "ping"]


def test_too_late_it_is_forgotten_by_who_begins_something_else(start, client):
    start()
    client.ping()
    client.cancel()
    client.begin()
    assert client.ping() < 5


def test_between_the_queue_and_the_request(start):
    daemon = start()
    begun, may_go_on, got = threading.Event(), threading.Event(), []

    def variations(client):
        begun.set()
        may_go_on.wait(10)
        return client.request("variations")

    asking = AsyncClient(Client("test", "0", launch=False))
    ended = threading.Event()
    asking.submit("variations", variations, got.append, lambda error: got.append(type(error)))
    assert begun.wait(10)
    asking.cancel("variations")
    asking.submit("ping", lambda client: client.ping() and ended.set(), got.append, got.append)
    may_go_on.set()
    assert ended.wait(10)
    asking.close()
    asking._thread.join(10)
    asking.deliver()
    assert got == [Cancelled, None]
    assert [request["op"] for request in daemon.requests] == ["hello", "ping"]
