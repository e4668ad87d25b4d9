"""systemd's half of the agreement, played by systemd's own tool and by this process: the socket is there first."""

import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from huedot.daemon.install import service
from huedot.daemon.serving import activation, lifecycle
from huedot.daemon.serving.client import ZmqTransport
from huedot.daemon.serving.lifecycle import ServeOptions
from huedot.protocol.client import Client
from huedot.protocol.endpoint import SHARED, Endpoint, find_endpoint, write_endpoint
from huedot.protocol.errors import DaemonUnreachable, HueDotError
from huedot.protocol.paths import socket_path
from huedot.protocol.wire import VERSION
from huedot.protocol.zmtp import ZmtpTransport

from ..conftest import make_runtime, opened, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is of Linux")
COMMAND = [sys.executable, "-m", "huedot.daemon.cli"]


@pytest.fixture
def runtime(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = make_runtime(monkeypatch)
    yield folder
    lifecycle.stop()
    shutil.rmtree(folder)


@pytest.fixture
def listener(runtime):
    """The socket that systemd would hold."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path()))
        socket_path().chmod(0o600)
        listener.listen(16)
        yield listener


def activated(listener, *words):
    """Start the daemon as systemd does: with the socket as its file 3."""
    listener.set_inheritable(True)
    script = f'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&{listener.fileno()} {listener.fileno()}<&-'
    words = ["bash", "-c", script, "bash", *COMMAND, "serve", *map(str, words)]
    return subprocess.Popen(words, close_fds=False, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("transport", [ZmtpTransport, ZmqTransport])
def test_who_connects_first_is_answered_and_the_socket_outlives_the_daemon(
    listener, runtime, tiny_weights, rgb, transport
):
    activation.announce()
    assert activation.is_announced()
    pids = set()
    for _ in range(2):
        process = activated(listener, "--model", tiny_weights)
        with Client("tests", "1", transport=transport, launch=False) as client:
            assert client.colorize(opened(client, rgb)).area == (0, 0, 64, 48)
            pids.add(client.status()["pid"])
        assert find_endpoint().pid == process.pid
        assert lifecycle.stop()
        assert process.wait(60) == 0
        assert activation.is_announced()
        assert socket_path().exists()
        assert not lifecycle.stop()
    assert len(pids) == 2


def test_systemds_own_tool_starts_it_at_the_first_connection(runtime, tiny_weights, rgb):
    tool = shutil.which("systemd-socket-activate")
    if tool is None:
        pytest.skip("systemd-socket-activate is not installed")
    kept = [f"--setenv={name}" for name in ("HUEDOT_RUNTIME", "XDG_STATE_HOME", "OMP_NUM_THREADS", "PATH", "HOME")]
    words = [tool, "--listen", str(socket_path()), *kept, *COMMAND, "serve", "--model", str(tiny_weights)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        wait_until(socket_path().exists)
        activation.announce()
        with pytest.raises(DaemonUnreachable, match="systemd starts one"):
            lifecycle.status()
        hello, is_new = lifecycle.start()
        assert is_new
        assert hello["pid"] == process.pid == lifecycle.status()["pid"]
        assert not lifecycle.start()[1]
        with Client("tests", "1", launch=False) as client:
            assert client.colorize(opened(client, rgb)).area == (0, 0, 64, 48)
        assert lifecycle.stop()
        assert process.wait(60) == 0
    assert activation.is_announced()


def test_a_daemon_started_by_hand_leaves_systemds_socket_alone(listener, runtime, tiny_weights):
    unit = activation.unit_folder() / activation.SOCKET_UNIT
    unit.parent.mkdir(parents=True)
    unit.touch()
    activation.announce()
    words = [*COMMAND, "serve", "--model", str(tiny_weights)]
    ended = subprocess.run(words, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert "huedot start" in ended.stderr
    assert activation.is_announced()
    assert socket_path().exists()


@pytest.mark.parametrize("kind", ["another path", "two", "tcp"])
def test_another_socket_than_the_clients_is_refused(kind, runtime, tmp_path):
    family, place = (
        (socket.AF_INET, ("127.0.0.1", 0)) if kind == "tcp" else (socket.AF_UNIX, str(runtime / "other.sock"))
    )
    with socket.socket(family) as listener:
        listener.bind(place)
        listener.listen()
        script = f'LISTEN_PID=$$ LISTEN_FDS={2 if kind == "two" else 1} exec "$@" 3<&{listener.fileno()}'
        listener.set_inheritable(True)
        done = subprocess.run(
            ["bash", "-c", script, "bash", *COMMAND, "serve"],
            close_fds=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert "huedot service install" in done.stderr


def test_variables_that_are_meant_for_another_process_are_no_socket(runtime, monkeypatch):
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", str(os.getpid() + 1))
    assert activation.inherited() is None
    assert "LISTEN_FDS" not in os.environ


def test_the_units_hold_before_systemd_itself(runtime, tmp_path, monkeypatch):
    """Written where systemd looks, verified by its own tool, and gone again; there may be no systemd to load them."""
    asked = []
    monkeypatch.setattr(service, "_systemctl", lambda *words: asked.append(words) or "active\n")
    paths = service.install(ServeOptions(idle_exit_s=60, model="/some where/100%/$x.safetensors"))
    assert paths == [tmp_path / "config/systemd/user" / name for name in ("huedot.socket", "huedot.service")]
    assert asked == [("daemon-reload",), ("enable", "huedot.socket"), ("restart", "huedot.socket")]
    assert activation.is_installed()
    assert activation.is_announced()
    assert service.is_current()
    text = paths[1].read_text()
    assert '"--model" "/some where/100%%/$$x.safetensors"' in text
    assert f'Environment="HUEDOT_RUNTIME={runtime}"' in text
    if verify := shutil.which("systemd-analyze"):
        done = subprocess.run(
            [verify, "--user", "verify", *map(str, paths)], capture_output=True, text=True, timeout=60
        )
        complaints = [line for line in done.stderr.splitlines() if "huedot" in line]
        assert complaints == []
    paths[1].write_text(text.replace(sys.executable, "/old/python"))
    assert not service.is_current()
    assert service.uninstall() == paths
    assert not any(path.exists() for path in paths)
    assert not activation.is_announced()
    assert service.uninstall() == []


def test_without_systemd_one_line_says_what_to_do(runtime, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HueDotError, match="huedot start"):
        service.install(ServeOptions())
    assert not activation.is_announced(), "clients would wait for a socket that nobody holds"
    assert not activation.is_installed()
    assert service.uninstall() == []


def test_who_leaves_a_shared_daemon_finds_the_socket_again(runtime, monkeypatch):
    monkeypatch.setattr(service, "_systemctl", lambda *words: "active\n")
    service.install(ServeOptions())
    write_endpoint(Endpoint("tcp://127.0.0.1:9", 0, VERSION, "1", SHARED, "00" * 32, 0.0))
    assert not activation.is_announced()
    assert lifecycle.leave()
    assert activation.is_announced()
    assert not lifecycle.leave()
    assert activation.is_announced()
    service.uninstall()


def test_status_of_the_service(runtime, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = subprocess.run([*COMMAND, "service", "status", "--json"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, json.loads(done.stdout)) == (
        1,
        {"installed": False, "current": False, "socket": "unknown", "daemon": "see huedot status"},
    )
