"""What a client that behaves would never see: raw messages to a real daemon."""

import os
import secrets
import time

import numpy as np
import pytest

from huedot.protocol import wire
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import DaemonUnreachable
from huedot.protocol.messages import image_id
from huedot.protocol.session import Session
from huedot.protocol.zmtp import ZmtpTransport

from ..conftest import memory_of, wait_until

PATIENCE_S = 60


@pytest.fixture
def connect(daemon):
    sessions = []

    def connect():
        endpoint = find_endpoint()
        sessions.append(Session(ZmtpTransport(endpoint.address), endpoint.key, "tests", "1"))
        return sessions[-1]

    yield connect
    for session in sessions:
        session.close()


def send_image(session, height=48, width=64, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8).tobytes()
    image = image_id(pixels, width, height, 1)
    parameters = {"image": image, "width": width, "height": height, "channels": 1}
    session.send(f"open-{seed}", "open_image", parameters, [pixels])
    return image


def terminal(session, *identities):
    """Read until each of the requests is answered; returns its terminal replies, in a list for each."""
    answers = {identity: [] for identity in identities}
    deadline = time.monotonic() + PATIENCE_S
    while not all(answers.values()):
        assert time.monotonic() < deadline
        reply = session.receive(1.0)
        if reply is not None and reply.kind != "progress":
            answers.setdefault(reply.id, []).append(reply)
    return answers


def kinds(replies):
    return [reply.kind for reply in replies]


def test_a_storm_of_refreshes_is_answered_once_each_and_the_newest_wins(connect):
    session = connect()
    image = send_image(session, 400, 600)
    names = [f"stroke-{i}" for i in range(100)]
    for i, name in enumerate(names):
        session.send(name, "colorize", {"image": image, "dots": [{"x": i, "y": 5, "rgb": [200, 10, 10]}]})
    session.send("end", "ping", {})
    answers = terminal(session, *names, "end")
    assert all(len(replies) == 1 for replies in answers.values())
    assert kinds(answers[names[-1]]) == ["result"]
    assert sum(kinds(answers[name]) == ["superseded"] for name in names) > 50


def test_keys_and_connections_do_not_supersede_each_other(connect):
    first, second = connect(), connect()
    image = send_image(first)
    terminal(first, "open-0")
    for i in range(5):
        first.send(f"a{i}", "colorize", {"image": image, "key": f"key {i}"})
        second.send(f"b{i}", "colorize", {"image": image, "key": f"key {i}"})
    for session, letter in ((first, "a"), (second, "b")):
        answers = terminal(session, *(f"{letter}{i}" for i in range(5)))
        assert all(kinds(replies) == ["result"] for replies in answers.values())


def test_pings_are_answered_while_it_computes(connect):
    session = connect()
    image = send_image(session, 1500, 2000)
    session.send("slow", "variations", {"image": image, "n": 16})
    session.send("ping", "ping", {})
    session.send("status", "status", {})
    order = []
    while "slow" not in order:
        reply = session.receive(PATIENCE_S)
        assert reply is not None
        if reply.kind != "progress":
            order.append(reply.id)
    assert order.index("ping") < order.index("slow")
    assert order.index("status") < order.index("slow")


def test_cancelling_what_waits(connect):
    session = connect()
    image = send_image(session, 600, 800)
    session.send("first", "variations", {"image": image, "n": 8})
    session.send("second", "suggest", {"image": image})
    session.send("cancel", "cancel", {"target": "second"})
    answers = terminal(session, "first", "second", "cancel")
    assert answers["second"][0].fields["code"] == "cancelled"
    assert answers["cancel"][0].fields["cancelled"] is True
    session.send("late", "cancel", {"target": "first"})
    assert terminal(session, "late")["late"][0].fields["cancelled"] is False


def test_an_id_in_use_is_refused(connect):
    session = connect()
    image = send_image(session, 600, 800)
    session.send("same", "variations", {"image": image, "n": 4})
    session.send("same", "suggest", {"image": image})
    refused = session.receive(PATIENCE_S)
    while refused.kind == "progress" or refused.id == "open-0":
        refused = session.receive(PATIENCE_S)
    assert (refused.id, refused.kind) == ("", "error")
    assert kinds(terminal(session, "same")["same"]) == ["result"]


