"""GIMP's images as the panel needs them: the only room that knows GIMP's API for pixels and layers.

Two layers in a group of their own: hints above, the result beneath. Pixels are always asked for and given as 8-bit
sRGB; GIMP converts from and to the image's own depth and profile. The result is written straight into its buffer, which
makes no undo step (nobody paints on it); layers come and go with one each.

GIMP ends a plug-in that writes to a layer whose pixels are locked, or that is gone. So every write asks first, and the
result cannot be kept from the user by that lock: to unlock it for each write would fill the undo history.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gi.repository import Gegl, Gimp

from . import drawables, parasite
from .drawables import MASK8, RGB8, RGBA8
from .panel import words
from .panel.blending import cut_out
from .panel.host import Picture
from .protocol.errors import HueDotError
from .protocol.messages import Rectangle
from .protocol.wire import Buffer

_COPIES: set[int] = set()  # images that we made and that the user must not see


class Document:
    """One open image."""

    def __init__(self, image: Gimp.Image) -> None:
        """Wrap GIMP's image."""
        self.image = image
        self._size = 0, 0
        self._photograph: Gimp.Layer | None = None
        self._copy: Gimp.Image | None = None
        self._written: Gegl.Buffer | None = None  # instead of the result's own, while its change is to be undoable
        self._results: dict[int, int] = {}  # the result layers seen: GIMP's ids, by the numbers kept in the image

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
            self._make_missing()
        Gimp.displays_flush()

    def replace_hints(self, parts: Mapping[Rectangle, Buffer]) -> None:
        """Put a copy of the hint layer, with these pixels painted anew, in its place; one undo step.

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
            buffer.set(drawables.place_of(new, area), RGBA8, bytes(rgba))
        buffer.flush()
        with self.one_undo_step():
            self._put_in_place(new, old)
            self.image.set_selected_layers([new])
        Gimp.displays_flush()

    @contextmanager
    def undoable_result(self) -> Iterator[None]:
        """Make all that is written to the result within one undo step, which appears at the end, whole.

        GIMP confines it to the selection, which is therefore put aside.
        """
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
        with self._nothing_selected():
            result.merge_shadow(True)
        result.update(0, 0, whole.width, whole.height)

    @contextmanager
    def _nothing_selected(self) -> Iterator[None]:
        if Gimp.Selection.is_empty(self.image):
            yield
            return
        layers, kept = self.image.get_selected_layers(), Gimp.Selection.save(self.image)
        Gimp.Selection.none(self.image)
        try:
            yield
        finally:
            self.image.select_item(Gimp.ChannelOps.REPLACE, kept)
            self.image.remove_channel(kept)
            self.image.set_selected_layers(layers)  # a channel that is added is selected instead of them

    @contextmanager
    def one_undo_step(self) -> Iterator[None]:
        """Make all that happens within one undo step. GIMP must not be kept waiting meanwhile."""
        self.image.undo_group_start()
        try:
            yield
        finally:
            self.image.undo_group_end()

    def layers(self) -> tuple[Gimp.Layer | None, Gimp.Layer | None]:
        """Return the hint layer and the result layer, by the numbers that are kept in the image."""
        if not self.is_open():
            return None, None
        kept = self._kept()
        return self._numbered(kept.get("hints")), self._own_result(kept.get("result"))

    def _numbered(self, tattoo: int | None) -> Gimp.Layer | None:
        return self.image.get_layer_by_tattoo(tattoo) if tattoo else None  # GIMP shows a message for 0

    def _own_result(self, tattoo: int | None) -> Gimp.Layer | None:
        """Return the result layer, but not what it was merged into by the user, which inherits its number."""
        layer = self._numbered(tattoo)
        is_own = layer is not None and self._results.setdefault(tattoo or 0, layer.get_id()) == layer.get_id()
        return layer if is_own else None

    def _make_missing(self) -> None:
        hints, result = self.layers()
        if hints is None and result is None:
            group = Gimp.GroupLayer.new(self.image, words.GROUP)
            self._insert(group, None, 0)
            result = self._insert(self._made(words.RESULT_LAYER), group, 0)
            hints = self._insert(self._made(words.HINT_LAYER), group, 0)
        elif result is None and hints is not None:
            beneath = self.image.get_item_position(hints) + 1
            result = self._insert(self._made(words.RESULT_LAYER), hints.get_parent(), beneath)
        elif hints is None and result is not None:
            above = self.image.get_item_position(result)
            hints = self._insert(self._made(words.HINT_LAYER), result.get_parent(), above)
        if hints is None or result is None:
            return
        result.set_lock_position(True)
        self._keep({"hints": hints.get_tattoo(), "result": result.get_tattoo()})
        self.image.set_selected_layers([hints])

    def _made(self, name: str) -> Gimp.Layer:
        """Return a transparent layer as large as the image, that is not in it yet."""
        kind, mode = Gimp.ImageType.RGBA_IMAGE, Gimp.LayerMode.NORMAL
        return Gimp.Layer.new(self.image, name, self.width, self.height, kind, 100.0, mode)

    def _insert(self, layer: Gimp.Layer, parent: Gimp.Layer | None, position: int) -> Gimp.Layer:
        if not self.image.insert_layer(layer, parent, position):
            said = Gimp.get_pdb().get_last_error()
            raise HueDotError(f"GIMP did not add the layer “{layer.get_name()}”: {said}", "Mend that, and try again.")
        return layer

    def _put_in_place(self, new: Gimp.Layer, old: Gimp.Layer) -> None:
        """Let a layer take another's place, its name, and the number by which it is found, also after undo and redo."""
        name, tattoo = old.get_name(), old.get_tattoo()
        self._insert(new, old.get_parent(), self.image.get_item_position(old))
        self.image.remove_layer(old)
        new.set_name(name)
        new.set_tattoo(tattoo)

    # What the user painted

    def stamp(self) -> object:
        """Return what the hint layer and its mask look like, small, where they are, and the selection's bounds."""
        hints, _ = self.layers()
        if hints is None:
            return None
        mask = hints.get_mask()
        looks = [hash(drawables.small(each)[0]) for each in (hints, mask) if each is not None]
        return hints.get_id(), tuple(hints.get_offsets()), looks, self.selection_bounds()

    def hint_bounds(self) -> Rectangle | None:
        """Return the painted part of the hint layer inside the image, or somewhat more than that."""
        hints, _ = self.layers()
        painted = drawables.painted(hints) if hints is not None else None
        if hints is None or painted is None:
            return None
        _, x, y = hints.get_offsets()
        return drawables.inside(self._measured(), painted[0] + x, painted[1] + y, painted[2] + x, painted[3] + y)

    def read_hints(self, area: Rectangle) -> bytes:
        """Return the hint layer's pixels, RGBA; transparent where its mask hides them."""
        hints, _ = self.layers()
        if hints is None:
            return bytes(area[2] * area[3] * 4)
        place = drawables.place_of(hints, area)
        rgba, mask = drawables.read(hints, place), hints.get_mask()
        if mask is None or not hints.get_apply_mask():
            return rgba
        return cut_out(rgba, drawables.read(mask, place, MASK8))

    def is_painted_wrong(self) -> bool:
        """Whether the user is about to paint on the result."""
        _, result = self.layers()
        selected = self.image.get_selected_layers() if result is not None else []
        return [layer.get_id() for layer in selected] == [result.get_id() if result is not None else 0]

    # The photograph

    def fingerprint(self) -> object:
        """Return what the visible layers beside ours look like, small."""
        ours = self._ours() if self.is_open() else set()
        visible = [each for each in self.image.get_layers() if each.get_visible() and not drawables.is_all(each, ours)]
        small = [hash(drawables.small(each)) for each in visible]
        return small, [(*each.get_offsets(), each.get_opacity(), each.get_mode()) for each in visible]

    def begin_photograph(self) -> None:
        """Find the one layer that is the photograph, or compose it anew without our layers."""
        self._photograph = self._only_layer() or self._compose()

    def read_photograph(self, area: Rectangle) -> bytes:
        """Return the photograph's pixels in sRGB, RGBA."""
        if self._photograph is None or not self._photograph.is_valid():
            return bytes(area[2] * area[3] * 4)
        return drawables.read(self._photograph, drawables.place_of(self._photograph, area))

    def end_photograph(self) -> None:
        """Throw the copy away."""
        self._photograph = None
        if self._copy is not None:
            self._copy.delete()
            _COPIES.discard(self._copy.get_id())
            self._copy = None

    def _only_layer(self) -> Gimp.Layer | None:
        """Return the layer whose pixels are what the user sees beneath ours, if that is a single one."""
        ours = self._ours()
        seen = [layer for layer in self.image.get_layers() if layer.get_visible() and not drawables.is_all(layer, ours)]
        return seen[0] if len(seen) == 1 and drawables.is_plain(seen[0]) else None

    def _compose(self) -> Gimp.Layer:
        """Compose what the user sees beneath our layers, in a copy of the image (GIMP's copies share their pixels)."""
        ours = self._ours()
        self._copy = self.image.duplicate()
        _COPIES.add(self._copy.get_id())
        self._copy.undo_disable()
        layers, copies = (drawables.flat(each.get_layers()) for each in (self.image, self._copy))
        for original, copied in zip(layers, copies, strict=True):
            if original.get_id() in ours:
                copied.set_visible(False)
        photograph = Gimp.Layer.new_from_visible(self._copy, self._copy, words.TITLE)
        self._copy.insert_layer(photograph, None, 0)  # so that it goes with the copy
        return photograph

    def _ours(self) -> set[int]:
        return {layer.get_id() for layer in self.layers() if layer is not None}

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
        drawables.write(result, place, form, bytes(pixels))

    def show_result(self) -> None:
        """Compose the image anew."""
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


def open_images() -> list[Gimp.Image]:
    """Return the images that are open, without copies of ours."""
    return [image for image in Gimp.get_images() if image.get_id() not in _COPIES]
