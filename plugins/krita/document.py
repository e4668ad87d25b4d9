"""Krita's documents as the panel needs them.

The result is written without undo steps (nobody paints on it); pixels are converted as they are read and written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from krita import Document as KritaDocument
from krita import Node

from . import kept, pixels
from .history import History
from .layers import Layers
from .open_documents import open_document
from .painting import Painting
from .panel import words
from .panel.host import Picture, RegionLayer
from .photograph import Photograph
from .protocol.errors import HueDotError
from .protocol.messages import Rectangle
from .protocol.wire import Buffer
from .regions import Regions
from .spaces import SRGB, read, space_of, write


class Document:
    """One open document."""

    def __init__(self, document: KritaDocument, history: History) -> None:
        """Wrap Krita's document; `history` counts what the user does."""
        self._document, self._history, self._shared = document, history, open_document(document)
        self._layers, self._photograph = Layers(document, history), Photograph(document)
        self._painting = Painting(document, self._layers, history)
        self._regions = Regions(document, self._layers)

    @property
    def width(self) -> int:
        """Its width in pixels."""
        return int(self._document.width())

    @property
    def height(self) -> int:
        """Its height in pixels."""
        return int(self._document.height())

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return self._shared.key

    @property
    def name(self) -> str:
        """Its file's name, or the one that Krita shows."""
        return name_of(self._document)

    def is_open(self) -> bool:
        """Whether the user has not closed it."""
        return self._document.rootNode() is not None

    def is_busy(self) -> bool:
        """Whether a stroke is under way."""
        return self._layers.is_busy()

    def why_not(self) -> str:
        """Return why it cannot be colored as it is: a grayscale document shows no color."""
        return words.IS_GRAY if self._document.colorModel() == "GRAYA" else ""

    def convert(self) -> None:
        """Make it RGB, at its own depth; one undo step."""
        self._document.setColorSpace("RGBA", self._document.colorDepth(), SRGB[2])
        self._document.waitForDone()

    # The layers

    def has_layers(self) -> bool:
        """Whether both layers are there, in a document that can be colored."""
        return not self.why_not() and None not in self._layers.find()

    def can_redo(self) -> bool:
        """Whether the layers went by undo, so that redo brings them back with all that was on them."""
        return self._layers.can_redo()

    def doubt(self) -> str:
        """Return nothing: Krita gives a layer an id that no other has."""
        return ""

    def is_activating(self) -> bool:
        """Whether the hint layer is still to be made the active one, after the layers were made."""
        return self._layers.is_activating()

    def make_layers(self) -> None:
        """Bring back what undo took, or else add what is missing; one undo step."""
        self._layers.make()

    def replace_hints(self, parts: Mapping[Rectangle, Buffer]) -> None:
        """Put a copy of the hint layer, with these RGBA parts repainted, in its place; one undo step.

        Raises HueDotError if it is locked.
        """
        self._layers.replace_hints(parts)

    # What the user painted

    def stamp(self) -> object:
        """Return how often Krita's undo history changed."""
        return self._history.count

    def hint_bounds(self, region: str = "") -> Rectangle | None:
        """Return the painted part of the hint layer, or of a region's, inside the image."""
        hints = self._dots_of(region)
        if hints is None:
            return None
        inside = hints.bounds().intersected(self._document.bounds())
        return None if inside.isEmpty() else (inside.x(), inside.y(), inside.width(), inside.height())

    def read_hints(self, area: Rectangle, region: str = "") -> bytes:
        """Return the hint layer's pixels, or a region's, RGBA."""
        hints = self._dots_of(region)
        if hints is None:
            return bytes(area[2] * area[3] * 4)
        return pixels.to_rgba(read(hints, area))

    def _dots_of(self, region: str) -> Node | None:
        """Return a region's layer, or the hint layer."""
        return self._regions.find(region) if region else self._layers.find()[0]

    def regions(self) -> list[RegionLayer]:
        """Return the visible regions, bottom-up."""
        return self._regions.visible()

    def read_mask(self, region: str, area: Rectangle) -> bytes:
        """Return a region's mask, one byte each."""
        return self._regions.read_mask(region, area)

    def make_region(self) -> None:
        """Add a region above the hints, whose mask is the selection; one undo step. Raises if nothing is selected."""
        bounds = self.selection_bounds()
        if bounds is None:
            raise HueDotError(words.NOTHING_IS_SELECTED, words.SELECT_FIRST)
        self._regions.make(bounds, self._document.selection().pixelData(*bounds))

    def remark(self) -> str:
        """Return what the user should know of where he paints: not on the hints, say; nothing where all is well."""
        return self._painting.remark() if self.is_open() else ""

    def can_undo_stroke(self) -> bool:
        """Whether the user's latest step is a stroke on the photograph."""
        return self.is_open() and self._painting.can_undo_stroke()

    def undo_stroke(self) -> None:
        """Undo the stroke on the photograph."""
        self._painting.undo_stroke()

    def hides_dots(self) -> bool:
        """Whether the hint layer is there, and no dots are in sight."""
        hints, _ = self._layers.find()
        return hints is not None and not hints.visible() and not self._regions.show_dots()

    def hide_dots(self, hidden: bool) -> None:
        """Hide the hint layer and the regions' dots, or show them; no undo step."""
        hints, _ = self._layers.find()
        if hints is not None:
            hints.setVisible(not hidden)
            self._regions.hide_dots(hidden)
            self._document.refreshProjection()

    # The photograph

    def fingerprint(self) -> object:
        """Return what changes when the photograph does: a hash of what lies beneath the result."""
        return self._photograph.fingerprint(self._layers.find())

    def begin_photograph(self) -> None:
        """Compose what lies beneath the result. Raises HueDotError if nothing does."""
        self._photograph.begin(self._layers.find())

    def read_photograph(self, area: Rectangle) -> bytes:
        """Return the photograph's pixels in sRGB, RGBA."""
        return self._photograph.read(area)

    def end_photograph(self) -> None:
        """Free what was composed."""
        self._photograph.end()

    # The result

    def selection(self, area: Rectangle) -> bytes | None:
        """Return how much each pixel is selected; None if nothing is."""
        selection = self._document.selection()
        return bytes(selection.pixelData(*area)) if selection is not None else None

    def selection_bounds(self) -> Rectangle | None:
        """Return the selection's bounds inside the image."""
        selection = self._document.selection()
        if selection is None:
            return None
        left, top = max(0, selection.x()), max(0, selection.y())
        right = min(self.width, selection.x() + selection.width())
        bottom = min(self.height, selection.y() + selection.height())
        return (left, top, right - left, bottom - top) if right > left and bottom > top else None

    def read_result(self, area: Rectangle) -> bytes:
        """Return the result layer's pixels, RGBA."""
        _, result = self._layers.find()
        return pixels.to_rgba(read(result, area)) if result is not None else bytes(area[2] * area[3] * 4)

    def write_result(self, area: Rectangle, pixel_bytes: Buffer) -> None:
        """Write RGB or RGBA pixels to the result layer.

        Raises HueDotError if it cannot hold colors, or if the user unlocked it: what he paints on it then is his.
        """
        _, result = self._layers.find()
        if result is None:
            return
        if result.colorModel() == "GRAYA":
            raise HueDotError(words.RESULT_IS_GRAY, words.UNDO_OR_DELETE)
        if not result.locked():
            raise HueDotError(words.RESULT_UNLOCKED.format(layer=result.name()), words.LOCK_OR_COPY)
        channels = len(pixel_bytes) // (area[2] * area[3])
        write(result, area, pixels.of_picture(Picture(*area[2:], channels, pixel_bytes)))
        self._painting.wrote()
        self._shared.wrote(self._history)

    def others_wrote(self) -> object:
        """Return what changes when another window's docker wrote to the result, or when it was converted, or back."""
        _, result = self._layers.find()
        return self._shared.others_wrote(self._history), space_of(result) if result is not None else None

    def show_result(self) -> None:
        """Compose the image again. Of all calls that do, this one alone leaves no undo step."""
        self._document.refreshProjection()

    def thumbnail(self, side: int) -> Picture | None:
        """Return the result, small."""
        _, result = self._layers.find()
        return pixels.to_picture(result.thumbnail(side, side)) if result is not None else None

    # What is kept in the document

    def load_state(self) -> Mapping[str, Any]:
        """Return the panel's settings."""
        settings = kept.read(self._document).get("settings")
        return settings if isinstance(settings, dict) else {}

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Keep the panel's settings."""
        kept.update(self._document, {"settings": dict(state)})


def name_of(document: KritaDocument) -> str:
    """Return a document's name for people."""
    path = document.fileName()
    return path.replace("\\", "/").rsplit("/", 1)[-1] if path else (document.name() or "Untitled")
