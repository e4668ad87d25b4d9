"""Arithmetic on rows of pixels without NumPy, which GIMP's Python lacks: slices, and integers as long as a band."""

from __future__ import annotations

from .protocol.wire import Buffer

#: For each bit of an opacity, the lowest first: 255 where it is set, and for all of them: 255 where it is opaque.
_BITS = [bytes(255 if value >> bit & 1 else 0 for value in range(256)) for bit in range(8)]
_FULL = bytes([0] * 255 + [255])
_HALF = bytes(255 if value >= 128 else 0 for value in range(256))


def rgba_of(rgb: Buffer, alpha: Buffer | None) -> bytes:
    """Return RGB pixels with opacities, or opaque ones."""
    rgba = bytearray(b"\xff") * (len(rgb) // 3 * 4)
    for channel in range(3):
        rgba[channel::4] = rgb[channel::3]
    if alpha is not None:
        rgba[3::4] = alpha
    return bytes(rgba)


def rgba_of_gray(gray_alpha: Buffer) -> bytes:
    """Return gray pixels with opacities as RGBA."""
    rgba = bytearray(len(gray_alpha) * 2)
    for channel in range(3):
        rgba[channel::4] = gray_alpha[0::2]
    rgba[3::4] = gray_alpha[1::2]
    return bytes(rgba)


def cut_out(rgba: Buffer, mask: Buffer) -> bytes:
    """Return RGBA pixels without those where the mask, one byte a pixel, is less than half white."""
    left, alpha = bytearray(rgba), int.from_bytes(bytes(rgba[3::4]), "little")
    left[3::4] = _pick(0, alpha, bytes(mask).translate(_HALF)).to_bytes(len(mask), "little")
    return bytes(left)


def blend(old: Buffer, new: Buffer, mask: Buffer) -> bytes:
    """Return RGBA pixels that go from old to new as the mask, one byte a pixel, says.

    For each bit of the mask, the lowest first, what is there is averaged with the old or the new: which sums up to the
    mask's share of the new. GEGL takes several times as long for it, since it goes through floating point.
    """
    before, after, wide = int.from_bytes(old, "little"), int.from_bytes(new, "little"), bytearray(len(old))
    for channel in range(4):
        wide[channel::4] = mask
    mixed = before
    if bytes(mask).translate(None, b"\x00\xff"):  # it has soft edges
        seven_bits = int.from_bytes(b"\x7f" * len(old), "little")
        for bits in _BITS:
            chosen = _pick(before, after, wide.translate(bits))
            mixed = (mixed & chosen) + ((mixed ^ chosen) >> 1 & seven_bits)  # the average of each byte, rounded down
    return _pick(mixed, after, wide.translate(_FULL)).to_bytes(len(old), "little")


def _pick(old: int, new: int, where: bytes | bytearray) -> int:
    """Return the new bytes where the mask has all bits set, and the old ones where it has none."""
    return old ^ (old ^ new) & int.from_bytes(where, "little")
