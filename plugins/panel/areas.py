"""Parts of an image: how they are cut for reading and writing, and the pixels of a part."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from ..protocol.messages import Rectangle
from ..protocol.wire import Buffer

# Read or written in one step: 15 ms where Krita converts from 16 bits, its slowest.
BAND_PIXELS = 1 << 17
# Pixels: both editors keep layers in squares, and to write a part of one costs as much as all of it.
SQUARE = 64


class Pixels(NamedTuple):
    """The pixels of an area of the image: uint8 row-major, some channels each."""

    area: Rectangle
    channels: int
    data: Buffer

    def of(self, part: Rectangle) -> Buffer:
        """Return the pixels of a part of the area."""
        stride, span = self.area[2] * self.channels, part[2] * self.channels
        first = (part[1] - self.area[1]) * stride + (part[0] - self.area[0]) * self.channels
        if span == stride:
            return self.data[first : first + part[3] * stride]
        begins = range(first, first + part[3] * stride, stride)
        return b"".join([self.data[begin : begin + span] for begin in begins])


def bands_of(area: Rectangle) -> list[Rectangle]:
    """Cut a rectangle into bands that are read in one step."""
    x, top, width, height = area
    rows = max(1, BAND_PIXELS // width)
    return [(x, y, width, min(rows, top + height - y)) for y in range(top, top + height, rows)]


def blocks_of(area: Rectangle) -> list[Rectangle]:
    """Cut a rectangle along the editors' squares into blocks that are written in one step."""
    x, y, width, height = area
    columns = BAND_PIXELS // SQUARE
    rows = max(1, columns // min(width, columns)) * SQUARE
    return [
        (left, top, right - left, bottom - top)
        for top, bottom in pairwise([y, *range((y // rows + 1) * rows, y + height, rows), y + height])
        for left, right in pairwise([x, *range((x // columns + 1) * columns, x + width, columns), x + width])
    ]
