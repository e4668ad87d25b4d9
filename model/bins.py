"""The 313 in-gamut color bins of Zhang et al. 2016/2017 and the soft-encoding over them (2017, §3.2 and §3.3).

The plane of a and b is cut into 23 x 23 squares of 10 units; 313 of them hold a color that sRGB can show at some
lightness. The published order is kept: a varies slowly, b fast.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Side of a bin in ab units.
STEP = 10.0
# Bins that share a color when it is soft-encoded.
NEIGHBORS = 10
# Standard deviation of the Gaussian that shares it, in ab units.
SIGMA = 5.0
COUNT = 313
# The histogram over the bins and whether it is given, the mean saturation and whether it is (§3.2).
GLOBAL_HINTS = COUNT + 1 + 1 + 1

# a, then the lowest and the highest b of the bins in that row: the published hull has no gaps within a row.
_HULL = (
    (-90, 50, 90),
    (-80, 20, 90),
    (-70, 0, 90),
    (-60, -20, 90),
    (-50, -30, 100),
    (-40, -40, 100),
    (-30, -50, 100),
    (-20, -50, 100),
    (-10, -60, 100),
    (0, -70, 100),
    (10, -80, 90),
    (20, -80, 90),
    (30, -90, 90),
    (40, -100, 90),
    (50, -100, 80),
    (60, -110, 80),
    (70, -110, 80),
    (80, -110, 70),
    (90, -110, 70),
    (100, -90, 0),
)


def grid() -> Tensor:
    """Return the centers of all 529 bins, float32 (529, 2) in ab units: the classes of the published PyTorch head."""
    axis = torch.arange(-110.0, 111.0, STEP)
    return torch.cartesian_prod(axis, axis)


def centers() -> Tensor:
    """Return the centers of the 313 in-gamut bins, float32 (313, 2) in ab units."""
    return torch.tensor(
        [(a, b) for a, low, high in _HULL for b in range(low, high + 1, int(STEP))], dtype=torch.float32
    )


def soft_encode(ab: Tensor, bin_centers: Tensor) -> Tensor:
    """Spread each color over its ten nearest bins, weighted by a Gaussian (Zhang et al. 2016, §2.2).

    ab: (B, 2, H, W) in ab units; bin_centers: (Q, 2). Returns (B, Q, H, W), each place summing to 1.
    """
    batch, _, height, width = ab.shape
    colors = ab.permute(0, 2, 3, 1).reshape(-1, 2)
    distance, nearest = torch.cdist(colors, bin_centers).topk(NEIGHBORS, dim=1, largest=False)
    weight = torch.softmax(-distance.square() / (2 * SIGMA**2), dim=1)
    encoded = colors.new_zeros(len(colors), len(bin_centers)).scatter_(1, nearest, weight)
    return encoded.view(batch, height, width, -1).permute(0, 3, 1, 2)


def saturation(rgb: Tensor) -> Tensor:
    """Return the HSV saturation, (B, H, W) in 0..1, of rgb (B, 3, H, W) in 0..1; its mean is a global hint (§3.2)."""
    highest, lowest = rgb.amax(1), rgb.amin(1)
    return (highest - lowest) / highest.clamp_min(1e-6)
