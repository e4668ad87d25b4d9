"""Colors as people see them: just enough color science for the panel's swatches."""

from __future__ import annotations

from .host import RGB

WHITE = 0.95047, 1.0, 1.08883  # D65, XYZ
TO_LINEAR_RGB = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
RED: RGB = (224, 60, 40)
CONTRAST = 4.5  # of text
# Lightness between which hue and chroma of a swatch are seen well.
READABLE = 45.0, 85.0


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
    return rgb_of(seen, ab[0] * exposure, ab[1] * exposure)


def rgb_of(lightness: float, a: float, b: float) -> RGB:
    """Return the sRGB color nearest to a Lab color."""
    middle = (lightness + 16) / 116
    xyz = [white * _cube(f) for white, f in zip(WHITE, (middle + a / 500, middle, middle - b / 200), strict=True)]
    red, green, blue = (
        _encoded(sum(weight * value for weight, value in zip(row, xyz, strict=True))) for row in TO_LINEAR_RGB
    )
    return red, green, blue


def _cube(f: float) -> float:
    return f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29)


def _encoded(linear: float) -> int:
    linear = min(max(linear, 0.0), 1.0)
    value = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(value * 255)


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
    red, green, blue = (_decoded(value / 255) for value in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _decoded(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _mixed(one: RGB, other: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
