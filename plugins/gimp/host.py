"""GIMP itself, as the panel needs it: the other open images, and the brush."""

from __future__ import annotations

from gi.repository import Gegl, Gimp

from . import drawables
from .image import Document
from .panel import words
from .panel.host import RGB, Other, Picture
from .photograph import open_images


class Host:
    """GIMP."""

    def __init__(self) -> None:
        self.name = f"GIMP {Gimp.version()}"

    def others(self, document: Document) -> list[Other]:
        """Return the other open images."""
        images = [image for image in open_images() if str(image.get_id()) != document.key]
        return [Other(str(image.get_id()), drawables.name_of(image), drawables.icon(image)) for image in images]

    def read_other(self, key: str, side: int) -> Picture | None:
        """Return another image as it is shown, reduced."""
        for image in open_images():
            if str(image.get_id()) == key:
                seen = Gimp.Layer.new_from_visible(image, image, words.TITLE)
                try:
                    return drawables.scaled(seen, side)
                finally:
                    seen.delete()
        return None

    def set_brush_color(self, color: RGB) -> None:
        """Make a color the foreground color. By name: GIMP takes numbers for linear light."""
        Gimp.context_set_foreground(Gegl.Color.new(words.name_of(color)))
