"""Simulated users (paper §3.2, "Simulating user interactions"), vectorized on the training device."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from huedot.model import bins

LARGEST = 9  # side of the largest revealed patch, in pixels
FULL_REVEAL = 0.01  # of the photographs show every color
GEOMETRIC = 0.5  # of the photographs get the paper's geometric count of hints,
NONE = 0.2  # no hint at all (they are what automatic color learns from), and the rest a long tail
LONG_TAIL = 400


def hints(ab: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Reveal square patches of the true color, each filled with its own mean.

    ab: (B, 2, H, W), the truth. Returns hint_ab (B, 2, H, W), 0 where there is no hint, and hint_mask (B, 1, H, W).
    The count is geometric with p = 1/8 as in the paper, or log-uniform up to some hundreds; the place is normal
    around the center or uniform; the side 1 to 9.
    """
    batch, _, height, width = ab.shape
    device = ab.device
    count = _counts(batch, generator, device)
    owner = torch.repeat_interleave(torch.arange(batch, device=device), count)
    side = torch.randint(1, LARGEST + 1, owner.shape, generator=generator, device=device)
    normal = torch.rand(batch, generator=generator, device=device)[owner] < 0.5
    top, left = (_places(extent, side, normal, generator) for extent in (height, width))
    hint_ab, hint_mask = _paint(ab, owner, top, left, side)
    full = torch.rand(batch, generator=generator, device=device) < FULL_REVEAL
    hint_ab[full], hint_mask[full] = ab[full], 1.0
    return hint_ab, hint_mask


def _counts(batch: int, generator: torch.Generator, device: torch.device) -> Tensor:
    kind = torch.rand(batch, generator=generator, device=device)
    uniform = torch.rand(batch, generator=generator, device=device).clamp_min(1e-6)
    geometric = (uniform.log() / math.log(1 - 1 / 8)).floor()
    tail = (1 + uniform * (math.log(LONG_TAIL) - 1)).exp()
    count = torch.where(kind < GEOMETRIC, geometric, torch.where(kind < GEOMETRIC + NONE, 0.0, tail))
    return count.clamp_max(LONG_TAIL).long()


def _places(extent: int, side: Tensor, normal: Tensor, generator: torch.Generator) -> Tensor:
    """Return the first pixel of each patch along one axis."""
    last = (extent - side).clamp_min(0)
    around = 0.5 + 0.25 * torch.randn(side.shape, generator=generator, device=side.device)
    anywhere = torch.rand(side.shape, generator=generator, device=side.device)
    return (torch.where(normal, around, anywhere).clamp(0, 1) * last).long()


def _paint(ab: Tensor, owner: Tensor, top: Tensor, left: Tensor, side: Tensor) -> tuple[Tensor, Tensor]:
    """Fill the patches with their means; the integral image gives every mean at once."""
    batch, _, height, width = ab.shape
    integral = torch.nn.functional.pad(ab.double().cumsum(2).cumsum(3), (1, 0, 1, 0))
    bottom, right = (top + side).clamp_max(height), (left + side).clamp_max(width)
    corner = lambda y, x: integral[owner, :, y, x]  # noqa: E731 - four times below, and nowhere else
    total = corner(bottom, right) - corner(top, right) - corner(bottom, left) + corner(top, left)
    mean = (total / ((bottom - top) * (right - left))[:, None]).to(ab.dtype)  # (P, 2)
    step = torch.arange(LARGEST, device=ab.device)
    rows, columns = top[:, None, None] + step[:, None], left[:, None, None] + step  # (P, 9, 1), (P, 1, 9)
    inside = (rows < bottom[:, None, None]) & (columns < right[:, None, None])
    index = ((owner[:, None, None] * height + rows) * width + columns)[inside]
    patch = torch.arange(len(owner), device=ab.device)[:, None, None].expand_as(inside)[inside]
    painted = ab.new_zeros(batch * height * width, 3)
    painted[index] = torch.cat([mean, mean.new_ones(len(mean), 1)], 1)[patch]
    painted = painted.view(batch, height, width, 3).permute(0, 3, 1, 2)
    return painted[:, :2].contiguous(), painted[:, 2:].contiguous()


def global_hints(rgb: Tensor, encoded: Tensor, generator: torch.Generator, share: float = 0.25) -> Tensor:
    """Reveal the histogram and the mean saturation, each for a share of the photographs (paper §3.2).

    rgb: (B, 3, H, W) in 0..1; encoded: (B, 313, h, w), the soft-encoded truth. Returns (B, 316).
    """
    reveal = (torch.rand(len(rgb), 2, generator=generator, device=rgb.device) < share).float()
    histogram = encoded.mean(dim=(2, 3)) * reveal[:, :1]
    saturation = bins.saturation(rgb).mean((1, 2))[:, None] * reveal[:, 1:]
    return torch.cat([histogram, reveal[:, :1], saturation, reveal[:, 1:]], 1)


def age(lightness: Tensor, generator: torch.Generator) -> Tensor:
    """Make some photographs old: less or more contrast, lifted blacks, grain. lightness: (B, 1, H, W) in 0..100."""

    def draw(low: float, high: float, share: float, neutral: float) -> Tensor:
        value = low + (high - low) * torch.rand(len(lightness), generator=generator, device=lightness.device)
        chosen = torch.rand(len(lightness), generator=generator, device=lightness.device) < share
        return torch.where(chosen, value, neutral).view(-1, 1, 1, 1)

    contrast, lift, grain = draw(0.6, 1.2, 0.3, 1.0), draw(-8.0, 8.0, 0.3, 0.0), draw(0.5, 5.0, 0.2, 0.0)
    noise = torch.randn(lightness.shape, generator=generator, device=lightness.device)
    return ((lightness - 50) * contrast + 50 + lift + grain * noise).clamp(0, 100)
