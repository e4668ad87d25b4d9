"""The networks of Zhang et al., SIGGRAPH 2017: Local Hints with its color distribution, and Global Hints.

Both read a lightness-only image through ten blocks of convolutions. Local Hints adds the user's dots to the
input; Global Hints adds the statistics of a reference image to the features of the fourth block. Module names
are those of the published PyTorch code, so that its weight files load as they are.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from huedot.model.bins import COUNT
from huedot.protocol.errors import ArgumentError

# What height and width must be multiples of: three halvings, undone exactly.
STRIDE = 8
# The distribution covers the whole 23 × 23 grid of ab, 313 bins of which are in gamut.
CLASSES = 529
# The histogram of ab, then 1 if it is given.
HISTOGRAM_INPUTS = COUNT + 1
# Mean saturation in 0..1, then 1 if it is given.
SATURATION_INPUTS = 2

LIGHTNESS_CENTER, LIGHTNESS_SCALE = 50.0, 100.0
AB_SCALE = 110.0
# The scale of the Global Hints network, which was published for Caffe only.
CAFFE_AB_SCALE = 100.0


def _block(*channels: int, dilation: int = 1, after_sum: bool = False) -> nn.Sequential:
    """3 × 3 convolutions, each with its ReLU, then one BatchNorm; `after_sum` starts with a ReLU."""
    layers: list[nn.Module] = [nn.ReLU(inplace=True)] if after_sum else []
    for before, after in pairwise(channels):
        layers += [_conv(before, after, dilation), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.BatchNorm2d(channels[-1]))


def _conv(before: int, after: int, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=dilation, dilation=dilation)


def _double(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(before, after, 4, stride=2, padding=1))


def _halve(x: Tensor) -> Tensor:
    return x[:, :, ::2, ::2]


def _normalize(lightness: Tensor) -> Tensor:
    height, width = lightness.shape[-2:]
    if height % STRIDE or width % STRIDE:
        raise ArgumentError(
            "lightness",
            f"height {height} and width {width} are not both multiples of {STRIDE}.",
            f"Pad or resize the image to multiples of {STRIDE}.",
        )
    return (lightness - LIGHTNESS_CENTER) / LIGHTNESS_SCALE


class _Features(NamedTuple):
    """What the blocks that a distribution is predicted from answer, after their norm."""

    conv3: Tensor
    conv4: Tensor
    conv5: Tensor
    conv6: Tensor
    conv7: Tensor
    conv8: Tensor


class _Trunk(nn.Module):
    """What the two networks share: ten blocks, with shortcuts 1 → 10, 2 → 9 and 3 → 8."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.model1 = _block(inputs, 64, 64)
        self.model2 = _block(64, 128, 128)
        self.model3 = _block(128, 256, 256, 256)
        self.model4 = _block(256, 512, 512, 512)
        self.model5 = _block(512, 512, 512, 512, dilation=2)
        self.model6 = _block(512, 512, 512, 512, dilation=2)
        self.model7 = _block(512, 512, 512, 512)
        self.model8up = _double(512, 256)
        self.model3short8 = nn.Sequential(_conv(256, 256))
        self.model8 = _block(256, 256, 256, after_sum=True)
        self.model9up = _double(256, 128)
        self.model2short9 = nn.Sequential(_conv(128, 128))
        self.model9 = _block(128, 128, after_sum=True)
        self.model10up = _double(128, 128)
        self.model1short10 = nn.Sequential(_conv(64, 128))
        self.model10 = nn.Sequential(nn.ReLU(inplace=True), _conv(128, 128), nn.LeakyReLU(0.2))
        self.model_out = nn.Sequential(nn.Conv2d(128, 2, 1), nn.Tanh())

    def _run(self, x: Tensor, offset: Tensor | None = None) -> tuple[Tensor, _Features]:
        """Return ab in -1..1, and the features of blocks 3 to 8; `offset` is added to block 4."""
        conv1 = self.model1(x)
        conv2 = self.model2(_halve(conv1))
        conv3 = self.model3(_halve(conv2))
        conv4 = self.model4(_halve(conv3))
        conv5 = self.model5(conv4 if offset is None else conv4 + offset)
        conv6 = self.model6(conv5)
        conv7 = self.model7(conv6)
        conv8 = self.model8(self.model8up(conv7) + self.model3short8(conv3))
        conv9 = self.model9(self.model9up(conv8) + self.model2short9(conv2))
        conv10 = self.model10(self.model10up(conv9) + self.model1short10(conv1))
        return self.model_out(conv10), _Features(conv3, conv4, conv5, conv6, conv7, conv8)


