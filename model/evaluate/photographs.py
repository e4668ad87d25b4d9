"""Photographs in color: the truth that every method is scored against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from huedot.model.color import rgb_to_lab
from huedot.model.painting import Picture
from huedot.photographs import read_photograph
from huedot.protocol.errors import FileError

# Photographs are scored at this size, stretched to a square as in the published test code.
SIDE = 256
SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class Truth:
    """A photograph as it is, S x S: rgb uint8 (S, S, 3) sRGB, lightness (S, S) in 0..100, ab float32 (S, S, 2)."""

    name: str
    rgb: Picture
    lightness: Tensor
    ab: NDArray[np.float32]


def find(folder: Path, limit: int | None = None) -> list[Path]:
    """Return the photographs of a folder by name, or `limit` of them; or the one photograph that is named itself.

    These are spread evenly: names often begin with where photographs come from, and the first are of one kind. Raises
    FileError where there are none.
    """
    paths = [folder] if folder.is_file() else sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise FileError(f"{folder} holds no photographs.", f"Give a folder of {', '.join(sorted(SUFFIXES))}.")
    count = min(limit or len(paths), len(paths))
    return [paths[i * len(paths) // count] for i in range(count)]


def read(path: Path, side: int = SIDE) -> Truth:
    """Read a photograph, stretched to a square of a side. Raises FileError or TooLarge."""
    image = Image.fromarray(read_photograph(path).rgb)
    rgb = np.array(image.resize((side, side), Image.Resampling.BILINEAR))
    values = lab(rgb)
    return Truth(path.name, rgb, values[0], values[1:].permute(1, 2, 0).numpy())


def lab(rgb: Picture) -> Tensor:
    """Return the Lab values (3, H, W) of an sRGB picture, uint8 (H, W, 3)."""
    return rgb_to_lab(torch.from_numpy(rgb).permute(2, 0, 1).float() / 255)
