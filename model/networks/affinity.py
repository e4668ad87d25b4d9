"""Learned edit propagation (Levin et al. 2004 with learned weights): hints color what looks and lies like them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Pairs of place and hint that a CPU looks at together: they stay in its cache, 1.3 times as fast.
BLOCK = 1 << 16


class Affinity(nn.Module):
    """Learned edit propagation: which place, at which lightness, takes its color from which hint.

    Each place takes a convex combination of the hints' values, or of nothing (a null key that it learns). A head's
    affinity is the sum of two parts: how alike place and hint are (keys, and distance), and how alike their lightness
    is. The exponential of a sum is a product, so all lightness bins together cost one matrix product.
    """

    def __init__(self, channels: int, heads: int, width: int, bins: int) -> None:
        """channels: of the features that are compared; width: of a head's keys; bins: of lightness."""
        super().__init__()
        self.heads, self.bins = heads, bins
        self.key = nn.Conv2d(channels, heads * width, 1)
        self.null = nn.Conv2d(channels, heads, 1)
        self.mix = nn.Conv2d(channels, heads, 1)
        self.bin_key = nn.Parameter(torch.zeros(heads, bins, width))
        self.reach = nn.Parameter(torch.linspace(0.7, 2.5, self.heads))  # log: falloff with distance
        self.edge = nn.Parameter(torch.full((self.heads,), -2.0))  # log: falloff with lightness, per bin squared

    def forward(self, features: Tensor, values: Tensor, lightness: Tensor, share: Tensor, limit: int) -> Tensor:
        """Spread the values of the hint cells over the grid.

        features: (B, C, h, w); values: (B, V, h, w), meant where share (B, 1, h, w), the part of a cell that is hint,
        is above 0; lightness: (B, 1, h, w), the hints' own, in 0..100; limit: hint cells used at most. Returns
        (B, V + 1, D, h, w), the last of which is the share that comes from hints at all, 0..1.
        """
        batch, _, height, width = features.shape
        count = int((share > 0).flatten(1).sum(1).max())
        if count == 0:
            return values.new_zeros(batch, values.shape[1] + 1, self.bins, height, width)
        weight, at = share.flatten(1).topk(min(count, limit), dim=1)  # (B, J)
        keys = self._per_head(self.key(features).float())  # (B, N, hw, E)
        near = _gather(keys, at)  # (B, N, J, E)
        null = self.null(features).float().flatten(2)[..., None]  # (B, N, hw, 1)
        factors = self._place_factors(keys, near, null, at, weight > 0, (height, width))
        light = self._lightness_logits(near, _gather(lightness.flatten(2).transpose(1, 2)[:, None], at))
        spread = _convex(*factors, light, _gather(values.flatten(2).transpose(1, 2)[:, None], at))
        share_of_head = self.mix(features).float().flatten(2).softmax(1)[:, :, :, None, None]
        mean = (spread * share_of_head).sum(1)  # (B, hw, D, V + 1)
        return mean.permute(0, 3, 2, 1).reshape(batch, values.shape[1] + 1, self.bins, height, width)

    def _per_head(self, x: Tensor) -> Tensor:
        """(B, N * E, h, w) -> (B, N, hw, E)."""
        return x.flatten(2).unflatten(1, (self.heads, -1)).transpose(2, 3)

    def _place_factors(
        self, keys: Tensor, near: Tensor, null: Tensor, at: Tensor, real: Tensor, size: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """Return (B, N, hw, F) and (B, N, F, J + 1): their product is each place's logits for the hints, and for null.

        The logit is the likeness of place p and hint q, less what their distance takes. -|p - q|² is a product as
        well: 2 pq - |p|² - |q|². Hints that are not real have next to no weight.
        """
        rows = torch.arange(size[0], device=keys.device, dtype=keys.dtype) - (size[0] - 1) / 2
        columns = torch.arange(size[1], device=keys.device, dtype=keys.dtype) - (size[1] - 1) / 2
        # In units of 64 working pixels.
        p = (torch.cartesian_prod(rows, columns) / 16).expand(*keys.shape[:3], 2)
        q = _gather(p, at)
        reach = self.reach.exp().view(1, -1, 1, 1)
        far_p, far_q = (-reach * x.square().sum(3, keepdim=True) for x in (p, q))
        far_q = far_q.masked_fill(~real[:, None, :, None], -1e4)
        places = torch.cat([keys / keys.shape[-1] ** 0.5, 2 * reach * p, far_p, torch.ones_like(far_p), null], 3)
        hints = torch.cat([near, q, torch.ones_like(far_q), far_q, torch.zeros_like(far_q)], 3)
        only_null = F.one_hot(torch.tensor(places.shape[3] - 1)).to(hints).expand(*hints.shape[:2], 1, -1)
        return places, torch.cat([hints, only_null], 2).transpose(2, 3)

    def _lightness_logits(self, near: Tensor, lightness: Tensor) -> Tensor:
        """Return (B, N, J, D): likeness of a hint's lightness, (B, 1, J, 1) in 0..100, and that of each bin."""
        bin_index = torch.arange(self.bins, device=near.device, dtype=near.dtype)
        apart = (lightness / 100 * (self.bins - 1) - bin_index).square()
        learned = near @ self.bin_key.transpose(1, 2) / near.shape[-1] ** 0.5
        return learned - self.edge.exp().view(1, -1, 1, 1) * apart


def _gather(x: Tensor, at: Tensor) -> Tensor:
    """Pick places: x (B, N, hw, E), at (B, J) -> (B, N, J, E)."""
    return x.gather(2, at[:, None, :, None].expand(-1, x.shape[1], -1, x.shape[3]))


def _convex(places: Tensor, hints: Tensor, light: Tensor, values: Tensor) -> Tensor:
    """Return the softmax-weighted mean of values over hints and null (which is worth 0), for every lightness bin.

    The last channel is the weight of all hints together, which takes no product of its own: null has the rest.

    places: (B, N, P, F) and hints: (B, N, F, J + 1), the factors of the logits; light: (B, N, J, D); values:
    (B, 1, J, C). Returns (B, N, P, D, C + 1).
    """
    light = light.clamp(-20, 10).exp()[..., None]  # (B, N, J, D, 1)
    terms = torch.cat([light * values[:, :, :, None], light], 4)  # (B, N, J, D, C + 1)
    null = F.one_hot(torch.tensor(terms.shape[4] - 1)).to(terms).expand(*terms.shape[:2], 1, *terms.shape[3:])
    terms = torch.cat([terms, null], 2)
    block = max(1, BLOCK // hints.shape[3]) if places.device.type == "cpu" else places.shape[2]
    sums, of_null = [], []
    for some in places.split(block, 2):
        share = (some @ hints).softmax(3)
        sums.append(share @ terms.flatten(3))
        of_null.append(share[..., -1:])
    means = torch.cat(sums, 2).unflatten(3, terms.shape[3:])
    total = means[..., -1:]
    return torch.cat([means[..., :-1] / total, 1 - torch.cat(of_null, 2)[..., None] / total], 4)
