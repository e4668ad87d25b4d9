"""Photographs as files: whatever mode, depth, profile and orientation, read as 8-bit sRGB, and written back whole."""

from __future__ import annotations

import io
import logging
import math
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from huedot.protocol.errors import FileError, TooLarge
from huedot.protocol.wire import MAX_IMAGE_PIXELS

SMALLEST = 8  # pixels on a side
READABLE = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "PSD", "TGA", "TIFF", "WEBP")  # no EPS: code
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP"}
QUALITY: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
}
LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
LONGEST_EXIF = {"JPEG": 65_533}  # bytes in a segment
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
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
SRGB = 1  # in EXIF's ColorSpace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Photograph:
    """A photograph as its file meant it, upright: rgb uint8 (H, W, 3) sRGB, alpha uint8 (H, W) if it had any."""

    path: Path
    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    exif: bytes  # what tells of the photograph: no orientation, which is applied, and no layout of the old file
    dpi: tuple[float, float] | None


def read_photograph(path: Path) -> Photograph:
    """Read a photograph of any mode and depth that Pillow knows.

    Its profile is converted to sRGB, its EXIF orientation applied. Raises FileError for a file that is missing,
    damaged, no picture or smaller than 8 x 8, and TooLarge, before decoding, above 67 million pixels.
    """
    with _opened(path) as image:
        width, height = image.size
        if width * height > MAX_IMAGE_PIXELS:
            raise _too_large(path, f"{width} x {height} pixels")
        if min(width, height) < SMALLEST:
            what = f"{path} has {width} x {height} pixels; a photograph has at least {SMALLEST} x {SMALLEST}."
            raise FileError(what, "Use a larger one.")
        with _decoding(path):
            image.load()
            orientation, exif = _exif(image, path)
            rgb, alpha = _split(_upright(_eight_bits(image), orientation), image.info.get("icc_profile"), path)
            return Photograph(path, rgb, alpha, exif, _dpi(image.info.get("dpi")))


def _opened(path: Path) -> Image.Image:
    if os.path.isdir(path):  # noqa: PTH112 - it bears any name; and Windows calls opening a folder forbidden
        raise FileError(f"{path} is a folder.", "Give a picture.")
    Image.init()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures; the limit above is ours
            return Image.open(path, formats=[form for form in READABLE if form in Image.OPEN])
    except FileNotFoundError as error:
        raise FileError(f"There is no file {path}.", "Check the path.") from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, "far too many pixels") from error
    except UnidentifiedImageError as error:
        remedy = "Use a JPEG, PNG, TIFF or WebP file of 8 or 16 bits."
        raise FileError(f"{path} is not a picture that can be read.", remedy) from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.", "Check its permissions.") from error
    except Exception as error:  # what damaged headers make decoders raise is in no list
        raise _damaged(path, error) from error


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Silence the decoders' warnings, and turn what damaged data makes them raise into our errors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata, say, which harms no pixel
            yield
    except MemoryError as error:
        raise _too_large(path, "more pixels than memory holds") from error
    except Exception as error:  # what damaged data makes decoders raise is in no list
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> FileError:
    return FileError(f"{path} is damaged or cut short ({error}).", "Get a whole copy of it.")


def _too_large(path: Path, what: str) -> TooLarge:
    limit = f"{MAX_IMAGE_PIXELS / 1e6:.0f} million"
    return TooLarge(f"{path} has {what}; at most {limit} can be colored.", "Reduce it first.")


def _exif(image: Image.Image, path: Path) -> tuple[Any, bytes]:
    """Return the orientation, and the EXIF that still holds for an upright copy in sRGB; if damaged, none."""
    orientation = None
    try:
        found, kept = image.getexif(), Image.Exif()
        orientation = found.get(ExifTags.Base.Orientation)
        kept.update({tag: found[tag] for tag in KEPT_TAGS if tag in found})
        for folder in KEPT_FOLDERS:
            if values := _in_srgb(found.get_ifd(folder)):
                kept[folder] = values
        return orientation, kept.tobytes() if len(kept) else b""
    except Exception as error:  # noqa: BLE001 - what damaged EXIF makes Pillow raise is in no list
        log.warning("%s: its EXIF is damaged (%s) and is not carried over", path, error)
        return orientation, b""


def _in_srgb(folder: dict[int, Any]) -> dict[int, Any]:
    values = {tag: value for tag, value in folder.items() if tag != ExifTags.IFD.Interop}  # it may say Adobe RGB
    return values | {ExifTags.Base.ColorSpace: SRGB} if ExifTags.Base.ColorSpace in values else values


