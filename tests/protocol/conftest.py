import os
import shutil
import tempfile
import threading
from pathlib import Path

import pytest
import zmq

from huedot.protocol import endpoint, wire
from huedot.protocol.errors import BadRequest, HueDotError, Unauthorized, UnsupportedVersion

SECRET = bytes(range(32))


class Router:
    """A ROUTER thread that answers each message with what `answer(parts)` yields: lists of parts."""

    def __init__(self, address, answer, before_bind=None):
        self._socket = zmq.Context.instance().socket(zmq.ROUTER)
        self._socket.linger = 0
        if before_bind:
            before_bind(self._socket)
        self._socket.bind(address)
        self.address = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._answer = answer
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while not self._stop.is_set():
            if self._socket.poll(10):
                client, *parts = self._socket.recv_multipart()
                for reply in self._answer(client, parts):
                    self._socket.send_multipart([client, *reply])
        self._socket.close()

    def stop(self):
        """Close the socket as soon as the thread comes to it; for the thread itself, too."""
        self._stop.set()

    def close(self):
        self.stop()
        self._thread.join()


class TinyDaemon:
    """The protocol's daemon side in a few lines.

    `answers` maps an operation to a function of header and frames; it returns the replies,
    (fields, frames) each, or an error.
    """

    def __init__(self, address, secret=b"", instance="one", answers=None):
        self.answers = {
            "hello": self._greet,
            "ping": lambda header, frames: [({"kind": "result"}, [])],
            **(answers or {}),
        }
        self.requests = []
        self.channels = {}
        self.new_channel = lambda: wire.Channel(secret, wire.DAEMON)
        self.instance = instance
        self.router = Router(address, self._answer)
        self.endpoint = endpoint.Endpoint(
            self.router.address, os.getpid(), wire.VERSION, "0", instance, secret.hex(), 0.0
        )

    def _answer(self, client, parts):
        channel = self.channels.setdefault(client, self.new_channel())
        try:
            header, frames = channel.open(parts)
            if channel.nonce == wire.NO_NONCE and header["op"] != "hello":
                raise Unauthorized("Say hello first.")
        except Unauthorized as error:
            del self.channels[client]
            return [wire.refusal(error)]
        self.requests.append(header)
        if header["op"] == "hello":
            return [self._hello(channel, header, frames)]
        answer = self.answers.get(header["op"], lambda header, frames: BadRequest("What?"))(header, frames)
        replies = failure(answer) if isinstance(answer, HueDotError) else answer
        return [channel.seal({"id": header["id"], **fields}, out) for fields, out in replies]

    def _hello(self, channel, header, frames):
        channel.nonce = header["nonce"]
        ((fields, _),) = self.answers["hello"](header, frames)
        sealed = channel.seal({"id": header["id"], **fields})
        channel.nonce = fields.get("nonce", wire.NO_NONCE)
        return sealed

    def _greet(self, header, frames):
        try:
            wire.check_version(header["protocol"], wire.VERSION)
        except UnsupportedVersion as error:
            return failure(error)
        fields = {"protocol": wire.VERSION, "instance": self.instance, "nonce": os.urandom(16)}
        return [({"kind": "result", **fields}, [])]

    def close(self):
        self.router.close()


def failure(error: HueDotError):
    fields = {"kind": "error", "code": error.code, "message": error.message, "remedy": error.remedy}
    return [(fields, [])]


@pytest.fixture
def short_directory():
    """A directory whose path leaves room for a socket's name."""
    path = tempfile.mkdtemp(prefix="hd-")
    yield Path(path)
    shutil.rmtree(path)


@pytest.fixture(params=["ipc", "tcp"])
def address(request, short_directory):
    return f"ipc://{short_directory}/s" if request.param == "ipc" else "tcp://127.0.0.1:*"


@pytest.fixture
def runtime(short_directory, monkeypatch):
    """A runtime directory of one's own, where client and launcher look."""
    path = short_directory / "run"
    monkeypatch.setenv("HUEDOT_RUNTIME", str(path))
    return path


@pytest.fixture
def start(request, address, runtime):
    """Start a daemon and publish it; it is closed after the test."""

    def start_daemon(instance="one", secret=None, **answers):
        secret = (SECRET if address.startswith("tcp") else b"") if secret is None else secret
        place = address if address.startswith("tcp") else f"{address}-{instance}"
        daemon = TinyDaemon(place, secret, instance, answers)
        request.addfinalizer(daemon.close)
        endpoint.write_endpoint(daemon.endpoint)
        return daemon

    return start_daemon


@pytest.fixture
def router(request):
    """Start a bare ROUTER; it is closed after the test."""

    def start_router(address, answer=lambda client, parts: [parts], before_bind=None):
        server = Router(address, answer, before_bind)
        request.addfinalizer(server.close)
        return server

    return start_router
