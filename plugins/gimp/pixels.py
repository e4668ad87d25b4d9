"""GIMP's pixels as the panel takes them, without NumPy, which GIMP's Python lacks."""

from __future__ import annotations

from .protocol.wire import Buffer


def rgba_of_gray(gray_alpha: Buffer) -> bytes:
    """Return gray pixels with opacities as RGBA."""
    rgba = bytearray(len(gray_alpha) * 2)
    for channel in range(3):
        rgba[channel::4] = gray_alpha[0::2]
    rgba[3::4] = gray_alpha[1::2]
    return bytes(rgba)
