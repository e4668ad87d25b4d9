"""What a colorization is like beside the truth, apart from PSNR: how colorful, how far off to the eye, how alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from huedot.model.painting import Picture
from huedot.protocol.errors import ArgumentError

NAMES = ("colorfulness", "ciede2000", "ssim")


def check() -> None:
    """Raise ArgumentError where scikit-image is absent."""
    try:
        import skimage  # noqa: F401
    except ImportError as error:
        raise ArgumentError("measures", "need scikit-image.", "pip install 'huedot[evaluate]'") from error


def measure(picture: Picture, truth: Picture) -> Mapping[str, float]:
    """Return every measure of NAMES, of two sRGB pictures, uint8 (H, W, 3)."""
    return {
        "colorfulness": colorfulness(picture),
        "ciede2000": ciede2000(picture, truth),
        "ssim": ssim(picture, truth),
    }


def colorfulness(picture: Picture) -> float:
    """Return how colorful an sRGB picture is: 0 for gray, about 40 for photographs, 80 for loud ones.

    Hasler and Süsstrunk, Measuring colorfulness in natural images, 2003, eq. 10, in sRGB: spread and mean of the
    opponents red less green, and yellow less blue. The difference to the truth's is DDColor's ΔCF.
    """
    red, green, blue = np.moveaxis(picture.astype(np.float64), 2, 0)
    opponents = red - green, (red + green) / 2 - blue
    spread = np.hypot(*(each.std() for each in opponents))
    return float(spread + 0.3 * np.hypot(*(each.mean() for each in opponents)))


def ciede2000(picture: Picture, truth: Picture) -> float:
    """Return the mean CIEDE2000 color difference (CIE 142-2001), for D65: 1 is just noticeable, side by side."""
    from skimage.color import deltaE_ciede2000, rgb2lab

    return float(deltaE_ciede2000(rgb2lab(truth), rgb2lab(picture)).mean())


def ssim(picture: Picture, truth: Picture) -> float:
    """Return the structural similarity (Wang et al. 2004), 1 for equal pictures: mean over the channels of sRGB.

    The lightness of a colorization is the truth's, so that it is high for all of them.
    """
    from skimage.metrics import structural_similarity

    return float(structural_similarity(picture, truth, channel_axis=2))
