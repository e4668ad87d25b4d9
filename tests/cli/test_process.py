"""What only a process of its own shows: interruption, a pipe that closes, and bad input without a traceback."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "huedot.daemon.cli"]


@pytest.fixture
def interruptible():
    """Processes that can be interrupted, though whoever runs the tests in the background has them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.usefixtures("interruptible")
def test_an_interruption_is_quiet_and_130(photographs, tmp_path):
    words = ["train", str(photographs), "-o", str(tmp_path / "run"), "--batch", "1", "--crop", "64"]
    with subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "run").exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            assert process.communicate(timeout=60) == ("", "")
        finally:
            process.kill()
    assert process.returncode == 130


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_an_answer_that_cannot_be_written_is_said():
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*COMMAND, "weights", "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 1
    assert ended.stderr == "huedot: The answer cannot be written: No space left on device.\n"


def test_a_reader_that_leaves_early_is_no_error():
    with subprocess.Popen([*COMMAND, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_a_bad_photograph_is_one_line_and_2(tmp_path):
    (tmp_path / "text.png").write_text("I am no picture.")
    words = ["colorize", str(tmp_path / "text.png"), "--no-daemon"]
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "text.png" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["text.png"]
