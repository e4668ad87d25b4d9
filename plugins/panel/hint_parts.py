"""The painted parts of a hint layer: collected band by band, compared with the last time."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from ..protocol.messages import MAX_PARTS, Hints, Rectangle
from ..protocol.painted import FAINTEST
from ..protocol.wire import Buffer
from .host import RGB, Document

# Pixels on a side; Krita and GIMP keep their own pixels in tiles of this size.
PART = 64
# Pixels of a dot that is repainted.
FLOOD = 1 << 16
# Pixels of a dot that are repainted in one step.
AT_ONCE = 2000
# Levels by which a brush's edge may differ from its middle.
SAME_COLOR = 3
# Changed parts in which to look for the newest dot, pixel by pixel.
LOOKED_AT = 64

# RGBA of those parts of the layer where something is painted.
Parts = dict[Rectangle, bytes]


def scan(document: Document, region: str = "") -> Generator[None, None, Parts]:
    """Read the hint layer, or a region's, a band at a step; returns what is painted."""
    parts: Parts = {}
    bounds = document.hint_bounds(region)
    for band in bands(bounds, document.width, document.height) if bounds else []:
        parts.update(split(document.read_hints(band, region), band))
        yield
    return parts


def bands(bounds: Rectangle, width: int, height: int) -> list[Rectangle]:
    """Cut a rectangle, widened to whole parts, into bands one part high."""
    left, right = bounds[0] // PART * PART, min(-(-(bounds[0] + bounds[2]) // PART) * PART, width)
    top, bottom = bounds[1] // PART * PART, min(bounds[1] + bounds[3], height)
    return [(left, y, right - left, min(PART, height - y)) for y in range(top, bottom, PART)]


def split(pixels: Buffer, band: Rectangle) -> Parts:
    """Cut a band of RGBA pixels into parts, leaving out those where nothing is painted."""
    left, top, width, height = band
    rows = memoryview(pixels)
    if rows == bytes(len(rows)):
        return {}
    parts = {}
    for x in range(0, width, PART):
        span = min(PART, width - x)
        begins = range(x * 4, height * width * 4, width * 4)
        part = b"".join([rows[begin : begin + span * 4] for begin in begins])
        # Otherwise all of it is transparent.
        if any(part[3::4]):
            parts[(left + x, top, span, height)] = part
    return parts


def looks_alike(one: Buffer, other: Buffer) -> bool:
    """Whether RGBA pixels show the same: an eraser leaves the color of those that it makes transparent."""
    if one == other:
        return True
    pixels = range(0, len(other), 4)
    return all(one[at : at + 4] == other[at : at + 4] or not (one[at + 3] or other[at + 3]) for at in pixels)


def hints_of(parts: Parts) -> Hints:
    """Return the parts as a request takes them; where they are too many for one, neighbors are joined."""
    rows: dict[int, list[Rectangle]] = {}
    for area in sorted(parts, key=lambda area: (area[1], area[0])):
        rows.setdefault(area[1], []).append(area)
    areas = [area for row in rows.values() for area in row]
    if len(areas) <= MAX_PARTS:
        return Hints(areas, b"".join([parts[area] for area in areas]))
    joined = [_join(row, parts) for row in rows.values()]
    return Hints([area for area, _ in joined], b"".join([pixels for _, pixels in joined]))


def _join(row: list[Rectangle], parts: Parts) -> tuple[Rectangle, bytes]:
    """Join the parts of one row of parts, with emptiness between them."""
    left, top, height = row[0][0], row[0][1], row[0][3]
    width = row[-1][0] + row[-1][2] - left
    pixels = bytearray(width * height * 4)
    for x, _, span, _ in row:
        part = parts[(x, top, span, height)]
        for y in range(height):
            begin = (y * width + x - left) * 4
            pixels[begin : begin + span * 4] = part[y * span * 4 : (y + 1) * span * 4]
    return (left, top, width, height), bytes(pixels)


def newest(before: Parts, after: Parts) -> tuple[int, int] | None:
    """Return the middle of what was painted since: a painted place (x, y); None if nothing was added."""
    changed = [area for area, part in after.items() if before.get(area) != part][:LOOKED_AT]
    painted = [pixel for area in changed for pixel in _repainted(area, before.get(area), after[area])]
    peak = max((alpha for _, alpha in painted), default=0)
    # Not the fringe of a soft brush.
    places = [place for place, alpha in painted if alpha * 2 >= peak >= FAINTEST]
    if not places:
        return None
    x, y = (sum(place[axis] for place in places) / len(places) for axis in (0, 1))
    return min(places, key=lambda place: (place[0] - x) ** 2 + (place[1] - y) ** 2)


def _repainted(area: Rectangle, before: bytes | None, after: bytes) -> list[tuple[tuple[int, int], int]]:
    """Return the places of a part that were painted on, each with its alpha."""
    left, top, width, height = area
    before = before or bytes(len(after))
    painted = []
    for row in range(height):
        begin, end = row * width * 4, (row + 1) * width * 4
        if before[begin:end] != after[begin:end]:
            painted += [
                ((left + x, top + row), after[at + 3])
                for x, at in enumerate(range(begin, end, 4))
                if after[at + 3] >= before[at + 3] and before[at : at + 4] != after[at : at + 4]
            ]
    return painted


