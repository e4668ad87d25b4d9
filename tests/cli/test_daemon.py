"""The command line and a real daemon: one lives for these tests, in a place of its own."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COMMAND = [sys.executable, "-m", "huedot.daemon.cli"]


@pytest.fixture(scope="module")
def runtime():
    """A place for the daemon, short enough for a socket; whatever daemon is left there is stopped."""
    with tempfile.TemporaryDirectory(prefix="huedot-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUEDOT_RUNTIME", f"{folder}/run")
        # This is its log.
        patch.setenv("XDG_STATE_HOME", folder)
        patch.setenv("OMP_NUM_THREADS", "1")
        yield Path(folder) / "run"
        subprocess.run([*COMMAND, "stop"], capture_output=True, check=False)


@pytest.fixture
def desk(tmp_path, monkeypatch, picture, hint_layer):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(picture).save("photo.png")
    Image.fromarray(hint_layer(80, 96, [(48, 40, 4, (200, 40, 40))])).save("hints.png")
    (tmp_path / "text.png").write_text("I am no picture.")
    return tmp_path


def status(huedot):
    return json.loads(huedot("status", "--json")[1])


def wait_until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_without_a_daemon_status_says_so(runtime, huedot):
    code, out, err = huedot("status")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "huedot start" in err
    assert huedot("status", "--json")[:2] == (1, '{\n  "running": false\n}\n')
    assert huedot("stop")[0] == 0


def test_the_daemon_starts_by_itself_and_gives_the_same_pixels(runtime, huedot, desk, tiny_weights):
    asked = ("colorize", "photo.png", "--hints", "hints.png", "--model", tiny_weights)
    code, _, err = huedot(*asked, "-o", "daemon.png")
    assert (code, err) == (0, "")
    assert status(huedot)["running"]
    assert huedot(*asked, "-o", "here.png", "--no-daemon")[0] == 0
    assert np.array_equal(Image.open("daemon.png"), Image.open("here.png"))
    answers = [
        huedot("palette", "photo.png", "--at", "5,5", "--json", "--model", tiny_weights, *way)[1]
        for way in ((), ("--no-daemon",))
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--model", "paint"), "paint"),
        (("--hints", "text.png"), "text.png"),
        (("--model", "missing.safetensors"), "missing.safetensors"),
    ],
)
def test_bad_input_leaves_the_daemon_alive(words, named, runtime, huedot, desk):
    assert huedot("start")[0] == 0
    instance = status(huedot)["instance"]
    code, out, err = huedot("colorize", "photo.png", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert named in err
    assert not (desk / "photo-colored.png").exists()
    assert status(huedot)["instance"] == instance


def test_start_restart_stop(runtime, huedot):
    assert huedot("start")[0] == 0
    first = status(huedot)["instance"]
    assert huedot("start")[0] == 0
    assert status(huedot)["instance"] == first
    assert huedot("restart")[0] == 0
    assert status(huedot)["instance"] != first
    assert huedot("stop")[0] == 0
    assert not status(huedot)["running"]


def test_doctor_finds_all_well_and_leaves_no_daemon_behind(runtime, huedot, tiny_weights):
    huedot("stop")
    code, out, err = huedot("doctor", "--json", "--model", tiny_weights)
    answer = json.loads(out)
    assert (code, err, answer["ok"]) == (0, "", True)
    found = list(dict.fromkeys(check["name"] for check in answer["checks"]))
    said = [check["found"] for check in answer["checks"] if check["name"] == "weights"]
    assert str(tiny_weights) in said[0]
    assert "as shipped" in said[1]
    assert [
        name for name in found if not name.endswith("plugin")
    ] == [  # which editors there are is the machine's affair
        "versions",
        "device",
        "weights",
        "endpoint",
        "service",
        "log",
        "round trip",
    ]
    assert not status(huedot)["running"]


def test_doctor_names_what_is_wrong_and_how_to_mend_it(runtime, huedot, tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"weights?")
    runtime.mkdir(exist_ok=True)
    runtime.chmod(0o755)
    try:
        code, out, _ = huedot("doctor", "--json", "--model", tmp_path / "bad.safetensors")
    finally:
        runtime.chmod(0o700)
    wrong = {check["name"]: check for check in json.loads(out)["checks"] if not check["ok"]}
    assert (code, set(wrong)) == (1, {"weights", "endpoint", "round trip"})
    assert "bad.safetensors" in wrong["weights"]["found"]
    assert "chmod" in wrong["endpoint"]["remedy"]


def test_serve_stays_in_the_foreground_until_interrupted(runtime, huedot):
    huedot("stop")
    with subprocess.Popen([*COMMAND, "serve"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: status(huedot)["running"])
        assert status(huedot)["pid"] == process.pid
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert "serving at" in err
    assert not status(huedot)["running"]
