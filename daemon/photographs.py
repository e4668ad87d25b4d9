"""Photographs as files: whatever mode, depth, profile and orientation, read as 8-bit sRGB, and written back whole."""

from __future__ import annotations

import io
import logging
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from huedot.protocol.errors import FileError, TooLarge
from huedot.protocol.wire import MAX_IMAGE_PIXELS

SMALLEST = 8  # pixels on a side
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WEBP"}
QUALITY: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_lzw"},
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Photograph:
    """A photograph as its file meant it, upright: rgb uint8 (H, W, 3) sRGB, alpha uint8 (H, W) if it had any."""

    path: Path
    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    exif: bytes  # without the orientation, which is applied
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
        upright = _decoded(image, path)
        rgb, alpha = _split(upright, image.info.get("icc_profile"), path)
        dpi = image.info.get("dpi")
        return Photograph(path, rgb, alpha, upright.getexif().tobytes(), dpi)


def _opened(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures; the limit above is ours
            return Image.open(path)
    except FileNotFoundError as error:
        raise FileError(f"There is no file {path}.", "Check the path.") from error
    except IsADirectoryError as error:
        raise FileError(f"{path} is a folder.", "Give a picture.") from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, "far too many pixels") from error
    except UnidentifiedImageError as error:
        raise FileError(f"{path} is not a picture that can be read.", "Use a JPEG, PNG, TIFF or WebP file.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.", "Check its permissions.") from error
    except Exception as error:  # what damaged headers make decoders raise is in no list
        raise _damaged(path, error) from error


def _decoded(image: Image.Image, path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata, say, which harms no pixel
            image.load()
            return ImageOps.exif_transpose(image)
    except MemoryError as error:
        raise _too_large(path, "more pixels than memory holds") from error
    except Exception as error:  # what damaged data makes decoders raise is in no list
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> FileError:
    return FileError(f"{path} is damaged or cut short ({error}).", "Get a whole copy of it.")


def _too_large(path: Path, what: str) -> TooLarge:
    limit = f"{MAX_IMAGE_PIXELS / 1e6:.0f} million"
    return TooLarge(f"{path} has {what}; at most {limit} can be colored.", "Reduce it first.")


def _split(image: Image.Image, profile: bytes | None, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Part the colors, converted to sRGB, from the alpha."""
    image = _eight_bits(image)
    alpha = None
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        alpha = np.asarray(image.convert("RGBA").getchannel("A"))
        image = image.convert("L" if image.mode == "LA" else "RGB")
    return np.asarray(_to_srgb(image, profile, path)), alpha


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring gray of 1, 16 or 32 bits and float to 8 bits; Pillow itself reduces 16-bit RGB."""
    if image.mode == "1":
        return image.convert("L")
    if not image.mode.startswith("I") and image.mode != "F":
        return image
    values = np.asarray(image, np.float64)
    if image.mode == "F":
        scale = 255.0 if np.nanmax(values) <= 1 else 1.0
        values = np.nan_to_num(values) * scale
    elif image.mode.startswith("I;16") or values.max() > 255:
        values = values / 257
    return Image.fromarray(values.clip(0, 255).round().astype(np.uint8))


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
    if path.is_dir():
        raise FileError(f"{path} is a folder.", "Give the name of a file.")
    if not path.parent.is_dir():
        raise FileError(f"There is no folder {path.parent}.", "Make it first.")
    if not os.access(path.parent, os.W_OK):
        raise FileError(f"The folder {path.parent} cannot be written to.", "Choose another.")
    for each in inputs:
        if path.exists() and each.exists() and path.samefile(each):
            raise FileError(f"{path} would overwrite {each}.", "Give the result another name.")


def write_picture(path: Path, rgb: NDArray[np.uint8], source: Photograph | None = None) -> None:
    """Write a picture, uint8 (H, W, 3) sRGB, whole or not at all; the format follows from the ending.

    source: the photograph whose alpha (where the format has one), EXIF and resolution go along. Raises FileError.
    """
    check_writable(path, *([source.path] if source else []))
    form = FORMATS[path.suffix.lower()]
    image = Image.fromarray(rgb)
    options = dict(QUALITY.get(form, {}))
    options["icc_profile"] = _srgb_profile()
    if source is not None:
        if source.alpha is not None and form != "JPEG":
            image.putalpha(Image.fromarray(source.alpha))
        if source.exif:
            options["exif"] = source.exif
        if source.dpi:
            options["dpi"] = source.dpi
    _write_whole(path, lambda part: image.save(part, form, **options))


def _srgb_profile() -> bytes:
    """Return sRGB as an ICC profile without its date, so that equal pictures make equal files."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes(12) + profile[36:]


def _write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    part = ""
    try:
        descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".huedot-", suffix=path.suffix)
        with os.fdopen(descriptor, "wb") as file:
            write(file)
        mask = os.umask(0)
        os.umask(mask)
        Path(part).chmod(0o666 & ~mask)  # mkstemp's 0600 is for secrets
        Path(part).replace(path)
    except OSError as error:
        if part:
            Path(part).unlink(missing_ok=True)
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}.", "Make room, or choose another."
        ) from error
