"""What the first bits of a JPEG XL picture say: its size, and its depth, which Pillow's plugin does not tell."""

from __future__ import annotations

from typing import NamedTuple

from . import boxes

# The bytes among which the header is.
FIRST_BYTES = 1 << 16
SIGNATURE, CONTAINER = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
# Ratios of width to height.
RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
SIZES = ((0, 9), (0, 13), (0, 18), (0, 30))
DEPTHS = ((8, 0), (10, 0), (12, 0), (1, 6))


class Header(NamedTuple):
    """Width and height in pixels, as stored, and the bits of a sample; a float's are 32 or 16."""

    width: int
    height: int
    bits: int
    is_float: bool


class _Bits:
    """Bits, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._left & ((1 << count) - 1)
        self._left >>= count
        return value

    def one_of(self, kinds: tuple[tuple[int, int], ...]) -> int:
        """Two bits choose an offset, and how many bits are added to it."""
        offset, count = kinds[self.take(2)]
        return offset + self.take(count)


def header(data: bytes) -> Header | None:
    """Return what the codestream of a file says of itself; nothing of what is none."""
    stream = _codestream(data)
    if not stream.startswith(SIGNATURE):
        return None
    bits = _Bits(stream[2:66])
    width, height = _size(bits)
    # All else is as usual.
    if bits.take(1):
        return Header(width, height, 8, False)
    if bits.take(1):
        _skip_extra(bits)
    if bits.take(1):
        return Header(width, height, bits.one_of(((32, 0), (16, 0), (24, 0), (1, 6))), True)
    return Header(width, height, bits.one_of(DEPTHS), False)


def _codestream(data: bytes) -> bytes:
    if not data.startswith(CONTAINER):
        return data
    return next(iter(boxes.find(data, b"jxlc")), b"") or next((part[4:] for part in boxes.find(data, b"jxlp")), b"")


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)

    def extent() -> int:
        return (bits.take(5) + 1) * 8 if small else bits.one_of(SIZES) + 1

    height = extent()
    ratio = bits.take(3)
    if not ratio:
        return extent(), height
    across, down = RATIOS[ratio - 1]
    return height * across // down, height


def _skip_extra(bits: _Bits) -> None:
    # The orientation, which the decoder applies.
    bits.take(3)
    if bits.take(1):
        # The size at which it is to be shown.
        _size(bits)
    if bits.take(1):
        _preview(bits)
    # An animation's ticks, loops and time codes.
    if bits.take(1):
        bits.one_of(((100, 0), (1000, 0), (1, 10), (1, 30)))
        bits.one_of(((1, 0), (1001, 0), (1, 8), (1, 10)))
        bits.one_of(((0, 0), (0, 3), (0, 16), (0, 32)))
        bits.take(1)


def _preview(bits: _Bits) -> None:
    kinds = ((16, 0), (32, 0), (1, 5), (33, 9)) if bits.take(1) else ((1, 6), (65, 8), (321, 10), (1345, 12))
    bits.one_of(kinds)
    if not bits.take(3):
        bits.one_of(kinds)
