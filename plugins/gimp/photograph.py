"""The photograph: what the user sees beneath HueDot's layers. What lies above them is the user's, and not read.

Groups that hold the result, and what else is beneath it, act on the result as they do on the photograph: their masks,
opacity and blending mode are no part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from gi.repository import Gimp

from . import drawables, marks
from .panel import words
from .protocol.errors import HueDotError
from .protocol.messages import Rectangle

Looks = tuple[object, ...]

# Images that we made and that the user must not see.
_COPIES: set[int] = set()


class Photograph:
    """What lies beneath a layer, or beneath none: all of the image."""

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer | None) -> None:
        """Find the one layer that is the photograph, or compose it; raises HueDotError where nothing is visible."""
        self._image = image
        self._copy: Gimp.Image | None = None
        seen = visible_beneath(image, layer)
        if not seen:
            raise HueDotError(words.NOTHING_BENEATH, words.MOVE_ABOVE)
        is_whole = len(seen) == 1 and seen[0].get_parent() is None and drawables.is_plain(seen[0])
        self._layer = seen[0] if is_whole else self._composed(layer)

    def read(self, area: Rectangle) -> bytes:
        """Return the pixels of an area, RGBA; transparent once the layer is gone."""
        if not self._layer.is_valid():
            return bytes(area[2] * area[3] * 4)
        return drawables.read(self._layer, drawables.place_of(self._layer, area))

    def close(self) -> None:
        """Throw the copy away."""
        if self._copy is not None:
            self._copy.delete()
            _COPIES.discard(self._copy.get_id())
            self._copy = None

    def _composed(self, layer: Gimp.Layer | None) -> Gimp.Layer:
        """Compose what lies beneath, in a copy of the image (GIMP's copies share their pixels)."""
        hidden = {each.get_id() for each in [*drawables.above(self._image, layer), layer]} if layer is not None else ()
        holders = {each.get_id() for each in drawables.holders(layer)}
        copy = self._copy = self._image.duplicate()
        _COPIES.add(copy.get_id())
        copy.undo_disable()
        layers, copies = (drawables.flat(each.get_layers()) for each in (self._image, copy))
        for original, copied in zip(layers, copies, strict=True):
            if original.get_id() in hidden or _is_hints(original):
                copied.set_visible(False)
            if original.get_id() in holders:
                _make_plain(copied)
        composed = Gimp.Layer.new_from_visible(copy, copy, words.TITLE)
        # So that it goes with the copy.
        copy.insert_layer(composed, None, 0)
        return composed


def visible_beneath(image: Gimp.Image, layer: Gimp.Layer | None) -> list[Gimp.Layer]:
    """Return the visible layers and groups beneath a layer, without hints."""
    found = drawables.beneath(image, layer)
    return [each for each in found if each.get_visible() and not drawables.is_all(each, _is_hints)]


def looks_beneath(image: Gimp.Image, layer: Gimp.Layer | None) -> dict[int, Looks]:
    """Return what the visible layers beneath a layer look like, by GIMP's numbers: 20 ms for each; 0 is the image."""
    profile = image.get_color_profile()
    whole: dict[int, Looks] = {0: (profile.get_label() if profile is not None else "",)}
    return whole | {each.get_id(): looks_of(each) for each in visible_beneath(image, layer)}


def looks_of(layer: Gimp.Layer) -> Looks:
    """Return what makes a layer look as it does, with its pixels as GIMP's small picture of them."""
    mask = layer.get_mask() if layer.get_apply_mask() else None
    parts = [drawables.looks_of(each) for each in (layer, mask) if each is not None]
    return (
        *parts,
        *layer.get_offsets(),
        layer.get_width(),
        layer.get_height(),
        layer.get_opacity(),
        int(layer.get_mode()),
    )


def fingerprint(looks: Mapping[int, Looks]) -> str:
    """Return a hash of what layers look like."""
    return hashlib.blake2b(repr(list(looks.values())).encode(), digest_size=8).hexdigest()


def _make_plain(group: Gimp.Layer) -> None:
    group.set_opacity(100.0)
    if group.get_mask() is not None:
        group.set_apply_mask(False)
    if group.get_mode() != Gimp.LayerMode.PASS_THROUGH:
        group.set_mode(Gimp.LayerMode.NORMAL)


def _is_hints(layer: Gimp.Layer) -> bool:
    mark = marks.read(layer)
    return mark is not None and mark.role in (marks.HINTS, marks.REGION)


def open_images() -> list[Gimp.Image]:
    """Return the images that are open, without copies of ours."""
    return [image for image in Gimp.get_images() if image.get_id() not in _COPIES]
