"""Several connections at one daemon: what one does takes nothing from another; and what strangers are told."""

import threading
import time

import psutil
import pytest
from filelock import FileLock

from huedot.daemon.serving import lifecycle
from huedot.protocol import session as session_module
from huedot.protocol.client import Client
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import BadRequest, ImageUnknown, Unauthorized, UnsupportedVersion
from huedot.protocol.paths import runtime_directories
from huedot.protocol.session import Session
from huedot.protocol.zmtp import ZmtpTransport

from ..conftest import Daemon, make_runtime, opened, options_for, wait_until


def asks(client, op, image):
    """Ask without what a client does to repair it."""
    session, identity = client._connected(), client._aside()
    session.send(identity, op, {"image": image})
    while (reply := session.receive(30)).id != identity or reply.kind == "progress":
        pass
    return reply.fields


def test_who_closes_an_image_closes_it_for_themselves(daemon, rgb):
    with Client("one", "1", launch=False) as one, Client("other", "1", launch=False) as other:
        image = opened(one, rgb)
        assert opened(other, rgb) == image
        assert asks(one, "close_image", image)["closed"] is True
        assert asks(one, "close_image", image)["closed"] is False
        assert "tiles" in asks(other, "colorize", image)
        assert asks(other, "close_image", image)["closed"] is True
        assert asks(other, "colorize", image)["code"] == ImageUnknown.code


def test_who_has_gone_holds_nothing(daemon, rgb):
    rgb = 255 - rgb
    with Client("gone", "1", launch=False) as gone:
        image = opened(gone, rgb)
    with Client("one", "1", launch=False) as one:
        opened(one, rgb)
        wait_until(lambda: asks(one, "close_image", image) and asks(one, "colorize", image).get("code"), 10)


def test_who_never_opened_an_image_takes_it_from_nobody(daemon, rgb):
    rgb = rgb // 2
    with Client("one", "1", launch=False) as one, Client("other", "1", launch=False) as other:
        image = opened(one, rgb)
        assert asks(other, "close_image", image)["closed"] is False
        assert "tiles" in asks(one, "colorize", image)


def greet(**changed):
    """Say hello as a client of another version does, with what its hello holds besides."""
    endpoint = find_endpoint()

    class Other(Session):
        def send(self, identity, op, parameters, frames=()):
            super().send(identity, op, {**parameters, **changed}, frames)

    Other(ZmtpTransport(endpoint.address), endpoint.key, "tests", "1").close()


@pytest.mark.parametrize("version", ["3.0", "1.9", "10.1"])
def test_another_version_is_told_so_whatever_else_its_hello_holds(daemon, version):
    with pytest.raises(UnsupportedVersion, match=version):
        greet(protocol=version, colors=["all"], app=None)


def test_a_hello_of_this_version_is_read_strictly_and_may_be_tried_again(daemon):
    with pytest.raises(BadRequest, match="colors"):
        greet(colors=["all"])
    endpoint = find_endpoint()
    transport = ZmtpTransport(endpoint.address)
    session = Session.__new__(Session)
    session._transport, session._channel = transport, session_module.Channel(endpoint.key)
    session._minor = 0
    nonce = bytes(range(16))
    hello = {"protocol": "2.0", "app": "tests", "app_version": "1", "nonce": nonce}
    session.send("1", "hello", {**hello, "colors": 1})
    session._channel.nonce = nonce
    assert session.receive(10).fields["code"] == "bad_request"
    session._channel.nonce = bytes(16)
    session.send("2", "hello", hello)
    session._channel.nonce = nonce
    assert session.receive(10).kind == "result"
    session.close()


@pytest.fixture
def runtime_alone(monkeypatch):
    folder = make_runtime(monkeypatch)
    yield folder
    lifecycle.stop()


def test_no_holder_of_the_key_stops_a_shared_daemon_and_its_owner_does(runtime_alone, tiny_weights, tmp_path):
    daemon = Daemon("--model", tiny_weights, "--tcp", "--key", tmp_path / "key").start()
    try:
        with Client("an artist", "1", launch=False) as client:
            with pytest.raises(Unauthorized, match="shared"):
                client.shutdown()
            assert client.ping() < 10
        assert daemon.process.poll() is None
        assert lifecycle.stop()
        # In peace: it was asked to end, not killed.
        assert daemon.process.wait(60) == 0
    finally:
        daemon.close()


def test_who_looks_whether_a_daemon_runs_keeps_none_from_starting(runtime_alone, tiny_weights):
    lock, stop = FileLock(runtime_directories()[-1] / lifecycle.LOCK), threading.Event()

    def look():
        while not stop.is_set():
            with lock.acquire():
                time.sleep(0.05)
            time.sleep(0.05)

    looking = threading.Thread(target=look)
    looking.start()
    daemon = Daemon(*options_for("unix", tiny_weights))
    try:
        daemon.start()
        assert daemon.process.poll() is None
    finally:
        stop.set()
        looking.join(1)
        daemon.close()
        looking.join(20)


def test_a_process_that_died_idle_is_warm_when_it_is_asked(runtime_alone, tiny_weights, rgb):
    daemon = Daemon(*options_for("unix", tiny_weights)).start()
    try:
        with Client("tests", "1", launch=False) as client:
            opened(client, rgb)
            children = psutil.Process(daemon.process.pid).children
            (first,) = children()
            first.kill()
            wait_until(lambda: [each for each in children() if each.pid != first.pid])
            # It says so once the network is there.
            wait_until(lambda: client.status()["device"] == "cpu")
            (second,) = children()
            assert client.gamut(50, 16).frames
            assert [each.pid for each in children()] == [second.pid]
    finally:
        daemon.close()
