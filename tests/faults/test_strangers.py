"""Who has not read the endpoint file is kept out: forgers, replays, squatters, other users; and other versions."""

import ast
import base64
import hmac
import inspect
import json
import math
import os
import secrets
import select
import socket
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from huedot.daemon.serving import lifecycle
from huedot.protocol import endpoint as endpoint_file
from huedot.protocol import wire, zmtp
from huedot.protocol.client import Client
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import FileError, HueDotError, Unauthorized, UnsupportedVersion
from huedot.protocol.messages import Hints
from huedot.protocol.session import Session
from huedot.protocol.wire import MAX_FRAME_BYTES
from huedot.protocol.zmtp import ZmtpTransport

from ..daemon.conftest import Daemon
from .conftest import DOT, MiB, milliseconds, normal_request, photograph
from .processes import huedot

NOBODY = 65534
posix_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as another user"
)


@pytest.fixture
def tcp(runtime, tiny_weights):
    """A daemon on TCP, in a place of its own, that answers a normal request before and after."""
    daemon = Daemon("--model", tiny_weights, "--tcp").start()
    assert normal_request()
    yield daemon
    if daemon.process is not None:
        assert normal_request()
    daemon.close()


@pytest.fixture
def dial(request):
    """Connect without a word; it is closed after the test."""

    def connect(address=None):
        transport = ZmtpTransport(address or find_endpoint().address)
        request.addfinalizer(transport.close)
        return transport

    return connect


def hello(nonce, protocol=wire.VERSION):
    return {"id": "h", "op": "hello", "protocol": protocol, "app": "tests", "app_version": "1", "nonce": nonce}


def greeted(transport, secret):
    """Say hello by hand; returns the channel."""
    channel, nonce = wire.Channel(secret), secrets.token_bytes(16)
    transport.send(channel.seal(hello(nonce)))
    channel.nonce = nonce
    header, _ = channel.open(transport.receive(10))
    channel.nonce = header["nonce"]
    return channel


def code_of(transport):
    """Return the code of the one reply that is not signed."""
    signature, data = transport.receive(10)[:2]
    assert bytes(signature) == b""
    return wire.unpack_header(data)["code"]


def test_forged_signatures(tcp, dial, figure):
    """None of them is accepted, whatever it resembles; none costs more than the refusal."""
    secret, transport = find_endpoint().key, dial()
    keys = [b"", bytes(32), secrets.token_bytes(32), secret[:-1], secret[::-1], secret.hex().encode()]
    keys += [bytes([secret[0] ^ 1]) + secret[1:], secret[:-1] + bytes([secret[-1] ^ 1])]
    began = time.perf_counter()
    for key in keys:
        transport.send(wire.Channel(key).seal(hello(secrets.token_bytes(16))))
        assert code_of(transport) == "unauthorized"
    message = wire.Channel(secret).seal(hello(secrets.token_bytes(16)))
    # Eight times: a refusal that libzmq could not take at once was lost.
    for bit in range(256 * 8):
        forged = bytearray(message[0])
        forged[bit // 8 % 32] ^= 1 << bit % 8
        transport.send([bytes(forged), *message[1:]])
        assert code_of(transport) == "unauthorized"
    for size in (0, 1, 31, 33, 64):
        transport.send([(bytes(message[0]) * 2)[:size], *message[1:]])
        assert code_of(transport) == "unauthorized"
    count = len(keys) + 256 * 8 + 5
    figure(f"{count:,} forged signatures on TCP", f"all unauthorized, {milliseconds(began) / count:.2f} ms each")


def test_replayed_messages(tcp, dial, figure):
    """What was recorded is worth nothing: on its own connection, on another, or sent back to where it came from."""
    secret = find_endpoint().key
    transport = dial()
    channel = greeted(transport, secret)
    recorded = channel.seal({"id": "1", "op": "ping"})
    transport.send(recorded)
    answered = transport.receive(10)
    assert channel.open(answered)[0]["kind"] == "result"
    replays = 0
    for again in (recorded, answered):
        transport.send(again)
        assert code_of(transport) == "unauthorized"
        other = dial()
        greeted(other, secret)
        other.send(again)
        assert code_of(other) == "unauthorized"
        fresh = dial()
        fresh.send(again)
        assert code_of(fresh) == "unauthorized"
        transport = dial()
        channel = greeted(transport, secret)
        replays += 3
    figure(f"{replays} replays on TCP", "unauthorized: on the same, another and a fresh connection, and reflected")


class Relay:
    """Stands between a client and the daemon, and writes down every byte."""

    def __init__(self, port):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.seen = bytearray()
        self._target = port
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        client, _ = self._listener.accept()
        with client, socket.create_connection(("127.0.0.1", self._target)) as daemon:
            other = {client: daemon, daemon: client}
            while True:
                for ready in select.select([client, daemon], [], [])[0]:
                    data = ready.recv(1 << 16)
                    if not data:
                        return
                    self.seen += data
                    other[ready].sendall(data)

    def close(self):
        self._thread.join(10)
        self._listener.close()


def test_the_secret_never_travels(tcp, figure):
    """Every byte of a whole session, both ways, holds neither the secret nor a part of it, however it is written."""
    endpoint = find_endpoint()
    relay = Relay(int(endpoint.address.rpartition(":")[2]))
    session = Session(ZmtpTransport(f"tcp://127.0.0.1:{relay.port}"), endpoint.key, "tests", "1")
    for i in range(20):
        session.send(str(i), "gamut", {"lightness": 5.0 * i, "size": 64})
        while session.receive(10).kind != "result":
            pass
    session.close()
    relay.close()
    seen, written = bytes(relay.seen), [endpoint.key, endpoint.secret.encode(), base64.b64encode(endpoint.key)]
    parts = [text[i : i + 8] for text in written for i in range(len(text) - 7)]
    assert len(seen) > 300_000
    assert not any(part in seen or part[::-1] in seen for part in parts)
    figure("an eavesdropper on the loopback", f"{len(seen):,} bytes seen, the secret in none of them")


def test_signatures_are_compared_in_constant_time(figure):
    """By the one function that promises it; how long it takes is told, since no test may fail by the clock."""
    source = inspect.getsource(wire.Channel.open).strip()
    names = {ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)}
    assert "hmac.compare_digest" in names
    right = os.urandom(32)
    guesses = {"first": bytes([right[0] ^ 1]) + right[1:], "last": right[:-1] + bytes([right[-1] ^ 1])}
    taken = dict.fromkeys(guesses, math.inf)
    # In turns, and the least: what else the machine does falls on both.
    for name in 200 * [*guesses]:
        began = time.perf_counter_ns()
        for _ in range(500):
            hmac.compare_digest(right, guesses[name])
        taken[name] = min(taken[name], (time.perf_counter_ns() - began) / 500)
    figure(
        "guessing a signature by the clock",
        f"first byte wrong {taken['first']:.0f} ns, last byte wrong {taken['last']:.0f} ns",
    )


