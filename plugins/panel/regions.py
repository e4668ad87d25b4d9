"""Regions: hint layers with a mask each, whose dots color only inside it. Read when they change, and sent once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from itertools import count
from typing import NamedTuple, TypeVar

from ..protocol.client import Client
from ..protocol.messages import Hints, Region, image_id, knows_regions
from . import words
from .areas import Pixels, bands_of
from .hint_parts import Parts, color_at, hints_of, newest, scan
from .host import RGB, Document, RegionLayer

T = TypeVar("T")


class _Mask(NamedTuple):
    """A region's mask as it was last read, without its black margins."""

    # See RegionLayer.
    look: object
    # The daemon's name for it.
    identity: str
    pixels: Pixels


class _Read(NamedTuple):
    """A region as it was last read."""

    look: object
    mask: _Mask
    parts: Parts

    def content(self) -> object:
        """Return what a result depends on."""
        return self.mask.identity, self.mask.pixels.area, self.parts


class Regions:
    """A document's visible regions, bottom-up; their masks lie at the daemon, once they were sent."""

    def __init__(self) -> None:
        self._read: dict[str, _Read] = {}
        self._sent: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._read)

    def read(self, document: Document) -> Generator[None, None, tuple[bool, tuple[int, int] | None]]:
        """Read what is new of the regions, or looks otherwise than before, a band at a step.

        Returns whether anything is new, and the middle of what was painted since, if anything was.
        """
        before, place = self._read, None
        after: dict[str, _Read] = {}
        for layer in document.regions():
            known = before.get(layer.key)
            after[layer.key] = yield from _read(document, layer, known)
            if known is not None:
                place = newest(known.parts, after[layer.key].parts) or place
        self._read = after
        return [each.content() for each in before.values()] != [each.content() for each in after.values()], place

    def color_at(self, place: tuple[int, int]) -> RGB | None:
        """Return the color painted at a place in the uppermost region that has one there."""
        colors = (color_at(each.parts, place) for each in reversed(self._read.values()))
        return next((color for color in colors if color is not None), None)

    def forget(self) -> None:
        """Know nothing of them, nor that the daemon does."""
        self._read, self._sent = {}, set()

    def as_hints(self) -> list[Region]:
        """Return them as a request takes them; one whose mask hides all of it is left out."""
        painted = [(each.mask, hints_of(each.parts)) for each in self._read.values() if each.mask.pixels.data]
        return [Region(mask.identity, mask.pixels.area, hints.layer, hints.pixels) for mask, hints in painted]

    def work(self, hints: Hints, ask: Callable[[Client, Hints], T]) -> Callable[[Client], T]:
        """Return work for the client: to send the masks that the daemon does not have, and to ask.

        A daemon that knows no regions is asked without them.
        """
        masks, sent = {each.mask.identity: each.mask.pixels for each in self._read.values()}, self._sent

        def asked(client: Client) -> T:
            if hints.regions and not knows_regions(client.connect().get("protocol")):
                return ask(client, hints._replace(regions=()))
            for region in hints.regions:
                if region.mask not in sent:
                    client.mask(masks[region.mask].data, *region.area[2:])
                    sent.add(region.mask)
            return ask(client, hints)

        return asked


def free_name(taken: Collection[str]) -> str:
    """Return the name of a new region: the first that no layer has."""
    return next(name for i in count(1) if (name := words.REGION.format(number=i)) not in taken)


def _read(document: Document, layer: RegionLayer, known: _Read | None) -> Generator[None, None, _Read]:
    """Read what looks otherwise than what is known of a region."""
    mask, parts = (known.mask, known.parts) if known is not None else (None, {})
    if mask is None or mask.look != layer.mask_look:
        pixels = yield from _read_mask(document, layer)
        mask = _Mask(layer.mask_look, image_id(pixels.data, *pixels.area[2:], 1), pixels)
    if known is None or known.look != layer.dots_look:
        parts = yield from scan(document, layer.key)
    return _Read(layer.dots_look, mask, parts)


def _read_mask(document: Document, layer: RegionLayer) -> Generator[None, None, Pixels]:
    """Read a mask without its black margins; nothing is left of one that is all black."""
    rows: dict[int, bytes] = {}
    left, width = layer.area[0], layer.area[2]
    for band in bands_of(layer.area) if width else []:
        data = bytes(document.read_mask(layer.key, band))
        if data.strip(b"\0"):
            rows.update({band[1] + y: data[y * width : (y + 1) * width] for y in range(band[3])})
        yield
    lit = [y for y, row in rows.items() if row.strip(b"\0")]
    if not lit:
        return Pixels((0, 0, 0, 0), 1, b"")
    first = min(width - len(rows[y].lstrip(b"\0")) for y in lit)
    last = max(len(rows[y].rstrip(b"\0")) for y in lit)
    black = bytes(width)
    data = b"".join([rows.get(y, black)[first:last] for y in range(lit[0], lit[-1] + 1)])
    return Pixels((left + first, lit[0], last - first, lit[-1] + 1 - lit[0]), 1, data)
