"""What a refresh costs: stage by stage, against the size of the photograph, and against the number of dots."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from torch.profiler import ProfilerActivity, profile

from huedot.model import Colorizer, Dot, Hints, Photo
from huedot.model.painting import Picture
from huedot.protocol.client import Progress
from huedot.protocol.errors import ArgumentError
from huedot.protocol.paths import writing_whole

from .photographs import at_size
from .rivals import seconds

Points = dict[str, list[dict[str, Any]]]
SIZES = (0.25, 1, 4, 12, 50)  # megapixels
# Those of them that are measured stage by stage.
PROFILED = (1, 12)
COUNTS = (1, 10, 100, 1000)  # dots
STAGES = ("encode", "decode", "propagate", "exact hints", "slice", "Lab to RGB")
TIMES = 5


def measure(rgb: Picture, progress: Progress) -> Points:
    """Return the points of all curves, in milliseconds; takes about a minute."""
    colorizer = Colorizer.load()
    points: Points = {"stages": [], "size": [], "hints": []}
    # The first one warms up.
    colorizer.open(at_size(rgb, 0.25)).colorize()
    for i, megapixels in enumerate(SIZES):
        progress(f"{megapixels:g} megapixels", i / len(SIZES))
        points["size"].append(_at(colorizer, at_size(rgb, megapixels)))
    for megapixels in PROFILED:
        photo = colorizer.open(at_size(rgb, megapixels))
        stages = _stages(photo)
        points["stages"] += [{"megapixels": megapixels, "stage": name, "ms": stages[name]} for name in stages]
    photo = colorizer.open(at_size(rgb, 1))
    for i, count in enumerate(COUNTS):
        progress(f"{count} dots", i / len(COUNTS))
        hints = [_dots(photo, count, seed) for seed in range(TIMES + 1)]
        photo.colorize(hints.pop())
        points["hints"].append({"dots": count, "ms": _median(lambda: photo.colorize(hints.pop()))})  # noqa: B023
    return points


def draw(points: Points, folder: Path) -> None:
    """Draw cost against size and against dots, as PNG. Raises ArgumentError without matplotlib."""
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ArgumentError("draw", "needs matplotlib.", "pip install 'huedot[bench]'") from error
    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    size, hints = points["size"], points["hints"]
    lines = {label: [point[key] for point in size] for label, key in _LABELS.items()}
    _plot(folder / "cost-against-size.png", "megapixels", [point["megapixels"] for point in size], lines)
    lines = {"the whole, 1 megapixel": [point["ms"] for point in hints]}
    _plot(folder / "cost-against-hints.png", "dots", [point["dots"] for point in hints], lines)


_LABELS = {"open, once": "open_ms", "the whole": "whole_ms", "one more dot": "dot_ms"}


def _at(colorizer: Colorizer, rgb: Picture) -> dict[str, Any]:
    opening = seconds(lambda: colorizer.open(rgb)) * 1000
    photo = colorizer.open(rgb)
    hints = [_dots(photo, 10 + more, 0) for more in range(TIMES + 1)]
    shown = photo.refresh(hints[0]).shown
    dots, shares = [], []
    for each in hints[1:]:
        refreshed = []
        dots.append(seconds(lambda: refreshed.append(photo.refresh(each, since=shown))) * 1000)  # noqa: B023
        shown = refreshed[0].shown
        shares.append(sum(picture.size for _, picture in refreshed[0].tiles) / rgb.size)
    return {
        "megapixels": round(rgb.shape[0] * rgb.shape[1] / 1e6, 2),
        "open_ms": opening,
        "whole_ms": _median(lambda: photo.colorize(hints.pop())),
        "dot_ms": statistics.median(dots),
        "share_painted": statistics.median(shares),
    }


def _median(work: Callable[[], object]) -> float:
    return statistics.median(seconds(work) * 1000 for _ in range(TIMES))


def _dots(photo: Photo, count: int, seed: int) -> Hints:
    """Return dots whose first ones are the same, however many follow, in the muted colors that photographs have."""
    rng = np.random.default_rng(seed)
    radius = 3 * (photo.height * photo.width) ** 0.5 / 256
    places = rng.random((count, 2)) * (photo.width, photo.height)
    colors = np.random.default_rng(seed + 1).normal(0, 15, (count, 2))
    dots = [Dot(int(x), int(y), radius, (float(a), float(b))) for (x, y), (a, b) in zip(places, colors, strict=True)]
    return Hints.from_dots(dots, (photo.height, photo.width))


def _stages(photo: Photo) -> dict[str, float]:
    """Return the milliseconds of each stage of a refresh of the whole photograph with ten dots, in its order."""
    hints = [_dots(photo, 10, seed) for seed in range(TIMES)]
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for each in hints:
            photo.colorize(each)
    totals = {event.key: event.cpu_time_total / 1000 / TIMES for event in profiled.key_averages()}
    return {name: totals[name] for name in STAGES if name in totals}


def _plot(path: Path, along: str, at: list[float], lines: dict[str, list[float]]) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), dpi=100, layout="constrained")
    for label, values in lines.items():
        axes.loglog(at, values, marker="o", label=label)
    axes.set_xticks(at, [f"{value:g}" for value in at])
    axes.minorticks_off()
    axes.set(xlabel=along, ylabel="milliseconds")
    axes.grid(alpha=0.3)
    axes.legend()
    with writing_whole(path) as part:
        figure.savefig(part)
    pyplot.close(figure)