class Squatter:
    """Takes the port of a daemon that died: shakes hands as a ROUTER, answers, and writes down what it is told."""

    def __init__(self, port, answer):
        self.heard = bytearray()
        self._listener = socket.create_server(("127.0.0.1", port))
        self._answer, self._thread = answer, threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(10)
                ready = b"\x05READY\x0bSocket-Type\0\0\0\x06ROUTER"
                client.sendall(zmtp.GREETING + bytes([4, len(ready)]) + ready)
                try:
                    while data := client.recv(1 << 16):
                        self.heard += data
                        if b"hello" in data:
                            for i, part in enumerate(self._answer):
                                client.sendall(bytes([1 if i + 1 < len(self._answer) else 0, len(part)]) + part)
                except OSError:
                    continue

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


def test_a_squatter_on_the_port(tcp, tiny_weights, figure):
    """It is believed nothing and told nothing but hello; `huedot restart`'s way brings a daemon of one's own back."""
    port = int(find_endpoint().address.rpartition(":")[2])
    tcp.kill()
    fields = {"id": "hello", "seq": 1, "kind": "result", "protocol": "2.0", "nonce": bytes(16), "frames": []}
    squatter = Squatter(port, [secrets.token_bytes(32), wire.pack_header(fields)])
    try:
        began = time.perf_counter()
        with Client("tests", "1", launch=False) as client, pytest.raises(Unauthorized, match="huedot restart"):
            client.open_image(photograph(), 64, 48, 1)
        taken = milliseconds(began)
        assert photograph()[:16] not in squatter.heard
        assert find_endpoint().key not in squatter.heard
        assert not lifecycle.stop()
        lifecycle.start(lifecycle.ServeOptions(model=str(tiny_weights), tcp=True))
        assert normal_request()
    finally:
        squatter.close()
    figure("a squatter on a dead daemon's port", f"found out after {taken:.1f} ms, told {len(squatter.heard)} bytes")


