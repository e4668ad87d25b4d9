"""The paper's objective (§3.1-3.3): Huber loss on ab, soft-encoded cross-entropy for the palette."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from huedot.model import bins
from huedot.model.color import rgb_to_lab
from huedot.model.grid import slice_grid
from huedot.model.networks.hintnet import HintNetwork

from . import simulate

HUBER = 4.0  # ab units in which an error counts quadratically
GRID_ALONE, PALETTE = 0.5, 0.3  # weights beside the loss of the whole
HINT_CELLS = 128  # a cap on hint cells per photograph keeps training steps even


@dataclass
class Losses:
    """What one batch costs; `total` is what is minimized."""

    total: Tensor
    whole: Tensor
    grid_alone: Tensor
    palette: Tensor


def batch_losses(network: HintNetwork, rgb8: Tensor, centers: Tensor, generator: torch.Generator) -> Losses:
    """Simulate a user on each photograph and score what the network makes of it.

    rgb8: uint8 (B, 3, H, W); centers: (313, 2), both on the training device.
    """
    rgb = rgb8.float() / 255
    lab = rgb_to_lab(rgb)
    lightness, ab = simulate.age(lab[:, :1], generator), lab[:, 1:].contiguous()
    hint_ab, hint_mask = simulate.hints(ab, generator)
    encoded = bins.soft_encode(F.avg_pool2d(ab, 4)[:, :, ::2, ::2], centers)
    global_hints = simulate.global_hints(rgb, encoded, generator)
    with torch.autocast(rgb.device.type, dtype=torch.bfloat16):
        features = network.encode(lightness.contiguous(memory_format=torch.channels_last))
        grid, decoded = network.decode(features, hint_ab, hint_mask, global_hints)
    whole = slice_grid(network.propagate(grid, decoded, lightness, hint_ab, hint_mask, HINT_CELLS), lightness)
    with torch.autocast(rgb.device.type, dtype=torch.bfloat16):
        logits = network.palette_logits(decoded, whole)
    losses = {
        "whole": F.smooth_l1_loss(whole, ab, beta=HUBER),
        "grid_alone": F.smooth_l1_loss(slice_grid(grid, lightness), ab, beta=HUBER),
        "palette": -(encoded * F.log_softmax(logits, 1)).sum(1).mean(),
    }
    total = losses["whole"] + GRID_ALONE * losses["grid_alone"] + PALETTE * losses["palette"]
    return Losses(total, **losses)
