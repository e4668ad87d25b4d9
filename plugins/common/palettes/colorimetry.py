"""From numbers that say what a color looks like to those of a screen, and back."""

from __future__ import annotations

from collections.abc import Sequence

from .palette import RGB

# XYZ of the whites.
D50 = 0.9642, 1.0, 0.8249
D65 = 0.95047, 1.0, 1.08883
Matrix = tuple[tuple[float, float, float], ...]
# To linear sRGB, from XYZ as a screen's white is, and as the white of color profiles is (adapted by Bradford).
FROM_D65: Matrix = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
FROM_D50: Matrix = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
TO_D65: Matrix = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)


def rgb_of_lab(lightness: float, a: float, b: float) -> RGB:
    """Return the sRGB color nearest to a Lab color, whose white is D65."""
    return rgb_of_linear(_times(FROM_D65, xyz_of_lab((lightness, a, b), D65)))


def lab_of_rgb(color: RGB) -> tuple[float, float, float]:
    """Return lightness, a and b, whose white is D65, of an sRGB color."""
    xyz = _times(TO_D65, [decoded(value / 255) for value in color])
    x, y, z = (_cube_root(value / white) for value, white in zip(xyz, D65, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def is_in_gamut(lightness: float, a: float, b: float) -> bool:
    """Return whether a screen shows a Lab color, whose white is D65, give or take half a step of 255."""
    linear = _times(FROM_D65, xyz_of_lab((lightness, a, b), D65))
    return all(-0.00015 <= value <= 1.0045 for value in linear)


def xyz_of_lab(lab: Sequence[float], white: Sequence[float]) -> list[float]:
    """Return the XYZ, 1 for white, of a Lab color."""
    lightness, a, b = lab
    middle = (lightness + 16) / 116
    return [each * _cube(f) for each, f in zip(white, (middle + a / 500, middle, middle - b / 200), strict=True)]


def rgb_of_xyz(xyz: Sequence[float]) -> RGB:
    """Return the sRGB color nearest to one in XYZ, 1 for white, as color profiles have it: their white is D50."""
    return rgb_of_linear(_times(FROM_D50, xyz))


def rgb_of_linear(linear: Sequence[float]) -> RGB:
    """Return the sRGB color of linear light, 0..1; what lies beyond is cut off."""
    red, green, blue = (round(encoded(value) * 255) for value in linear)
    return red, green, blue


def encoded(linear: float) -> float:
    """Return the value in sRGB, 0..1, of linear light, which is cut to 0..1."""
    linear = min(max(linear, 0.0), 1.0)
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def decoded(value: float) -> float:
    """Return the linear light of a value in sRGB, both 0..1."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _times(matrix: Matrix, vector: Sequence[float]) -> list[float]:
    return [sum(weight * value for weight, value in zip(row, vector, strict=True)) for row in matrix]


def _cube(f: float) -> float:
    return f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29)


def _cube_root(t: float) -> float:
    return t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29
