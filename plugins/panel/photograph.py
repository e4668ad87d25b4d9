"""The photograph: read from the editor band by band, and given to the daemon."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from ..protocol.client import Client
from ..protocol.messages import check_size
from .areas import Pixels, bands_of
from .context import models_of
from .host import Document


class Read(NamedTuple):
    """A photograph's pixels, RGBA, and how opaque it is, unless all of it is opaque."""

    pixels: bytearray
    size: tuple[int, int]
    alpha: Pixels | None


def read_photograph(document: Document) -> Generator[float, None, Read | None]:
    """Read what lies beneath HueDot's layers, a band at a step; yields the share that is read.

    Returns None if the document is closed meanwhile; raises TooLarge at once.
    """
    size, pixels = (document.width, document.height), bytearray()
    check_size(*size)
    whole = (0, 0, *size)
    document.begin_photograph()
    try:
        for band in bands_of(whole):
            if not document.is_open():
                return None
            pixels += document.read_photograph(band)
            yield (band[1] + band[3]) / size[1]
    finally:
        document.end_photograph()
    alpha = bytes(pixels[3::4])
    return Read(pixels, size, None if alpha.count(255) == len(alpha) else Pixels(whole, 1, alpha))


def open_photograph(client: Client, read: Read, wanted: str | None) -> tuple[str, str | None]:
    """Open a photograph with the network that is wanted, if it is there; return the image and the network."""
    model = wanted if wanted in models_of(client.status()) else None
    return client.open_image(read.pixels, *read.size, 4, model), model
