"""CIE Lab (D65) and sRGB, on any device; the constants are those of scikit-image, so that figures compare."""

from __future__ import annotations

import torch
from torch import Tensor

_RGB_TO_XYZ = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
_WHITE = (0.95047, 1.0, 1.08883)
_BISECTIONS = 10  # the chroma of a color out of gamut is found to 1/1024 of itself


def _mix(matrix: Tensor, channels: Tensor) -> Tensor:
    return torch.einsum("ij,...jhw->...ihw", matrix, channels)


def _white(like: Tensor) -> Tensor:
    return like.new_tensor(_WHITE).view(3, 1, 1)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Convert sRGB in 0..1, float (…, 3, H, W), to Lab: L in 0..100, a and b in Lab units."""
    linear = torch.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = _mix(rgb.new_tensor(_RGB_TO_XYZ), linear) / _white(rgb)
    f = torch.where(xyz > 0.008856, xyz.clamp_min(1e-8) ** (1 / 3), 7.787 * xyz + 16 / 116)
    x, y, z = f.unbind(-3)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-3)


def lab_to_linear(lab: Tensor) -> Tensor:
    """Convert Lab, float (…, 3, H, W), to linear RGB; a color out of gamut leaves 0..1."""
    lightness, a, b = lab.unbind(-3)
    y = (lightness + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], dim=-3)
    xyz = torch.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787) * _white(lab)
    return _mix(torch.linalg.inv(lab.new_tensor(_RGB_TO_XYZ)), xyz)


def linear_to_rgb(linear: Tensor) -> Tensor:
    """Apply the sRGB transfer curve, clipping to 0..1."""
    linear = linear.clamp(0, 1)
    return torch.where(linear > 0.0031308, 1.055 * linear.clamp_min(1e-8) ** (1 / 2.4) - 0.055, 12.92 * linear)


def outside(linear: Tensor) -> Tensor:
    """Return where (…, H, W) a linear color (…, 3, H, W) is outside sRGB by more than rounding hides."""
    return ((linear < -1e-4) | (linear > 1 + 1e-4)).any(dim=-3)


def into_gamut(lightness: Tensor, ab: Tensor) -> Tensor:
    """Return ab with just so much chroma taken from each color that sRGB can show it; lightness and hue stay.

    lightness: (H, W) in 0..100; ab: (2, H, W). Colors already in gamut are returned unchanged.
    """
    lab = torch.cat([lightness[None], ab])
    beyond = outside(lab_to_linear(lab))
    if not bool(beyond.any()):
        return ab
    result = ab.clone()
    result[:, beyond] = _less_chroma(lab[:, beyond])
    return result


def _less_chroma(lab: Tensor) -> Tensor:
    """Return the ab, (2, N), on the way from each out-of-gamut color, lab (3, N), to gray where the gamut begins."""
    lightness, ab = lab[:1, None], lab[1:, None]  # (1, 1, N), (2, 1, N)
    low, high = torch.zeros_like(lightness), torch.ones_like(lightness)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        too_much = outside(lab_to_linear(torch.cat([lightness, ab * middle])))[None]
        low, high = torch.where(too_much, low, middle), torch.where(too_much, middle, high)
    return (ab * low)[:, 0]


def to_rgb8(lightness: Tensor, ab: Tensor) -> Tensor:
    """Return the sRGB picture, uint8 (3, H, W), of lightness (H, W) and ab (2, H, W), out-of-gamut chroma reduced."""
    lab = torch.cat([lightness[None], ab])
    linear = lab_to_linear(lab)
    beyond = outside(linear)
    if bool(beyond.any()):
        shown = torch.cat([lightness[beyond][None], _less_chroma(lab[:, beyond])])
        linear[:, beyond] = lab_to_linear(shown[:, None])[:, 0]
    return (linear_to_rgb(linear) * 255).round().to(torch.uint8)
