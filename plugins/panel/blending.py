"""Arithmetic on pixels without NumPy, which editors' Pythons may lack: slices, and integers as long as a band."""

from __future__ import annotations

from ..protocol.wire import Buffer

#: For each bit of an opacity, the lowest first: 255 where it is set.
_BITS = [bytes(255 if value >> bit & 1 else 0 for value in range(256)) for bit in range(8)]
_NONE = bytes([255] + [0] * 255)
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


def is_soft(mask: Buffer) -> bool:
    """Whether a mask, one byte a pixel, has values between none and all."""
    return bool(bytes(mask).translate(None, b"\x00\xff"))


def blend(old: Buffer, new: Buffer, mask: Buffer) -> bytes:
    """Return RGBA pixels, not premultiplied, that go from old to new as the mask, one byte a pixel, says.

    Rounded to the nearest. GEGL takes several times as long for it, since it goes through floating point.
    """
    before, after, wide = int.from_bytes(old, "little"), int.from_bytes(new, "little"), bytearray(len(old))
    for channel in range(4):
        wide[channel::4] = mask
    mixed = before
    if is_soft(mask):
        # What is transparent has no color of its own.
        one = _pick(before, after, _clear(old))
        other = _pick(after, before, _clear(new))
        mixed = _mix(one, other, wide)
    whole = _pick(mixed, before, wide.translate(_NONE))
    blended = bytearray(_pick(whole, after, wide.translate(_FULL)).to_bytes(len(old), "little"))
    _weigh(blended, bytes(old), bytes(new), bytes(mask))
    return bytes(blended)


def _clear(rgba: Buffer) -> bytearray:
    """Return, for each byte of RGBA pixels, 255 where it is a color, and the pixel transparent."""
    clear, transparent = bytearray(len(rgba)), bytes(rgba[3::4]).translate(_NONE)
    for channel in range(3):
        clear[channel::4] = transparent
    return clear


def _mix(old: int, new: int, mask: bytes | bytearray) -> int:
    """Return the bytes that lie between old and new as those of the mask say."""
    size = len(mask)
    every_other = int.from_bytes(b"\xff\x00" * (size // 2), "little")
    half = int.from_bytes(b"\x80\x00" * (size // 2), "little")
    mixed = 0
    # Every other byte, for the products take two: the sum, over the bits of the mask, of 2**bit times old or new.
    for shift in (0, 8):
        total = half
        for bit, bits in enumerate(_BITS):
            total += (_pick(old, new, mask.translate(bits)) >> shift & every_other) << bit
        # Exactly a division by 255.
        mixed |= (total + (total >> 8 & every_other) >> 8 & every_other) << shift
    return mixed


def _weigh(blended: bytearray, old: bytes, new: bytes, mask: bytes) -> None:
    """Where both are visible, though not as much, let each color count as much as it is."""
    before, after = old[3::4], new[3::4]
    if before == after:
        return
    for pixel, (a, b, share) in enumerate(zip(before, after, mask, strict=True)):
        if a != b and a and b and 0 < share < 255:
            one, other = a * (255 - share), b * share
            for at in range(pixel * 4, pixel * 4 + 3):
                blended[at] = (old[at] * one + new[at] * other + (one + other) // 2) // (one + other)


def chosen(old: Buffer, new: Buffer, where: Buffer) -> bytes:
    """Return RGBA pixels, new ones where a mask, one byte a pixel, is 255, and old ones where it is 0."""
    wide = bytearray(len(old))
    for channel in range(4):
        wide[channel::4] = where
    return _pick(int.from_bytes(old, "little"), int.from_bytes(new, "little"), wide).to_bytes(len(old), "little")


def cut_out(rgba: Buffer, mask: Buffer) -> bytes:
    """Return RGBA pixels that are transparent where the mask, one byte a pixel, is less than half white."""
    left, alpha = bytearray(rgba), int.from_bytes(bytes(rgba[3::4]), "little")
    left[3::4] = _pick(0, alpha, shown(mask)).to_bytes(len(mask), "little")
    return bytes(left)


def shown(mask: Buffer) -> bytes:
    """Return 255 where a mask, one byte a pixel, is at least half white, and 0 where it hides."""
    return bytes(mask).translate(_HALF)


def _pick(old: int, new: int, where: bytes | bytearray) -> int:
    """Return the new bytes where the mask has all bits set, and the old ones where it has none."""
    return old ^ (old ^ new) & int.from_bytes(where, "little")
