"""From a file to a photograph, upright and in sRGB."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from huedot.protocol.errors import FileError

from . import plain, psd, tiff
from .photograph import Photograph, Samples, eight_bits
from .profiles import to_srgb
from .raster import Raster, sixteen_bits
from .refusals import check_kind, decoding

# Endings of files that are read, which Pillow does not list.
UNLISTED = {".btf", ".mpo", ".psb"}


def read_photograph(path: Path) -> Photograph:
    """Read a photograph of any mode and depth.

    Its profile is converted to sRGB, its EXIF orientation applied. Raises FileError for a file that is missing,
    damaged, no picture, of a kind that is not supported or smaller than 8 x 8, and TooLarge, before decoding, above 67
    million pixels.
    """
    check_kind(path)
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return read(file, path)
    except FileNotFoundError as error:
        raise FileError(f"There is no file {path}.", "Check the path.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.", "Check its permissions.") from error


def read(file: IO[bytes], path: Path, short_side: int | None = None) -> Photograph:
    """Read a photograph from an open file, as `read_photograph` does.

    path: what it is called; short_side: in pixels, what suffices: a JPEG may then come smaller, but not below it.
    """
    name = str(path)
    raster = _decoded(file, name, short_side)
    with decoding(name):
        rgb = _turned(to_srgb(raster, name), raster.orientation)
        alpha = None if raster.alpha is None else _turned(_alike(raster.alpha, rgb), raster.orientation)
    return Photograph(path, rgb, alpha, raster.exif, raster.dpi, tuple(raster.dropped))


def _decoded(file: IO[bytes], name: str, short_side: int | None) -> Raster:
    with decoding(name):
        head = file.read(26)
        file.seek(0)
    if head[:4] in tiff.MAGIC:
        return tiff.decode(file, name)
    if psd.is_deep(head):
        return psd.decode(file, name)
    return plain.decode(file, name, short_side)


def _alike(alpha: Samples, rgb: Samples) -> Samples:
    return sixteen_bits(alpha) if rgb.dtype == np.uint16 else eight_bits(alpha)


def _turned(samples: NDArray[Any], orientation: Any) -> NDArray[Any]:
    """Turn samples (H, W, …) upright, as EXIF's orientation says."""
    if orientation not in range(2, 9):
        return samples
    if orientation >= 5:
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return np.ascontiguousarray(samples)


def endings() -> set[str]:
    """Return the endings, ".png" and the like, of files that can be read here."""
    readable = plain.formats()
    return {ending for ending, form in Image.EXTENSION.items() if form in readable} | UNLISTED
