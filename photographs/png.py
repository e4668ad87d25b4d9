"""What Pillow leaves of PNG: colors of 16 bits, which it reduces to 8, and the chunks cICP, gAMA and cHRM."""

from __future__ import annotations

import logging
import struct
from typing import IO

from PIL import Image

from . import cicp
from .profiles import SRGB_XY, encoded_as, library
from .raster import Raster, Space
from .refusals import unsupported

# What gAMA of a picture in sRGB says.
SRGB_GAMMA = 1 / 2.2
# The length of signature and first chunk, and of what is looked through, in bytes.
HEADER_ENDS, LONGEST = 33, 1 << 20
# The difference by which gamma and primaries may be off those of sRGB.
SAME = 1e-3
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


def profile(image: Image.Image, file: IO[bytes], space: Space, name: str) -> bytes | None:
    """Return the profile that a PNG's chunks hold or stand for, unless it is sRGB. Raises FileError.

    The first of these that is there counts: cICP, iCCP, sRGB, gAMA with cHRM.
    """
    numbers = _chunk(file, b"cICP")
    if numbers and len(numbers) == 4:
        if not numbers[3]:
            raise unsupported(name, "a PNG of video's narrow range")
        return cicp.profile(numbers[0], numbers[1], space, name)
    return image.info.get("icc_profile") or _encoding(image, space, name)


def _chunk(file: IO[bytes], wanted: bytes) -> bytes | None:
    """Return what a chunk ahead of the pixels holds."""
    file.seek(0)
    data, at = file.read(LONGEST), HEADER_ENDS
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind in (wanted, b"IDAT"):
            return data[at + 8 : at + 8 + size] if kind == wanted else None
        at += 12 + size
    return None


def _encoding(image: Image.Image, space: Space, name: str) -> bytes | None:
    gamma, chromaticity = image.info.get("gamma"), image.info.get("chromaticity")
    if "srgb" in image.info or not isinstance(gamma, float) or space not in ("gray", "rgb"):
        return None
    xy = tuple(chromaticity) if chromaticity and space == "rgb" else SRGB_XY
    if abs(gamma - SRGB_GAMMA) < SAME and all(abs(a - b) < SAME for a, b in zip(xy, SRGB_XY, strict=True)):
        return None
    if not 0.1 < gamma < 10 or min(xy) <= 0 or max(xy) >= 1:
        log.warning("%s: its gamma and primaries make no sense; taken for sRGB", name)
        return None
    return encoded_as(1 / gamma, xy, space, name)
