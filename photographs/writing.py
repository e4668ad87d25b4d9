"""Pictures written as files, whole or not at all, at the depth that they have."""

from __future__ import annotations

import io
import logging
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from huedot.protocol.errors import FileError
from huedot.protocol.paths import write_whole

from . import deep
from .photograph import Photograph, Samples, eight_bits
from .profiles import srgb_profile
from .raster import sixteen_bits

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP"}
QUALITY: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
}
LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
# The bytes that a segment holds.
LONGEST_EXIF = {"JPEG": 65_533}
log = logging.getLogger(__name__)


def check_writable(path: Path, *inputs: Path) -> None:
    """Raise FileError unless a picture can be written to `path` without overwriting one of the inputs."""
    if path.suffix.lower() not in FORMATS:
        raise FileError(f"{path} has no ending that says what to write.", f"Use one of {', '.join(FORMATS)}.")
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder.", "Give the name of a file.")
        if not path.parent.is_dir():
            raise FileError(f"There is no folder {path.parent}.", "Make it first.")
        if not os.access(path.parent, os.W_OK):
            raise FileError(f"The folder {path.parent} cannot be written to.", "Choose another.")
        for each in inputs:
            if path.exists() and each.exists() and path.samefile(each):
                raise FileError(f"{path} would overwrite {each}.", "Give the result another name.")
    # A name too long, a folder that may not be entered.
    except OSError as error:
        raise FileError.unwritable(path, error, "Give the result another name.") from error


def write_picture(path: Path, rgb: Samples, source: Photograph | None = None) -> None:
    """Write a picture, uint8 or uint16 (H, W, 3) sRGB, whole or not at all; the format follows from the ending.

    A PNG or TIFF of uint16 has 16 bits; the other formats have 8. source: the photograph whose alpha (where the format
    has one), EXIF and resolution go along. Raises FileError.
    """
    check_writable(path, *([source.path] if source else []))
    form = FORMATS[path.suffix.lower()]
    limit = LONGEST_SIDE.get(form)
    if limit and max(rgb.shape) > limit:
        raise FileError(f"{path}: a {form} has at most {limit} pixels on a side.", "Write a .png or a .tif.")
    alpha = source.alpha if source is not None and form != "JPEG" else None
    options = _metadata(source, form) if source else {}
    try:
        encoded = _encoded(rgb, alpha, form, options)
    # What encoders raise is in no list.
    except Exception as error:
        raise FileError(f"{path} cannot be written as {form}: {error}.", "Write a .png.") from error
    write_whole(path, encoded)


def left_behind(source: Photograph, path: Path) -> list[str]:
    """Return, in words, what of a photograph's file a picture written to `path` does not have."""
    form = FORMATS[path.suffix.lower()]
    result = list(source.dropped)
    if source.is_deep and form not in deep.ENCODERS:
        result.append("8 of 16 bits")
    if source.alpha is not None and form == "JPEG":
        result.append("transparency")
    return result


def _encoded(rgb: Samples, alpha: Samples | None, form: str, options: dict[str, Any]) -> memoryview:
    if rgb.dtype == np.uint16 and form in deep.ENCODERS:
        samples = sixteen_bits(rgb if alpha is None else np.dstack([rgb, sixteen_bits(alpha)]))
        return deep.ENCODERS[form](samples, srgb_profile(), options)
    image = Image.fromarray(eight_bits(rgb))
    if alpha is not None:
        image.putalpha(Image.fromarray(eight_bits(alpha)))
    # Written to a file, Pillow's encoders overlook that the disk is full.
    encoded = io.BytesIO()
    image.save(encoded, form, icc_profile=srgb_profile(), **QUALITY.get(form, {}), **options)
    return encoded.getbuffer()


def _metadata(source: Photograph, form: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if len(source.exif) > LONGEST_EXIF.get(form, math.inf):
        log.warning("%s: its EXIF is too long for a %s and is not carried over", source.path, form)
    elif source.exif:
        options["exif"] = source.exif
    if source.dpi:
        options["dpi"] = source.dpi
    return options
