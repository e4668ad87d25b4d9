"""One daemon on TCP with a key, and artists who join it, each with runtime directory and photograph of their own."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from ..conftest import Daemon, make_runtime

COMMAND = [sys.executable, "-m", "huedot.daemon.cli"]


@pytest.fixture
def key(tmp_path):
    return tmp_path / "huedot.key"


@pytest.fixture
def port(monkeypatch, key, tiny_weights):
    """The port of a daemon that has a runtime directory of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    runtime = make_runtime(monkeypatch)
    daemon = Daemon("--model", tiny_weights, "--tcp", "--port", number, "--key", key).start()
    yield number
    daemon.stop()
    shutil.rmtree(runtime)


class Artist:
    """Somebody with a runtime directory of their own, and the commands they run."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *words):
        environment = {**os.environ, "HUEDOT_RUNTIME": str(self.folder)}
        words = [*COMMAND, *map(str, words)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def artists():
    folders = [tempfile.mkdtemp(prefix="huedot-") for _ in range(2)]
    yield [Artist(folder) for folder in folders]
    for folder in folders:
        shutil.rmtree(folder)


def test_two_artists_color_at_once_as_if_alone(port, key, artists, tiny_weights, rgb, tmp_path):
    assert key.stat().st_mode & 0o077 == 0
    photographs = [tmp_path / "a.png", tmp_path / "b.png"]
    for photograph, pixels in zip(photographs, (rgb, rgb[::-1]), strict=True):
        Image.fromarray(np.ascontiguousarray(pixels)).save(photograph)
    for artist in artists:
        code, out, err = artist("join", port, "--key", key)
        assert (code, err) == (0, "")
        assert f"127.0.0.1:{port}" in out

    def color(artist, photograph):
        result = photograph.with_suffix(".shared.png")
        return artist("colorize", photograph, "-o", result), np.asarray(Image.open(result))

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(color, artists, photographs))
    for photograph, ((code, _, err), pixels) in zip(photographs, answers, strict=True):
        assert (code, err) == (0, "")
        alone = photograph.with_suffix(".alone.png")
        assert artists[0]("colorize", photograph, "-o", alone, "--no-daemon", "--model", tiny_weights)[0] == 0
        assert np.array_equal(np.asarray(Image.open(alone)), pixels)
    assert not np.array_equal(answers[0][1], answers[1][1])


def test_no_artist_stops_it_for_the_others_by_a_command(port, key, artists):
    first, second = artists
    for artist in artists:
        artist("join", port, "--key", key)
    for verb in ("stop", "restart", "serve"):
        code, _, err = first(verb)
        assert (code != 0, "huedot leave" in err) == (True, True), verb
    assert second("status")[0] == 0
    assert first("leave")[:2] == (0, "Left.\n")
    assert "No daemon runs" in first("status")[2]
    assert second("status")[0] == 0


WRONG = {"key": "has another key", "port": "does not answer", "open": "chmod", "short": "no key of 64"}


@pytest.mark.parametrize("wrong", WRONG)
def test_who_cannot_join_stays_as_they_were(wrong, port, key, artists, tmp_path):
    given = tmp_path / "given.key"
    given.write_text("00" * (16 if wrong == "short" else 32))
    given.chmod(0o644 if wrong == "open" else 0o600)
    if wrong == "port":
        shutil.copy(key, given)
    code, _, err = artists[0]("join", 9 if wrong == "port" else port, "--key", given)
    assert (code != 0, err.count("\n")) == (True, 1)
    assert WRONG[wrong] in err
    assert "No daemon runs" in artists[0]("status")[2]
