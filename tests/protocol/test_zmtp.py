import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import zmq

from huedot.protocol import zmtp
from huedot.protocol.errors import BadRequest, DaemonUnreachable, TooLarge
from huedot.protocol.zmtp import ZmtpTransport

MiB = 1 << 20


@pytest.fixture
def connect(request):
    def connect_to(address, **options):
        transport = ZmtpTransport(address, **options)
        request.addfinalizer(transport.close)
        return transport

    return connect_to


@pytest.mark.parametrize("parts", [[b""], [b"", b"header"], [b"x" * 255, b"y" * 256, b"", b"z" * 65_536], [b"p"] * 200])
def test_multipart_messages_come_back_as_they_were(router, address, connect, parts):
    transport = connect(router(address).address)
    transport.send(parts)
    assert transport.receive(5) == parts


@pytest.mark.parametrize("size", [3 * MiB, 48 * MiB])
def test_large_frames(router, address, connect, size):
    picture = os.urandom(MiB) * (size // MiB)
    transport = connect(router(address).address)
    for _ in range(2):
        transport.send([b"", memoryview(picture), b"end"])
        received = transport.receive(20)
        assert [len(part) for part in received] == [0, size, 3]
        assert received[1] == picture


def test_requests_sent_ahead_are_answered_in_order(router, address, connect):
    transport = connect(router(address).address)
    for i in range(50):
        transport.send([b"", str(i).encode()])
    assert [bytes(transport.receive(5)[1]) for _ in range(50)] == [str(i).encode() for i in range(50)]


def test_receive_returns_when_the_time_is_up_and_the_descriptor_tells_of_news(router, address, connect):
    go = threading.Event()
    transport = connect(router(address, lambda client, parts: [parts] if go.wait(5) else []).address)
    transport.send([b"", b"later"])
    assert transport.receive(0) is None
    assert transport.receive(0.02) is None
    go.set()
    with selectors.DefaultSelector() as selector:
        selector.register(transport.fileno(), selectors.EVENT_READ)
        assert selector.select(5)
    assert transport.receive(5) == [b"", b"later"]


def test_heartbeats_of_the_peer_are_answered(router, address, connect):
    def beat(server):
        server.heartbeat_ivl, server.heartbeat_timeout = 20, 200

    transport = connect(router(address, before_bind=beat).address)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        assert transport.receive(0.02) is None
    transport.send([b"", b"still there"])
    assert transport.receive(5) == [b"", b"still there"]


KILLED = """
import sys, zmq
router = zmq.Context().socket(zmq.ROUTER)
router.bind(sys.argv[1])
print(router.getsockopt_string(zmq.LAST_ENDPOINT), flush=True)
router.recv_multipart()
print("received", flush=True)
router.recv_multipart()
"""


def test_the_death_of_the_peer_is_seen_at_once(address, connect):
    with subprocess.Popen([sys.executable, "-c", KILLED, address], stdout=subprocess.PIPE, text=True) as peer:
        transport = connect(peer.stdout.readline().strip())
        transport.send([b"", b"request"])
        assert peer.stdout.readline() == "received\n"
        peer.send_signal(signal.SIGKILL)
        # One that only waits returns None at its deadline.
        with pytest.raises(DaemonUnreachable):
            transport.receive(30)
    with pytest.raises(DaemonUnreachable):
        transport.receive(0)
    with pytest.raises(DaemonUnreachable):
        transport.send([b"", b"more"])


@pytest.mark.parametrize(
    "place", ["ipc:///nonexistent/s", "ipc://" + "x" * 200, "tcp://127.0.0.1:1", "tcp://127.0.0.1:x", "udp://a"]
)
def test_no_peer(place):
    with pytest.raises(DaemonUnreachable):
        ZmtpTransport(place)


@pytest.fixture
def scripted(request):
    """A raw TCP peer that says given bytes after accepting, and then keeps the connection open."""

    def start(script):
        listener = socket.create_server(("127.0.0.1", 0))
        done = threading.Event()

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.sendall(script)
                done.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        request.addfinalizer(lambda: (done.set(), thread.join(), listener.close()))
        return f"tcp://127.0.0.1:{listener.getsockname()[1]}"

    return start


def handshake():
    body = b"\x05READY\x0bSocket-Type\0\0\0\x06ROUTER"
    return zmtp.GREETING + bytes([4, len(body)]) + body


@pytest.mark.parametrize(
    "script",
    [
        b"HTTP/1.0 400 Bad Request\r\n\r\n" + b" " * 64,
        zmtp.GREETING.replace(b"NULL\0", b"PLAIN"),
        zmtp.GREETING + b"\x04\x06\x05ERROR",
        handshake().replace(b"ROUTER", b"PUSH\0\0"),
        zmtp.GREETING + b"\x06" + (1 << 40).to_bytes(8, "big"),
    ],
    ids=["http", "another mechanism", "error", "another socket type", "huge command"],
)
def test_a_stranger_at_the_address(scripted, script):
    with pytest.raises(DaemonUnreachable):
        ZmtpTransport(scripted(script), timeout=5)


def test_a_silent_stranger(scripted):
    with pytest.raises(DaemonUnreachable, match="silent"):
        ZmtpTransport(scripted(b"\xff"), timeout=0.1)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (b"\x02" + (1 << 40).to_bytes(8, "big"), TooLarge),
        (b"\x03" + (1 << 28).to_bytes(8, "big"), None),
        (b"\x01\x00" * 300, TooLarge),
        (b"\x06" + (1 << 20).to_bytes(8, "big"), TooLarge),
        (b"\x81\x00", BadRequest),
    ],
    ids=["huge frame", "largest frame", "many frames", "huge command", "unknown flag"],
)
def test_what_a_peer_may_announce(scripted, connect, script, error):
    transport = connect(scripted(handshake() + script))
    if error is None:
        assert transport.receive(0.2) is None
        return
    with pytest.raises(error):
        transport.receive(5)
    with pytest.raises(DaemonUnreachable):
        transport.receive(0)


