"""PSNR against the number of revealed points (the paper's Figure 6), and the rows of its Tables 1 and 3."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from huedot.model.color import to_rgb8
from huedot.model.colorizer import Photo
from huedot.model.hints import Hints
from huedot.model.painting import Picture
from huedot.model.reference import Reference

from . import measures, photographs, reveal
from .methods import Method, Network, Opened
from .photographs import Truth

POINTS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 501)
# Headings of which more than PSNR is measured.
MEASURED = ("0", "1", "5", "10", "50")
# Mean chroma below which a photograph is gray.
GRAY = 2.0


@dataclass(frozen=True)
class Protocol:
    """How points are drawn and scores are taken."""

    points: Callable[[NDArray[np.float32], int, np.random.Generator], Hints]
    # Side of what a point reveals, in pixels.
    patch: int
    # Side of the photographs, in pixels.
    side: int = photographs.SIDE
    # The PSNR of equal pictures, and the highest that counts.
    cap: float = 99.0
    # Whether photographs that are gray themselves count.
    takes_gray: bool = True


PROTOCOLS = {
    "A": Protocol(reveal.random_points, 6),
    "B": Protocol(reveal.uniform_points, 7),
    "iColoriT": Protocol(reveal.aligned_points, 2, side=224, cap=50.0, takes_gray=False),
}


@dataclass(frozen=True)
class Plan:
    """What is revealed: how many points, and where.

    Protocol A, the published test code's: patches of 6 x 6, normal around the center. Protocol B, the paper's text:
    patches of 7 x 7, uniform. Protocol iColoriT (Yun et al. 2023, their published code): photographs of 224 x 224,
    patches of 2 x 2 on a grid of 2 pixels, uniform, PSNR of at most 50, gray photographs left out. Random points are
    redrawn for every count. Max-error sampling reveals one after the other, where the method errs most (the
    protocols then differ in the patch alone).
    """

    points: tuple[int, ...] = POINTS
    protocol: str = "A"
    sampling: str = "random"


@dataclass
class Scores:
    """PSNR in dB of each photograph, under each heading, and the chroma of automatic results and of the truth.

    measures: for each of `measures.NAMES`, under headings of MEASURED and "truth", the value of each photograph.
    """

    psnr: dict[str, list[float]] = field(default_factory=dict)
    chroma: dict[str, list[float]] = field(default_factory=dict)
    measures: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def summary(self) -> dict[str, dict[str, float]]:
        """Return, for each heading, mean and standard error of PSNR over photographs, and of its gain over gray."""
        return {
            heading: {
                "psnr": float(np.mean(values)),
                "standard_error": standard_error(values),
                "gain_over_gray": float(np.mean(values) - np.mean(self.psnr["gray"])),
                "gain_standard_error": standard_error(np.subtract(values, self.psnr["gray"])),
            }
            for heading, values in self.psnr.items()
        }

    def mean_measures(self) -> dict[str, dict[str, float]]:
        """Return the mean of each measure, under each heading."""
        return {
            name: {heading: float(np.mean(values)) for heading, values in headings.items()}
            for name, headings in self.measures.items()
        }

    def mean_chroma(self) -> dict[str, float]:
        """Return the mean chroma of automatic results and of the truth, in Lab units."""
        return {name: float(np.mean(values)) for name, values in self.chroma.items()}


def score_each(
    networks: Sequence[Network],
    paths: Sequence[Path],
    results: Callable[[Photo, Truth], Mapping[str, Picture]],
    progress: Callable[[int, int], None],
) -> dict[str, Scores]:
    """Score, by network and heading, what `results` makes of each photograph as a network has it. Raises FileError."""
    scores = {network.name: Scores() for network in networks}
    for done, path in enumerate(paths):
        progress(done, len(paths))
        truth = photographs.read(path)
        for network in networks:
            for heading, result in results(network.open(truth), truth).items():
                scores[network.name].psnr.setdefault(heading, []).append(psnr(result, truth.rgb))
    progress(len(paths), len(paths))
    return scores


def evaluate(
    methods: Sequence[Method],
    paths: Sequence[Path],
    plan: Plan = Plan(),
    progress: Callable[[int, int], None] = lambda done, of: None,
    more: bool = False,
) -> dict[str, Scores]:
    """Score each method, by name, on the same photographs and points.

    A photograph's PSNR is over its 8-bit RGB, at the size of the protocol; the scores are means over photographs.
    more: whether to take all of `measures.NAMES` beside it, which needs scikit-image. Networks are also
    scored with every color revealed, with the truth's histogram, and with its saturation; none with hints that it
    cannot use. The same photographs give the same scores. Raises FileError.
    """
    scores = {method.name: Scores() for method in methods}
    for done, path in enumerate(paths):
        progress(done, len(paths))
        protocol = PROTOCOLS[plan.protocol]
        truth = photographs.read(path, protocol.side)
        if not protocol.takes_gray and mean_chroma(truth.rgb) < GRAY:
            continue
        for method in methods:
            _score(method.open(truth), truth, plan, scores[method.name], more)
    progress(len(paths), len(paths))
    return scores


def _score(opened: Opened, truth: Truth, plan: Plan, scores: Scores, more: bool) -> None:
    cap = PROTOCOLS[plan.protocol].cap
    for heading, result in _results(opened, truth, plan):
        scores.psnr.setdefault(heading, []).append(min(cap, psnr(result, truth.rgb)))
        if more and heading in MEASURED:
            _measure(heading, measures.measure(result, truth.rgb), scores)
        if heading == "0":
            scores.chroma.setdefault("automatic", []).append(mean_chroma(result))
    if more:
        _measure("truth", {"colorfulness": measures.colorfulness(truth.rgb)}, scores)
    scores.chroma.setdefault("truth", []).append(float(np.hypot(truth.ab[..., 0], truth.ab[..., 1]).mean()))


def _measure(heading: str, values: Mapping[str, float], scores: Scores) -> None:
    for name, value in values.items():
        scores.measures.setdefault(name, {}).setdefault(heading, []).append(value)


def _results(opened: Opened, truth: Truth, plan: Plan) -> Iterator[tuple[str, Picture]]:
    yield "gray", gray(truth)
    takes_dots = not isinstance(opened, Photo) or opened.takes_dots
    reveals = _random if plan.sampling == "random" else _worst
    for count, result in reveals(opened, truth, plan if takes_dots else replace(plan, points=(0,))):
        yield str(count), result
    if isinstance(opened, Photo) and takes_dots:
        yield "all", opened.colorize(reveal.everything(truth.ab))
    if isinstance(opened, Photo) and opened.takes_global:
        reference = Reference.of(truth.rgb)
        yield "histogram", opened.colorize(histogram=reference)
        yield "saturation", opened.colorize(saturation=reference.saturation)


def _random(opened: Opened, truth: Truth, plan: Plan) -> Iterator[tuple[int, Picture]]:
    for count in plan.points:
        yield count, opened.colorize(random_hints(truth, count, plan.protocol))


def random_hints(truth: Truth, count: int, protocol: str = "A") -> Hints:
    """Reveal points that depend on the photograph's name and on their count alone."""
    return PROTOCOLS[protocol].points(truth.ab, count, generator_for(truth, count))


