"""The training loop of `huedot train`: goes on from its checkpoint to the bit, and leaves weights to ship."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from huedot.model.backends import is_half_fast
from huedot.protocol.errors import HueDotError

from . import simulate
from .average import Average
from .folder import RunFolder
from .loader import batches
from .options import Options
from .parallel import World
from .photographs import PhotographFolder, crop
from .preview import contact_sheet
from .recipe import LEARNERS
from .start import description, groups, new_network

log = logging.getLogger(__name__)


class Run:
    """One training run in a folder, or this process's part of it."""

    def __init__(
        self,
        folder: Path,
        photographs: Path,
        options: Options,
        start: Path | None = None,
        encoders: Sequence[Path] = (),
        world: World | None = None,
    ) -> None:
        """Begin a run, or go on with the one in the folder. Nothing is written before the first step.

        Raises ArgumentError, FileError, WeightsMissing or WeightsCorrupt.
        """
        self.world, self.options, self.folder = world or World(), options, RunFolder(folder)
        options.check(self.world.size)
        self.photographs = PhotographFolder(photographs)
        network = new_network(options, start, encoders)
        mixed = _is_mixed(options, self.world.device)
        self.learner = LEARNERS[options.architecture](network, mixed, options.vivid, options.sparse)
        self.learner.to(self.world.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = self.learner.network
        self.optimizer = torch.optim.AdamW(list(groups(self.network, options)), betas=(0.9, 0.98), fused=True)
        self.average, self.step = Average(self.network, options.average), 0
        # The losses of the steps since the last record.
        self._unrecorded: list[Tensor] = []
        self._resume()
        self._losses_of = _distributed(self.learner, self.world)
        self.weights = self.folder.path / f"{options.architecture}.safetensors"

    def try_photographs(self) -> None:
        """Read the first photograph. Raises FileError where none can be read."""
        crop(self.photographs, self.options.crop, 0, (self.options.seed, 0, 0))

    def _resume(self) -> None:
        state = self.folder.checkpoint(self.world.device)
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        asked = [{**group, "params": []} for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state["optimizer"])
        # The options may be others than before.
        for group, options in zip(self.optimizer.param_groups, asked, strict=True):
            group.update(options, params=group["params"])
        self.average.tensors, self.step = state["average"], state["step"]
        self._unrecorded = state["unrecorded"]
        if self.world.leads:
            self.folder.forget_after(self.step)
        log.info("resumed at step %d", self.step)

    def save(self) -> None:
        """Write the checkpoint and the weights, each whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.tensors,
            "step": self.step,
            "unrecorded": self._unrecorded,
        }
        about = description(self.network, self.options)
        about["training"] = json.dumps({**asdict(self.options), "steps": self.step})
        self.folder.save(state, self.weights.name, self.average.half(), about)

    def train(self, progress: Callable[[int, float], None] = lambda step, left: None) -> Iterator[dict[str, float]]:
        """Train to the end of the schedule; yields a record every `log_every` steps.

        progress: called after each step with its number and about how many seconds are left. Raises FileError where
        photographs cannot be read, and HueDotError if the loss is a number no more.
        """
        options, first, clock = self.options, self.step, _Clock(self.options, self.step)
        for rgb8 in batches(self.photographs, options, range(first, options.steps), self.world):
            if self.world.leads and self.step == first:
                self.folder.describe(options, len(self.photographs), self.world.size)
                # A new run that is killed at once goes on from the same weights, too.
                self.save()
            self._unrecorded.append(self.learn(rgb8))
            self.step += 1
            progress(self.step, clock.seconds_left(self.step))
            if self._is_due(options.log_every) or self._is_due(options.checkpoint_every):
                self._check()
            if self._is_due(options.log_every):
                yield self._record(clock)
            if self.world.leads and options.preview_every and self._is_due(options.preview_every):
                self._preview()
            if self.world.leads and self._is_due(options.checkpoint_every):
                self.save()

    def _is_due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.options.steps

    def _check(self) -> None:
        # The rate as it will be from here on.
        if not bool(self._unrecorded[-1].isfinite().all()):
            raise HueDotError(
                f"At step {self.step} the loss is no number any more; the last checkpoint is sound.",
                "Go on from it with a lower --rate.",
            )

    def learn(self, rgb8: Tensor) -> Tensor:
        """Learn from this process's part of a batch; returns the losses, and last the norm of the gradient."""
        rate = self.options.rate_at(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        losses = self._losses_of(rgb8.to(self.world.device, non_blocking=True), self._users())
        self._names = [*losses, "gradient"]
        self.optimizer.zero_grad(set_to_none=True)
        losses["total"].backward()
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        norm = nn.utils.clip_grad_norm_(parameters, self.options.clip)
        self.optimizer.step()
        self.average.update(self.network, self.step)
        return self.world.mean(torch.stack([*(loss.detach() for loss in losses.values()), norm]))

    def _users(self) -> simulate.Users:
        """Draw the step's users; every process draws all of them, and takes its own."""
        batch, crop = self.options.phase(self.step)
        # The seed depends on the step alone, so that a run goes on as if never stopped.
        seed = (self.options.seed << 32) + self.step
        generator = torch.Generator(self.world.device).manual_seed(seed)
        mine = self.world.part(batch)
        users = simulate.draw(batch, crop, generator, self.options.strokes, self.options.aging)
        return users.part(mine.start, mine.stop)

    def _record(self, clock: _Clock) -> dict[str, float]:
        means = torch.stack(self._unrecorded).mean(0).tolist()
        record: dict[str, float] = {"step": self.step, "crop": self.options.phase(self.step - 1)[1]}
        record |= dict(zip(self._names, means, strict=True))
        record |= {"rate": self.options.rate_at(self.step - 1), "photographs_per_second": clock.lap(self.step)}
        if self.world.leads:
            self.folder.log(record)
        self._unrecorded = []
        return record

    def _preview(self) -> None:
        self.folder.preview(self.step, contact_sheet(self.learner, self.average, self.photographs, self.options))


class _Clock:
    """How fast a run is, and how long it still takes."""

    def __init__(self, options: Options, step: int) -> None:
        self.options, self._first, self._last = options, step, step
        self._began = self._lap = time.monotonic()

    def lap(self, step: int) -> float:
        """Return the photographs per second since the last lap."""
        now = time.monotonic()
        seen = self.options.photographs_before(step) - self.options.photographs_before(self._last)
        speed = seen / max(1e-9, now - self._lap)
        self._lap, self._last = now, step
        return speed

    def seconds_left(self, step: int) -> float:
        """Guess from the pixels that are still to come."""
        first, done, last = (self.options.pixels_before(at) for at in (self._first, step, self.options.steps))
        return (time.monotonic() - self._began) * (last - done) / max(1, done - first)


def _is_mixed(options: Options, device: torch.device) -> bool:
    """Return whether the network computes in bfloat16: by default, where the processor does so natively."""
    if options.precision == "auto":
        return is_half_fast(device)
    return options.precision == "bfloat16"


def _distributed(learner: nn.Module, world: World) -> Callable[..., dict[str, Tensor]]:
    """Average the gradients over the processes; a batch without hints leaves some parameters without one."""
    if world.size == 1:
        return learner
    if world.device.type == "cuda":
        learner = nn.SyncBatchNorm.convert_sync_batchnorm(learner)
    return DistributedDataParallel(learner, find_unused_parameters=True)
