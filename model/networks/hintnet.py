"""HueDot's own network: an encoder that runs once per photograph, and a hint network that runs at every refresh.

Data flows one way: lightness -> `encode` -> features; features, local and global hints -> `decode` -> a bilateral grid
of ab and decoder features; `propagate` spreads what the grid leaves over at the hints; `palette_logits` gives the
distribution over the 313 bins. The design follows Zhang et al. 2017 in its inputs (§3.2) and its losses (§3.1, §3.3).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from huedot.model.grid import slice_grid

from .mobilenet import MobileNetV2

GLOBAL_HINTS = 316  # 313 histogram bins and their indicator, mean saturation and its indicator (§3.2)
BINS = 313
LARGEST = 1024  # number in a configuration: what lies in a file must not make us build for ever
PAIRS = 1 << 24  # of places and hint cells that propagation looks at: all of them up to 256 x 256, and 64 MB a head
BLOCK = 1 << 16  # of them that a CPU looks at together: they stay in its cache, which is 1.3 times as fast


@dataclass(frozen=True)
class Config:
    """What is needed to build the network; saved in the weights' metadata."""

    widths: tuple[int, int, int] = (64, 128, 256)  # channels at 1/4, 1/8 and 1/16
    lightness_bins: int = 6  # of the bilateral grid
    encoder_attention: int = 3  # global attention blocks at 1/16, once per photograph
    hint_attention: int = 4  # and at every refresh
    residuals: tuple[int, int, int, int] = (1, 0, 2, 2)  # blocks: hints in at 1/4 and 1/8, out at 1/8 and 1/4
    affinity_heads: int = 2
    affinity_width: int = 32
    palette_width: int = 256

    @classmethod
    def parse(cls, text: str) -> Config:
        """Read a configuration that was saved as JSON; raises ValueError or TypeError for any other text."""
        given = json.loads(text)
        if not isinstance(given, dict):
            raise TypeError("it is no map")
        numbers = [n for value in given.values() for n in (value if isinstance(value, list) else [value])]
        if not all(type(n) is int and 0 <= n <= LARGEST for n in numbers):
            raise ValueError(f"its numbers must be whole, from 0 to {LARGEST}")
        return cls(**given)


class Features(NamedTuple):
    """Feature maps at 1/4, 1/8 and 1/16 of the working size."""

    quarter: Tensor
    eighth: Tensor
    sixteenth: Tensor


class Residual(nn.Module):
    """Two convolutions beside a shortcut, with a learned gain that starts small."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.gain = nn.Parameter(torch.full((1, channels, 1, 1), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, H, W)."""
        change: Tensor = self.second(F.gelu(self.first(F.gelu(x))))
        return x + self.gain * change


class Attention(nn.Module):
    """Global self-attention over (B, C, h, w); a depthwise convolution carries position."""

    def __init__(self, channels: int, heads: int, expansion: int = 3) -> None:
        super().__init__()
        self.heads = heads
        self.position = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.norm_attention, self.norm_mlp = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.qkv, self.out = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        hidden = expansion * channels
        self.mlp = nn.Sequential(nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels))

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, h, w)."""
        x = x + self.position(x)
        batch, channels, height, width = x.shape
        tokens = x.flatten(2).transpose(1, 2)  # (B, hw, C)
        qkv = self.qkv(self.norm_attention(tokens)).view(batch, height * width, 3, self.heads, -1)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, hw, C / heads)
        mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(tokens.shape)
        tokens = tokens + self.out(mixed)
        tokens = tokens + self.mlp(self.norm_mlp(tokens))
        return tokens.transpose(1, 2).reshape(batch, channels, height, width)


def _residuals(count: int, channels: int) -> nn.Sequential:
    return nn.Sequential(*[Residual(channels) for _ in range(count)])


def _attention(count: int, channels: int) -> nn.Sequential:
    return nn.Sequential(*[Attention(channels, channels // 32) for _ in range(count)])


class Encoder(nn.Module):
    """Lightness only: local detail is learned, meaning is borrowed from an ImageNet-pretrained MobileNetV2."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        quarter, eighth, sixteenth = config.widths
        self.semantic = MobileNetV2()
        self.detail4 = nn.Sequential(nn.Conv2d(16, quarter, 3, padding=1), _residuals(2, quarter))
        self.detail8 = nn.Sequential(nn.Conv2d(quarter, eighth, 2, 2), _residuals(2, eighth))
        self.down16 = nn.Conv2d(eighth, sixteenth, 2, 2)
        self.semantic4, self.semantic8 = nn.Conv2d(24, quarter, 1), nn.Conv2d(32, eighth, 1)
        self.semantic16, self.semantic32 = nn.Conv2d(96, sixteenth, 1), nn.Conv2d(320, sixteenth, 1)
        self.attention16 = _attention(config.encoder_attention, sixteenth)

    def forward(self, lightness: Tensor) -> Features:
        """lightness: (B, 1, H, W) in [-1, 1]."""
        s4, s8, s16, s32 = self.semantic(lightness.expand(-1, 3, -1, -1))
        x4 = self.detail4(F.pixel_unshuffle(lightness, 4)) + self.semantic4(s4)
        x8 = self.detail8(x4) + self.semantic8(s8)
        up = F.interpolate(self.semantic32(s32), scale_factor=2, mode="bilinear")
        x16 = self.down16(x8) + self.semantic16(s16) + up
        return Features(x4, x8, self.attention16(x16))


