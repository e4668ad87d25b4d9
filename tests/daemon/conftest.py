"""A real daemon in a process of its own, with a tiny network, and the two clients."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from huedot.daemon.serving.client import ZmqTransport
from huedot.protocol.client import Client
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import DaemonUnreachable
from huedot.protocol.zmtp import ZmtpTransport

PATIENCE_S = 60


def wait_until(condition, patience=PATIENCE_S):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


class Daemon:
    """A daemon that can be started, killed and started again."""

    def __init__(self, *options):
        self.options = [str(option) for option in options]
        self.process = None

    def start(self, **environment):
        command = [sys.executable, "-m", "huedot.daemon.cli", "serve", *self.options]
        self.said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - a pipe that nobody reads would fill, and stop it
        self.process = subprocess.Popen(command, stderr=self.said, env={**os.environ, **environment})
        wait_until(self._published)
        return self

    def _published(self):
        assert self.process.poll() is None, self.read_said()
        try:
            return find_endpoint().pid == self.process.pid
        except DaemonUnreachable:
            return False

    def read_said(self):
        self.said.seek(0)
        return self.said.read()

    def kill(self):
        self.process.kill()
        self.close()

    def stop(self):
        """End it as a session manager does; returns the exit code and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_S)
        self.close()
        return code, time.monotonic() - began

    def close(self):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self.said.close()
            self.process = None


def make_runtime(monkeypatch):
    """Make a runtime directory with a path short enough for a Unix socket, and a home of its own for logs."""
    folder = tempfile.mkdtemp(prefix="hd-")
    monkeypatch.setenv("HUEDOT_RUNTIME", folder)
    monkeypatch.setenv("XDG_STATE_HOME", f"{folder}/state")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return Path(folder)


@pytest.fixture(scope="module")
def runtime():
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = make_runtime(monkeypatch)
        yield folder
    shutil.rmtree(folder)


def options_for(transport, weights):
    return ["--model", weights, *(["--tcp"] if transport == "tcp" else [])]


@pytest.fixture(scope="module", params=["unix", "tcp"])
def _shared_daemon(request, runtime, tiny_weights):
    daemon = Daemon(*options_for(request.param, tiny_weights))
    yield daemon
    daemon.close()


@pytest.fixture
def daemon(_shared_daemon):
    """A running daemon; the tests of a module share it, unless one has ended it."""
    if _shared_daemon.process is None or _shared_daemon.process.poll() is not None:
        _shared_daemon.close()
        _shared_daemon.start()
    return _shared_daemon


@pytest.fixture(params=[ZmtpTransport, ZmqTransport], ids=["stdlib", "pyzmq"])
def client(request, daemon):
    with Client("tests", "1", transport=request.param, launch=False) as client:
        yield client


@pytest.fixture
def rgb():
    rows, columns = np.mgrid[:48, :64]
    gray = (60 + 2 * columns + rows).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


def opened(client, rgb):
    return client.open_image(rgb.tobytes(), rgb.shape[1], rgb.shape[0], 3)


def memory_of(daemon):
    pages = int(Path(f"/proc/{daemon.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
