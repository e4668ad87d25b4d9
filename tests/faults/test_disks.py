"""Full disks, read-only homes, what killed daemons leave behind, and ten daemons at once."""

import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from huedot.daemon.serving import lifecycle
from huedot.model import loading
from huedot.model.networks.siggraph17 import LocalHints
from huedot.protocol.endpoint import find_endpoint, read_endpoint
from huedot.protocol.errors import FileError

from ..cli.test_weights import Answer, Server
from ..daemon.conftest import Daemon, wait_until
from .conftest import milliseconds, normal_request, photograph
from .processes import COMMAND, huedot

# Files that stay in a daemon's place between daemons.
KEPT = {"command.json", "daemon.lock", "launch.log", "state"}


@pytest.fixture
def disk(tmp_path):
    """Make a small disk of its own, real, which the test may fill; only root may mount one."""
    mounted = []

    def mount(*options):
        place = tmp_path / f"disk-{len(mounted)}"
        place.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", ",".join(options), "huedot-test", str(place)]
        if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
            pytest.skip("only root may mount a small disk")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place):
    """Leave not one byte."""
    with (place / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def everything(place):
    return {path.name for path in place.rglob("*")}


def test_no_room_for_the_endpoint_file(disk, monkeypatch, tiny_weights, figure):
    """The daemon does not start, says why in one sentence, and leaves nothing half written; with room it starts."""
    place = disk("size=64k", "mode=700")
    monkeypatch.setenv("HUEDOT_RUNTIME", str(place))
    monkeypatch.setenv("XDG_STATE_HOME", str(place.parent / "state"))
    fill(place)
    ended = huedot("serve", "--model", tiny_weights)
    assert ended.code == 2
    assert "No space left" in ended.said
    assert "Traceback" not in ended.said
    assert everything(place) == {"ballast", "daemon.lock"}
    ended = huedot("start", "--model", tiny_weights)
    assert ended.code == 2
    assert "launch.log cannot be written: No space left" in ended.said
    assert everything(place) == {"ballast", "daemon.lock", "launch.log"}
    (place / "ballast").unlink()
    daemon = Daemon("--model", tiny_weights).start()
    assert normal_request()
    daemon.stop()
    assert everything(place) == {"command.json", "daemon.lock", "launch.log"}
    figure(
        "no room for the endpoint file", f"exit code 2 after {ended.seconds:.1f} s, nothing left; starts once there is"
    )


def test_no_room_for_a_lock(disk, monkeypatch, tiny_weights, figure):
    """One sentence, and nothing half written."""
    place = disk("size=64k", "mode=700", "nr_inodes=2")
    (place / "ballast").touch()
    monkeypatch.setenv("HUEDOT_RUNTIME", str(place))
    monkeypatch.setenv("XDG_STATE_HOME", str(place.parent / "state"))
    for verb in ("start", "serve"):
        ended = huedot(verb, "--model", tiny_weights)
        assert ended.code == 2
        assert "No space left" in ended.said
        assert "Traceback" not in ended.said
        assert everything(place) == {"ballast"}
    figure("no room for the lock", f"exit code 2 after {ended.seconds:.1f} s, and one sentence")


def test_a_limit_on_files(runtime, tiny_weights, figure):
    """The system lets the daemon write no byte to any file: it says so and ends, and does not abort."""

    def no_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    process = subprocess.run(
        [*COMMAND, "serve", "--model", str(tiny_weights)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=no_files,
        check=False,
        timeout=60,
    )
    assert process.returncode == 2
    assert "File too large" in process.stderr
    assert "Traceback" not in process.stderr
    assert everything(runtime) <= {"daemon.lock", "state", "huedot", "log", "daemon.log"}
    figure("a limit of 0 bytes on files", "exit code 2, and one sentence; no endpoint file, no socket")


def test_the_log_fills_its_disk(disk, runtime, monkeypatch, tiny_weights, figure):
    """The daemon says so once, goes on without a log, and answers."""
    place = disk("size=16k")
    monkeypatch.setenv("XDG_STATE_HOME", str(place))
    daemon = Daemon("--model", tiny_weights).start()
    try:
        fill(place)
        began = time.perf_counter()
        for _ in range(200):
            # Each of their greetings is a line of the log.
            assert normal_request()
        taken = milliseconds(began) / 200
        said = daemon.read_said()
        assert said.count("No space left") == 1
        assert "Traceback" not in said
        assert daemon.process.poll() is None
    finally:
        daemon.close()
    figure("the log's disk is full", f"said once; 200 connections with a request each, {taken:.0f} ms each")


def test_no_room_for_weights_and_pictures(disk, tmp_path, runtime, tiny_weights, figure):
    """What is written appears whole or not at all, and what was there stays."""
    place = disk("size=256k")
    (place / "siggraph17.safetensors").write_bytes(b"kept")
    (place / "out.png").write_bytes(b"kept")
    torch.save(LocalHints().state_dict(), tmp_path / "published.pth")
    fill(place)
    with pytest.raises(FileError, match="No space left"):
        loading.convert(tmp_path / "published.pth", place / "siggraph17.safetensors")
    noise = np.random.default_rng(0).integers(0, 256, (500, 500), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    words = ("colorize", tmp_path / "photo.png", "--no-daemon", "--model", tiny_weights)
    ended = huedot(*words, "-o", place / "out.png", "--force")
    assert ended.code == 2
    assert "No space left" in ended.said
    assert ended.said.count("\n") == 1
    assert everything(place) == {"ballast", "siggraph17.safetensors", "out.png"}
    assert (place / "out.png").read_bytes() == (place / "siggraph17.safetensors").read_bytes() == b"kept"
    figure("no room for weights, or for a picture", "one sentence, exit code 2; what was there before is whole")


@pytest.fixture
def half(tmp_path):
    """Local Hints in half precision: the least that is installed, 68 MB."""
    path = tmp_path / "half.pth"
    torch.save({name: tensor.half() for name, tensor in LocalHints().state_dict().items()}, path)
    return path


class Proxied(Answer):
    """Gives the one file for whatever address a proxy is asked for."""

    def parse_request(self):
        is_one = super().parse_request()
        self.path = "/mine.pth"
        return is_one


@pytest.fixture
def proxy(half, monkeypatch):
    """Stand in for the host of the published weights, which answers http alone, and so by way of a proxy."""
    server = Server(half.read_bytes())
    server.RequestHandlerClass = Proxied
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("http_proxy", server.address)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def contents(place):
    """Every file's content, but for the lock's and the ballast's."""
    files = {path for path in place.rglob("*") if path.is_file()} - {place / ".lock", place / "ballast"}
    return {str(path.relative_to(place)): path.read_bytes() for path in files}


def refused_for_room(*words):
    ended = huedot(*words)
    assert ended.code == 2
    assert "No space left" in ended.said
    assert ended.said.count("\n") == 1
    assert huedot("weights", "verify", "siggraph17").code == 0
    return ended


def test_no_room_for_weights_that_are_imported_or_fetched(disk, half, proxy, monkeypatch, figure):
    """One sentence, nothing half written, what was installed is whole; with room the same commands do it."""
    place = disk("size=256m")
    monkeypatch.setenv("HUEDOT_WEIGHTS", str(place))
    assert huedot("weights", "import", half, "--mask-center", "0.5").code == 0
    before = contents(place)
    assert set(before) == {"siggraph17.safetensors", "installed.json"}
    fill(place)
    refused_for_room("weights", "import", half)
    assert contents(place) == before
    os.truncate(place / "ballast", (place / "ballast").stat().st_size - (1 << 20))
    ended = refused_for_room("weights", "fetch", "caffemodel.pth")
    after = contents(place)
    assert after.items() >= before.items()
    # It is kept.
    assert set(after) - set(before) == {"downloads/caffemodel.pth", "downloads/caffemodel.pth.tag"}
    kept = len(after["downloads/caffemodel.pth"])
    assert 0 < kept <= 1 << 20
    (place / "ballast").unlink()
    for words in (("import", half), ("fetch", "caffemodel.pth")):
        done = huedot("weights", *words)
        assert done.code == 0, done.said
        installed = json.loads((place / "installed.json").read_text())["installed"]["siggraph17"]
        assert installed["source"] == Path(words[1]).name
    assert proxy.asked == [None, f"bytes={kept}-"]
    assert set(contents(place)) == set(before)
    assert huedot("weights", "verify", "siggraph17").code == 0
    figure(
        "no room for weights that are imported or fetched",
        f"exit code 2 after {ended.seconds:.1f} s; with room the download goes on from byte {kept:,}",
    )


def test_a_read_only_home(disk, tmp_path, monkeypatch, tiny_weights, figure):
    """The daemon says where it cannot write, and what helps, which then does; and coloring needs no home at all."""
    home = disk("ro")
    place = tmp_path / "run"
    place.mkdir(mode=0o700)
    for name in ("HUEDOT_RUNTIME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    ended = huedot("serve", "--model", tiny_weights)
    assert ended.code == 2
    assert "Read-only file system" in ended.said
    assert "HUEDOT_RUNTIME" in ended.said
    assert "Traceback" not in ended.said
    Image.fromarray(np.frombuffer(photograph(), np.uint8).reshape(48, 64)).save(tmp_path / "photo.png")
    alone = huedot(
        "colorize", tmp_path / "photo.png", "--no-daemon", "--model", tiny_weights, "-o", tmp_path / "out.png"
    )
    assert alone.code == 0, alone.said
    monkeypatch.setenv("HUEDOT_RUNTIME", str(place))
    daemon = Daemon("--model", tiny_weights).start()
    try:
        assert normal_request()
        assert "no log in" in daemon.read_said()
    finally:
        daemon.close()
    figure("a read-only home", "exit code 2 and what helps; with HUEDOT_RUNTIME it serves, without a log")


def test_what_a_killed_daemon_leaves(runtime, tiny_weights, figure):
    """Its socket, lock and endpoint file stand in nobody's way."""
    daemon, taken = Daemon("--model", tiny_weights).start(), []
    for _ in range(3):
        daemon.kill()
        assert {"endpoint.json", "daemon.sock", "daemon.lock"} <= everything(runtime)
        began = time.perf_counter()
        daemon.start()
        assert normal_request()
        taken.append(milliseconds(began))
    daemon.stop()
    assert {path.name for path in runtime.iterdir()} <= KEPT
    figure("a stale socket, lock and endpoint file", f"a new daemon answers after {np.median(taken) / 1000:.1f} s")


def test_a_number_that_passed_to_another_process(runtime, tiny_weights, figure):
    """Neither stop, restart nor start touch the process that now has a dead daemon's number."""
    daemon = Daemon("--model", tiny_weights).start()
    daemon.kill()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    path = runtime / "endpoint.json"
    try:
        facts = {**read_endpoint(path).__dict__, "pid": stranger.pid, "started": time.time()}
        for verb in ("stop", "restart", "stop"):
            path.touch(mode=0o600)
            path.write_text(json.dumps(facts))
            began = time.perf_counter()
            ended = huedot(verb, *(["--model", tiny_weights] if verb == "restart" else []))
            taken = milliseconds(began)
            assert "Traceback" not in ended.said
            assert stranger.poll() is None, verb
            if verb == "restart":
                assert normal_request()
                lifecycle.stop()
    finally:
        stranger.communicate(b"\n")
    figure("a reused process number", f"the stranger lives; huedot stop was done after {taken:.0f} ms")


def test_ten_daemons_at_once(runtime, tiny_weights, figure):
    """One serves, nine end in peace; ten commands that start one all find the same."""
    words = [*COMMAND, "serve", "--model", str(tiny_weights)]
    began = time.perf_counter()
    several = [subprocess.Popen(words, stderr=subprocess.DEVNULL) for _ in range(10)]
    try:
        wait_until(lambda: sum(process.poll() is None for process in several) == 1)
        wait_until((runtime / "endpoint.json").exists)
        assert normal_request()
        taken = milliseconds(began) / 1000
        (alive,) = [process for process in several if process.poll() is None]
        assert find_endpoint().pid == alive.pid
        assert {process.returncode for process in several if process is not alive} == {0}
    finally:
        lifecycle.stop()
        for process in several:
            process.kill()
            process.wait()
    figure("ten daemons started at once", f"one serves after {taken:.1f} s, nine end with exit code 0")


def test_ten_commands_that_start_one(runtime, tiny_weights, figure):
    """All find the same daemon."""
    words = [*COMMAND, "start", "--model", str(tiny_weights)]
    began = time.perf_counter()
    several = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(10)]
    outcomes = [(process.communicate(timeout=100), process.returncode) for process in several]
    taken = milliseconds(began) / 1000
    assert {code for _, code in outcomes} == {0}, outcomes
    assert normal_request()
    serving = [line for line in Path("/proc").glob("[0-9]*/cmdline") if _serves(line, runtime)]
    assert len(serving) == 1
    figure("ten times huedot start at once", f"all say that it runs after {taken:.1f} s, one daemon")


def _serves(cmdline, runtime):
    try:
        here = f"HUEDOT_RUNTIME={runtime}".encode() in cmdline.with_name("environ").read_bytes()
        return here and b"huedot.daemon.cli\0serve" in cmdline.read_bytes()
    except OSError:
        return False
