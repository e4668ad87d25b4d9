"""A stray random.py in the user's folder is run by nothing of ours, however it is started."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from huedot.daemon.install import service
from huedot.daemon.serving import lifecycle
from huedot.daemon.serving.lifecycle import ServeOptions
from huedot.protocol import launcher
from huedot.protocol.client import Client

from ..daemon.conftest import make_runtime, wait_until

THEIRS = ("numpy", "torch", "zmq", "msgpack", "psutil", "filelock", "platformdirs", "PIL", "safetensors", "rich")
PROGRAM = shutil.which("huedot", path=str(Path(sys.executable).parent))
EDITOR = """
import sys
sys.path.insert(0, sys.argv[1])
from huedot_gimp.protocol.client import Client
with Client("an editor", "1") as client:
    client.open_image(bytes(64 * 64), 64, 64, 1)
    client.gamut(50)
"""
BENCH = "from huedot.daemon.bench.painter import daemon\nwith daemon() as (client, _):\n    client.gamut(50)"


@pytest.fixture
def home(tmp_path, monkeypatch, photographs):
    """A home in which a file lies for every module that Python or HueDot has: each that is run leaves a trace."""
    home = tmp_path / "home"
    home.mkdir()
    for name in {*sys.stdlib_module_names, *THEIRS} - {"sitecustomize", "usercustomize"}:
        trace = tmp_path / f"ran {name}"
        (home / f"{name}.py").write_text(f"open({str(trace)!r}, 'w').close()\nraise SystemExit('a stray file')\n")
    (home / "huedot").mkdir()
    shutil.copy(home / "random.py", home / "huedot/__init__.py")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(home)
    runtime = make_runtime(monkeypatch)
    yield home
    lifecycle.stop()
    shutil.rmtree(runtime)
    assert not list(tmp_path.glob("ran *"))


def run(*words, **environment):
    words = [str(word) for word in words]
    done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_installed_command_and_the_daemon_that_it_starts(home, photographs, tiny_weights):
    assert run(PROGRAM, "start", "--model", tiny_weights).startswith("The daemon runs now")
    run(PROGRAM, "colorize", photographs / "a.png")
    run(PROGRAM, "doctor", "--model", tiny_weights)
    assert run(PROGRAM, "stop") == "The daemon is stopped.\n"


def test_the_command_as_a_module(home, photographs, tiny_weights):
    # Python's own -m runs that.
    shutil.rmtree(home / "huedot")
    run(
        sys.executable,
        "-m",
        "huedot.daemon.cli",
        "colorize",
        photographs / "a.png",
        "--no-daemon",
        "--model",
        tiny_weights,
    )


def test_without_a_daemon(home, photographs, tiny_weights):
    run(PROGRAM, "colorize", photographs / "a.png", "--no-daemon", "--model", tiny_weights)


def test_on_workers(home, photographs, tmp_path, tiny_weights):
    pytest.importorskip("distributed")
    out = tmp_path / "out"
    assert "2 colored" in run(PROGRAM, "colorize", photographs, "-o", out, "--cluster", "1", "--model", tiny_weights)


@pytest.mark.parametrize("words", [[PROGRAM], [sys.executable, "-P", "-m", "huedot.daemon.cli"]], ids=["program", "-m"])
def test_the_daemon_in_the_foreground(words, home, tiny_weights):
    with_daemon([*words, "serve", "--model", str(tiny_weights)])


def test_a_daemon_that_an_older_huedot_wrote_down(home, tiny_weights):
    """Its command has no -P, which the environment makes up for."""
    launcher.launch(words=[sys.executable, "-m", "huedot.daemon.cli", "serve", "--model", str(tiny_weights)])
    ask()


def with_daemon(words):
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: (launcher.runtime_directories()[-1] / "endpoint.json").exists())
        ask()
    finally:
        process.terminate()
        process.wait(60)


def ask():
    """Have something computed, which the daemon's child does."""
    with Client("tests", "1", launch=False) as client:
        client.open_image(bytes(64 * 64), 64, 64, 1)


def test_an_editors_plugin(home, tmp_path):
    run(PROGRAM, "install", "gimp", "--folder", tmp_path / "plug-ins")
    run(sys.executable, "-I", "-c", EDITOR, tmp_path / "plug-ins/huedot")


def test_the_service(home, tiny_weights):
    text = service.units(ServeOptions(model=str(tiny_weights)))[service.SERVICE]
    said = dict(
        line.split("=", 1) for line in text.splitlines() if line.startswith(("ExecStart=", "WorkingDirectory="))
    )
    assert "Environment=PYTHONSAFEPATH=1" in text.splitlines()
    assert said["WorkingDirectory"] == "/"
    # So it is, though it were in the home.
    with_daemon(shlex.split(said["ExecStart"]))


def test_the_bench(home):
    run(sys.executable, "-P", "-c", BENCH)


def test_paths_mean_what_they_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"HUEDOT_WEIGHTS": "weights", "PYTHONPATH": os.pathsep.join(["", "source", "/opt/x", ""]), "LANG": "C"}
    assert launcher.elsewhere(given) == {
        "HUEDOT_WEIGHTS": str(tmp_path / "weights"),
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "source"), "/opt/x"]),
        "LANG": "C",
        "PYTHONSAFEPATH": "1",
    }
