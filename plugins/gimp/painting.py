"""Where the user paints: what is painted elsewhere than on the hints does not count, or does harm."""

from __future__ import annotations

from collections.abc import Mapping

from gi.repository import Gimp

from . import drawables
from .layers import Layers
from .panel import words
from .photograph import Looks, looks_of


class Painting:
    """The layer that the user has selected, and what it looked like before."""

    def __init__(self, image: Gimp.Image, layers: Layers) -> None:
        """Look at nothing yet."""
        self._image, self._layers = image, layers
        self._before: tuple[int, Looks] | None = None
        # A copy of that layer, which shares its pixels, and its looks.
        self._copy: tuple[Gimp.Layer, Looks] | None = None

    def remark(self, photograph: Mapping[int, Looks]) -> str:
        """Return what the user should know of the layer that he paints on; nothing where all is well.

        photograph: what its layers looked like when they were read, by GIMP's numbers.
        """
        hints, result = self._layers.find()
        selected = self._image.get_selected_layers()
        if hints is None or result is None or len(selected) != 1 or selected[0].get_id() == hints.get_id():
            self._forget()
            return ""
        layer = selected[0]
        if layer.get_id() == result.get_id():
            return words.ON_RESULT
        if layer.get_id() in [each.get_id() for each in self._layers.regions()]:
            return ""
        if layer.get_id() in [each.get_id() for each in [*self._layers.hints(), *self._layers.unmasked()]]:
            return words.NOT_READ.format(layer=layer.get_name(), hints=hints.get_name())
        is_painted = self._is_covered(layer, result) and self._is_changed(layer, photograph)
        return words.ON_PHOTOGRAPH.format(layer=layer.get_name()) if is_painted else ""

    def can_undo_stroke(self) -> bool:
        """Whether the selected layer was painted on, and what it was like before is known."""
        if self._before is None or self._copy is None or not self._copy[0].is_valid():
            return False
        layer = Gimp.Layer.get_by_id(self._before[0])
        is_there = layer is not None and layer.is_valid() and not drawables.is_locked(layer)
        return is_there and self._copy[1] == self._before[1] != looks_of(layer)

    def undo_stroke(self) -> None:
        """Give the layer back the pixels that it had when it was selected: GIMP lets no plug-in undo. One undo step."""
        if self._before is not None and self._copy is not None and self.can_undo_stroke():
            copy, layer = self._copy[0], Gimp.Layer.get_by_id(self._before[0])
            drawables.replace(layer, copy.get_buffer())

    def _forget(self) -> None:
        if self._copy is not None and self._copy[0].is_valid():
            self._copy[0].delete()
        self._before = self._copy = None

    def _is_covered(self, layer: Gimp.Layer, result: Gimp.Layer) -> bool:
        beneath = drawables.flat(drawables.beneath(self._image, result))
        return bool(result.get_visible()) and layer.get_id() in [each.get_id() for each in beneath]

    def _is_changed(self, layer: Gimp.Layer, photograph: Mapping[int, Looks]) -> bool:
        """Whether a layer looks otherwise than before it was selected; one of another size was not painted on."""
        now = looks_of(layer)
        if self._before is None or self._before[0] != layer.get_id() or self._before[1][1:] != now[1:]:
            self._forget()
            self._before = layer.get_id(), photograph.get(layer.get_id(), now)
            self._copy = layer.copy(), now
        return self._before[1] != now and self._before[1][1:] == now[1:]
