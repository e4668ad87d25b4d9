"""What is measured on: the photographs given, or made ones, at the sizes asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from huedot.model.painting import Picture
from huedot.photographs import read_photograph
from huedot.protocol.errors import FileError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
# Photographs of a folder that are used, at most.
MOST = 4


def read(path: Path | None, most: int = MOST) -> list[Picture]:
    """Return the photograph of a file, the first few of a folder, or, without a path, made ones; raises FileError."""
    if path is None:
        return [made(seed) for seed in range(2)]
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)[:most]
        if not files:
            raise FileError(f"{path} holds no photographs.", f"Give a folder of {', '.join(SUFFIXES)}.")
    return [read_photograph(file).rgb for file in files]


def made(seed: int, height: int = 768, width: int = 1024) -> Picture:
    """Make a gray picture, uint8 (H, W, 3), with shapes, edges, texture and grain, as photographs have them."""
    rng = np.random.default_rng(seed)
    gray = np.zeros((height, width))
    for cells in (3, 9, 30, 120):
        noise = Image.fromarray(rng.random((cells, cells)).astype(np.float32))
        gray += np.array(noise.resize((width, height), Image.Resampling.BICUBIC)) * 160 / cells**0.5
    rows, columns = np.mgrid[:height, :width]
    for _ in range(12):
        y, x, radius = rng.integers(height), rng.integers(width), rng.integers(30, 160)
        gray[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] += rng.normal(0, 50)
    gray += rng.normal(0, 3, gray.shape)
    scaled = (gray - gray.min()) / (gray.max() - gray.min()) * 255
    return np.repeat(scaled.astype(np.uint8)[..., None], 3, axis=2)


def at_size(rgb: Picture, megapixels: float) -> Picture:
    """Return a photograph enlarged or reduced to about so many megapixels, its aspect kept."""
    scale = (megapixels * 1e6 / (rgb.shape[0] * rgb.shape[1])) ** 0.5
    size = tuple(max(8, round(side * scale)) for side in (rgb.shape[1], rgb.shape[0]))
    return np.array(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))