def color_at(parts: Parts, place: tuple[int, int]) -> RGB | None:
    """Return the color painted at a place; None if there is none, or next to none."""
    for (left, top, width, height), pixels in parts.items():
        x, y = place[0] - left, place[1] - top
        if 0 <= x < width and 0 <= y < height:
            red, green, blue, alpha = pixels[(y * width + x) * 4 :][:4]
            return (red, green, blue) if alpha >= FAINTEST else None
    return None


def recolored(parts: Parts, place: tuple[int, int], new: RGB) -> Generator[None, None, Parts]:
    """Return the parts with the dot at a place, if there is one, in another color: what is connected and has its color.

    At most FLOOD pixels are repainted, which is a dot or stroke that a hand makes; AT_ONCE of them in a step.
    """
    old = color_at(parts, place)
    if old is None:
        return parts
    canvas = _Canvas(parts)
    waiting, seen, painted = [place], {place}, 0
    while waiting and len(seen) < FLOOD:
        x, y = waiting.pop()
        canvas.paint(x, y, new)
        painted += 1
        if painted % AT_ONCE == 0:
            yield
        for neighbor in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)):
            if neighbor not in seen and canvas.has(*neighbor, old):
                seen.add(neighbor)
                waiting.append(neighbor)
    return canvas.parts()


def with_dots(parts: Parts, dots: Sequence[Mapping[str, Any]], size: tuple[int, int]) -> Generator[None, None, Parts]:
    """Return the parts with dots beneath what is painted, which stays; dots are maps of x, y, radius and rgb.

    size: the image's width and height.
    """
    canvas = _Canvas(parts)
    for dot in dots:
        radius = max(float(dot["radius"]), 0.5)
        reach = int(radius)
        for y in range(max(0, dot["y"] - reach), min(size[1], dot["y"] + reach + 1)):
            for x in range(max(0, dot["x"] - reach), min(size[0], dot["x"] + reach + 1)):
                if (x - dot["x"]) ** 2 + (y - dot["y"]) ** 2 <= radius**2 and not canvas.alpha(x, y):
                    canvas.paint(x, y, dot["rgb"], size)
            yield
    return canvas.parts()


def without(parts: Parts, added: Mapping[tuple[int, int], RGB]) -> Parts:
    """Return the parts without what was added to them, but with what was painted over it since."""
    canvas = _Canvas(parts)
    for place, color in added.items():
        if canvas.has(*place, color):
            canvas.clear(*place)
    return canvas.parts()


def added_by(before: Parts, after: Parts) -> dict[tuple[int, int], RGB]:
    """Return the pixels that are painted after, and were transparent before, with their colors."""
    added: dict[tuple[int, int], RGB] = {}
    for area, new in after.items():
        old, (left, top, width, _) = before.get(area, bytes(len(new))), area
        if old != new:
            for at in range(0, len(new), 4):
                if new[at + 3] and not old[at + 3]:
                    index = at // 4
                    added[left + index % width, top + index // width] = (new[at], new[at + 1], new[at + 2])
    return added


class _Canvas:
    """Parts that can be changed pixel by pixel; they lie on a lattice of PART pixels."""

    def __init__(self, parts: Parts) -> None:
        self._areas = {(area[0] // PART, area[1] // PART): area for area in parts}
        self._pixels = {at: bytearray(parts[area]) for at, area in self._areas.items()}

    def parts(self) -> Parts:
        return {area: bytes(self._pixels[at]) for at, area in self._areas.items()}

    def alpha(self, x: int, y: int) -> int:
        found = self._find(x, y)
        return found[0][found[1] + 3] if found else 0

    def has(self, x: int, y: int, color: RGB) -> bool:
        found = self._find(x, y)
        alpha = found[0][found[1] + 3] if found else 0
        if found is None or not alpha:
            return False
        near = zip(found[0][found[1] : found[1] + 3], color, strict=True)
        # the fainter a pixel, the rougher is its color
        return all(abs(there - wanted) <= SAME_COLOR + 255 // alpha for there, wanted in near)

    def paint(self, x: int, y: int, color: Sequence[int], size: tuple[int, int] | None = None) -> None:
        found = self._find(x, y) or self._add(x, y, size or (x + 1, y + 1))
        alpha = found[0][found[1] + 3] or 255
        found[0][found[1] : found[1] + 4] = bytes((*color, alpha))

    def clear(self, x: int, y: int) -> None:
        if found := self._find(x, y):
            found[0][found[1] : found[1] + 4] = bytes(4)

    def _find(self, x: int, y: int) -> tuple[bytearray, int] | None:
        at = (x // PART, y // PART)
        if at not in self._areas:
            return None
        left, top, width, _ = self._areas[at]
        return self._pixels[at], ((y - top) * width + x - left) * 4

    def _add(self, x: int, y: int, size: tuple[int, int]) -> tuple[bytearray, int]:
        left, top = x // PART * PART, y // PART * PART
        area = left, top, min(PART, size[0] - left), min(PART, size[1] - top)
        self._areas[x // PART, y // PART] = area
        self._pixels[x // PART, y // PART] = bytearray(area[2] * area[3] * 4)
        return self._pixels[x // PART, y // PART], ((y - top) * area[2] + x - left) * 4
