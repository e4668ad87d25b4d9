"""Networks that know what things are, as feature extractors: MobileNetV2 1.0 and EfficientNet-Lite0.

Both are chains of inverted residuals without squeeze-and-excitation (Sandler et al. 2018; Tan and Le 2019), trained on
ImageNet, with batch norm folded into the convolutions.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn


class Stage(NamedTuple):
    """Inverted residuals of one kind; the first of them has the stride."""

    expansion: int
    channels: int
    repeats: int
    stride: int
    kernel: int = 3


class _Block(NamedTuple):
    """An inverted residual: which convolutions it owns, and whether its input is added to its output."""

    first: int
    last: int
    skip: bool


class InvertedResiduals(nn.Module):
    """Features at 1/4, 1/8, 1/16 and 1/32 of the input's size, with WIDTHS channels."""

    STAGES: ClassVar[tuple[Stage, ...]]
    # The last block at each resolution.
    TAPS: ClassVar[tuple[int, int, int, int]]
    WIDTHS: ClassVar[tuple[int, int, int, int]]

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2)
        self.convs = nn.ModuleList()
        self._blocks: list[_Block] = []
        channels = 32
        for stage in self.STAGES:
            for i in range(stage.repeats):
                self._add_block(channels, stage, stage.stride if i == 0 else 1)
                channels = stage.channels

    def _add_block(self, channels: int, stage: Stage, stride: int) -> None:
        hidden, first = channels * stage.expansion, len(self.convs)
        if stage.expansion != 1:
            self.convs.append(nn.Conv2d(channels, hidden, 1))
        padding = 0 if stride == 2 else stage.kernel // 2
        self.convs.append(nn.Conv2d(hidden, hidden, stage.kernel, stride, padding, groups=hidden))
        self.convs.append(nn.Conv2d(hidden, stage.channels, 1))
        self._blocks.append(_Block(first, len(self.convs) - 1, channels == stage.channels and stride == 1))

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """rgb: (B, 3, H, W) in [-1, 1], H and W multiples of 32; returns the four feature maps, finest first."""
        x = F.relu6(self.stem(_pad(rgb, 3)))
        taps = []
        for i, block in enumerate(self._blocks):
            y = x
            for conv in self.convs[block.first : block.last]:
                assert isinstance(conv, nn.Conv2d)
                y = F.relu6(conv(_pad(y, conv.kernel_size[0]) if conv.stride[0] == 2 else y))
            y = self.convs[block.last](y)
            x = x + y if block.skip else y
            if i in self.TAPS:
                taps.append(x)
        return taps


class MobileNetV2(InvertedResiduals):
    """Table 2 of Sandler et al. 2018."""

    STAGES = (
        Stage(1, 16, 1, 1),
        Stage(6, 24, 2, 2),
        Stage(6, 32, 3, 2),
        Stage(6, 64, 4, 2),
        Stage(6, 96, 3, 1),
        Stage(6, 160, 3, 2),
        Stage(6, 320, 1, 1),
    )
    TAPS = (2, 5, 12, 16)
    WIDTHS = (24, 32, 96, 320)


class EfficientNetLite0(InvertedResiduals):
    """Table 1 of Tan and Le 2019, less squeeze-and-excitation and with ReLU6, as its authors' Lite variant has it."""

    STAGES = (
        Stage(1, 16, 1, 1),
        Stage(6, 24, 2, 2),
        Stage(6, 40, 2, 2, kernel=5),
        Stage(6, 80, 3, 2),
        Stage(6, 112, 3, 1, kernel=5),
        Stage(6, 192, 4, 2, kernel=5),
        Stage(6, 320, 1, 1),
    )
    TAPS = (2, 4, 10, 15)
    WIDTHS = (24, 40, 112, 320)


def _pad(x: Tensor, kernel: int) -> Tensor:
    """Pad as TensorFlow's SAME does at stride 2, more at right and bottom: the pretrained weights expect it."""
    before = (kernel - 2) // 2
    after = kernel - 2 - before
    return F.pad(x, (before, after, before, after))
