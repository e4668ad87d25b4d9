"""Color profiles applied, at the depth that the file has: what comes out is sRGB, uint8 or uint16."""

from __future__ import annotations

import io
import logging
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from .photograph import Samples
from .raster import Raster, Space, bands, integers, sixteen_bits
from .refusals import lacks

SIGNATURES: dict[bytes, Space] = {b"GRAY": "gray", b"RGB ": "rgb", b"CMYK": "cmyk", b"Lab ": "lab"}
# A flag of Little CMS: else it interpolates in tables too coarse for the shadows of linear profiles.
EXACT = 0x0100
# The difference by which a profile may differ from sRGB and be taken for it: a twentieth of a level of 8 bits.
SAME = 2e-4
# Chromaticities of sRGB's white, red, green and blue.
SRGB_XY = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
# The entries of a curve as a table.
ENTRIES = 4096
MODES: dict[Space, str] = {"gray": "L", "rgb": "RGB", "cmyk": "CMYK"}
log = logging.getLogger(__name__)


def to_srgb(raster: Raster, name: str) -> Samples:
    """Return the colors (H, W, 3) sRGB: uint8 of a picture of 8 bits, else uint16. Raises FileError."""
    if raster.space == "lab":
        return sixteen_bits(_transformed(raster.samples, "lab", library(name, "in Lab").cms_profile("lab4"), name))
    if raster.profile is not None and _fits(raster, name):
        try:
            return _profiled(raster.samples, raster.space, raster.profile, name)
        except (ImageCms.PyCMSError, OSError, ValueError, RuntimeError) as error:
            log.warning("%s: its color profile cannot be used (%s); taken for sRGB", name, error)
    return _plain(raster.samples, raster.space)


def encoded_as(gamma: float | None, xy: tuple[float, ...], space: Space, name: str) -> bytes:
    """Return the profile of a picture whose samples are light ** (1 / gamma), or, without a gamma, on sRGB's curve.

    xy: the chromaticities of white, red, green and blue. Raises FileError.
    """
    codecs = library(name, "encoded with a gamma, or primaries, of its own")
    if space == "gray":
        return bytes(codecs.cms_profile("gray", gamma=gamma))
    curve = {"gamma": gamma} if gamma else {"transferfunction": _srgb_curve()}
    white, primaries = [*xy[:2], 1.0], [value for i in range(2, 8, 2) for value in (*xy[i : i + 2], 1.0)]
    return bytes(codecs.cms_profile("rgb", whitepoint=white, primaries=primaries, **curve))


def _srgb_curve() -> NDArray[np.float32]:
    """Return the light of evenly spaced samples, 0..1."""
    samples = np.linspace(0, 1, ENTRIES)
    return np.where(samples > 0.04045, ((samples + 0.055) / 1.055) ** 2.4, samples / 12.92).astype(np.float32)


def _fits(raster: Raster, name: str) -> bool:
    found = SIGNATURES.get((raster.profile or b"")[16:20])
    if found == "gray" and raster.space == "rgb" and _is_neutral(raster.samples):
        # A gray picture in a format that has no gray.
        raster.space, raster.samples = "gray", raster.samples[..., :1]
    if found != raster.space:
        why = f"it is for {found}, and the picture is {raster.space}" if found else "it is damaged, or of a rare kind"
        log.warning("%s: its color profile cannot be used (%s); taken for sRGB", name, why)
    return found == raster.space


def _is_neutral(samples: NDArray[Any]) -> bool:
    return bool((samples[..., :1] == samples[..., 1:]).all())


def _profiled(samples: NDArray[Any], space: Space, profile: bytes, name: str) -> Samples:
    if samples.dtype == np.uint8:
        return _profiled_eight_bits(samples, space, profile)
    # Each of the 65,536 values once.
    if space == "gray" and samples.dtype == np.uint16:
        ramp = np.arange(65536, dtype=np.uint16)[:, None, None]
        return _neutral(sixteen_bits(_transformed(ramp, space, profile, name))[:, 0, 1][samples])
    if space == "rgb" and _is_srgb(profile, name):
        return sixteen_bits(samples)
    # Little CMS takes floats of inks for percents.
    if space == "cmyk":
        samples = sixteen_bits(samples)
    result = np.empty((*samples.shape[:2], 3), np.uint16)
    for part in bands(samples):
        result[part] = sixteen_bits(_transformed(samples[part], space, profile, name))
    return _neutral(result[..., 1:2]) if space == "gray" else result


def _profiled_eight_bits(samples: NDArray[np.uint8], space: Space, profile: bytes) -> NDArray[np.uint8]:
    image = Image.fromarray(np.ascontiguousarray(samples[..., 0] if space == "gray" else samples), MODES[space])
    converted = np.asarray(ImageCms.applyTransform(image, _transform(profile, space)))
    return _neutral(converted[..., 1:2]) if space == "gray" else converted


@lru_cache(8)
def _transform(profile: bytes, space: Space) -> ImageCms.ImageCmsTransform:
    """Return the way to sRGB, which takes longer to find than to apply to a small picture."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    flags = ImageCms.Flags.NOOPTIMIZE if space == "gray" else ImageCms.Flags.NONE
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), MODES[space], "RGB", flags=flags)


def _neutral(gray: Samples) -> Any:
    """Return gray (H, W, 1) as RGB whose channels are equal, which rounding in between leaves a level apart."""
    return np.repeat(gray, 3, axis=2)


def _is_srgb(profile: bytes, name: str) -> bool:
    steps = np.linspace(0, 1, 9, dtype=np.float32)
    lattice = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    return bool(np.abs(_transformed(lattice, "rgb", profile, name) - lattice).max() < SAME)


def _transformed(samples: NDArray[Any], space: Space, profile: bytes, name: str) -> NDArray[np.float32]:
    """Return samples (H, W, C) as sRGB, float32 (H, W, 3)."""
    codecs = library(name, "of more than 8 bits, with a color profile")
    samples = np.ascontiguousarray(samples[..., 0] if space == "gray" else samples)
    target = _srgb()
    return codecs.cms_transform(
        samples, profile, target, colorspace=space, outcolorspace="rgb", outdtype="float32", intent=0, flags=EXACT
    )


def _srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def srgb_profile() -> bytes:
    """Return sRGB as an ICC profile without its date, so that equal pictures make equal files."""
    profile = _srgb()
    return profile[:24] + bytes(12) + profile[36:]


def _plain(samples: NDArray[Any], space: Space) -> Any:
    """Return what has no profile as sRGB."""
    samples = integers(samples)
    if space != "cmyk":
        return _neutral(samples) if space == "gray" else samples
    most = int(np.iinfo(samples.dtype).max)
    result = np.empty((*samples.shape[:2], 3), samples.dtype)
    for part in bands(samples):
        paper = np.float32(1) - samples[part] / np.float32(most)
        result[part] = (paper[..., :3] * paper[..., 3:] * most).round()
    return result


def library(name: str, what: str) -> Any:
    """Return imagecodecs. Raises FileError, saying what the file is, where it is not installed."""
    try:
        import imagecodecs
    except ImportError as error:
        raise lacks(name, what, "imagecodecs") from error
    return imagecodecs
