"""What a file holds, before its color is interpreted, and the arithmetic of samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .photograph import Samples

Space = Literal["gray", "rgb", "cmyk", "lab"]
CHANNELS: dict[Space, int] = {"gray": 1, "rgb": 3, "cmyk": 4, "lab": 3}
# The number of samples that are computed with at a time.
BAND = 1 << 20
# The most that float samples reach, by sharpening or lamps, where white is 1.
OVERSHOT = 16
FLOATS = (255.0, 65535.0, 2.0**32 - 1)
# What programs write white as, by kind and bytes.
WHITES: dict[tuple[str, int], tuple[float, ...]] = {
    **{("f", size): FLOATS for size in (2, 4, 8)},
    ("i", 1): (127,),
    ("i", 2): (255, 2**15 - 1),
    ("i", 4): (255, 65535, 2**31 - 1),
    ("i", 8): (255, 65535, 2**31 - 1, 2**63 - 1),
}


@dataclass
class Raster:
    """Samples (H, W, channels): uint8, uint16, or float32 whose white is 1; Lab is float32, L 0..100, for D50."""

    space: Space
    samples: NDArray[Any]
    alpha: Samples | None = None
    # An ICC profile.
    profile: bytes | None = None
    # The number that EXIF has for it.
    orientation: Any = None
    exif: bytes = b""
    dpi: tuple[float, float] | None = None
    dropped: list[str] = field(default_factory=list)


def full_range(values: NDArray[Any], bits: int) -> NDArray[Any]:
    """Return unsigned samples of 1 to 64 bits as uint8 or uint16 of full range, or, beyond 16 bits, as float32 to 1."""
    if bits in (8, 16):
        return values
    if bits > 16:
        return np.multiply(values, np.float32(1 / (2.0**bits - 1)), dtype=np.float32)
    most, kind = (255, np.uint8) if bits < 8 else (65535, np.uint16)
    table = np.round(np.arange(1 << bits) * (most / ((1 << bits) - 1))).astype(kind)
    return table[values]


def guessed_range(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return float or signed samples as float32 whose white is 1; which value means white, no such file says."""
    top = float(np.max(values, where=np.isfinite(values), initial=0))
    result = np.multiply(values, np.float32(1 / _white(values.dtype, top)), dtype=np.float32)
    return np.nan_to_num(result, copy=False, nan=0, posinf=1, neginf=0)


def _white(kind: np.dtype[Any], top: float) -> float:
    """Return the least usual white above all values."""
    if kind.kind == "f" and top <= OVERSHOT:
        return 1
    return next((white for white in WHITES[kind.kind, kind.itemsize] if top <= white), top)


def inverted(values: NDArray[Any]) -> NDArray[Any]:
    """Return samples of full range with black and white exchanged."""
    return np.subtract(1, values, dtype=np.float32) if values.dtype.kind == "f" else np.invert(values)


def sixteen_bits(values: NDArray[Any]) -> NDArray[np.uint16]:
    """Return samples of full range, uint8, uint16 or float32, as uint16."""
    if values.dtype == np.uint8:
        return np.multiply(values, 257, dtype=np.uint16)
    if values.dtype == np.uint16:
        return values
    result = np.empty(values.shape, np.uint16)
    for part in bands(values):
        result[part] = (values[part].clip(0, 1) * np.float32(65535)).round()
    return result


def integers(values: NDArray[Any]) -> Samples:
    """Return samples of full range as they are written: uint8 as it is, all else as uint16."""
    return values if values.dtype == np.uint8 else sixteen_bits(values)


def straight(samples: NDArray[Any], alpha: Samples) -> NDArray[Any]:
    """Return samples (H, W, C) that alpha (H, W) was multiplied into as they were before."""
    most = 1 if samples.dtype.kind == "f" else int(np.iinfo(samples.dtype).max)
    result = np.empty_like(samples)
    for part in bands(samples):
        share = alpha[part].astype(np.float32) / np.iinfo(alpha.dtype).max
        color = samples[part] / np.maximum(share, 1e-6)[..., None]
        result[part] = color.clip(0, most) if most == 1 else color.round().clip(0, most)
    return result


def bands(samples: NDArray[Any]) -> list[slice]:
    """Return slices of rows that hold about BAND samples each."""
    rows = max(1, BAND // max(1, samples[:1].size))
    return [slice(first, first + rows) for first in range(0, len(samples), rows)]
