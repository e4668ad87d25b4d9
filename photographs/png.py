"""What Pillow leaves of PNG: colors of 16 bits, which it reduces to 8, and the chunks gAMA and cHRM."""

from __future__ import annotations

import logging
from typing import IO

from PIL import Image

from .profiles import encoded_as, library
from .raster import Raster, Space

SRGB_GAMMA = 1 / 2.2  # as gAMA of a picture that is sRGB says
SRGB_XY = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # of white, red, green and blue
SAME = 1e-3  # by which these may differ
log = logging.getLogger(__name__)


def is_deep(image: Image.Image) -> bool:
    """Whether it is a PNG, not yet loaded, of 16 bits in more than one channel, or with a transparent gray."""
    if image.format != "PNG":
        return False
    tile = getattr(image, "tile", None)
    raw_mode = str(tile[0].args) if tile else ""
    return raw_mode.endswith("16B") and (raw_mode != "I;16B" or "transparency" in image.info)


def decode(file: IO[bytes], name: str) -> Raster:
    """Read the samples of a whole PNG of 16 bits. Raises FileError, and what the decoder raises."""
    file.seek(0)
    samples = library(name, "a PNG of 16 bits").png_decode(file.read())
    samples = samples[..., None] if samples.ndim == 2 else samples
    colors = samples.shape[2] - (samples.shape[2] in (2, 4))
    alpha = samples[..., colors] if samples.shape[2] > colors else None
    return Raster("gray" if colors == 1 else "rgb", samples[..., :colors], alpha)


def profile(image: Image.Image, space: Space, name: str) -> bytes | None:
    """Return the profile that a PNG's gAMA and cHRM stand for, unless it is sRGB or says nothing. Raises FileError."""
    gamma, chromaticity = image.info.get("gamma"), image.info.get("chromaticity")
    if image.format != "PNG" or "srgb" in image.info or not isinstance(gamma, float) or space not in ("gray", "rgb"):
        return None
    xy = tuple(chromaticity) if chromaticity and space == "rgb" else SRGB_XY
    if abs(gamma - SRGB_GAMMA) < SAME and all(abs(a - b) < SAME for a, b in zip(xy, SRGB_XY, strict=True)):
        return None
    if not 0.1 < gamma < 10 or min(xy) <= 0 or max(xy) >= 1:
        log.warning("%s: its gamma and primaries make no sense; taken for sRGB", name)
        return None
    return encoded_as(1 / gamma, xy, space, name)