class Affinity(nn.Module):
    """Learned edit propagation: which place, at which lightness, takes its color from which hint.

    Each place takes a convex combination of the hints' values, or of nothing (a null key that it learns). A head's
    affinity is the sum of two parts: how alike place and hint are (keys, and distance), and how alike their lightness
    is. The exponential of a sum is a product, so all lightness bins together cost one matrix product.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        quarter = config.widths[0]
        self.heads, self.bins = config.affinity_heads, config.lightness_bins
        self.key = nn.Conv2d(quarter, self.heads * config.affinity_width, 1)
        self.null = nn.Conv2d(quarter, self.heads, 1)
        self.mix = nn.Conv2d(quarter, self.heads, 1)
        self.bin_key = nn.Parameter(torch.zeros(self.heads, self.bins, config.affinity_width))
        self.reach = nn.Parameter(torch.linspace(0.7, 2.5, self.heads))  # log: falloff with distance
        self.edge = nn.Parameter(torch.full((self.heads,), -2.0))  # log: falloff with lightness, per bin squared

    def forward(self, features: Tensor, values: Tensor, lightness: Tensor, share: Tensor, limit: int) -> Tensor:
        """Spread the values of the hint cells over the grid.

        features: (B, C, h, w); values: (B, 2, h, w), meant where share (B, 1, h, w), the part of a cell that is hint,
        is above 0; lightness: (B, 1, h, w), the hints' own, in 0..100; limit: hint cells used at most. Returns
        (B, 2, D, h, w).
        """
        batch, _, height, width = features.shape
        count = int((share > 0).flatten(1).sum(1).max())
        if count == 0:
            return values.new_zeros(batch, 2, self.bins, height, width)
        weight, at = share.flatten(1).topk(min(count, limit), dim=1)  # (B, J)
        keys = self._per_head(self.key(features).float())  # (B, N, hw, E)
        near = _gather(keys, at)  # (B, N, J, E)
        null = self.null(features).float().flatten(2)[..., None]  # (B, N, hw, 1)
        factors = self._place_factors(keys, near, null, at, weight > 0, (height, width))
        light = self._lightness_logits(near, _gather(lightness.flatten(2).transpose(1, 2)[:, None], at))
        spread = _convex(*factors, light, _gather(values.flatten(2).transpose(1, 2)[:, None], at))
        share_of_head = self.mix(features).float().flatten(2).softmax(1)[:, :, :, None, None]
        fix = (spread * share_of_head).sum(1)  # (B, hw, D, 2)
        return fix.permute(0, 3, 2, 1).reshape(batch, 2, self.bins, height, width)

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
        p = (torch.cartesian_prod(rows, columns) / 16).expand(*keys.shape[:3], 2)  # in units of 64 working pixels
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

    places: (B, N, P, F) and hints: (B, N, F, J + 1), the factors of the logits; light: (B, N, J, D); values:
    (B, 1, J, C). Returns (B, N, P, D, C).
    """
    light = light.clamp(-20, 10).exp()[..., None]  # (B, N, J, D, 1)
    terms = torch.cat([light * values[:, :, :, None], light], 4)  # (B, N, J, D, C + 1)
    null = F.one_hot(torch.tensor(terms.shape[4] - 1)).to(terms).expand(*terms.shape[:2], 1, *terms.shape[3:])
    terms = torch.cat([terms, null], 2)
    block = max(1, BLOCK // hints.shape[3]) if places.device.type == "cpu" else places.shape[2]
    sums = torch.cat([(some @ hints).softmax(3) @ terms.flatten(3) for some in places.split(block, 2)], 2)
    sums = sums.unflatten(3, terms.shape[3:])
    return sums[..., :-1] / sums[..., -1:]


class HintNetwork(nn.Module):
    """The shipped default, `huedot`."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__()
        self.config = config = config or Config()
        quarter, eighth, sixteenth = config.widths
        mix4, mix8, decode8, decode4 = config.residuals
        self.encoder = Encoder(config)
        self.hints4 = nn.Conv2d(16 * 3, quarter, 1)  # hints at the working size, space to depth
        self.mix4 = _residuals(mix4, quarter)
        self.down8 = nn.Conv2d(quarter, eighth, 2, 2)
        self.mix8 = _residuals(mix8, eighth)
        self.down16 = nn.Conv2d(eighth, sixteenth, 2, 2)
        self.global_hints = nn.Sequential(
            nn.Linear(GLOBAL_HINTS, sixteenth), nn.GELU(), nn.Linear(sixteenth, sixteenth)
        )
        self.attention16 = _attention(config.hint_attention, sixteenth)
        self.up8 = nn.ConvTranspose2d(sixteenth, eighth, 2, 2)
        self.decode8 = _residuals(decode8, eighth)
        self.up4 = nn.ConvTranspose2d(eighth, quarter, 2, 2)
        self.decode4 = _residuals(decode4, quarter)
        self.grid = nn.Conv2d(quarter, 2 * config.lightness_bins, 3, padding=1)
        self.affinity = Affinity(config)
        self.palette = nn.Sequential(
            nn.Linear(sum(config.widths) + 2, config.palette_width),
            nn.GELU(),
            nn.Linear(config.palette_width, BINS),
        )
        nn.init.zeros_(self.grid.weight)
        nn.init.zeros_(self.affinity.null.weight)
        nn.init.zeros_(self.affinity.mix.weight)

    def encode(self, lightness: Tensor) -> Features:
        """Run once per photograph. lightness: (B, 1, H, W) in 0..100, H and W multiples of 32."""
        features: Features = self.encoder((lightness - 50) / 50)
        return features

    def decode(
        self, features: Features, hint_ab: Tensor, hint_mask: Tensor, global_hints: Tensor
    ) -> tuple[Tensor, Features]:
        """Run at every refresh.

        hint_ab: (B, 2, H, W) in ab units; hint_mask: (B, 1, H, W), 0 or 1; global_hints: (B, 316). Returns the grid
        (B, 2, D, H/4, W/4) in ab units and the decoder's features.
        """
        hints = F.pixel_unshuffle(torch.cat([hint_ab / 50 * hint_mask, hint_mask], 1), 4)
        y4 = self.mix4(features.quarter + self.hints4(hints))
        y8 = self.mix8(features.eighth + self.down8(y4))
        y16 = features.sixteenth + self.down16(y8) + self.global_hints(global_hints)[:, :, None, None]
        y16 = self.attention16(y16)
        y8 = self.decode8(y8 + self.up8(y16))
        y4 = self.decode4(y4 + self.up4(y8))
        grid = torch.tanh(self.grid(y4).float()) * 110
        return grid.unflatten(1, (2, -1)), Features(y4, y8, y16)

    def propagate(
        self,
        grid: Tensor,
        decoded: Features,
        lightness: Tensor,
        hint_ab: Tensor,
        hint_mask: Tensor,
        limit: int | None = None,
    ) -> Tensor:
        """Return the grid with what it leaves over at the hints (hint - prediction) spread by learned affinity.

        `limit` bounds the hint cells that take part, the fullest first; by default memory does (PAIRS).
        """
        share = F.avg_pool2d(hint_mask, 4)
        limit = limit or max(1, PAIRS // share[0].numel())
        per_cell = share.clamp_min(1e-6)
        rest = F.avg_pool2d((hint_ab - slice_grid(grid, lightness)) * hint_mask, 4) / per_cell
        hint_lightness = F.avg_pool2d(lightness * hint_mask, 4) / per_cell
        fix: Tensor = self.affinity(decoded.quarter, rest, hint_lightness, share, limit)
        return grid + fix

    def palette_logits(self, decoded: Features, ab: Tensor) -> Tensor:
        """Return the logits of the 313 bins at 1/8 of the working size, (B, 313, H/8, W/8).

        ab: (B, 2, H, W), the colorization itself. The gradient stops here, as in the paper (§3.3): the palette learns
        from the trunk, and leaves it alone.
        """
        places = torch.cat(
            [
                decoded.quarter[:, :, ::2, ::2],
                decoded.eighth,
                F.interpolate(decoded.sixteenth, scale_factor=2, mode="bilinear"),
                F.avg_pool2d(ab, 4)[:, :, ::2, ::2].to(decoded.eighth.dtype) / 50,
            ],
            dim=1,
        ).detach()
        logits: Tensor = self.palette(places.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return logits.float()
