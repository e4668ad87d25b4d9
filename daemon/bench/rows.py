"""The table: one row for each promise of speed, with its rival from the same run."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import torch

from huedot.model import Colorizer, Dot, Hints
from huedot.model.painting import Picture
from huedot.protocol.client import Progress

from .painter import Daemon, Painter, Stroke, daemon
from .photographs import at_size
from .rivals import SIDE, Pipeline, Siggraph17, k_means, seconds

# How often a rival is run.
TIMES = 5
# Dots that lie there already.
BEFORE = 8
# Dots that are timed, over all photographs.
DOTS = 16
# Colors of a palette.
K = 9
INSTALL = "needs scikit-image and scikit-learn: pip install 'huedot[bench]'"


class Goal(NamedTuple):
    """A ratio to reach: the rival's time by ours, or, if not at_least, ours by the rival's."""

    ratio: float
    at_least: bool = True


@dataclass
class Row:
    """One promise and how it stands: medians, in seconds; `why` says what kept it from being measured."""

    what: str
    rival: str
    goal: Goal
    ours_s: float = 0.0
    rival_s: float = 0.0
    why: str = ""
    more: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Return how many times faster, or slower, than the rival."""
        if self.why:
            return None
        return self.rival_s / self.ours_s if self.goal.at_least else self.ours_s / self.rival_s

    @property
    def holds(self) -> bool | None:
        """Return whether the goal is reached; None if that could not be measured."""
        if self.ratio is None:
            return None
        return self.ratio >= self.goal.ratio if self.goal.at_least else self.ratio <= self.goal.ratio

    def fields(self) -> dict[str, Any]:
        """Return the row for programs."""
        goal = {"goal": self.goal.ratio, "goal_is": "at least" if self.goal.at_least else "at most"}
        return {**asdict(self), **goal, "ratio": self.ratio, "holds": self.holds}


def measure(photographs: list[Picture], progress: Progress) -> list[Row]:
    """Measure all rows; takes some minutes on two cores."""
    network = Siggraph17()
    rows = [_refresh(network, photographs[0], progress)]
    with daemon() as running:
        for megapixels, ratio in ((1, 10), (12, 5)):
            rows += _dot_to_pixels(running, network, photographs, megapixels, ratio, progress)
    return [*rows, _palette(photographs[0], progress), _gpu(photographs[0], progress)]


def _refresh(network: Siggraph17, rgb: Picture, progress: Progress) -> Row:
    row = Row("one refresh at 256 px", "siggraph17 forward, fp32, same process", Goal(20))
    row.ours_s, row.rival_s = _against(Colorizer.load(device="cpu"), network, rgb, progress)
    return row


def _against(colorizer: Colorizer, network: Siggraph17, rgb: Picture, progress: Progress) -> tuple[float, float]:
    """Return the median seconds of a refresh and of the published network's forward pass, taken in turn."""
    photo = colorizer.open(np.ascontiguousarray(at_size(rgb, SIDE * SIDE / 1e6)))
    hints = [_hints(count, photo.height, photo.width) for count in range(3 * TIMES + 1)]
    photo.colorize(hints.pop())
    network.forward()
    ours, rivals = [], []
    for turn in range(TIMES):
        progress("a refresh at 256 px", turn / TIMES)
        ours += [seconds(lambda: _wait(photo.colorize(hints.pop()))) for _ in range(3)]
        rivals.append(seconds(lambda: _wait(network.forward())))
    return statistics.median(ours), statistics.median(rivals)


def _wait(_: object) -> None:
    """Wait until the GPU, if there is one, has done what it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _hints(count: int, height: int, width: int) -> Hints:
    rng = np.random.default_rng(count)
    dots = [
        Dot(int(rng.integers(width)), int(rng.integers(height)), 3, (float(a), float(b)))
        for a, b in rng.normal(0, 25, (count, 2))
    ]
    return Hints.from_dots(dots, (height, width))


def _dot_to_pixels(
    running: Daemon,
    network: Siggraph17,
    photographs: list[Picture],
    megapixels: float,
    ratio: float,
    progress: Progress,
) -> list[Row]:
    row = Row(f"dot to pixels through the daemon, {megapixels:g} MP", "the published pipeline", Goal(ratio))
    if find_spec("skimage") is None:
        row.why = INSTALL
        return [row]
    strokes, rivals = [], []
    for i, rgb in enumerate(at_size(rgb, megapixels) for rgb in photographs):
        progress(f"painting on {megapixels:g} megapixels", i / len(photographs))
        strokes += paint(running, rgb, DOTS // len(photographs))
        pipeline = Pipeline(network, rgb)
        rivals += [seconds(pipeline.click) for _ in range(max(1, TIMES // len(photographs)))]
    row.ours_s, row.rival_s = statistics.median(s.seconds for s in strokes), statistics.median(rivals)
    row.more = {"share_sent": statistics.median(s.share for s in strokes)}
    if megapixels < 12:
        return [row]
    row.more["peak_memory_bytes"] = running.peak_bytes()
    return [row, _transport(strokes)]


def paint(running: Daemon, rgb: Picture, count: int) -> list[Stroke]:
    """Time some dots on a photograph that has a few already."""
    painter = Painter(running, rgb)
    return [painter.dot() for _ in range(BEFORE + count)][BEFORE:]


def _transport(strokes: list[Stroke]) -> Row:
    row = Row("transport of that refresh, both ways", "memcpy of the same bytes", Goal(10, at_least=False))
    row.ours_s = statistics.median(s.seconds - s.computing for s in strokes)
    row.more = {"bytes": statistics.median(s.moved_bytes for s in strokes)}
    row.rival_s = statistics.median(_copy_seconds(s.moved_bytes) for s in strokes)
    return row


def _copy_seconds(count: int) -> float:
    """Return how long it takes to copy so many bytes once, into memory that is there already."""
    source, target = np.ones(count, np.uint8), np.ones(count, np.uint8)
    return statistics.median(seconds(lambda: np.copyto(target, source)) for _ in range(5))


def _palette(rgb: Picture, progress: Progress) -> Row:
    row = Row("palette at a place, after a refresh", "k-means by scikit-learn, 25,000 samples", Goal(50))
    if find_spec("sklearn") is None:
        row.why = INSTALL
        return row
    progress("palettes", None)
    colorizer = Colorizer.load(device="cpu")
    photo = colorizer.open(at_size(rgb, 1))
    ours, places = [], np.random.default_rng(0).random((3 * TIMES, 2)) * (photo.width, photo.height)
    for count, (x, y) in enumerate(places.astype(int).tolist()):
        hints = _hints(count, photo.height, photo.width)
        photo.colorize(hints)
        ours.append(seconds(lambda: photo.palette(x, y, hints, K)))  # noqa: B023
    centers = colorizer.backend.centers.numpy()
    likely = np.random.default_rng(0).dirichlet(np.full(len(centers), 0.05)).astype(np.float32)
    # The first one imports.
    k_means(likely, centers, K)
    row.ours_s = statistics.median(ours)
    row.rival_s = statistics.median(seconds(lambda: k_means(likely, centers, K)) for _ in range(TIMES))
    return row


def _gpu(rgb: Picture, progress: Progress) -> Row:
    row = Row("refreshes a second on one GPU, 256 px", "siggraph17, half precision, same GPU", Goal(5))
    if not torch.cuda.is_available():
        row.why = "needs a GPU, and a build of torch that knows it"
        return row
    network = Siggraph17("cuda", torch.float16)
    row.ours_s, row.rival_s = _against(Colorizer.load(device="cuda"), network, rgb, progress)
    return row
