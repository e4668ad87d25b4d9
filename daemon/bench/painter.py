"""Someone who paints: a daemon in a process of its own, a client like the plugins', and one dot after the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil

from huedot.model.painting import Picture
from huedot.protocol.client import Client
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import DaemonUnreachable
from huedot.protocol.launcher import elsewhere, python
from huedot.protocol.messages import Hints, Rectangle

PATIENCE_S = 60.0
# The first suggested colors, from which the painter takes one.
LIKELY = 3


class Daemon(NamedTuple):
    """A daemon of our own, and a client that talks to it."""

    client: Client
    pid: int

    def peak_bytes(self) -> int:
        """Return the most memory that the daemon and its computing child have held, added up, as if at one time."""
        daemon = psutil.Process(self.pid)
        return sum(_peak_bytes(process) for process in (daemon, *daemon.children(recursive=True)))


def _peak_bytes(process: psutil.Process) -> int:
    """Return the most memory that a process has held; where the system does not say, what it holds now."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024
    memory = process.memory_info()
    return int(getattr(memory, "peak_wset", memory.rss))


@contextmanager
def daemon() -> Iterator[Daemon]:
    """Run a daemon that no one else finds, for as long as the block lasts."""
    runtime, before = tempfile.mkdtemp(prefix="hd-"), os.environ.get("HUEDOT_RUNTIME")
    os.environ["HUEDOT_RUNTIME"] = runtime
    words = [*python("huedot.daemon.cli"), "serve"]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, cwd=runtime, env=elsewhere(os.environ))
    try:
        _wait_for(process)
        with Client("huedot-bench", "1", launch=False) as client:
            yield Daemon(client, process.pid)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        os.environ.pop("HUEDOT_RUNTIME")
        if before is not None:
            os.environ["HUEDOT_RUNTIME"] = before
        shutil.rmtree(runtime, ignore_errors=True)


def _wait_for(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            find_endpoint()
            return
        except DaemonUnreachable:
            time.sleep(0.05)
    raise DaemonUnreachable("The daemon to be measured did not start.", "Try huedot serve, to see why.")


class Stroke(NamedTuple):
    """What one more dot took."""

    # From the dot to the pixels, in the client's memory.
    seconds: float
    # The seconds of them in the daemon.
    computing: float
    # Bytes that travel both ways.
    moved_bytes: int
    # The share of the photograph that was sent.
    share: float


class Painter:
    """Paints dots on one photograph, in colors that the palette suggests, and keeps the result like an editor."""

    def __init__(self, daemon: Daemon, rgb: Picture, seed: int = 0) -> None:
        self._client, self._rgb, self._rng = daemon.client, rgb, np.random.default_rng(seed)
        self.height, self.width = rgb.shape[:2]
        self._image = self._client.open_image(rgb.tobytes(), self.width, self.height, 3)
        self._result: str | None = None
        self._parts: dict[Rectangle, bytes] = {}
        self.canvas = np.zeros_like(rgb)

    def dot(self) -> Stroke:
        """Choose a place and a color, and see what comes of it."""
        self._add_dot()
        hints = self._hints()
        began = time.perf_counter()
        answer = self._client.colorize(self._image, hints, since=self._result)
        received = time.perf_counter()
        for x, y, width, height, pixels in answer.tiles:
            tile = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
            self.canvas[y : y + height, x : x + width] = tile
        ended = time.perf_counter()
        self._result = answer.result
        sent = sum(tile.width * tile.height for tile in answer.tiles)
        computing = answer.milliseconds / 1000 + (ended - received)
        return Stroke(ended - began, computing, sent * 3 + len(hints.pixels), sent / (self.width * self.height))

    def _add_dot(self) -> None:
        radius = max(1, round(3 * (self.height * self.width) ** 0.5 / 256))
        # Parts must not overlap.
        while True:
            x, y = (
                int(self._rng.integers(radius, self.width - radius)),
                int(self._rng.integers(radius, self.height - radius)),
            )
            if all(
                max(abs(x - radius - left), abs(y - radius - top)) > 2 * radius + 1 for left, top, *_ in self._parts
            ):
                break
        colors = self._client.palette(self._image, x, y, self._hints()).fields["colors"]
        red, green, blue = colors[int(self._rng.integers(min(LIKELY, len(colors))))]["rgb"]
        side = 2 * radius + 1
        rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        layer = np.zeros((side, side, 4), np.uint8)
        layer[rows**2 + columns**2 <= radius**2] = (red, green, blue, 255)
        self._parts[x - radius, y - radius, side, side] = layer.tobytes()

    def _hints(self) -> Hints:
        return Hints(layer=list(self._parts), pixels=b"".join(self._parts.values()))