@pytest.fixture
def raw(daemon):
    """A connection that has said nothing yet, and the channel to speak through."""
    endpoint = find_endpoint()
    transport = ZmtpTransport(endpoint.address)
    yield transport, wire.Channel(endpoint.key)
    transport.close()


def hello(nonce, identity="h"):
    return {"id": identity, "op": "hello", "protocol": "2.0", "app": "raw", "app_version": "1", "nonce": nonce}


def test_without_hello_nothing_is_done(raw):
    transport, channel = raw
    transport.send(channel.seal({"id": "1", "op": "status"}))
    header, _ = wire.Channel().open(transport.receive(PATIENCE_S))
    assert header["code"] == "unauthorized"
    transport.send(wire.Channel(find_endpoint().key).seal(hello(secrets.token_bytes(16))))
    # The next hello works.
    assert transport.receive(PATIENCE_S) is not None


def test_a_replayed_message_is_refused(raw):
    transport, channel = raw
    nonce = secrets.token_bytes(16)
    transport.send(channel.seal(hello(nonce)))
    channel.nonce = nonce
    header, _ = channel.open(transport.receive(PATIENCE_S))
    channel.nonce = header["nonce"]
    message = channel.seal({"id": "1", "op": "ping"})
    transport.send(message)
    assert channel.open(transport.receive(PATIENCE_S))[0]["kind"] == "result"
    transport.send(message)
    header, _ = wire.Channel().open(transport.receive(PATIENCE_S))
    assert header["code"] == "unauthorized"


def test_another_major_version_is_refused(raw):
    transport, channel = raw
    nonce = secrets.token_bytes(16)
    transport.send(channel.seal({**hello(nonce), "protocol": "3.0"}))
    channel.nonce = nonce
    header, _ = channel.open(transport.receive(PATIENCE_S))
    assert header["code"] == "unsupported_version"
    assert "Update" in header["remedy"]


@pytest.mark.parametrize("_shared_daemon", ["tcp"], indirect=True)
def test_a_wrong_secret_is_refused(raw):
    transport, _ = raw
    for secret in (b"", os.urandom(32)):
        transport.send(wire.Channel(secret).seal(hello(secrets.token_bytes(16))))
        header, _ = wire.Channel().open(transport.receive(PATIENCE_S))
        assert header["code"] == "unauthorized"


GARBAGE = [[b""], [b"", b""], [b"", b"\xc1"], [b"", b"\x80" * 70000], [b"", os.urandom(40)], [b"", b"\x80", b"x" * 99]]


@pytest.mark.parametrize("parts", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_answered_and_forgotten(raw, connect, parts):
    transport, _ = raw
    transport.send(parts)
    header, _ = wire.Channel().open(transport.receive(PATIENCE_S))
    assert header["kind"] == "error"
    session = connect()
    session.send("1", "ping", {})
    assert kinds(terminal(session, "1")["1"]) == ["result"]


@pytest.mark.parametrize("_shared_daemon", ["unix"], indirect=True)
def test_lies_about_size_cost_nothing(daemon, connect):
    session = connect()
    session.send("warm", "gamut", {"lightness": 50.0})
    terminal(session, "warm")
    before = memory_of(daemon)
    for i, (width, height) in enumerate([(1 << 26, 1 << 26), (1 << 26, 1), (8, 8)]):
        parameters = {"image": "0" * 64, "width": width, "height": height, "channels": 3}
        session.send(f"lie-{i}", "open_image", parameters, [b"123"])
        reply = terminal(session, f"lie-{i}")[f"lie-{i}"][0]
        assert reply.fields["code"] in ("too_large", "bad_request")
    assert memory_of(daemon) - before < 1 << 20


def test_a_client_that_dies_takes_its_requests_along(daemon, connect):
    doomed, survivor = connect(), connect()
    image = send_image(doomed, 600, 800)
    terminal(doomed, "open-0")
    for i in range(20):
        doomed.send(f"v{i}", "variations", {"image": image, "n": 2})
    doomed.close()

    def idle():
        survivor.send(f"s{time.monotonic()}"[:60], "status", {})
        reply = survivor.receive(PATIENCE_S)
        return reply.fields["queued"] == 0

    wait_until(idle, patience=PATIENCE_S)
    with pytest.raises(DaemonUnreachable):
        doomed.send("late", "ping", {})
