"""The moving average of the weights, which is what a run ships."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Average:
    """An exponential moving average of a network's weights."""

    def __init__(self, network: nn.Module, keep: float) -> None:
        """Begin with the weights as they are; keep: the share of the average that a step leaves as it was."""
        self.keep = keep
        self.tensors = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after a step; early steps are forgotten sooner."""
        keep = min(self.keep, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.tensors[name].lerp_(value, 1 - keep)
            else:
                # How many batches a norm has seen.
                self.tensors[name].copy_(value)

    def half(self) -> dict[str, Tensor]:
        """Return the weights to ship: float16, on the CPU."""
        return {
            name: (value.half() if value.is_floating_point() else value).contiguous().cpu()
            for name, value in self.tensors.items()
        }
