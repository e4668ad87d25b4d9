"""Streams that cannot say a name, that are full, or that are not there: the work is done, and the exit code right."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ..daemon.conftest import make_runtime, wait_until

COMMAND = [sys.executable, "-m", "huedot.daemon.cli"]
NAMES = {
    "latin-1 bytes under UTF-8": (b"caf\xe9.png", "utf-8", b"caf\\udce9-colored.png"),
    "Cyrillic under cp1252": ("фото.png".encode(), "cp1252", b"\\u0444\\u043e\\u0442\\u043e-colored.png"),
    "an ellipsis under ISO-8859-1": ("a…b.png".encode(), "iso-8859-1", b"a\\u2026b-colored.png"),
    "an emoji under ASCII": ("😀.png".encode(), "ascii", b"\\U0001f600-colored.png"),
}
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the shell's ways of POSIX")


def run(*words, shell='exec "$@"', **environment):
    words = ["bash", "-c", shell, "bash", *COMMAND, *words]
    environment = {**os.environ, "PYTHONUTF8": "1", **environment}
    return subprocess.run(words, env=environment, capture_output=True, timeout=110, check=False)


def colorize(photo, weights, **how):
    return run("colorize", os.fsencode(photo), "--no-daemon", "--model", os.fsencode(weights), **how)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_cannot_be_encoded_is_escaped(name, photographs, tiny_weights):
    given, encoding, said = NAMES[name]
    photo = os.fsencode(photographs) + b"/" + given
    os.rename(photographs / "a.png", photo)  # noqa: PTH104 - the name is bytes
    done = colorize(photo, tiny_weights, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert said in done.stdout
    assert os.path.exists(photo.replace(b".png", b"-colored.png"))  # noqa: PTH110


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_without_streams_the_work_is_done(closed, photographs, tiny_weights):
    done = colorize(photographs / "a.png", tiny_weights, shell=f'exec "$@" {closed}')
    assert (done.returncode, done.stderr) == (0, b"")
    assert (photographs / "a-colored.png").stat().st_size > 100
    assert bool(done.stdout) == (closed == "2>&-")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "2>/dev/full"])
def test_without_streams_bad_input_is_2(closed, tmp_path):
    if "/dev/full" in closed and not Path("/dev/full").exists():
        pytest.skip("there is no disk that is always full")
    assert run("colorize", str(tmp_path / "missing.png"), "--no-daemon", shell=f'exec "$@" {closed}').returncode == 2


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_without_streams_a_daemon_serves(closed, monkeypatch, tiny_weights, photographs):
    runtime = make_runtime(monkeypatch)
    words = ["bash", "-c", f'exec "$@" {closed}', "bash", *COMMAND, "serve", "--model", str(tiny_weights)]
    with subprocess.Popen(words) as daemon:
        try:
            wait_until(lambda: (runtime / "endpoint.json").exists())
            done = run("colorize", str(photographs / "a.png"))
            assert (done.returncode, done.stderr) == (0, b"")
            assert daemon.poll() is None
            if sys.platform.startswith("linux"):
                (child,) = psutil.Process(daemon.pid).children()
                told = Path(f"/proc/{child.pid}/fd/2").readlink()
                assert told == Path(os.devnull), "what the child says goes to a stranger"
        finally:
            daemon.terminate()
    shutil.rmtree(runtime, ignore_errors=True)


def test_a_program_without_a_console_has_no_streams_at_all(photographs, tiny_weights):
    """As under pythonw."""
    program = (
        "import sys; sys.stdin = sys.stdout = sys.stderr = None; from huedot.daemon.cli import main; sys.exit(main())"
    )
    words = [sys.executable, "-c", program, "colorize", photographs / "a.png", "--no-daemon", "--model", tiny_weights]
    done = subprocess.run(words, capture_output=True, timeout=110, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (photographs / "a-colored.png").exists()
