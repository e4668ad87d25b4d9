"""What the panel needs of an editor: the two protocols that a plugin's adapter fulfils."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from ..protocol.messages import Rectangle
from ..protocol.wire import Buffer

RGB = tuple[int, int, int]  # sRGB, 0..255


class Picture(NamedTuple):
    """Pixels, uint8 row-major, sRGB: 3 channels are RGB, 4 are RGBA, not premultiplied."""

    width: int
    height: int
    channels: int
    pixels: Buffer


class Other(NamedTuple):
    """Another open document: a key to ask for it by, its name and a small picture for people."""

    key: str
    name: str
    thumbnail: Picture | None = None


class RegionLayer(NamedTuple):
    """A region: a hint layer with a mask, inside which alone its dots color."""

    # What tells this layer from the others, as long as it is there.
    key: str
    # What changes when its dots do, and when its mask does; both may change without reason, too.
    dots_look: object
    mask_look: object
    # Inside the image; outside of it the mask is black.
    area: Rectangle


class Document(Protocol):
    """An open image of the editor. Nothing here may block for long: pixels are asked for in bands."""

    @property
    def width(self) -> int:
        """Its width in pixels."""

    @property
    def height(self) -> int:
        """Its height in pixels."""

    @property
    def key(self) -> str:
        """What tells this document from the others, as long as it is open."""

    @property
    def name(self) -> str:
        """Its name, for people."""

    def is_open(self) -> bool:
        """Whether the user has not closed it."""

    def is_busy(self) -> bool:
        """Whether a stroke is under way, so that nothing must be written now."""

    def why_not(self) -> str:
        """Return why this image cannot be colored as it is, or nothing: what `convert` fixes."""

    def convert(self) -> None:
        """Make an RGB image of it, undoably."""

    def has_layers(self) -> bool:
        """Whether both the hint layer and the result layer are there."""

    def doubt(self) -> str:
        """Return why a layer that seems to be HueDot's is not taken for it; empty where all is clear."""

    def make_layers(self) -> None:
        """Add the layers that are missing: hints on top, the result beneath, locked. Undoable as one step."""

    def can_redo(self) -> bool:
        """Whether the layers went by undo, and `make_layers` brings them back by redo, with all that was on them."""

    def stamp(self) -> object:
        """Return what changes when the user changed pixels or layers; it may change without reason, too."""

    def hint_bounds(self, region: str = "") -> Rectangle | None:
        """Return the painted part of the hint layer, or of a region's, in the image; None if nothing is painted."""

    def read_hints(self, area: Rectangle, region: str = "") -> Buffer:
        """Return the hint layer's pixels, or a region's, in an area of the image, RGBA."""

    def regions(self) -> list[RegionLayer]:
        """Return the visible regions, bottom-up."""

    def read_mask(self, region: str, area: Rectangle) -> Buffer:
        """Return a region's mask in an area of the image, one byte each."""

    def make_region(self) -> object:
        """Add a region above the hints, whose mask is the selection, to paint on. Undoable as one step.

        Raises HueDotError if nothing is selected.
        """

    def remark(self) -> str:
        """Return what the user should know of where they paint: not on the hints, say; nothing where all is well."""

    def can_undo_stroke(self) -> bool:
        """Whether the user painted on the photograph, and `undo_stroke` takes that back."""

    def undo_stroke(self) -> None:
        """Bring the photograph back as it was before the user painted on it. Undoable."""

    def hides_dots(self) -> bool:
        """Whether no hint layer is visible."""

    def hide_dots(self, hidden: bool) -> None:
        """Hide the hint layer and the dots of the regions, or show them; all go on to count."""

    def replace_hints(self, parts: Mapping[Rectangle, Buffer]) -> None:
        """Put a copy of the hint layer, with these RGBA parts repainted, in its place. Undoable."""

    def fingerprint(self) -> object:
        """Return what changes when the photograph does: a hash of small pictures of what lies beneath the two layers.

        It takes at most some 20 ms for each layer, and leaves no undo step.
        """

    def begin_photograph(self) -> None:
        """Prepare to read the photograph: what lies beneath the two layers."""

    def read_photograph(self, area: Rectangle) -> Buffer:
        """Return the photograph's pixels in an area, RGBA."""

    def end_photograph(self) -> None:
        """Free what `begin_photograph` made."""

    def selection(self, area: Rectangle) -> Buffer | None:
        """Return how much each pixel of an area is selected, one byte each; None if nothing is selected at all."""

    def selection_bounds(self) -> Rectangle | None:
        """Return the selection's bounds inside the image; None if nothing is selected."""

    def read_result(self, area: Rectangle) -> Buffer:
        """Return the result layer's pixels in an area of the image, RGBA."""

    def write_result(self, area: Rectangle, pixels: Buffer) -> None:
        """Write pixels to the result layer: RGB, or RGBA where their number tells so. No undo step."""

    def others_wrote(self) -> object:
        """Return what changes when another than the panel has written to the result layer."""

    def show_result(self) -> None:
        """Let the user see what was written."""

    def thumbnail(self, side: int) -> Picture | None:
        """Return the result, its longer side at most `side` pixels; None if there is none."""

    def load_state(self) -> Mapping[str, Any]:
        """Return what `save_state` kept in the document; empty if nothing."""

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Keep JSON values in the document, so that they are saved with it."""


class Host(Protocol):
    """The editor."""

    # Its name and version, such as "Krita 5.2.9", for the diagnostics.
    name: str

    def others(self, document: Any) -> list[Other]:
        """Return the other open documents, than one of this host's."""

    def read_other(self, key: str, side: int) -> Picture | None:
        """Return another document, reduced to `side` pixels on its longer side; None if it is closed."""

    def set_brush_color(self, color: RGB) -> None:
        """Make a color the one that the user paints with."""
