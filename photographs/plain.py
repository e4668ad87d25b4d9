"""Whatever Pillow reads, with its plugins for HEIC and JPEG XL where they are installed."""

from __future__ import annotations

import warnings
from functools import cache
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from . import high, jxl, kinds, metadata, png
from .metadata import counted
from .raster import Raster, Space, guessed_range, straight
from .refusals import check_size, damaged, decoding, lacks, too_large

# EPS is not among them: it is code.
READABLE = (
    *("AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "JXL", "MPO", "PNG", "PPM", "PSD", "TGA", "TIFF", "WEBP"),
)
SPACES: dict[str, Space] = {"L": "gray", "RGB": "rgb", "CMYK": "cmyk"}
PREMULTIPLIED = {"La": "LA", "RGBa": "RGBA"}
# What huedot[formats] installs.
PLUGINS = ("pillow_heif", "pillow_jxl")


@cache
def formats() -> tuple[str, ...]:
    """Return the names of the formats that can be read here."""
    Image.init()
    for name in PLUGINS:
        _register(name)
    return tuple(form for form in READABLE if form in Image.OPEN)


def _register(name: str) -> None:
    try:
        plugin = __import__(name)
        if register := getattr(plugin, "register_heif_opener", None):
            register()
    # The plugin is absent, or what it brings fails to load: other formats are read all the same.
    except ImportError:
        return


def decode(file: IO[bytes], name: str, short_side: int | None = None) -> Raster:
    """Read a picture; a JPEG may come smaller, where `short_side` pixels suffice. Raises FileError or TooLarge."""
    with _opened(file, name) as image:
        check_size(name, *image.size)
        with decoding(name), warnings.catch_warnings():
            # Damaged metadata, say, which harms no pixel.
            warnings.simplefilter("ignore")
            if short_side is not None:
                scale = 2 * short_side / min(image.size)
                image.draft(None, (int(image.width * scale), int(image.height * scale)))
            raster = _samples(image, file, name)
            raster.orientation, raster.exif = metadata.exif_of(image, name)
            # Its decoder has turned it.
            if image.format == "JXL":
                raster.orientation = None
            raster.dpi = metadata.resolution(image.info.get("dpi"))
            raster.profile = _profile(image, file, raster.space, name)
            raster.dropped += _left_behind(image)
            return raster


def _samples(image: Image.Image, file: IO[bytes], name: str) -> Raster:
    if png.is_deep(image):
        return png.decode(file, name)
    depth = high.bits(image, file)
    if depth <= 8 and image.format != "JXL":
        return _raster(image)
    try:
        return high.decode(image, file, depth, name)
    # On some systems imagecodecs comes without some of its codecs.
    except ImportError as error:
        # Pillow reads its bits beyond 8 as other colors.
        if image.format == "JPEG2000":
            raise lacks(name, f"a JPEG 2000 of {depth} bits", "imagecodecs") from error
        raster = _raster(image)
        raster.dropped += [f"{depth - 8} of {depth} bits"] if depth > 8 else []
        return raster


def _profile(image: Image.Image, file: IO[bytes], space: Space, name: str) -> bytes | None:
    if image.format == "PNG":
        return png.profile(image, file, space, name)
    return image.info.get("icc_profile") or high.profile(image, file, space, name)


def _opened(file: IO[bytes], name: str) -> Image.Image:
    # Pillow's plugin decodes what it opens.
    if size := jxl.header(file.read(jxl.FIRST_BYTES)):
        check_size(name, size.width, size.height)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures; the limit is ours.
            warnings.simplefilter("ignore")
            return Image.open(file, formats=formats())
    except Image.DecompressionBombError as error:
        raise too_large(name, "far too many pixels") from error
    except UnidentifiedImageError as error:
        file.seek(0)
        raise kinds.unread(name, file.read(kinds.FIRST_BYTES), formats()) from error
    # What damaged headers make decoders raise is in no list.
    except Exception as error:
        raise damaged(name, error) from error


def _raster(image: Image.Image) -> Raster:
    image.load()
    if image.mode == "1":
        image = image.convert("L")
    if image.mode.startswith("I") or image.mode == "F":
        return Raster("gray", _deep(image)[..., None])
    alpha = None
    if image.has_transparency_data or image.mode in PREMULTIPLIED:
        mode = "LA" if image.mode in ("LA", "La") or image.mode == "L" else "RGBA"
        full = image if image.mode in PREMULTIPLIED else image.convert(mode)
        values = np.asarray(full)
        alpha = values[..., -1]
        samples = straight(values[..., :-1], alpha) if image.mode in PREMULTIPLIED else values[..., :-1]
        return Raster("gray" if samples.shape[2] == 1 else "rgb", samples, alpha)
    if image.mode not in SPACES:
        image = image.convert("RGB")
    samples = np.asarray(image)
    return Raster(SPACES[image.mode], samples[..., None] if samples.ndim == 2 else samples)


def _deep(image: Image.Image) -> NDArray[Any]:
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return values.astype(np.uint16)
    # These are of 16 bits.
    if image.mode == "I" and image.format in ("PNG", "PPM"):
        return values.clip(0, 65535).astype(np.uint16)
    return guessed_range(values)


def _left_behind(image: Image.Image) -> list[str]:
    frames = getattr(image, "n_frames", 1) - 1
    what = "more picture" if image.format != "PSD" else "layer"
    dropped = [counted(frames + (image.format == "PSD"), what)] if frames > 0 else []
    dropped += ["XMP"] if "xmp" in image.info or "XML:com.adobe.xmp" in image.info else []
    return dropped + (["IPTC"] if "photoshop" in image.info else [])
