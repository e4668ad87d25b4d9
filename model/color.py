"""CIE Lab (D65) and sRGB, on any device; the constants are those of scikit-image, so that figures compare."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

_RGB_TO_XYZ = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
# Samples of sRGB, encoded.
Samples = NDArray[np.uint8] | NDArray[np.uint16]

_WHITE = (0.95047, 1.0, 1.08883)
# It leads from XYZ relative to white, to linear RGB.
_XYZ_TO_RGB = np.linalg.inv(_RGB_TO_XYZ) * _WHITE
# Lab's f is a line below this.
_KNEE = 6 / 29
# Slope and intercept of that line: XYZ = slope * (f + intercept).
_LINE = 3 * _KNEE**2, -4 / 29
# Pixels whose lightness is computed at a time: larger bands leave the cache.
_BAND = 1 << 17
# Entries of the table of the transfer curve: the error is at most 0.05 levels of 8 bits.
_CURVE = 1 << 15
# Steps of lightness and hue in the table of the gamut's limits.
_LIMITS = (401, 721)


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


def lightness(rgb: Samples) -> Tensor:
    """Return the lightness of an sRGB picture, uint8 or uint16 (H, W, 3): float32 (H, W) in 0..100.

    Only 256 or 65,536 values have to be made linear; looking them up is ten times as fast as converting every pixel to
    Lab.
    """
    most = int(np.iinfo(rgb.dtype).max)
    levels = np.arange(most + 1) / most
    linear = np.where(levels > 0.04045, ((levels + 0.055) / 1.055) ** 2.4, levels / 12.92)
    # What each channel adds to Y.
    parts = (np.array(_RGB_TO_XYZ[1])[:, None] * linear).astype(np.float32)
    result = np.empty(rgb.shape[:2], np.float32)
    rows = max(1, _BAND // max(1, rgb.shape[1]))
    for first in range(0, len(rgb), rows):
        band = rgb[first : first + rows]
        y = parts[0][band[..., 0]] + parts[1][band[..., 1]] + parts[2][band[..., 2]]
        light = np.where(y > 0.008856, np.cbrt(y), 7.787 * y + 16 / 116) * 116 - 16
        np.clip(light, 0, 100, out=result[first : first + rows])
    return torch.from_numpy(result)


def lab_to_linear(lab: Tensor) -> Tensor:
    """Convert Lab, float (…, 3, H, W), to linear RGB; a color out of gamut leaves 0..1."""
    return _to_linear(*lab.unbind(-3))


def _to_linear(lightness: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Convert Lab, (…, H, W) each, to linear RGB (…, 3, H, W), in as few passes over memory as torch allows."""
    y = (lightness + 16) / 116
    f = torch.stack([torch.add(y, a, alpha=1 / 500), y, torch.add(y, b, alpha=-1 / 200)], dim=-3)
    # Above the knee, what the line has over the cube is 0: no branch is needed.
    toe = f.clamp_max(_KNEE)
    xyz = f**3 + ((toe + _LINE[1]) * _LINE[0] - toe**3)
    return _mix(xyz.new_tensor(_XYZ_TO_RGB), xyz)


def linear_to_rgb(linear: Tensor) -> Tensor:
    """Apply the sRGB transfer curve, clipping to 0..1."""
    linear = linear.clamp(0, 1)
    return torch.where(linear > 0.0031308, 1.055 * linear.clamp_min(1e-8) ** (1 / 2.4) - 0.055, 12.92 * linear)


def outside(linear: Tensor) -> Tensor:
    """Return where (…, H, W) a linear color (…, 3, H, W) is outside sRGB by more than rounding hides."""
    return torch.maximum(linear.amax(dim=-3) - 1, -linear.amin(dim=-3)) > 1e-4


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
    lightness, a, b = lab
    limits = _chroma_limits(lab.device)
    at = torch.stack([torch.atan2(b, a) / torch.pi, lightness / 50 - 1], dim=-1)
    limit = F.grid_sample(limits[None, None], at[None, None], padding_mode="border", align_corners=True)[0, 0, 0]
    return lab[1:] * (limit / torch.hypot(a, b)).clamp_max(1)