class LocalHints(_Trunk):
    """The Local Hints network (paper §3.4.2) with its distribution head.

    It has 34,187,027 parameters in 107 tensors, keyed as published.

    `mask_center` is subtracted from the hint mask and belongs to the weights: 0.0 for those converted from
    Caffe (`caffemodel.pth`, `siggraph17-df00044c.pth`), 0.5 for those retrained in PyTorch (`pytorch.pth`).
    With the wrong one a hint colors only a small blob around itself. `ab_scale` multiplies the last tanh.
    """

    def __init__(self, mask_center: float = 0.0, ab_scale: float = AB_SCALE) -> None:
        super().__init__(inputs=4)
        self.mask_center, self.ab_scale = mask_center, ab_scale
        self._add_palette()

    def _add_palette(self) -> None:
        self.model_class = nn.Sequential(nn.Conv2d(256, CLASSES, 1))

    def forward(self, lightness: Tensor, hint_ab: Tensor, hint_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Color an image from its hints.

        `lightness` is (B, 1, H, W) in 0..100; `hint_ab` (B, 2, H, W) in raw Lab units, zero where there is no
        hint; `hint_mask` (B, 1, H, W) is 1 at a hint and 0 elsewhere; all of the network's dtype, CIE Lab
        D65.

        Returns ab (B, 2, H, W) in raw Lab units, and the logits (B, 529, H/4, W/4) of the 23 × 23 grid of ab,
        in which a varies slowly and b fast. The logits stay raw and at a quarter of the size: the published
        code multiplies them by 0.2 before the softmax. Their gradient stops before the trunk (paper §3.3). Raises
        `ArgumentError` unless H and W are multiples of 8.
        """
        hints = hint_ab / AB_SCALE, hint_mask - self.mask_center
        ab, features = self._run(torch.cat((_normalize(lightness), *hints), dim=1))
        return ab * self.ab_scale, self._palette(_Features(*(each.detach() for each in features)))

    def _palette(self, features: _Features) -> Tensor:
        logits: Tensor = self.model_class(features.conv8)
        return logits


class CaffeLocalHints(LocalHints):
    """The Local Hints network as in the authors' Caffe release: the paper's own distribution over 313 bins.

    Keys: the trunk's are those of `LocalHints`; the distribution's are Caffe's: `conv3_pred` to `conv8_pred`, from
    as many blocks, which are summed (paper §3.4.2), and `pred_313`. `forward` answers logits of
    (B, 313, H/4, W/4), which the published description multiplies by 0.2, too.
    """

    def _add_palette(self) -> None:
        self.conv3_pred, self.conv8_pred = _conv(256, 384), _conv(256, 384)
        for block in range(4, 8):
            self.add_module(f"conv{block}_pred", nn.ConvTranspose2d(512, 384, 4, stride=2, padding=1))
        self.pred_313 = nn.Conv2d(384, COUNT, 1)

    def _palette(self, features: _Features) -> Tensor:
        parts = [self.get_submodule(f"conv{block}_pred")(x) for block, x in enumerate(features, 3)]
        logits: Tensor = self.pred_313(torch.stack(parts).sum(0).relu())
        return logits


class GlobalHints(_Trunk):
    """The Global Hints network (paper §3.4.3), laid out as in the authors' Caffe release.

    Keys: the trunk's are those of `LocalHints` (`model1` to `model10`, the shortcuts, `model_out`), but
    `model1.0` takes lightness alone and there is no `model_class`. The branch has the Caffe names: the 1 × 1
    convolutions `s_conv1` (2 → 512), `glob_conv1` (314 → 512) and `glob_conv2` to `glob_conv4` (512 → 512),
    and the BatchNorms `s_glob_conv1norm` and `glob_conv2norm` to `glob_conv4norm`, each after its ReLU.
    Caffe's BatchNorm has no affine part (weight 1, bias 0) and its network reads lightness - 50 (so
    `model1.0.weight` is a hundred times Caffe's). As there, the last tanh is scaled by 100, not by the 110 of
    the PyTorch networks, unless the file has another `ab_scale`.
    """

    def __init__(self, ab_scale: float = CAFFE_AB_SCALE) -> None:
        super().__init__(inputs=1)
        self.ab_scale = ab_scale
        self.s_conv1 = nn.Conv2d(SATURATION_INPUTS, 512, 1)
        self.glob_conv1 = nn.Conv2d(HISTOGRAM_INPUTS, 512, 1)
        self.s_glob_conv1norm = nn.BatchNorm2d(512)
        self.glob_conv2 = nn.Conv2d(512, 512, 1)
        self.glob_conv2norm = nn.BatchNorm2d(512)
        self.glob_conv3 = nn.Conv2d(512, 512, 1)
        self.glob_conv3norm = nn.BatchNorm2d(512)
        self.glob_conv4 = nn.Conv2d(512, 512, 1)
        self.glob_conv4norm = nn.BatchNorm2d(512)

    def forward(self, lightness: Tensor, global_hints: Tensor) -> Tensor:
        """Color an image from global statistics.

        `lightness` is (B, 1, H, W) in 0..100; `global_hints` (B, 316) holds the 313-bin histogram of ab
        (which sums to 1), 1 if it is given, the mean HSV saturation in 0..1, and 1 if that is given; what is
        not given is zero.

        Returns ab (B, 2, H, W) in raw Lab units. Raises `ArgumentError` unless H and W are multiples of 8.
        """
        ab, _ = self._run(_normalize(lightness), self._branch(global_hints[:, :, None, None]))
        return ab * self.ab_scale

    def _branch(self, global_hints: Tensor) -> Tensor:
        histogram, saturation = global_hints[:, :HISTOGRAM_INPUTS], global_hints[:, HISTOGRAM_INPUTS:]
        x = self.s_glob_conv1norm(torch.relu(self.glob_conv1(histogram) + self.s_conv1(saturation)))
        x = self.glob_conv2norm(torch.relu(self.glob_conv2(x)))
        x = self.glob_conv3norm(torch.relu(self.glob_conv3(x)))
        branch: Tensor = self.glob_conv4norm(torch.relu(self.glob_conv4(x)))
        return branch
