"""Layers, channels and images of GIMP: what they hold, and how their pixels are read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gi.repository import Gegl, Gimp

from . import pixels
from .panel.host import Picture
from .protocol.messages import Rectangle

RGB8, RGBA8, MASK8 = "R'G'B' u8", "R'G'B'A u8", "Y u8"
# Pixels on the longer side of the small picture by which changes are noticed.
SMALL = 256
# Pixels on the longer side of the picture by which a layer is recognized: it takes 20 ms of 12 megapixels.
LOOKS = 512
# Pixels on the longer side of an image in a list.
ICON = 32


def flat(layers: list[Gimp.Layer]) -> list[Gimp.Layer]:
    """Return layers and all that their groups hold."""
    found: list[Gimp.Layer] = []
    for layer in layers:
        found += [layer, *(flat(layer.get_children()) if layer.is_group() else [])]
    return found


def beneath(image: Gimp.Image, layer: Gimp.Layer | None) -> list[Gimp.Layer]:
    """Return what lies beneath a layer, inside its groups and outside, the uppermost first; without one, all."""
    if layer is None:
        return list(image.get_layers())
    return [low for each in [layer, *holders(layer)] for low in _split(image, each)[1]]


def above(image: Gimp.Image, layer: Gimp.Layer) -> list[Gimp.Layer]:
    """Return what lies above a layer, inside its groups and outside."""
    return [high for each in [layer, *holders(layer)] for high in _split(image, each)[0]]


def holders(layer: Gimp.Layer | None) -> list[Gimp.Layer]:
    """Return the groups that hold a layer, the innermost first."""
    holder = layer.get_parent() if layer is not None else None
    return [] if holder is None else [holder, *holders(holder)]


def is_visible(layer: Gimp.Layer) -> bool:
    """Whether a layer is shown, and all groups that hold it."""
    return all(each.get_visible() for each in [layer, *holders(layer)])


def _split(image: Gimp.Image, layer: Gimp.Layer) -> tuple[list[Gimp.Layer], list[Gimp.Layer]]:
    """Return a layer's neighbors above it, and beneath it."""
    holder, position = layer.get_parent(), image.get_item_position(layer)
    every = list(image.get_layers() if holder is None else holder.get_children())
    return every[:position], every[position + 1 :]


def is_all(layer: Gimp.Layer, such: Callable[[Gimp.Layer], bool]) -> bool:
    """Whether a layer is such a one, or a group of nothing but such."""
    if layer.is_group():
        return all(is_all(child, such) for child in layer.get_children())
    return such(layer)


def is_plain(layer: Gimp.Layer) -> bool:
    """Whether a layer's own pixels are what the user sees of it."""
    is_normal = layer.get_mode() in (Gimp.LayerMode.NORMAL, Gimp.LayerMode.NORMAL_LEGACY)
    is_whole = layer.get_opacity() == 100.0 and layer.get_mask() is None and not layer.get_filters()
    return is_normal and is_whole and not layer.is_group()


def is_locked(layer: Gimp.Layer | None) -> bool:
    """Whether a layer's pixels are locked, by itself or by one of its groups."""
    while layer is not None:
        if layer.get_lock_content():
            return True
        layer = layer.get_parent()
    return False


def place_of(drawable: Gimp.Drawable, area: Rectangle) -> Gegl.Rectangle:
    """Return where an area of the image is in a layer or a channel."""
    _, x, y = drawable.get_offsets()
    return Gegl.Rectangle.new(area[0] - x, area[1] - y, area[2], area[3])


def read(drawable: Gimp.Drawable, place: Gegl.Rectangle, form: str = RGBA8) -> bytes:
    """Return the pixels of a place of a drawable; beyond its edges they are transparent, or black."""
    return bytes(drawable.get_buffer().get(place, 1.0, form, Gegl.AbyssPolicy.NONE))


def scaled(layer: Gimp.Layer, side: int) -> Picture:
    """Return a layer, reduced to `side` pixels on its longer side."""
    width, height = layer.get_width(), layer.get_height()
    scale = min(1.0, side / max(width, height))
    small = Gegl.Rectangle.new(0, 0, max(1, int(width * scale)), max(1, int(height * scale)))
    data = layer.get_buffer().get(small, scale, RGBA8, Gegl.AbyssPolicy.NONE)
    return Picture(small.width, small.height, 4, bytes(data))


