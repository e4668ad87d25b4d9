"""Where alone the result may change: what was selected last, until the user lets all of it change again."""

from __future__ import annotations

from collections.abc import Generator

from ..protocol.messages import Rectangle
from ..protocol.wire import Buffer
from . import blending
from .areas import Pixels, bands_of
from .host import Document

# Pixels, over which a draft fades into what is around it.
FEATHER = 96
# Maps a mask to what is selected at all.
_PARTLY = bytes([0] + [255] * 255)


class Confinement:
    """A selection, and what the result was before it was colored there."""

    def __init__(self, mask: Pixels, before: list[Pixels]) -> None:
        self.mask = mask
        self._before = before

    @property
    def bounds(self) -> Rectangle:
        """The selection's bounds in the image."""
        return self.mask.area

    def confined(self, rgba: Buffer, block: Rectangle, current: Buffer) -> bytes:
        """Return a block's pixels, RGBA: new where it is selected, and as they are elsewhere.

        Soft edges are blended with what was there before, or each refresh would harden them.
        """
        mask = self.mask.of(block)
        blended = blending.blend(self._under(block, bytes(current)), rgba, mask)
        selected = bytes(mask).translate(_PARTLY)
        return blending.chosen(bytes(current), blended, selected)

    def _under(self, block: Rectangle, current: bytes) -> Buffer:
        """Return what a block was before; where that was not kept, no edge is soft."""
        x, y, width, height = block
        rows = []
        for row in range(y, y + height):
            begin = (row - y) * width * 4
            kept = next((band for band in self._before if band.area[1] <= row < band.area[1] + band.area[3]), None)
            rows.append(kept.of((x, row, width, 1)) if kept else current[begin : begin + width * 4])
        return b"".join(rows)


def feathered(region: Rectangle, size: tuple[int, int]) -> Confinement:
    """Return the confinement to a region that fades out at its edges, but for those of the image, (width, height)."""
    x, y, width, height = region
    across, down = _ramp(x, width, size[0]), _ramp(y, height, size[1])
    rows = {share: across.translate(bytes(min(share, value) for value in range(256))) for share in set(down)}
    return Confinement(Pixels(region, 1, b"".join([rows[share] for share in down])), [])


def _ramp(first: int, length: int, whole: int) -> bytes:
    """Return how much each pixel of a row or column counts, 1 to 255."""
    before = [i + 1 for i in range(length)] if first > 0 else [FEATHER] * length
    after = [length - i for i in range(length)] if first + length < whole else [FEATHER] * length
    return bytes(max(1, 255 * min(a, b, FEATHER) // FEATHER) for a, b in zip(before, after, strict=True))


def confine(document: Document, last: Confinement | None) -> Generator[None, None, Confinement | None]:
    """Return the confinement to what is selected now, or else the last one; a band is read in one step.

    Where the selection is the last one again, so is the confinement: what was there before remains known.
    """
    bounds = document.selection_bounds()
    if bounds is None:
        return last
    mask = bytearray()
    for band in bands_of(bounds):
        part = document.selection(band)
        if part is None:
            # It was given up meanwhile.
            return last
        mask += part
        yield
    if last is not None and last.mask == (bounds, 1, mask):
        return last
    selected, before = Pixels(bounds, 1, bytes(mask)), []
    for band in bands_of(bounds):
        if blending.is_soft(selected.of(band)):
            before.append(Pixels(band, 4, bytes(document.read_result(band))))
            yield
    return Confinement(selected, before)
