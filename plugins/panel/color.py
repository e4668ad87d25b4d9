"""Colors as people see them: just enough color science for the panel's swatches."""

from __future__ import annotations

from ..protocol.palettes.colorimetry import decoded, is_in_gamut, lab_of_rgb, rgb_of_lab
from .host import RGB

RED: RGB = (224, 60, 40)
CONTRAST = 4.5  # of text
# Lightness between which hue and chroma of a swatch are seen well.
READABLE = 45.0, 85.0
# In how many steps chroma is taken away from a color that no screen shows.
SHARES = 40


def readable(lightness: float, ab: tuple[float, float], color: RGB) -> RGB:
    """Return a color as it looks where it is neither too dark nor too light to be told from others.

    lightness: 0..100, of the place; ab: in Lab units; color: there, which is returned if it can be read as it is.
    """
    lowest, highest = READABLE
    seen = min(max(lightness, lowest), highest)
    if abs(seen - lightness) < 10:
        return color
    # as if more light, or less, fell on it
    exposure = (seen + 16) / (lightness + 16)
    return rgb_of_lab(seen, ab[0] * exposure, ab[1] * exposure)


def at_lightness(color: RGB, lightness: float) -> RGB:
    """Return how a color looks as a hint on a place of a lightness, 0..100: of its hue, and of its chroma or nearly so.

    The chroma is the largest that a screen shows there, up to the color's own.
    """
    _, a, b = lab_of_rgb(color)
    shares = (1 - i / SHARES for i in range(SHARES + 1))
    shown = next((share for share in shares if is_in_gamut(lightness, a * share, b * share)), 0.0)
    return rgb_of_lab(lightness, a * shown, b * shown)


def warning_on(background: RGB) -> RGB:
    """Return a red, as strong as can be, in which text is read on a background: its contrast is 4.5:1 at least."""
    poles: tuple[RGB, RGB] = (0, 0, 0), (255, 255, 255)
    pole = max(poles, key=lambda each: contrast(each, background))
    shades = (_mixed(RED, pole, share / 20) for share in range(21))
    return next((shade for shade in shades if contrast(shade, background) >= CONTRAST), pole)


def contrast(one: RGB, other: RGB) -> float:
    """Return the contrast of two colors, 1..21, as the Web Content Accessibility Guidelines define it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: RGB) -> float:
    red, green, blue = (decoded(value / 255) for value in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(one: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
