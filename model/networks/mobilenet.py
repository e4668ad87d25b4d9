"""MobileNetV2 1.0 (Sandler et al. 2018) as a feature extractor, batch norm folded into its convolutions."""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn


class _Block(NamedTuple):
    """An inverted residual: which convolutions it owns, and whether its input is added to its output."""

    first: int
    last: int
    skip: bool


class MobileNetV2(nn.Module):
    """ImageNet features at 1/4 (24 channels), 1/8 (32), 1/16 (96) and 1/32 (320) of the input's size."""

    # expansion, channels, repeats, stride: table 2 of the MobileNetV2 paper
    STAGES = (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
    TAPS = (2, 5, 12, 16)  # the last block at each resolution

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2)
        self.convs = nn.ModuleList()
        self._blocks: list[_Block] = []
        channels = 32
        for expansion, out, repeats, first_stride in self.STAGES:
            for i in range(repeats):
                stride = first_stride if i == 0 else 1
                self._add_block(channels, out, expansion, stride)
                channels = out

    def _add_block(self, channels: int, out: int, expansion: int, stride: int) -> None:
        hidden, first = channels * expansion, len(self.convs)
        if expansion != 1:
            self.convs.append(nn.Conv2d(channels, hidden, 1))
        padding = 0 if stride == 2 else 1
        self.convs.append(nn.Conv2d(hidden, hidden, 3, stride, padding, groups=hidden))
        self.convs.append(nn.Conv2d(hidden, out, 1))
        self._blocks.append(_Block(first, len(self.convs) - 1, channels == out and stride == 1))

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """rgb: (B, 3, H, W) in [-1, 1], H and W multiples of 32; returns the four feature maps, finest first."""
        x = F.relu6(self.stem(_pad(rgb)))
        taps = []
        for i, block in enumerate(self._blocks):
            y = x
            for conv in self.convs[block.first : block.last]:
                assert isinstance(conv, nn.Conv2d)
                y = F.relu6(conv(_pad(y) if conv.stride[0] == 2 else y))
            y = self.convs[block.last](y)
            x = x + y if block.skip else y
            if i in self.TAPS:
                taps.append(x)
        return taps


def _pad(x: Tensor) -> Tensor:
    """Pad right and bottom, as TensorFlow's SAME does at stride 2: the pretrained weights expect it."""
    return F.pad(x, (0, 1, 0, 1))