def generator_for(truth: Truth, count: int) -> np.random.Generator:
    """Return what draws points of a photograph: it depends on its name and on their count alone."""
    return np.random.default_rng(zlib.crc32(truth.name.encode()) + count)


def _worst(opened: Opened, truth: Truth, plan: Plan) -> Iterator[tuple[int, Picture]]:
    patch = PROTOCOLS[plan.protocol].patch
    places: list[tuple[int, int]] = []
    for count in range(max(plan.points) + 1):
        result = opened.colorize(reveal.patches(truth.ab, places, patch))
        if count in plan.points:
            yield count, result
        error = (photographs.lab(result)[1:] - torch.from_numpy(truth.ab).permute(2, 0, 1)).square().sum(0)
        places.append(reveal.worst_place(error, places, patch))


def gray(truth: Truth) -> Picture:
    """Return the photograph without its color."""
    return to_rgb8(truth.lightness, torch.zeros(2, *truth.lightness.shape)).numpy()


def psnr(picture: Picture, truth: Picture) -> float:
    """Return the peak signal-to-noise ratio in dB over all three channels; 99 for equal pictures."""
    error = float(np.mean((picture.astype(np.float64) - truth) ** 2))
    return 20 * math.log10(255 / math.sqrt(error)) if error > 0 else 99.0


def mean_chroma(picture: Picture) -> float:
    """Return the mean Lab chroma of an sRGB picture, uint8 (H, W, 3)."""
    return float(photographs.lab(picture)[1:].norm(dim=0).mean())


def standard_error(values: Sequence[float] | NDArray[np.floating]) -> float:
    """Return the standard error of the mean."""
    return float(np.std(values, ddof=min(1, len(values) - 1)) / math.sqrt(len(values)))
