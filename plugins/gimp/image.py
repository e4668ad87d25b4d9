"""GIMP's images as the panel needs them.

Pixels are always asked for and given as 8-bit sRGB; GIMP converts from and to the image's own depth and profile. The
result is written straight into its buffer, which makes no undo step (nobody paints on it); layers come and go with one
each.

GIMP ends a plug-in that writes to a layer whose pixels are locked, or that is gone. So every write asks first, and the
result cannot be kept from the user by that lock: to unlock it for each write would fill the undo history.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from gi.repository import Gegl, Gimp

from . import drawables, parasite
from .drawables import MASK8, RGB8, RGBA8
from .layers import Layers
from .painting import Painting
from .panel import words
from .panel.blending import chosen, cut_out, shown
from .panel.host import Picture, RegionLayer
from .photograph import Looks, Photograph, fingerprint, looks_beneath
from .protocol.errors import HueDotError
from .protocol.messages import Rectangle
from .protocol.wire import Buffer
from .regions import Regions


class Document:
    """One open image."""

    def __init__(self, image: Gimp.Image) -> None:
        """Wrap GIMP's image."""
        self.image = image
        self._size = 0, 0
        self._layers = Layers(image)
        self._regions = Regions(image, self._layers)
        self._painting = Painting(image, self._layers)
        self._photograph: Photograph | None = None
        # Looks of the layers that are the photograph, when it was last read.
        self._looks: Mapping[int, Looks] = {}
        self._is_writing = False
        # The buffer to write to instead of the result's own, while its change is to be undoable.
        self._written: Gegl.Buffer | None = None

    @property
    def width(self) -> int:
        """Its width in pixels; after it was closed, the one that it had."""
        return self._measured()[0]

    @property
    def height(self) -> int:
        """Its height in pixels; after it was closed, the one that it had."""
        return self._measured()[1]

    @property
    def key(self) -> str:
        """GIMP's number for it."""
        return str(self.image.get_id())

    @property
    def name(self) -> str:
        """Its file's name, or the one that GIMP shows."""
        return drawables.name_of(self.image)

    def is_open(self) -> bool:
        """Whether the user has not closed it."""
        return bool(self.image.is_valid())

    def is_busy(self) -> bool:
        """Whether a stroke is under way: GIMP does not tell, and does not mind."""
        return False

    def why_not(self) -> str:
        """Return why it cannot be colored as it is: a grayscale or indexed image shows no color, or not all."""
        if not self.is_open():
            return ""
        kinds = {Gimp.ImageBaseType.GRAY: words.IS_GRAY, Gimp.ImageBaseType.INDEXED: words.IS_INDEXED}
        return kinds.get(self.image.get_base_type(), "")

    def convert(self) -> None:
        """Make it RGB, at its own depth; one undo step."""
        self.image.convert_rgb()
        Gimp.displays_flush()

    # The layers

    def has_layers(self) -> bool:
        """Whether both layers are there."""
        return None not in self.layers()

    def can_redo(self) -> bool:
        """Whether `make_layers` can redo: GIMP does not let a plug-in."""
        return False

    def make_layers(self) -> None:
        """Add what is missing: both in a group, or the one beside the other; one undo step."""
        with self.one_undo_step():
            self._layers.make_missing()
        Gimp.displays_flush()

    def replace_hints(self, parts: Mapping[Rectangle, Buffer]) -> None:
        """Put a copy of the hint layer, with these pixels repainted, in its place; one undo step.

        Raises HueDotError if it is locked.
        """
        old, _ = self.layers()
        if old is None:
            return
        if drawables.is_locked(old):
            raise HueDotError(words.HINTS_LOCKED, words.UNLOCK_HINTS)
        new = old.copy()
        buffer = new.get_buffer()
        for area, rgba in parts.items():
            place = drawables.place_of(new, area)
            buffer.set(place, RGBA8, self._beside_hidden(old, place, rgba))
        buffer.flush()
        with self.one_undo_step():
            self._layers.put_in_place(new, old)
            self.image.set_selected_layers([new])
        Gimp.displays_flush()

    def _beside_hidden(self, hints: Gimp.Layer, place: Gegl.Rectangle, rgba: Buffer) -> bytes:
        """Return new pixels of the hint layer, with those that its mask hides as they are: they were not read."""
        mask = hints.get_mask() if hints.get_apply_mask() else None
        if mask is None:
            return bytes(rgba)
        return chosen(drawables.read(hints, place), rgba, shown(drawables.read(mask, place, MASK8)))

    @contextmanager
    def undoable_result(self) -> Iterator[None]:
        """Make all that is written to the result within one undo step, which appears at the end, whole."""
        _, result = self.layers()
        if result is None:
            return
        whole = Gegl.Rectangle.new(0, 0, result.get_width(), result.get_height())
        shadow = result.get_shadow_buffer()
        result.get_buffer().copy(whole, Gegl.AbyssPolicy.NONE, shadow, whole)
        self._written = shadow
        try:
            yield
        finally:
            self._written = None
        shadow.flush()
        drawables.merge_shadow(result)
        self._layers.end_writing(result, fingerprint(self._looks), undoable=True)

    def one_undo_step(self) -> AbstractContextManager[None]:
        """Make all that happens within one undo step. GIMP must not be kept waiting meanwhile."""
        return drawables.one_undo_step(self.image)

    def layers(self) -> tuple[Gimp.Layer | None, Gimp.Layer | None]:
        """Return the hint layer and the result layer, as far as they are there."""
        return self._layers.find() if self.is_open() else (None, None)

    def doubt(self) -> str:
        """Return why a layer that seems to be HueDot's is not taken for it; nothing where all is clear."""
        self.layers()
        return self._layers.doubt

    # What the user painted

    def stamp(self) -> object:
        """Return what the hint layer, the regions and their masks look like, where they are, and what is selected."""
        hints, _ = self.layers()
        if hints is None:
            return None
        mask = hints.get_mask()
        looks = [hash(drawables.small(each)[0]) for each in (hints, mask) if each is not None]
        return hints.get_id(), tuple(hints.get_offsets()), looks, self._regions.looks(), self.selection_bounds()

    def hint_bounds(self, region: str = "") -> Rectangle | None:
        """Return the painted part of the hint layer, or of a region's, in the image, or somewhat more than that."""
        hints = self._dots_of(region)
        return drawables.painted_inside(hints, self._measured()) if hints is not None else None

    def regions(self) -> list[RegionLayer]:
        """Return the visible regions, bottom-up."""
        return self._regions.visible(self._measured()) if self.is_open() else []

    def read_mask(self, region: str, area: Rectangle) -> bytes:
        """Return a region's mask, one byte each."""
        layer = self._dots_of(region)
        mask = layer.get_mask() if layer is not None else None
        return drawables.read(mask, drawables.place_of(mask, area), MASK8) if mask else bytes(area[2] * area[3])

    def make_region(self) -> Gimp.Layer:
        """Add a region above the hints, whose mask is the selection; one undo step. Raises if nothing is selected."""
        hints, _ = self.layers()
        if hints is None:
            raise HueDotError(words.NOT_STARTED)
        if self.selection_bounds() is None:
            raise HueDotError(words.NOTHING_IS_SELECTED, words.SELECT_FIRST)
        with self.one_undo_step():
            made = self._regions.make(hints)
        Gimp.displays_flush()
        return made

    def read_hints(self, area: Rectangle, region: str = "") -> bytes:
        """Return the hint layer's pixels, or a region's, RGBA; transparent where the mask hides them."""
        hints = self._dots_of(region)
        if hints is None:
            return bytes(area[2] * area[3] * 4)
        place = drawables.place_of(hints, area)
        rgba, mask = drawables.read(hints, place), hints.get_mask()
        if mask is None or not hints.get_apply_mask():
            return rgba
        return cut_out(rgba, drawables.read(mask, place, MASK8))

    def _dots_of(self, region: str) -> Gimp.Layer | None:
        """Return a region's layer, or the hint layer; None once it is gone."""
        if not region or not self.is_open():
            return self.layers()[0]
        return self._regions.find(region)

    def selected(self) -> list[int]:
        """Return the selected layers, by GIMP's numbers."""
        return [each.get_id() for each in self.image.get_selected_layers()] if self.is_open() else []

    def remark(self) -> str:
        """Return what the user should know of where he paints: not on the hints, say; nothing where all is well."""
        return self._painting.remark(self._looks) if self.is_open() else ""

    def can_undo_stroke(self) -> bool:
        """Whether the user painted on the photograph, and what it was like before is known."""
        return self.is_open() and self._painting.can_undo_stroke()

    def undo_stroke(self) -> None:
        """Bring the photograph back as it was before the user painted on it; one undo step."""
        self._painting.undo_stroke()
        Gimp.displays_flush()

    def hides_dots(self) -> bool:
        """Whether no dots are in sight."""
        if not self.is_open() or self._regions.show_dots():
            return False
        return not any(each.get_visible() for each in self._layers.hints())

    def hide_dots(self, hidden: bool) -> None:
        """Hide all hint layers and the regions' dots, or show those that are read; one undo step."""
        read, _ = self.layers()
        with self.one_undo_step():
            for each in self._layers.hints() if hidden else [read]:
                if each is not None and each.get_visible() == hidden:
                    each.set_visible(not hidden)
            self._regions.hide_dots(hidden)
        Gimp.displays_flush()

    # The photograph

    def begin_photograph(self) -> None:
        """Find the photograph: what is visible beneath our layers; raises HueDotError where that is nothing."""
        self._looks = looks_beneath(self.image, self._lowest())
        self._photograph = Photograph(self.image, self._lowest())

    def read_photograph(self, area: Rectangle) -> bytes:
        """Return the photograph's pixels in sRGB, RGBA."""
        return self._photograph.read(area) if self._photograph is not None else bytes(area[2] * area[3] * 4)

    def end_photograph(self) -> None:
        """Free what `begin_photograph` made."""
        if self._photograph is not None:
            self._photograph.close()
            self._photograph = None

    def fingerprint(self) -> str:
        """Return a hash of what the photograph looks like, reduced; it makes no undo step, and nothing shows."""
        return fingerprint(looks_beneath(self.image, self._lowest())) if self.is_open() else ""

    def _lowest(self) -> Gimp.Layer | None:
        """Return the layer beneath which the photograph lies; None if that is all of the image."""
        hints, result = self.layers()
        return result or hints

    # The result

    def selection(self, area: Rectangle) -> bytes | None:
        """Return how much each pixel is selected; None if nothing is."""
        if Gimp.Selection.is_empty(self.image):
            return None
        return drawables.read(self.image.get_selection(), Gegl.Rectangle.new(*area), MASK8)

    def selection_bounds(self) -> Rectangle | None:
        """Return the selection's bounds inside the image."""
        _, is_some, *corners = Gimp.Selection.bounds(self.image)
        return drawables.inside(self._measured(), *corners) if is_some else None

    def chosen_place(self) -> tuple[int, int] | None:
        """Return the middle of the selection, or else the last sample point; None if there is neither."""
        if bounds := self.selection_bounds():
            return bounds[0] + bounds[2] // 2, bounds[1] + bounds[3] // 2
        last = point = self.image.find_next_sample_point(0)
        while point:
            last, point = point, self.image.find_next_sample_point(point)
        if not last:
            return None
        x, y = self.image.get_sample_point_position(last)
        return int(x), int(y)

    def read_result(self, area: Rectangle) -> bytes:
        """Return the result layer's pixels, RGBA."""
        _, result = self.layers()
        if result is None:
            return bytes(area[2] * area[3] * 4)
        place = drawables.place_of(result, area)
        if self._written is not None:
            return bytes(self._written.get(place, 1.0, RGBA8, Gegl.AbyssPolicy.NONE))
        return drawables.read(result, place)

    def write_result(self, area: Rectangle, pixels: Buffer) -> None:
        """Write RGB or RGBA pixels to the result layer. Raises HueDotError if it is locked."""
        _, result = self.layers()
        if result is None:
            return
        if drawables.is_locked(result):
            raise HueDotError(words.RESULT_LOCKED, words.UNLOCK)
        place, form = drawables.place_of(result, area), RGB8 if len(pixels) == area[2] * area[3] * 3 else RGBA8
        if self._written is not None:
            self._written.set(place, form, bytes(pixels))
            return
        if not self._is_writing:
            self._layers.begin_writing(result, self.fingerprint())
            self._is_writing = True
        drawables.write(result, place, form, bytes(pixels))

    def show_result(self) -> None:
        """Let the user see what was written."""
        _, result = self.layers()
        if result is not None and self._is_writing:
            self._layers.end_writing(result, fingerprint(self._looks))
        self._is_writing = False
        Gimp.displays_flush()

    def thumbnail(self, side: int) -> Picture | None:
        """Return the result, small."""
        _, result = self.layers()
        return drawables.scaled(result, side) if result is not None else None

    # What is kept in the image

    def load_state(self) -> Mapping[str, Any]:
        """Return the panel's settings."""
        settings = self._kept().get("settings")
        return settings if isinstance(settings, dict) else {}

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Keep the panel's settings."""
        self._keep({"settings": dict(state)})

    def others_wrote(self) -> object:
        """Return what changes when a procedure from the menu, or of a script, has written to the result."""
        return self._kept().get("written")

    def tell_others(self) -> None:
        """Let a panel know that what it last wrote to the result is there no more."""
        self._keep({"written": time.time_ns()})

    def _kept(self) -> dict[str, Any]:
        return parasite.read(self.image) if self.is_open() else {}

    def _keep(self, new: Mapping[str, Any]) -> None:
        if self.is_open():
            parasite.update(self.image, new)

    def _measured(self) -> tuple[int, int]:
        if self.is_open():
            self._size = self.image.get_width(), self.image.get_height()
        return self._size
