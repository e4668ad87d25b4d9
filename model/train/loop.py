"""The training loop of `huedot train`: resumes from its checkpoint, and leaves weights to ship."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from huedot.model import bins
from huedot.model.networks.hintnet import HintNetwork

from .photographs import PhotographFolder, Prefetcher
from .recipe import Losses, batch_losses

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """The schedule: two phases of crops, and a learning rate that is constant, then falls to nothing."""

    steps: int = 4000
    batch: int = 32
    crop: int = 128
    late_batch: int = 14
    late_crop: int = 192
    late: float = 0.25  # the share of the steps that the large crops get
    rate: float = 8e-4
    encoder_rate: float = 0.0  # of the pretrained encoder, as a share of `rate`; 0 leaves it as it is
    warmup: int = 200
    decay: float = 0.5  # the share of the steps over which the rate falls
    weight_decay: float = 0.03
    seed: int = 1
    checkpoint_every: int = 100

    def phase(self, step: int) -> tuple[int, int]:
        """Return the batch and crop of a step."""
        early = step < self.steps * (1 - self.late)
        return (self.batch, self.crop) if early else (self.late_batch, self.late_crop)

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        falling = (self.steps - step) / max(1.0, self.steps * self.decay)
        return self.rate * min(1.0, (step + 1) / self.warmup, falling)


class Average:
    """An exponential moving average of the weights: what is shipped."""

    def __init__(self, network: nn.Module) -> None:
        self.tensors = {k: v.detach().clone().float() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after a step; early steps are forgotten sooner."""
        keep = min(0.999, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            self.tensors[name].mul_(keep).add_(value.float(), alpha=1 - keep)


class Run:
    """One training run in a folder: `checkpoint.pt` to go on from, `log.jsonl`, and `huedot.safetensors`."""

    def __init__(
        self, folder: Path, photographs: Path, options: Options, start: Path | None, encoder: Path | None
    ) -> None:
        self.folder, self.options = folder, options
        found = PhotographFolder(photographs)
        folder.mkdir(parents=True, exist_ok=True)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(options.seed)
        self.network = HintNetwork()
        if encoder is not None:
            load_mobilenet(self.network.encoder.semantic, encoder)
        if start is not None:
            self.network.load_state_dict(load_file(start), strict=False)
        self.network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.AdamW(list(_groups(self.network, options)), betas=(0.9, 0.98))
        self.average, self.step = Average(self.network), 0
        self._resume()
        self.generator = torch.Generator(self.device).manual_seed(options.seed + self.step)
        self.batches = Prefetcher(found, options.seed + self.step)

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.tensors, self.step = state["average"], state["step"]
        log.info("resumed at step %d", self.step)

    def save(self) -> None:
        """Write the checkpoint and the weights, each whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.tensors,
            "step": self.step,
        }
        _replace(self.folder / "checkpoint.pt", lambda path: torch.save(state, path))
        half = {k: v.half().contiguous().cpu() for k, v in self.average.tensors.items()}
        metadata = {
            "architecture": "huedot",
            "config": json.dumps(asdict(self.network.config)),
            "format": "pt",
        }
        metadata["training"] = json.dumps({"steps": self.step, **asdict(self.options)})
        _replace(self.folder / "huedot.safetensors", lambda path: save_file(half, path, metadata))

    def train(self) -> Iterator[dict[str, float]]:
        """Train to the end of the schedule; yields a record every 50 steps."""
        centers = bins.centers().to(self.device)
        began, seen, totals = time.monotonic(), 0, []
        while self.step < self.options.steps:
            batch, crop = self.options.phase(self.step)
            losses = self._one_step(self.batches.batch(batch, crop).to(self.device), centers)
            seen += batch
            totals.append([x.item() for x in (losses.whole, losses.grid_alone, losses.palette)])
            self.step += 1
            if self.step % 50 == 0 or self.step == self.options.steps:
                whole, alone, palette = np.mean(totals, 0).tolist()
                record = {"step": self.step, "crop": crop, "huber": whole, "huber_grid_alone": alone}
                record |= {
                    "cross_entropy": palette,
                    "photographs_per_second": seen / (time.monotonic() - began),
                }
                self._record(record)
                began, seen, totals = time.monotonic(), 0, []
                yield record
            if self.step % self.options.checkpoint_every == 0 or self.step == self.options.steps:
                self.save()

    def _one_step(self, rgb8: Tensor, centers: Tensor) -> Losses:
        rate = self.options.rate_at(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        losses = batch_losses(self.network, rgb8, centers, self.generator)
        self.optimizer.zero_grad(set_to_none=True)
        losses.total.backward()
        nn.utils.clip_grad_norm_([p for g in self.optimizer.param_groups for p in g["params"]], 5.0)
        self.optimizer.step()
        self.average.update(self.network, self.step)
        return losses

    def _record(self, record: dict[str, float]) -> None:
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps({k: round(v, 4) for k, v in record.items()}) + "\n")


def _groups(network: HintNetwork, options: Options) -> Iterator[dict[str, Any]]:
    """Sort the parameters: matrices decay, vectors do not; the pretrained encoder learns slower, or not at all."""
    pretrained = {id(p) for p in network.encoder.semantic.parameters()}
    for parameters, scale in (
        ([p for p in network.parameters() if id(p) not in pretrained], 1.0),
        (list(network.encoder.semantic.parameters()), options.encoder_rate),
    ):
        if scale == 0:
            for parameter in parameters:
                parameter.requires_grad_(False)
            continue
        matrices = [p for p in parameters if p.ndim > 1]
        vectors = [p for p in parameters if p.ndim <= 1]
        yield {"params": matrices, "weight_decay": options.weight_decay, "scale": scale}
        yield {"params": vectors, "weight_decay": 0.0, "scale": scale}


def load_mobilenet(network: nn.Module, path: Path) -> None:
    """Load MobileNetV2 from an .npz of its convolutions in network order.

    The file holds `opNNN_w` (output, height, width, input; depthwise 1, height, width, channels) and `opNNN_b`.
    """
    arrays = np.load(path)
    convs = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    names = sorted(name[:-2] for name in arrays.files if name.endswith("_w"))
    for conv, name in zip(convs, names, strict=True):
        weight = torch.from_numpy(arrays[name + "_w"])
        weight = weight.permute(3, 0, 1, 2) if conv.groups > 1 else weight.permute(0, 3, 1, 2)
        conv.weight.data.copy_(weight)
        assert conv.bias is not None
        conv.bias.data.copy_(torch.from_numpy(arrays[name + "_b"]))


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    part = path.with_suffix(".part")
    write(part)
    part.replace(path)
