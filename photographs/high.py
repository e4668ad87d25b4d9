"""AVIF, HEIC, JPEG XL and JPEG 2000: their colors, and their samples beyond 8 bits, which Pillow reduces to 8."""

from __future__ import annotations

import struct
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import boxes, cicp, jxl
from .profiles import library
from .raster import Raster, Space, full_range, guessed_range, integers, straight
from .refusals import unsupported

# The boxes in which AVIF has its properties.
PROPERTIES = (b"meta", b"iprp", b"ipco")
# Flags in the third byte of AV1's configuration: more than 8 bits a sample, and, if so, 12.
HIGH, TWELVE = 0x40, 0x20
START_OF_CODESTREAM = b"\xff\x4f\xff\x51"
# Ways in which JPEG 2000 says its colors.
ENUMERATED, ICC = 1, 2
# The numbers by which JPEG 2000 says these.
RGB, GRAY = 16, 17
PREMULTIPLIED = "a"


def bits(image: Image.Image, file: IO[bytes]) -> int:
    """Return the depth of an opened picture of one of these formats; of others 0."""
    if image.format == "HEIF":
        return int(image.info.get("bit_depth") or 8)
    if image.format not in ("AVIF", "JXL", "JPEG2000"):
        return 0
    data = _whole(file)
    if image.format == "AVIF":
        return max((_av1_depth(each) for each in boxes.find(data, *PROPERTIES, b"av1C")), default=8)
    if image.format == "JXL":
        found = jxl.header(data)
        return found.bits if found else 8
    return _components(data)


def decode(image: Image.Image, file: IO[bytes], depth: int, name: str) -> Raster:
    """Read the samples at their depth. Raises FileError, and what the decoder raises."""
    if image.format == "HEIF":
        import pillow_heif

        picture = pillow_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
        return _raster(np.asarray(picture), depth, PREMULTIPLIED in picture.mode)
    codecs, data = library(name, f"{image.format} of {depth} bits"), _whole(file)
    if image.format == "AVIF":
        return _raster(codecs.avif_decode(data), depth, False)
    if image.format == "JXL":
        return _raster(codecs.jpegxl_decode(data), depth, False)
    numbers = [struct.unpack_from(">I", c, 3)[0] for c in _colors(data) if c[:1] == bytes([ENUMERATED])]
    if not {RGB, GRAY}.issuperset(numbers):
        raise unsupported(name, f"a JPEG 2000 of {depth} bits in colors that are neither gray nor RGB")
    return _raster(codecs.jpeg2k_decode(data[data.index(START_OF_CODESTREAM) :]), depth, False)


def profile(image: Image.Image, file: IO[bytes], space: Space, name: str) -> bytes | None:
    """Return the ICC profile that is inside, or one that its numbers stand for. Raises FileError."""
    if image.format == "HEIF":
        numbers = image.info.get("nclx_profile") or {}
        primaries, transfer = (numbers.get(key, cicp.UNSAID) for key in ("color_primaries", "transfer_characteristics"))
        return cicp.profile(primaries, transfer, space, name)
    if image.format == "AVIF":
        for color in boxes.find(_whole(file), *PROPERTIES, b"colr"):
            if color[:4] == b"nclx" and len(color) >= 10:
                primaries, transfer = struct.unpack_from(">HH", color, 4)
                return cicp.profile(primaries, transfer, space, name)
    if image.format == "JPEG2000":
        return next((c[3:] for c in _colors(_whole(file)) if c[:1] == bytes([ICC])), None)
    return None


def _colors(data: bytes) -> list[bytes]:
    """Return how a JPEG 2000 says its colors: in which way, precedence, approximation, and a number or profile."""
    return boxes.find(data, b"jp2h", b"colr")


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _av1_depth(configuration: bytes) -> int:
    flags = configuration[2] if len(configuration) > 2 else 0
    return (12 if flags & TWELVE else 10) if flags & HIGH else 8


def _components(data: bytes) -> int:
    """Return the depth of a JPEG 2000's deepest component."""
    at = data.find(START_OF_CODESTREAM)
    (count,) = struct.unpack_from(">H", data, at + 40)
    return max((data[at + 42 + 3 * i] & 0x7F) + 1 for i in range(min(count, 4)))


def _raster(samples: NDArray[Any], depth: int, is_premultiplied: bool) -> Raster:
    samples = samples[..., None] if samples.ndim == 2 else samples
    values = full_range(samples, depth) if samples.dtype.kind == "u" else guessed_range(samples)
    colors = values.shape[2] - (values.shape[2] in (2, 4))
    alpha = integers(values[..., colors]) if values.shape[2] > colors else None
    color = values[..., :colors]
    if alpha is not None and is_premultiplied:
        color = straight(color, alpha)
    return Raster("gray" if colors == 1 else "rgb", color, alpha)