def test_a_squatter_that_announces_much(dial, figure):
    """A plugin holds what has come, not what is announced: 256 MiB are announced, and one byte comes."""
    body = b"\x05READY\x0bSocket-Type\0\0\0\x06ROUTER"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeting = threading.Thread(target=lambda: greet(listener, zmtp.GREETING + bytes([4, len(body)]) + body))
        greeting.start()
        transport = dial(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
        tracemalloc.start()
        try:
            assert transport.receive(0.5) is None
            most = tracemalloc.get_traced_memory()[1] / MiB
        finally:
            tracemalloc.stop()
        transport.close()
        greeting.join(10)
    assert most < 80
    figure("a peer that announces 256 MiB to a plugin", f"{most:.0f} MiB at most, until they come")


def greet(listener, said):
    connection, _ = listener.accept()
    with connection:
        connection.sendall(said + b"\x02" + MAX_FRAME_BYTES.to_bytes(8, "big") + b"x")
        while connection.recv(1 << 16):
            pass


def as_nobody(work):
    """Do some work in a process of another user; returns what it returns, or the name of the error."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            said = work()
        except (OSError, HueDotError) as error:
            said = type(error).__name__
        os.write(writer, json.dumps(said).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        return json.load(answer)


def connected(address):
    kind, place = address.split("://")
    if kind == "ipc":
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(place)
    else:
        with socket.create_connection(("127.0.0.1", int(place.rpartition(":")[2]))):
            pass
    return "connected"


@posix_root
def test_another_user_and_a_unix_socket(daemon, figure):
    """The file system keeps them out: neither the endpoint file nor the socket can be opened."""
    endpoint = find_endpoint()
    folder = Path(os.environ["HUEDOT_RUNTIME"])
    assert as_nobody((folder / "endpoint.json").read_text) == "PermissionError"
    assert as_nobody(lambda: list(map(str, folder.iterdir()))) == "PermissionError"
    assert as_nobody(lambda: connected(endpoint.address)) == "PermissionError"
    figure("another user, Unix socket", "may neither read the endpoint file, nor see the folder, nor connect")


@posix_root
def test_another_user_and_tcp(tcp, figure):
    """They reach the port, as everybody does, and no further: they cannot read the secret."""
    endpoint = find_endpoint()
    path = Path(os.environ["HUEDOT_RUNTIME"]) / "endpoint.json"

    def ask():
        transport = ZmtpTransport(endpoint.address)
        transport.send(wire.Channel(secrets.token_bytes(32)).seal(hello(secrets.token_bytes(16))))
        return code_of(transport)

    assert as_nobody(path.read_text) == "PermissionError"
    assert as_nobody(lambda: connected(endpoint.address)) == "connected"
    began = time.perf_counter()
    assert as_nobody(ask) == "unauthorized"
    figure("another user, TCP", f"connects, and is refused after {milliseconds(began):.0f} ms")


def test_an_endpoint_file_that_cannot_be_trusted(daemon, figure, request):
    """Readable by others, a link, half written: the client does not use what is in it, and says how to fix it."""
    path = endpoint_file.runtime_directories()[0] / endpoint_file.ENDPOINT
    good, refused = path.read_bytes(), 0
    for mode in (0o644, 0o640, 0o604, 0o620, 0o602, 0o666):
        path.chmod(mode)
        with Client("tests", "1", launch=False) as client, pytest.raises(Unauthorized, match="chmod"):
            client.ping()
        refused += 1
    path.chmod(0o600)
    said = huedot("status").said
    assert said == ""
    path.chmod(0o644)
    ended = huedot("status")
    assert ended.code == 1
    assert "chmod go=" in ended.said
    path.chmod(0o600)
    for size in (0, 1, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:size])
        with Client("tests", "1", launch=False) as client, pytest.raises(FileError, match="not an endpoint file"):
            client.ping()
        refused += 1
    path.write_bytes(good)
    aside = path.with_name("aside.json")
    path.rename(aside)
    path.symlink_to(aside)
    with Client("tests", "1", launch=False) as client, pytest.raises(Unauthorized, match="symbolic link"):
        client.ping()
    aside.replace(path)
    figure(f"{refused + 1} endpoint files open to others, half written, linked", "refused, with the command that fixes")


def test_a_plugin_of_another_version(daemon, dial, figure):
    """Another major is refused, saying whom to update; another minor works."""
    seen = {}
    for protocol in ("1.0", "1.9", "3.0", "10.0", "2.9", "2.0"):
        transport, channel, nonce = dial(), wire.Channel(), secrets.token_bytes(16)
        transport.send(channel.seal(hello(nonce, protocol)))
        channel.nonce = nonce
        header, _ = channel.open(transport.receive(10))
        seen[protocol] = header.get("remedy", header["kind"])
        if header["kind"] == "error":
            assert header["code"] == "unsupported_version"
            assert f"'{protocol}'" in header["message"]
            assert f"'{wire.VERSION}'" in header["message"]
    assert seen["2.9"] == seen["2.0"] == "result"
    assert all("Update the plugin: huedot install" in seen[old] for old in ("1.0", "1.9"))
    assert all("Update the daemon: pipx upgrade huedot" in seen[new] for new in ("3.0", "10.0"))
    figure("a plugin of version 1, 3 or 10", "refused, saying which side to update; 2.9 works")


def test_a_daemon_of_another_version(daemon, monkeypatch, figure):
    """The plugin says so, and whom to update, before it sends any picture."""
    for ours, remedy in (("1.0", "Update the plugin"), ("3.0", "Update the daemon")):
        monkeypatch.setattr("huedot.protocol.session.VERSION", ours)
        with Client("tests", "1", launch=False) as client, pytest.raises(UnsupportedVersion, match=remedy):
            client.open_image(photograph(), 64, 48, 1)
    monkeypatch.setattr("huedot.protocol.session.VERSION", "2.9")
    with Client("tests", "1", launch=False) as client:
        image = client.open_image(photograph(), 64, 48, 1)
        assert client.colorize(image, Hints(dots=[DOT])).tiles
    monkeypatch.undo()
    figure("a daemon of another version", "the plugin says which side to update; a newer minor colors as usual")