def small(drawable: Gimp.Drawable, side: int = SMALL) -> tuple[bytes, int, int, int]:
    """Return the small picture that GIMP has at once: pixels of the layer's own depth, width, height, bytes a pixel.

    Of a drawable that is gone it has no pixels.
    """
    data, width, height, pixel = drawable.get_thumbnail_data(side, side)
    return data.get_data() if data is not None else b"", width, height, pixel


def looks_of(drawable: Gimp.Drawable) -> str:
    """Return a hash of what a drawable looks like: the same in a copy of its image, and when that is opened again."""
    data, *size = small(drawable, LOOKS)
    return hashlib.blake2b(data + repr(size).encode(), digest_size=8).hexdigest()


def painted_inside(drawable: Gimp.Drawable, size: tuple[int, int]) -> Rectangle | None:
    """Return where in an image of a size, (width, height), a layer is not transparent, or a mask not black."""
    found, (_, x, y) = _painted(drawable), drawable.get_offsets()
    return inside(size, found[0] + x, found[1] + y, found[2] + x, found[3] + y) if found is not None else None


def _painted(drawable: Gimp.Drawable) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of what it holds, from its small picture: so somewhat more than that."""
    data, width, height, pixel = small(drawable)
    if not data:
        return None
    # The bytes that are its last component.
    opacity = range(pixel * 3 // 4, pixel)
    rows = [data[begin : begin + width * pixel] for begin in range(0, len(data), width * pixel)]
    filled = [y for y, row in enumerate(rows) if any(any(row[byte::pixel]) for byte in opacity)]
    if not filled:
        return None
    columns = [x for x in range(width) if any(any(data[x * pixel + byte :: width * pixel]) for byte in opacity)]
    across, down = drawable.get_width() / width, drawable.get_height() / height
    left, top = int((columns[0] - 1) * across), int((filled[0] - 1) * down)
    return left, top, int((columns[-1] + 2) * across) + 1, int((filled[-1] + 2) * down) + 1


def icon(image: Gimp.Image) -> Picture | None:
    """Return a small picture of an image, if GIMP has it in 8 bits."""
    data, width, height, pixel = image.get_thumbnail_data(ICON, ICON)
    if pixel == 2 and image.get_base_type() == Gimp.ImageBaseType.GRAY:
        return Picture(width, height, 4, pixels.rgba_of_gray(data.get_data()))
    return Picture(width, height, pixel, data.get_data()) if pixel in (3, 4) else None


def name_of(image: Gimp.Image) -> str:
    """Return an image's name for people."""
    file = image.get_file() or image.get_imported_file()
    return str(file.get_basename() if file is not None else image.get_name())


def write(drawable: Gimp.Drawable, place: Gegl.Rectangle, form: str, data: bytes) -> None:
    """Write pixels without a step of undo, and let them be shown."""
    buffer = drawable.get_buffer()
    buffer.set(place, form, data)
    buffer.flush()
    drawable.update(place.x, place.y, place.width, place.height)


def replace(layer: Gimp.Layer, pixels: Gegl.Buffer) -> None:
    """Let a layer have other pixels, of its own size and format; one undo step, whatever is selected."""
    whole = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    shadow = layer.get_shadow_buffer()
    pixels.copy(whole, Gegl.AbyssPolicy.NONE, shadow, whole)
    shadow.flush()
    merge_shadow(layer)


def merge_shadow(layer: Gimp.Layer) -> None:
    """Let a layer have what is in its shadow buffer; one undo step.

    GIMP confines it to the selection, which is therefore put aside.
    """
    image = layer.get_image()
    with one_undo_step(image), _nothing_selected(image):
        layer.merge_shadow(True)
    layer.update(0, 0, layer.get_width(), layer.get_height())


@contextmanager
def one_undo_step(image: Gimp.Image) -> Iterator[None]:
    """Make all that happens within one undo step. GIMP must not be kept waiting meanwhile."""
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()


@contextmanager
def _nothing_selected(image: Gimp.Image) -> Iterator[None]:
    if Gimp.Selection.is_empty(image):
        yield
        return
    layers, kept = image.get_selected_layers(), Gimp.Selection.save(image)
    Gimp.Selection.none(image)
    try:
        yield
    finally:
        image.select_item(Gimp.ChannelOps.REPLACE, kept)
        image.remove_channel(kept)
        # A channel that is added is selected instead of them.
        image.set_selected_layers(layers)


def inside(size: tuple[int, int], left: int, top: int, right: int, bottom: int) -> Rectangle | None:
    """Return a rectangle's part inside an image of a size, (width, height)."""
    left, top, right, bottom = max(0, left), max(0, top), min(size[0], right), min(size[1], bottom)
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None
