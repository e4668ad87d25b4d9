"""The paper's objective (§3.1-3.3) for each network: Huber loss on ab, soft-encoded cross-entropy for the palette."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from huedot.model import bins
from huedot.model.color import rgb_to_lab
from huedot.model.grid import slice_grid
from huedot.model.networks.hintnet import Features, HintNetwork
from huedot.model.networks.siggraph17 import GlobalHints, LocalHints

from . import simulate
from .simulate import Users

# Ab units in which an error counts quadratically.
HUBER = 4.0
# Weights beside the loss of the whole.
GRID_ALONE, PALETTE = 0.5, 0.3
# A cap on hint cells per photograph keeps training steps even.
HINT_CELLS = 128
# About the mean of photographs.
CHROMA = 16.0


class Given(NamedTuple):
    """What a network is given of a batch; ab and lightness in Lab units."""

    lightness: Tensor  # (B, 1, H, W)
    hint_ab: Tensor  # (B, 2, H, W)
    hint_mask: Tensor  # (B, 1, H, W)
    global_hints: Tensor  # (B, 316)


class Learner(nn.Module):
    """A network and what it is to learn. Its call is one step's losses, by name; "total" is to be minimized."""

    network: nn.Module
    # Whether the network computes in bfloat16 where that is exact enough.
    mixed: bool
    vivid: float  # see `Options.vivid`
    sparse: int  # see `Options.sparse`
    # The scale of the palette's truth, in pixels.
    stride = 4
    centers: Tensor

    def __init__(self, network: nn.Module, mixed: bool = False, vivid: float = 0.0, sparse: int = 1) -> None:
        super().__init__()
        self.network, self.mixed, self.vivid, self.sparse = network, mixed, vivid, sparse
        self.register_buffer("centers", bins.centers(), persistent=False)

    def forward(self, rgb8: Tensor, users: Users) -> dict[str, Tensor]:
        """Simulate a user on each photograph, uint8 (B, 3, H, W), and score what the network makes of it."""
        given, ab, encoded = self.simulate(rgb8, users)
        losses = self.losses(given, ab, encoded, users.corner)
        return {"total": losses.pop("total"), **{name: loss.detach() for name, loss in losses.items()}}

    def simulate(self, rgb8: Tensor, users: Users) -> tuple[Given, Tensor, Tensor]:
        """Return what the network is given, the true ab (B, 2, H, W), and its soft encoding (B, 313, h, w)."""
        rgb = rgb8.float() / 255
        lab = rgb_to_lab(rgb)
        ab = lab[:, 1:].contiguous()
        every = self.stride // 4
        encoded = bins.soft_encode(F.avg_pool2d(ab, 4)[:, :, ::every, ::every], self.centers)
        global_hints = simulate.global_hints(rgb, encoded, users)
        return Given(simulate.age(lab[:, :1], users), *simulate.reveal(ab, users), global_hints), ab, encoded

    def losses(self, given: Given, ab: Tensor, encoded: Tensor, corner: Tensor) -> dict[str, Tensor]:
        """Return the losses by name, "total" among them; corner: see `Users.corner`."""
        raise NotImplementedError

    def color(self, given: Given) -> Tensor:
        """Return the network's ab (B, 2, H, W), as it learns it: without what makes hints exact."""
        raise NotImplementedError

    def huber(self, predicted: Tensor, ab: Tensor) -> Tensor:
        """Return the mean Huber loss in ab units, colorful pixels counting more if `vivid` says so."""
        if self.vivid == 0:
            return F.smooth_l1_loss(predicted, ab, beta=HUBER)
        weight = (1 + self.vivid * ab.norm(dim=1, keepdim=True) / CHROMA) / (1 + self.vivid)
        return (weight * F.smooth_l1_loss(predicted, ab, beta=HUBER, reduction="none")).mean()

    def autocast(self, device: torch.device) -> torch.autocast:
        """Compute in bfloat16 inside, if this learner does."""
        return torch.autocast(device.type, torch.bfloat16, enabled=self.mixed)


