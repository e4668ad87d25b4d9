"""PSNR against the number of revealed points: the paper's Figure 6, protocol A."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from huedot.model.color import rgb_to_lab, to_rgb8
from huedot.model.colorizer import Colorizer, Photo
from huedot.model.reference import Reference
from huedot.protocol.errors import FileError

from . import reveal

POINTS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 501)
SIDE = 256  # photographs are scored at this size, stretched to a square as in the published test code
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass
class Scores:
    """PSNR in dB of each photograph, under each heading, and the chroma of automatic results and of the truth."""

    photographs: list[str] = field(default_factory=list)
    psnr: dict[str, list[float]] = field(default_factory=dict)
    chroma: dict[str, list[float]] = field(default_factory=dict)

    def add(self, heading: str, value: float) -> None:
        """Note one photograph's PSNR."""
        self.psnr.setdefault(heading, []).append(value)

    def summary(self) -> dict[str, dict[str, float]]:
        """Return, for each heading, the mean over photographs, its standard error, and the gain over gray."""
        gray = float(np.mean(self.psnr["gray"]))
        return {
            heading: {
                "psnr": float(np.mean(values)),
                "standard_error": float(np.std(values) / math.sqrt(len(values))),
                "gain_over_gray": float(np.mean(values)) - gray,
            }
            for heading, values in self.psnr.items()
        }


def evaluate(
    colorizer: Colorizer,
    folder: Path,
    limit: int | None = None,
    points: tuple[int, ...] = POINTS,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Scores:
    """Score a network on a folder of photographs.

    Patches of 6 x 6 pixels are drawn anew for every count, at places normal around the center; a photograph's PSNR
    is over its 8-bit RGB at 256 x 256; the scores are means over photographs. The same folder gives the same scores.
    Raises FileError where the folder holds no photographs.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)[:limit]
    if not paths:
        raise FileError(f"{folder} holds no photographs.", f"Give a folder of {', '.join(sorted(SUFFIXES))}.")
    scores = Scores()
    for done, path in enumerate(paths):
        progress(done, len(paths))
        scores.photographs.append(path.name)
        _score(colorizer, path, points, scores)
    progress(len(paths), len(paths))
    return scores


def _score(colorizer: Colorizer, path: Path, points: tuple[int, ...], scores: Scores) -> None:
    truth = _read(path)
    lab = rgb_to_lab(torch.from_numpy(truth).permute(2, 0, 1).float() / 255)
    ab = lab[1:].permute(1, 2, 0).numpy()
    scores.add("gray", psnr(to_rgb8(lab[0], torch.zeros_like(lab[1:])).numpy(), truth))
    photo = colorizer.open(truth)
    for heading, result in _results(photo, truth, ab, path.name, points):
        scores.add(heading, psnr(result, truth))
        if heading == "0":
            scores.chroma.setdefault("automatic", []).append(mean_chroma(result))
    scores.chroma.setdefault("truth", []).append(float(np.hypot(ab[..., 0], ab[..., 1]).mean()))


def _read(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)).copy()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error}.", "Take it out of the folder.") from error


def _results(
    photo: Photo, truth: NDArray[np.uint8], ab: NDArray[np.float32], name: str, points: tuple[int, ...]
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    for count in points:
        rng = np.random.default_rng(zlib.crc32(name.encode()) + count)
        yield str(count), photo.colorize(reveal.random_points(ab, count, rng))
    yield "all", photo.colorize(reveal.everything(ab))
    reference = Reference.of(truth)
    yield "histogram", photo.colorize(histogram=reference)
    yield "saturation", photo.colorize(saturation=reference.saturation)


def psnr(picture: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio in dB over all three channels; 99 for equal pictures."""
    error = float(np.mean((picture.astype(np.float64) - truth) ** 2))
    return 20 * math.log10(255 / math.sqrt(error)) if error > 0 else 99.0


def mean_chroma(picture: NDArray[np.uint8]) -> float:
    """Return the mean Lab chroma of an sRGB picture, uint8 (H, W, 3)."""
    lab = rgb_to_lab(torch.from_numpy(picture).permute(2, 0, 1).float() / 255)
    return float(lab[1:].norm(dim=0).mean())
