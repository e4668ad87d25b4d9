"""Arithmetic on pixels without NumPy, which editors' Pythons may lack: slices, and integers as long as a band."""

from __future__ import annotations

from ..protocol.wire import Buffer

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


def is_soft(mask: Buffer) -> bool:
    """Whether a mask, one byte a pixel, has values between none and all."""
    return bool(bytes(mask).translate(None, b"\x00\xff"))


def blend(old: Buffer, new: Buffer, mask: Buffer) -> bytes:
    """Return RGBA pixels, not premultiplied, that go from old to new as the mask, one byte a pixel, says."""
    mixed = bytearray(_mix_channels(old, new, mask))
    if is_soft(mask) and old[3::4] != new[3::4]:
        for at, share in enumerate(mask):
            pixel = slice(at * 4, at * 4 + 4)
            if 0 < share < 255 and old[at * 4 + 3] != new[at * 4 + 3]:
                mixed[pixel] = _mix(old[pixel], new[pixel], share)
    return bytes(mixed)


def _mix(old: Buffer, new: Buffer, share: int) -> bytes:
    """Mix two pixels of different opacities: a color counts as much as it is opaque."""
    before, after = old[3] * (255 - share), new[3] * share
    both = before + after
    colors = [(a * before + b * after + both // 2) // both for a, b in zip(old[:3], new[:3], strict=True)]
    return bytes((*colors, (both + 127) // 255))


def _mix_channels(old: Buffer, new: Buffer, mask: Buffer) -> bytes:
    """Mix each channel by itself, which is right where both are equally opaque.

    For each bit of the mask, the lowest first, what is there is averaged with the old or the new: which sums up to the
    mask's share of the new.
    """
    before, after, wide = int.from_bytes(old, "little"), int.from_bytes(new, "little"), bytearray(len(old))
    for channel in range(4):
        wide[channel::4] = mask
    mixed = before
    if is_soft(mask):
        seven_bits = int.from_bytes(b"\x7f" * len(old), "little")
        for bits in _BITS:
            picked = _pick(before, after, wide.translate(bits))
            # the average of each byte, rounded down
            mixed = (mixed & picked) + ((mixed ^ picked) >> 1 & seven_bits)
    return _pick(mixed, after, wide.translate(_FULL)).to_bytes(len(old), "little")


def chosen(old: Buffer, new: Buffer, where: Buffer) -> bytes:
    """Return RGBA pixels, new ones where a mask, one byte a pixel, is 255, and old ones where it is 0."""
    wide = bytearray(len(old))
    for channel in range(4):
        wide[channel::4] = where
    return _pick(int.from_bytes(old, "little"), int.from_bytes(new, "little"), wide).to_bytes(len(old), "little")


def cut_out(rgba: Buffer, mask: Buffer) -> bytes:
    """Return RGBA pixels that are transparent where the mask, one byte a pixel, is less than half white."""
    left, alpha = bytearray(rgba), int.from_bytes(bytes(rgba[3::4]), "little")
    left[3::4] = _pick(0, alpha, bytes(mask).translate(_HALF)).to_bytes(len(mask), "little")
    return bytes(left)


def _pick(old: int, new: int, where: bytes | bytearray) -> int:
    """Return the new bytes where the mask has all bits set, and the old ones where it has none."""
    return old ^ (old ^ new) & int.from_bytes(where, "little")