class HuedotLearner(Learner):
    """`huedot`: the whole, the grid before propagation, and the palette."""

    network: HintNetwork
    stride = 8

    def losses(self, given: Given, ab: Tensor, encoded: Tensor, corner: Tensor) -> dict[str, Tensor]:
        """Score the three, colors where `_some` looks."""
        grid, decoded, spread = self._run(given)
        lightness, truth = _some(given.lightness, corner, self.sparse), _some(ab, corner, self.sparse)
        whole = slice_grid(spread, lightness)
        with self.autocast(ab.device):
            logits = self.network.palette_logits(decoded, F.interpolate(whole.detach(), ab.shape[-2:]))
        huber, alone = self.huber(whole, truth), self.huber(slice_grid(grid, lightness), truth)
        palette = -(encoded * F.log_softmax(logits, 1)).sum(1).mean()
        total = huber + GRID_ALONE * alone + PALETTE * palette
        return {"total": total, "huber": huber, "huber_grid_alone": alone, "cross_entropy": palette}

    def color(self, given: Given) -> Tensor:
        """Return the ab of grid and propagation."""
        return slice_grid(self._run(given)[2], given.lightness)

    def _run(self, given: Given) -> tuple[Tensor, Features, Tensor]:
        lightness, hint_ab, hint_mask, global_hints = given
        with self.autocast(lightness.device):
            features = self.network.encode(lightness.contiguous(memory_format=torch.channels_last))
            grid, decoded = self.network.decode(features, hint_ab, hint_mask, global_hints)
        whole, _ = self.network.propagate(grid, decoded, lightness, hint_ab, hint_mask, HINT_CELLS)
        return grid, decoded, whole


def _some(x: Tensor, corner: Tensor, every: int) -> Tensor:
    """Take every so many pixels of x (B, C, H, W), from each photograph's own corner on.

    A grid varies over four pixels: the loss on all of them says what it says on some, and slicing costs a quarter.
    """
    tops, lefts = (corner % every).T.tolist()
    height, width = (extent // every for extent in x.shape[-2:])
    picked = [
        one[:, top::every, left::every][:, :height, :width] for one, top, left in zip(x, tops, lefts, strict=True)
    ]
    return torch.stack(picked)


class LocalHintsLearner(Learner):
    """`siggraph17`: ab, and the palette from the features of the eighth block."""

    network: LocalHints
    in_gamut: Tensor  # (313,), which of the network's 529 bins they are

    def __init__(self, network: nn.Module, mixed: bool = False, vivid: float = 0.0, sparse: int = 1) -> None:
        super().__init__(network, mixed, vivid, sparse)
        in_gamut = (bins.grid()[None] == self.centers[:, None]).all(2).float().argmax(1)
        self.register_buffer("in_gamut", in_gamut, persistent=False)

    def losses(self, given: Given, ab: Tensor, encoded: Tensor, corner: Tensor) -> dict[str, Tensor]:
        """Score both; the 216 bins that no color falls into are unlikely everywhere, which the softmax is told."""
        predicted, logits = self._run(given)
        huber = self.huber(predicted, ab)
        palette = -(encoded * F.log_softmax(logits, 1)[:, self.in_gamut]).sum(1).mean()
        return {"total": huber + PALETTE * palette, "huber": huber, "cross_entropy": palette}

    def color(self, given: Given) -> Tensor:
        """Return the network's ab."""
        return self._run(given)[0]

    def _run(self, given: Given) -> tuple[Tensor, Tensor]:
        with self.autocast(given.lightness.device):
            ab, logits = self.network(given.lightness, given.hint_ab, given.hint_mask)
        return ab.float(), logits.float()


class GlobalHintsLearner(Learner):
    """`siggraph17-global`: ab from global hints; it takes no dots and has no palette."""

    network: GlobalHints

    def losses(self, given: Given, ab: Tensor, encoded: Tensor, corner: Tensor) -> dict[str, Tensor]:
        """Score the colors alone."""
        huber = self.huber(self.color(given), ab)
        return {"total": huber, "huber": huber}

    def color(self, given: Given) -> Tensor:
        """Return the network's ab."""
        with self.autocast(given.lightness.device):
            return self.network(given.lightness, given.global_hints).float()


LEARNERS: dict[str, type[Learner]] = {
    "huedot": HuedotLearner,
    "siggraph17": LocalHintsLearner,
    "siggraph17-global": GlobalHintsLearner,
}
