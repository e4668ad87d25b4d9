"""One daemon at a time, found, started, stopped and cleaned up after: real processes."""

import json
import shutil
import stat
import subprocess
import sys
import time

import pytest

from huedot.daemon.serving import lifecycle
from huedot.daemon.serving.lifecycle import ServeOptions
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import DaemonUnreachable

from ..conftest import Daemon, make_runtime, opened, options_for, wait_until


@pytest.fixture
def runtime(monkeypatch):
    folder = make_runtime(monkeypatch)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["unix", "tcp"])
def daemon(request, runtime, tiny_weights):
    daemon = Daemon(*options_for(request.param, tiny_weights)).start()
    yield daemon
    daemon.close()


@pytest.fixture
def options(tiny_weights):
    return ServeOptions(model=str(tiny_weights))


@pytest.fixture(autouse=True)
def _nothing_left(runtime):
    yield
    lifecycle.stop()


def test_start_status_stop(runtime, options):
    with pytest.raises(DaemonUnreachable):
        lifecycle.status()
    hello, new = lifecycle.start(options)
    assert new
    assert lifecycle.status()["pid"] == hello["pid"]
    again, new = lifecycle.start(options)
    assert not new
    assert again["instance"] == hello["instance"]
    assert lifecycle.stop()
    assert not lifecycle.stop()
    assert {p.name for p in runtime.iterdir()} <= {"command.json", "daemon.lock", "launch.log", "state"}


def test_only_its_owner_can_reach_it(daemon, runtime):
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
    assert stat.S_IMODE((runtime / "endpoint.json").stat().st_mode) == 0o600
    facts = json.loads((runtime / "endpoint.json").read_text())
    if facts["address"].startswith("ipc"):
        assert stat.S_IMODE((runtime / "daemon.sock").stat().st_mode) & 0o077 == 0
        assert facts["secret"] == ""
    else:
        assert facts["address"].startswith("tcp://127.0.0.1:")
        assert len(facts["secret"]) == 64


def test_sigterm_is_clean(daemon, runtime):
    code, _ = daemon.stop()
    assert code == 0
    assert not (runtime / "endpoint.json").exists()
    assert not (runtime / "daemon.sock").exists()


def test_sigterm_while_it_works(daemon, client, rgb):
    image = opened(client, rgb)
    session = client._connected()
    for i in range(30):
        session.send(f"v{i}", "variations", {"image": image, "n": 16})
    code, _ = daemon.stop()
    assert code == 0


def test_of_ten_started_at_once_one_serves(runtime, tiny_weights):
    command = [sys.executable, "-m", "huedot.daemon.cli", "serve", "--model", str(tiny_weights)]
    several = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(4)]
    try:
        wait_until(lambda: sum(process.poll() is None for process in several) == 1)
        wait_until(lambda: (runtime / "endpoint.json").exists())
        (alive,) = [process for process in several if process.poll() is None]
        assert find_endpoint().pid == alive.pid
        assert all(process.returncode == 0 for process in several if process is not alive)
        assert lifecycle.status()["pid"] == alive.pid
    finally:
        lifecycle.stop()
        for process in several:
            process.kill()
            process.wait()


def test_what_a_killed_daemon_leaves_does_not_matter(runtime, options, daemon):
    stale = find_endpoint()
    daemon.kill()
    assert (runtime / "endpoint.json").exists()
    hello, new = lifecycle.start(options)
    assert new
    assert hello["instance"] != stale.instance


def test_stop_leaves_a_stranger_alone_who_has_the_daemons_number(runtime):
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        facts = {"address": f"ipc://{runtime}/daemon.sock", "pid": stranger.pid, "protocol": "2.0", "version": "0"}
        facts |= {"instance": "x", "secret": "", "started": time.time()}
        path = runtime / "endpoint.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(facts))
        assert not lifecycle.stop()
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


def test_an_idle_daemon_exits(runtime, tiny_weights):
    daemon = Daemon("--model", tiny_weights, "--idle-exit-s", "0.5").start()
    try:
        wait_until(lambda: daemon.process.poll() is not None)
        assert daemon.process.returncode == 0
    finally:
        daemon.close()


@pytest.mark.parametrize("daemon", ["unix"], indirect=True)
@pytest.mark.parametrize("clock_was_set", [False, True])
def test_a_hanging_daemon_is_killed(daemon, runtime, clock_was_set, monkeypatch):
    path = runtime / "endpoint.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "started": facts["started"] - 3600 * clock_was_set}))
    monkeypatch.setattr(lifecycle, "STOP_S", 0.5)
    monkeypatch.setattr("huedot.protocol.client.SILENT_AFTER_S", 0.5)
    monkeypatch.setattr("huedot.protocol.session.Session.__init__.__defaults__", (0.5,))
    # 19 is SIGSTOP.
    daemon.process.send_signal(19)
    assert lifecycle.stop()
    wait_until(lambda: daemon.process.poll() is not None)


def test_an_idle_network_is_unloaded_and_comes_back(runtime, tiny_weights, rgb):
    from huedot.daemon.serving.client import Client

    daemon = Daemon("--model", tiny_weights, "--idle-unload-s", "0.3").start()
    try:
        with Client("tests", "1", launch=False) as client:
            image = opened(client, rgb)
            wait_until(lambda: client.status()["images"] == 0)
            assert client.colorize(image).area == (0, 0, 64, 48)
    finally:
        daemon.close()


def test_the_log_is_kept_where_doctor_says(runtime, options):
    lifecycle.start(options)
    assert str(lifecycle.log_path()).startswith(str(runtime))
    assert "serving at" in lifecycle.log_path().read_text()


def test_a_log_that_cannot_be_written_stops_nothing(runtime, tiny_weights, monkeypatch):
    blocked = runtime / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    daemon = Daemon("--model", tiny_weights).start()
    daemon.close()
    assert blocked.is_file()