@cache
def _chroma_limits(device: torch.device) -> Tensor:
    """Return the largest chroma in gamut, by lightness 0..100 (rows) and hue -pi..pi (columns), found by bisection.

    A table, because a photograph of 12 megapixels can have millions of colors to bring back into the gamut.
    """
    hue = torch.linspace(-torch.pi, torch.pi, _LIMITS[1], device=device)
    lightness = torch.linspace(0, 100, _LIMITS[0], device=device)[:, None].expand(_LIMITS)
    direction = torch.stack([hue.cos(), hue.sin()])[:, None].expand(2, *_LIMITS)
    low, high = torch.zeros(_LIMITS, device=device), torch.full(_LIMITS, 200.0, device=device)
    for _ in range(16):
        middle = (low + high) / 2
        beyond = outside(lab_to_linear(torch.cat([lightness[None], direction * middle])))
        low, high = torch.where(beyond, low, middle), torch.where(beyond, middle, high)
    return low


def to_rgb8(lightness: Tensor, ab: Tensor) -> Tensor:
    """Return the sRGB picture, uint8 (H, W, 3), of lightness (H, W) and ab (2, H, W), out-of-gamut chroma reduced."""
    linear = _in_gamut(lightness, ab)
    steps = (linear * (_CURVE - 1)).add_(0.5).clamp_(0, _CURVE - 1).to(torch.int32)
    levels = _curve(linear.device).index_select(0, steps.flatten()).view(linear.shape)
    return torch.stack(list(levels), dim=-1)


def to_rgb16(lightness: Tensor, ab: Tensor) -> Tensor:
    """Return the sRGB picture, int32 (H, W, 3) in 0..65535, of lightness (H, W) and ab (2, H, W): always on the CPU.

    Its lightness is the one given, to the last of 16 bits: what is still out of gamut approaches gray of its luminance.
    """
    a, b = into_gamut(lightness, ab).cpu().double()
    lightness = lightness.cpu().double()
    linear, gray = _to_linear(lightness, a, b), _to_linear(lightness, a * 0, b * 0)[1].clamp_(0, 1)
    chroma = linear - gray
    room = torch.where(chroma > 0, 1 - gray, gray) / chroma.abs().clamp_min(1e-12)
    linear = gray + chroma * room.amin(0).clamp_max(1)
    return (linear_to_rgb(linear) * 65535).round().to(torch.int32).permute(1, 2, 0)


def to_rgb(lightness: Tensor, ab: Tensor, kind: np.dtype[Any]) -> Samples:
    """Return what `to_rgb8` does, or, where the kind is uint16, `to_rgb16`, as an array (H, W, 3)."""
    if kind == np.uint16:
        return to_rgb16(lightness, ab).cpu().numpy().astype(np.uint16)
    return to_rgb8(lightness, ab).cpu().numpy()


def relit(colored: NDArray[np.uint8], original: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return an sRGB picture (H, W, 3) with the hue and chroma of one and the lightness of another."""
    result = np.empty_like(original)
    rows = max(1, _BAND // max(1, original.shape[1]))
    for first in range(0, len(original), rows):
        part = slice(first, first + rows)
        ab = rgb_to_lab(torch.from_numpy(colored[part]).permute(2, 0, 1).float() / 255)[1:]
        result[part] = to_rgb16(lightness(original[part]), ab).numpy()
    return result


def _in_gamut(lightness: Tensor, ab: Tensor) -> Tensor:
    """Return lightness (H, W) and ab (2, H, W) as linear RGB (3, H, W), out-of-gamut chroma reduced."""
    linear = _to_linear(lightness, ab[0], ab[1])
    beyond = outside(linear).flatten().nonzero()[:, 0]
    if len(beyond):
        lab = torch.cat([lightness.reshape(1, -1)[:, beyond], ab.flatten(1)[:, beyond]])
        linear.flatten(1)[:, beyond] = _to_linear(lab[:1], *_less_chroma(lab)[:, None])[:, 0]
    return linear


@cache
def _curve(device: torch.device) -> Tensor:
    """Return the sRGB transfer curve as a table: uint8 (_CURVE,) levels for linear 0..1."""
    return (linear_to_rgb(torch.linspace(0, 1, _CURVE, device=device)) * 255).round().to(torch.uint8)
