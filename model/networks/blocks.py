"""What the hint network is made of: blocks that look around a place, and blocks that look everywhere."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# The gain of a block beside its shortcut, at first.
GAIN = 0.1


class Residual(nn.Module):
    """Two dense 3 x 3 convolutions beside a shortcut, with a learned gain that starts small."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.gain = nn.Parameter(torch.full((1, channels, 1, 1), GAIN))

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, H, W)."""
        change: Tensor = self.second(F.gelu(self.first(F.gelu(x))))
        return x + self.gain * change


class Mixer(nn.Module):
    """A depthwise 3 x 3 convolution, then two layers on each pixel: a third of a `Residual`'s work, and as good."""

    def __init__(self, channels: int, expansion: int) -> None:
        super().__init__()
        self.around = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.widen = nn.Conv2d(channels, expansion * channels, 1)
        self.narrow = nn.Conv2d(expansion * channels, channels, 1)
        self.gain = nn.Parameter(torch.full((1, channels, 1, 1), GAIN))

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, H, W)."""
        change: Tensor = self.narrow(F.gelu(self.widen(self.around(x))))
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


def local_blocks(count: int, channels: int, expansion: int) -> nn.Sequential:
    """Return blocks that look at a place's neighbors: of the `expansion` of `Mixer`, or `Residual` if it is 0."""
    return nn.Sequential(*[Mixer(channels, expansion) if expansion else Residual(channels) for _ in range(count)])


def global_blocks(count: int, channels: int, head_width: int) -> nn.Sequential:
    """Return blocks of attention, with heads of a width."""
    return nn.Sequential(*[Attention(channels, channels // head_width) for _ in range(count)])
