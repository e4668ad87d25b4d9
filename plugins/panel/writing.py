"""From the daemon's tiles to the result layer."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from ..protocol.messages import Tile
from . import blending
from .areas import Pixels, blocks_of
from .confinement import Confinement
from .host import Document


def write_tiles(
    document: Document, tiles: Iterable[Tile], alpha: Pixels | None, confinement: Confinement | None = None
) -> Generator[None, None, None]:
    """Write tiles to the result layer, a block at a step.

    alpha: how opaque the photograph is, where it is not all opaque. confinement: where alone the layer may change.
    """
    for tile in tiles:
        pixels = Pixels((tile.x, tile.y, tile.width, tile.height), 3, tile.pixels)
        for block in blocks_of(pixels.area):
            new = pixels.of(block)
            if alpha is not None or confinement is not None:
                new = blending.rgba_of(new, alpha.of(block) if alpha else None)
            if confinement is not None:
                new = confinement.confined(new, block, document.read_result(block))
            document.write_result(block, new)
            yield