def test_the_frames_of_a_message_are_limited_together(scripted, connect, monkeypatch):
    monkeypatch.setattr(zmtp, "MAX_MESSAGE_BYTES", 15)
    transport = connect(scripted(handshake() + b"\x01\x0812345678\x00\x0812345678"))
    with pytest.raises(TooLarge):
        transport.receive(5)


def test_a_ping_is_answered_with_its_context(connect):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answer = []

        def serve():
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                connection.sendall(handshake() + b"\x04\x0b\x04PING\x00\x0aabcd" + b"\x00\x02ok")
                stream.read(len(zmtp.GREETING) + 2 + len(zmtp.READY))
                answer.append(stream.read(11))

        thread = threading.Thread(target=serve)
        thread.start()
        transport = connect(f"tcp://127.0.0.1:{listener.getsockname()[1]}")
        assert transport.receive(5) == [b"ok"]
        thread.join()
    assert answer == [b"\x04\x09\x04PONGabcd"]


def test_a_peer_that_takes_nothing(scripted, connect, monkeypatch):
    monkeypatch.setattr(zmtp, "STALL_S", 0.1)
    transport = connect(scripted(handshake()))
    with pytest.raises(DaemonUnreachable, match="nothing"):
        transport.send([b"", bytes(32 * MiB)])
    assert transport.fileno() == -1


def test_a_message_from_libzmq_that_is_cut_off_by_its_own_limit(router, connect):
    """The daemon's MAXMSGSIZE: the peer hangs up, which the client sees."""

    def limit(server):
        server.maxmsgsize = MiB

    transport = connect(router("tcp://127.0.0.1:*", before_bind=limit).address)

    def exchange():
        transport.send([b"", bytes(2 * MiB)])
        transport.receive(5)

    with pytest.raises(DaemonUnreachable):
        exchange()


def test_a_wrong_socket_type_of_libzmq(short_directory):
    with zmq.Context() as context, context.socket(zmq.PUB) as socket_:
        socket_.bind(f"ipc://{short_directory}/pub")
        with pytest.raises(DaemonUnreachable):
            ZmtpTransport(f"ipc://{short_directory}/pub", timeout=2)


AS_IN_AN_EDITOR = """
import signal, sys, time
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
from huedot.protocol.errors import DaemonUnreachable
from huedot.protocol.zmtp import ZmtpTransport
transport = ZmtpTransport(sys.argv[1])
print("connected", flush=True)
sys.stdin.readline()
try:
    for _ in range(1000):  # until the system has noticed
        transport.send([b"", b"are you there?"])
        time.sleep(0.01)
except DaemonUnreachable:
    print("gone")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGPIPE")
def test_a_dead_daemon_does_not_kill_an_editor(router, address):
    daemon = router(address)
    words = [sys.executable, "-c", AS_IN_AN_EDITOR, daemon.address]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as editor:
        assert editor.stdout.readline() == "connected\n"
        daemon.close()
        said, _ = editor.communicate("go on\n", timeout=30)
    assert (said, editor.returncode) == ("gone\n", 0)
