"""Pictures as the protocol carries them, and as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from huedot.photographs import Photograph, Samples, sixteen_bits
from huedot.protocol.client import Client
from huedot.protocol.messages import Colorization

Picture = NDArray[np.uint8]


def picture_of(answer: Colorization, photograph: Photograph) -> Samples:
    """Lay out the tiles of a photograph's whole result: (H, W, 3) sRGB, uint8 or, of a deep photograph, uint16.

    The protocol carries 8 bits: hue and chroma are the result's, lightness the photograph's own, of all its bits.
    """
    picture = np.empty((answer.area[3], answer.area[2], 3), np.uint8)
    for x, y, width, height, pixels in answer.tiles:
        picture[y : y + height, x : x + width] = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
    if not photograph.is_deep:
        return picture
    from huedot.model.color import relit

    return relit(picture, sixteen_bits(photograph.full))


def histogram_of(client: Client, reference: Photograph) -> str:
    """Give the client a picture whose colors to take; return the id of its histogram."""
    rgb, alpha = reference.rgb, reference.alpha8
    pixels = rgb if alpha is None else np.dstack([rgb, alpha])
    height, width, channels = pixels.shape
    return str(client.histogram(pixels.tobytes(), width, height, channels).fields["histogram"])
