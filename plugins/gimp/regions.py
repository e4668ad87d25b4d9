"""Regions in an image: layers with a mask, and with HueDot's mark, which goes with them wherever the user moves them.

To hide one with its eye is to leave it out. So dots that are only not to be seen are made transparent instead.
"""

from __future__ import annotations

import time

from gi.repository import Gimp

from . import drawables
from .layers import Layers
from .panel.host import RegionLayer
from .panel.regions import free_name
from .panel.state import LOOK_S

OPAQUE, TRANSPARENT = 100.0, 0.0
# Times as long as it takes to look, until the next look: with many regions, GIMP has more to do than to show them.
REST = 10


class Regions:
    """The regions of one open image."""

    def __init__(self, image: Gimp.Image, layers: Layers) -> None:
        """Look at nothing yet."""
        self._image, self._layers = image, layers
        self._looks: object = None
        self._look_at = 0.0

    def visible(self, size: tuple[int, int]) -> list[RegionLayer]:
        """Return the visible regions of an image of a size, (width, height), bottom-up.

        GIMP's small picture of a layer may not show a small dot: so all dots are read now and then.
        """
        now = int(time.monotonic() / LOOK_S)
        found = []
        for layer in reversed(self._visible()):
            area = drawables.painted_inside(layer.get_mask(), size) or (0, 0, 0, 0)
            dots, mask = _looks(layer), _looks(layer.get_mask())
            found.append(RegionLayer(str(layer.get_id()), (now, dots), (mask, area), area))
        return found

    def looks(self) -> object:
        """Return what changes when a region does, or soon after."""
        began = time.monotonic()
        if began >= self._look_at:
            self._looks = [(layer.get_id(), _looks(layer), _looks(layer.get_mask())) for layer in self._visible()]
            self._look_at = began + REST * (time.monotonic() - began)
        return self._looks

    def find(self, key: str) -> Gimp.Layer | None:
        """Return a region's layer."""
        return next((each for each in self._layers.regions() if str(each.get_id()) == key), None)

    def make(self, hints: Gimp.Layer) -> Gimp.Layer:
        """Add a region, whose mask is the selection, above the hints and their other regions."""
        names = {each.get_name() for each in drawables.flat(self._image.get_layers())}
        return self._layers.add_region(hints, free_name(names))

    def show_dots(self) -> bool:
        """Whether the dots of a region are to be seen."""
        return any(each.get_visible() and each.get_opacity() > TRANSPARENT for each in self._layers.regions())

    def hide_dots(self, hidden: bool) -> None:
        """Let no dots of regions be seen, or all; part of an undo step."""
        for each in self._layers.regions():
            each.set_opacity(TRANSPARENT if hidden else OPAQUE)

    def _visible(self) -> list[Gimp.Layer]:
        """Return the visible regions, the uppermost first; groups that hold the result may be hidden for a while."""
        _, result = self._layers.find()
        own = {each.get_id() for each in drawables.holders(result)}
        return [each for each in self._layers.regions() if _is_visible(each, own)]


def _is_visible(layer: Gimp.Layer, own: set[int]) -> bool:
    return all(each.get_visible() for each in [layer, *drawables.holders(layer)] if each.get_id() not in own)


def _looks(drawable: Gimp.Drawable) -> object:
    return tuple(drawable.get_offsets()), hash(drawables.small(drawable)[0])