def _upright(image: Image.Image, orientation: Any) -> Image.Image:
    """Turn the picture alone: Pillow's exif_transpose also rewrites the EXIF, and fails where that is damaged."""
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image


def _dpi(dpi: Any) -> tuple[float, float] | None:
    """Return the resolution where it is one: files also say 0, 1, 0/0 and billions."""
    try:
        across, down = map(float, dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 < across < 65_536 and 1 < down < 65_536 else None


def _split(image: Image.Image, profile: bytes | None, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Part the colors, converted to sRGB, from the alpha."""
    alpha = None
    if image.has_transparency_data:
        full = image.convert("RGBA")
        alpha = np.asarray(full.getchannel("A"))
        image = image.convert("L") if image.mode in ("L", "LA") else full.convert("RGB")
    return np.asarray(_to_srgb(image, profile, path)), alpha


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring gray of 1, 16 or 32 bits and float to 8 bits; Pillow itself reduces 16-bit RGB."""
    if image.mode == "1":
        return image.convert("L")
    if not image.mode.startswith("I") and image.mode != "F":
        return image
    values = np.asarray(image)
    if image.mode == "I":
        values = values.view(np.uint32)
    share = np.nan_to_num(values / _white(values, image), nan=0, posinf=1, neginf=0)
    return Image.fromarray((share.clip(0, 1) * 255).round().astype(np.uint8))


def _white(values: NDArray[Any], image: Image.Image) -> np.float32:
    """Return the value that means white, which no file of 32 bits says: the least usual one above them all."""
    if image.mode.startswith("I;16") or image.format == "PNG":
        return np.float32(65535)
    top = float(np.max(values, where=np.isfinite(values), initial=0))
    if image.mode == "F" and top <= 2:  # 1, which sharpening overshoots
        return np.float32(1)
    return np.float32(next((white for white in (255, 65535, 2**32 - 1) if top <= white), top))


def _to_srgb(image: Image.Image, profile: bytes | None, path: Path) -> Image.Image:
    if image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            log.warning("%s: its color profile cannot be used (%s); taken for sRGB", path, error)
    return image.convert("RGB")


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
    except OSError as error:  # a name too long, a folder that may not be entered
        raise FileError(f"{path} cannot be written: {error.strerror}.", "Give the result another name.") from error


def write_picture(path: Path, rgb: NDArray[np.uint8], source: Photograph | None = None) -> None:
    """Write a picture, uint8 (H, W, 3) sRGB, whole or not at all; the format follows from the ending.

    source: the photograph whose alpha (where the format has one), EXIF and resolution go along. Raises FileError.
    """
    check_writable(path, *([source.path] if source else []))
    form = FORMATS[path.suffix.lower()]
    limit = LONGEST_SIDE.get(form)
    if limit and max(rgb.shape) > limit:
        raise FileError(f"{path}: a {form} has at most {limit} pixels on a side.", "Write a .png or a .tif.")
    image = Image.fromarray(rgb)
    if source is not None and source.alpha is not None and form != "JPEG":
        image.putalpha(Image.fromarray(source.alpha))
    options = QUALITY.get(form, {}) | (_metadata(source, form) if source else {})
    encoded = io.BytesIO()  # written to a file, Pillow's encoders overlook that the disk is full
    try:
        image.save(encoded, form, icc_profile=_srgb_profile(), **options)
    except Exception as error:  # encoders raise of every kind
        raise FileError(f"{path} cannot be written as {form}: {error}.", "Write a .png.") from error
    _write_whole(path, encoded.getbuffer())


def _metadata(source: Photograph, form: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if len(source.exif) > LONGEST_EXIF.get(form, math.inf):
        log.warning("%s: its EXIF is too long for a %s and is not carried over", source.path, form)
    elif source.exif:
        options["exif"] = source.exif
    if source.dpi:
        options["dpi"] = source.dpi
    return options


def _srgb_profile() -> bytes:
    """Return sRGB as an ICC profile without its date, so that equal pictures make equal files."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]


def _write_whole(path: Path, data: memoryview) -> None:
    part = ""
    try:
        descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".huedot-", suffix=path.suffix)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        Path(part).chmod(0o666 & ~mask)  # mkstemp's 0600 is for secrets
        Path(part).replace(path)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}.", "Make room, or choose another.") from error
    finally:
        if part:
            Path(part).unlink(missing_ok=True)
