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

from huedot.model.bins import COUNT, GLOBAL_HINTS
from huedot.model.grid import slice_grid

from .affinity import Affinity
from .blocks import global_blocks, local_blocks
from .pretrained import EfficientNetLite0, MobileNetV2

# The largest number in a configuration: what lies in a file must not make us build forever.
LARGEST = 1024
# Pairs of places and hint cells that propagation looks at: all of them up to 256 x 256, and 64 MB a head.
PAIRS = 1 << 24


@dataclass(frozen=True)
class Config:
    """What is needed to build the network; saved in the weights' metadata."""

    # Channels at 1/4, 1/8 and 1/16.
    widths: tuple[int, int, int] = (64, 128, 256)
    # Bins of the bilateral grid.
    lightness_bins: int = 6
    # Global attention blocks at 1/16, once per photograph.
    encoder_attention: int = 3
    # Global attention blocks at 1/16, at every refresh.
    hint_attention: int = 4
    # Width of a head of attention.
    head_width: int = 32
    # Local blocks of the encoder, at 1/4 and 1/8.
    detail: tuple[int, int] = (2, 2)
    # Local blocks of the hint network: hints in at 1/4, 1/8; out at 1/8, 1/4.
    residuals: tuple[int, int, int, int] = (1, 0, 2, 2)
    # Expansion of local blocks that are depthwise; 0: they are dense.
    expansion: int = 0
    # Whether EfficientNet-Lite0 looks beside MobileNetV2.
    lite0: int = 0
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


class Encoder(nn.Module):
    """Lightness only: local detail is learned, meaning is borrowed from networks that know ImageNet."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        quarter, eighth, sixteenth = config.widths
        detail4, detail8 = config.detail
        self.semantic = MobileNetV2()
        self.detail4 = nn.Sequential(
            nn.Conv2d(16, quarter, 3, padding=1), local_blocks(detail4, quarter, config.expansion)
        )
        self.detail8 = nn.Sequential(nn.Conv2d(quarter, eighth, 2, 2), local_blocks(detail8, eighth, config.expansion))
        self.down16 = nn.Conv2d(eighth, sixteenth, 2, 2)
        self.semantic4, self.semantic8 = nn.Conv2d(24, quarter, 1), nn.Conv2d(32, eighth, 1)
        self.semantic16, self.semantic32 = nn.Conv2d(96, sixteenth, 1), nn.Conv2d(320, sixteenth, 1)
        self.lite0 = SecondOpinion(config.widths) if config.lite0 else None
        self.attention16 = global_blocks(config.encoder_attention, sixteenth, config.head_width)

    def pretrained(self) -> list[nn.Module]:
        """Return the parts that came knowing ImageNet."""
        return [self.semantic, *([self.lite0.network] if self.lite0 else [])]

    def forward(self, lightness: Tensor) -> Features:
        """lightness: (B, 1, H, W) in [-1, 1]."""
        rgb = lightness.expand(-1, 3, -1, -1)
        s4, s8, s16, s32 = self.semantic(rgb)
        known = [self.semantic4(s4), self.semantic8(s8), self.semantic16(s16), self.semantic32(s32)]
        if self.lite0:
            known = [one + other for one, other in zip(known, self.lite0(rgb), strict=True)]
        x4 = self.detail4(F.pixel_unshuffle(lightness, 4)) + known[0]
        x8 = self.detail8(x4) + known[1]
        x16 = self.down16(x8) + known[2] + F.interpolate(known[3], scale_factor=2, mode="bilinear")
        return Features(x4, x8, self.attention16(x16))


class SecondOpinion(nn.Module):
    """What EfficientNet-Lite0 knows of a photograph; it says nothing until it has learned to."""

    def __init__(self, widths: tuple[int, int, int]) -> None:
        super().__init__()
        self.network = EfficientNetLite0()
        outputs = (*widths, widths[2])
        self.project = nn.ModuleList(nn.Conv2d(i, o, 1) for i, o in zip(self.network.WIDTHS, outputs, strict=True))
        for projection in self.project.parameters():
            nn.init.zeros_(projection)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """rgb: (B, 3, H, W) in [-1, 1]; returns features at 1/4, 1/8, 1/16 and 1/32."""
        return [project(x) for project, x in zip(self.project, self.network(rgb), strict=True)]


class HintNetwork(nn.Module):
    """The shipped default, `huedot`."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__()
        self.config = config = config or Config()
        quarter, eighth, sixteenth = config.widths
        mix4, mix8, decode8, decode4 = config.residuals
        self.encoder = Encoder(config)
        # Hints at the working size, space to depth.
        self.hints4 = nn.Conv2d(16 * 3, quarter, 1)
        self.mix4 = local_blocks(mix4, quarter, config.expansion)
        self.down8 = nn.Conv2d(quarter, eighth, 2, 2)
        self.mix8 = local_blocks(mix8, eighth, config.expansion)
        self.down16 = nn.Conv2d(eighth, sixteenth, 2, 2)
        self.global_hints = nn.Sequential(
            nn.Linear(GLOBAL_HINTS, sixteenth), nn.GELU(), nn.Linear(sixteenth, sixteenth)
        )
        self.attention16 = global_blocks(config.hint_attention, sixteenth, config.head_width)
        self.up8 = nn.ConvTranspose2d(sixteenth, eighth, 2, 2)
        self.decode8 = local_blocks(decode8, eighth, config.expansion)
        self.up4 = nn.ConvTranspose2d(eighth, quarter, 2, 2)
        self.decode4 = local_blocks(decode4, quarter, config.expansion)
        self.grid = nn.Conv2d(quarter, 2 * config.lightness_bins, 3, padding=1)
        self.affinity = Affinity(quarter, config.affinity_heads, config.affinity_width, config.lightness_bins)
        self.palette = nn.Sequential(
            nn.Linear(sum(config.widths) + 2, config.palette_width),
            nn.GELU(),
            nn.Linear(config.palette_width, COUNT),
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
    ) -> tuple[Tensor, Tensor]:
        """Return the grid with what it leaves over at the hints (hint - prediction) spread by learned affinity.

        Beside it the share of each cell's color that comes from hints, (B, 1, D, H/4, W/4) in 0..1. `limit` bounds the
        hint cells that take part, the fullest first; by default memory does (PAIRS).
        """
        share = F.avg_pool2d(hint_mask, 4)
        limit = limit or max(1, PAIRS // share[0].numel())
        per_cell = share.clamp_min(1e-6)
        rest = F.avg_pool2d((hint_ab - slice_grid(grid, lightness)) * hint_mask, 4) / per_cell
        hint_lightness = F.avg_pool2d(lightness * hint_mask, 4) / per_cell
        spread: Tensor = self.affinity(decoded.quarter, rest, hint_lightness, share, limit)
        return grid + spread[:, :2], spread[:, 2:]

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
