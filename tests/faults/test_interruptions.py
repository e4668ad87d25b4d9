"""A daemon that dies or stops in the middle of a request, under a plugin that stays."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path
from typing import ClassVar

import pytest

from huedot.protocol import client as client_module
from huedot.protocol import wire
from huedot.protocol.client import Client
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import DaemonUnreachable
from huedot.protocol.messages import Hints
from huedot.protocol.zmtp import ZmtpTransport

from ..daemon.conftest import Daemon, wait_until
from .conftest import DOT, answer, milliseconds, normal_request, photograph
from .processes import COMMAND


class Noting(ZmtpTransport):
    """The plugins' transport, which notes what is sent."""

    sent: ClassVar[list[tuple[str, str]]] = []

    def send(self, parts):
        header = wire.unpack_header(parts[1])
        # It pings when it had to wait.
        if header["op"] != "ping":
            self.sent.append((header["op"], header["id"]))
        super().send(parts)


@pytest.fixture
def noted(monkeypatch):
    monkeypatch.setattr(Noting, "sent", [])
    return Noting.sent


@pytest.fixture
def own(runtime, tiny_weights):
    """A daemon of this test's own; whatever was done to it, it or a successor answers a normal request in the end."""
    daemon = Daemon("--model", tiny_weights).start()
    yield daemon
    try:
        assert normal_request()
    except DaemonUnreachable:
        # It is gone, as it was to be.
        daemon.close()
        daemon.start()
        assert normal_request()
    daemon.close()


def on_progress_once(act):
    """Return a listener that does something at the first sign of progress: the request is under way then."""
    done = threading.Event()

    def listen(stage, fraction):
        if not done.is_set():
            done.set()
            act()

    return listen


def test_the_plugin_starts_a_successor(own, noted, monkeypatch, tiny_weights, figure):
    """Killed in the middle of a request: the client starts a daemon, opens the image again, resends once, same id."""
    words = [*COMMAND, "serve", "--model", str(tiny_weights)]
    monkeypatch.setattr("huedot.protocol.launcher.command", lambda: words)
    with Client("tests", "1", transport=Noting) as client:
        image = client.open_image(photograph(0, 800, 600), 800, 600, 1)
        first, began = find_endpoint().instance, []

        def kill():
            began.append(time.perf_counter())
            own.process.kill()

        parameters = {"image": image, "n": 4, "side": 64}
        reply = client.request("variations", parameters, on_progress=on_progress_once(kill))
        taken = milliseconds(began[0]) / 1000
        assert len(reply.fields["variations"]) == 4
        assert client.connect()["instance"] != first
    asked = [identity for op, identity in noted if op == "variations"]
    assert [op for op, _ in noted] == [
        "hello",
        "open_image",
        "variations",
        "hello",
        "variations",
        "open_image",
        "variations",
    ]
    assert asked[0] == asked[1]
    figure(
        "killed in the middle, under an open plugin", f"its successor answered after {taken:.1f} s, asked once, same id"
    )


def test_stopped_and_continued_in_the_middle(own, figure):
    """A short stop, of a laptop that sleeps say, is no more than a delay: nothing is asked twice."""
    with Client("tests", "1", launch=False) as client:
        image = client.open_image(photograph(0, 800, 600), 800, 600, 1)

        def pause():
            os.kill(own.process.pid, signal.SIGSTOP)
            threading.Timer(2, os.kill, (own.process.pid, signal.SIGCONT)).start()

        began = time.perf_counter()
        reply = client.request("variations", {"image": image, "n": 4, "side": 64}, on_progress=on_progress_once(pause))
        taken = milliseconds(began) / 1000
        assert len(reply.fields["variations"]) == 4
    figure("stopped for 2 s in the middle of a request", f"answered after {taken:.1f} s, asked once")


def test_stopped_for_good(own, noted, figure):
    """After a ping and three heartbeats without an answer the client says so; a late reply reaches nobody."""
    with Client("tests", "1", launch=False, transport=Noting) as client:
        image = client.open_image(photograph(), 64, 48, 1)
        own.process.send_signal(signal.SIGSTOP)
        began = time.perf_counter()
        try:
            with pytest.raises(DaemonUnreachable, match="huedot restart"):
                client.colorize(image, Hints(dots=[DOT]))
            known = milliseconds(began) / 1000
        finally:
            own.process.send_signal(signal.SIGCONT)
        assert known < 10 * client_module.PING_AFTER_S
        assert [op for op, _ in noted].count("colorize") == 1
        began = time.perf_counter()
        place = client.palette(image, 3, 4, k=5).fields
        assert len(place["colors"]) == 5
        figure(
            "stopped for good in the middle of a request",
            f"the client knew after {known:.1f} s; continued, the next answer after {milliseconds(began):.0f} ms",
        )


def ends(session):
    """Yield the ids of the requests that were answered before the connection closed."""
    with contextlib.suppress(DaemonUnreachable):
        while (reply := session.receive(5)) is not None:
            if reply.kind != "progress":
                yield reply.id


def test_shut_down_while_it_works(own, figure):
    """SIGTERM, as at a logout: what waits is answered, the files are gone, the exit code is 0."""
    with Client("tests", "1", launch=False) as client:
        image = client.open_image(photograph(0, 800, 600), 800, 600, 1)
        session = client._connected()
        for i in range(30):
            session.send(f"v{i}", "variations", {"image": image, "n": 16})
        session.send("last", "ping", {})
        answer(session, "last")
        code, seconds = own.stop()
        answered = set(ends(session))
    assert code == 0
    assert answered == {f"v{i}" for i in range(30)}
    wait_until(lambda: not (Path(os.environ["HUEDOT_RUNTIME"]) / "endpoint.json").exists())
    figure("told to end with 30 requests open", f"gone after {seconds:.1f} s, exit code 0, {len(answered)} told so")
