"""Colors that are neither gray nor RGB, as TIFF and PSD store them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .raster import bands

# TIFF's photometric interpretations: a and b signed, or offset.
CIELAB, ICCLAB = 8, 9
# ITU-R BT.601: what red, green and blue add to Y.
COEFFICIENTS = (0.299, 0.587, 0.114)


def lab(values: NDArray[Any], bits: int, encoding: int) -> NDArray[np.float32]:
    """Return stored Lab (H, W, 3), or L alone (H, W, 1), as L in 0..100, a and b in Lab units: float32 (H, W, 3)."""
    result = np.zeros((*values.shape[:2], 3), np.float32)
    if values.dtype.kind == "f":
        result[..., : values.shape[2]] = values
        return result
    # The step of a and b.
    unit = 2.0 ** (bits - 8)
    # The stored L of white: ICC's 16 bits end at 0xFF00.
    most = unit * 255 if encoding == ICCLAB else 2.0**bits - 1
    stored = values.view(f"u{values.dtype.itemsize}")
    result[..., 0] = stored[..., 0] * (100 / most)
    if encoding == ICCLAB:
        result[..., 1 : values.shape[2]] = stored[..., 1:] / unit - 128
    else:
        result[..., 1 : values.shape[2]] = stored[..., 1:].view(f"i{values.dtype.itemsize}") / unit
    return result


def from_ycbcr(
    samples: NDArray[Any], coefficients: Sequence[float] | None, reference: Sequence[float] | None, bits: int
) -> NDArray[Any]:
    """Return YCbCr of full range (H, W, 3), uint8, uint16 or float32, as RGB, alike.

    coefficients: TIFF's YCbCrCoefficients; reference: its ReferenceBlackWhite, in steps of the samples' bits.
    """
    red, green, blue = _fractions(coefficients) or COEFFICIENTS
    most = 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)
    half = (most + 1) / 2 if most > 1 else 0.5
    low, high, cb0, cb1, cr0, cr1 = _scaled(reference, most / (2**bits - 1)) or (0, most, half, most, half, most)
    result = np.empty_like(samples)
    for part in bands(samples):
        y, cb, cr = (samples[part][..., i].astype(np.float32) for i in range(3))
        y = (y - low) * (most / (high - low))
        cb, cr = (cb - cb0) * (most / 2 / (cb1 - cb0)), (cr - cr0) * (most / 2 / (cr1 - cr0))
        r, b = y + cr * (2 - 2 * red), y + cb * (2 - 2 * blue)
        rgb = np.stack([r, (y - blue * b - red * r) / green, b], -1).clip(0, most)
        result[part] = rgb if most == 1 else rgb.round()
    return result


def _fractions(values: Sequence[float] | None) -> list[float] | None:
    """Return TIFF's rationals, numerators and denominators in turn, as numbers."""
    if values is None:
        return None
    return [values[i] / values[i + 1] for i in range(0, len(values), 2)]


def _scaled(reference: Sequence[float] | None, scale: float) -> list[float] | None:
    values = _fractions(reference)
    return [value * scale for value in values] if values and len(values) == 6 else None
