"""What a file says of its photograph, beside the pixels: what goes along, and what is left behind."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from PIL import ExifTags, Image

KEPT_TAGS = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
)
KEPT_FOLDERS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
# What EXIF's ColorSpace calls sRGB.
SRGB = 1
log = logging.getLogger(__name__)


def kept(exif: Image.Exif, name: str) -> tuple[Any, bytes]:
    """Return the orientation, and the EXIF that still holds for an upright copy in sRGB; if damaged, none."""
    orientation = None
    try:
        with warnings.catch_warnings():
            # Pillow warns of tags that hold too much or too little.
            warnings.simplefilter("ignore")
            orientation = exif.get(ExifTags.Base.Orientation)
            return orientation, _copied(exif)
    except Exception as error:  # noqa: BLE001 - what damaged EXIF makes Pillow raise is in no list
        return _damaged(orientation, error, name)


def _copied(exif: Image.Exif) -> bytes:
    result = Image.Exif()
    result.update({tag: exif[tag] for tag in KEPT_TAGS if tag in exif})
    for folder in KEPT_FOLDERS:
        if values := _in_srgb(exif.get_ifd(folder)):
            result[folder] = values
    return result.tobytes() if len(result) else b""


def exif_of(image: Image.Image, name: str) -> tuple[Any, bytes]:
    """Return what `kept` does of an image's EXIF."""
    try:
        exif = image.getexif()
    except Exception as error:  # noqa: BLE001
        return _damaged(None, error, name)
    return kept(exif, name)


def _damaged(orientation: Any, error: Exception, name: str) -> tuple[Any, bytes]:
    log.warning("%s: its EXIF is damaged (%s) and is not carried over", name, error)
    return orientation, b""


def _in_srgb(folder: dict[int, Any]) -> dict[int, Any]:
    # The folder of interoperability is left out: it may say Adobe RGB.
    values = {tag: value for tag, value in folder.items() if tag != ExifTags.IFD.Interop}
    return values | {ExifTags.Base.ColorSpace: SRGB} if ExifTags.Base.ColorSpace in values else values


def resolution(dpi: Any) -> tuple[float, float] | None:
    """Return the resolution where it is one: files also say 0, 1, 0/0 and billions."""
    try:
        across, down = map(float, dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 < across < 65_536 and 1 < down < 65_536 else None


def counted(count: int, thing: str) -> str:
    """Return "1 page", "2 pages"."""
    return f"{count} {thing}" + ("" if count == 1 else "s")
