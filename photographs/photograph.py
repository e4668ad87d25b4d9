"""A photograph as its file meant it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Photograph:
    """A photograph, upright: full (H, W, 3) sRGB, uint8 or, of deeper files, uint16; alpha (H, W), alike, if any."""

    path: Path
    full: Samples
    alpha: Samples | None
    # What tells of the photograph: no orientation, which is applied, and no layout of the old file.
    exif: bytes
    dpi: tuple[float, float] | None
    # What else the file holds, in words: pages, layers, metadata.
    dropped: tuple[str, ...] = ()

    @property
    def is_deep(self) -> bool:
        """Whether it has 16 bits."""
        return self.full.dtype == np.uint16

    @cached_property
    def rgb(self) -> NDArray[np.uint8]:
        """Its colors in 8 bits, uint8 (H, W, 3) sRGB."""
        return eight_bits(self.full)

    @cached_property
    def alpha8(self) -> NDArray[np.uint8] | None:
        """Its alpha in 8 bits, uint8 (H, W)."""
        return None if self.alpha is None else eight_bits(self.alpha)


def eight_bits(samples: Samples) -> NDArray[np.uint8]:
    """Return samples rounded to uint8, of any shape."""
    if samples.dtype == np.uint8:
        return samples  # type: ignore[return-value]
    return _ROUNDED[samples]


_ROUNDED = ((np.arange(65536) + 128) // 257).astype(np.uint8)
