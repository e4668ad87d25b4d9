"""What a training run can be told, and what follows from it for each of its steps."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from huedot.protocol.errors import ArgumentError
from huedot.weights.files import MODELS


def _option(default: Any, text: str, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": text, "choices": choices or None})


@dataclass(frozen=True)
class Options:
    """The network, the simulated user, and the schedule: two phases of crops, and a rate that falls to nothing."""

    architecture: str = _option("huedot", "the network to train", MODELS)
    config: str = _option("{}", "for huedot: JSON of the parts of its configuration that differ from the default")
    steps: int = _option(4000, "of the whole run")
    batch: int = _option(32, "photographs a step, over all processes")
    crop: int = _option(128, "side of the square crops, in pixels, a multiple of 32")
    late_batch: int = _option(14, "the batch of the last steps")
    late_crop: int = _option(192, "the crops of the last steps")
    late: float = _option(0.25, "the share of the steps that the late crops get")
    schedule: str = _option("linear", "how the rate falls at the end", ("linear", "cosine"))
    rate: float = _option(8e-4, "the learning rate")
    encoder_rate: float = _option(0.0, "of the pretrained encoder, as a share of the rate; 0 leaves it as it is")
    warmup: int = _option(200, "steps over which the rate rises")
    decay: float = _option(0.5, "the share of the steps over which the rate falls")
    weight_decay: float = _option(0.03, "of AdamW, for matrices")
    clip: float = _option(5.0, "the largest norm of the gradient")
    average: float = _option(0.999, "how much of the moving average of the weights a step keeps")
    strokes: float = _option(0.2, "the share of the hints that are strokes, the others being dots")
    aging: float = _option(1.0, "how often lightness is aged, between 0 and 1")
    sparse: int = _option(2, "the losses look at every so many pixels along each side, from a random one on")
    vivid: float = _option(0.0, "how much more the error of a colorful pixel counts; 0 for all alike")
    precision: str = _option("auto", "auto: bfloat16 where it is fast", ("auto", "bfloat16", "float32"))
    seed: int = _option(1, "of everything that is left to chance")
    threads: int = _option(0, "that decode photographs, in each process; 0 for one a core, at most 8")
    log_every: int = _option(50, "steps from record to record")
    checkpoint_every: int = _option(100, "steps from checkpoint to checkpoint")
    preview_every: int = _option(500, "steps from preview to preview; 0 for none")

    @property
    def late_from(self) -> int:
        """The first step of the late crops."""
        return math.ceil(self.steps * (1 - self.late))

    def phase(self, step: int) -> tuple[int, int]:
        """Return the batch and crop of a step."""
        return (self.batch, self.crop) if step < self.late_from else (self.late_batch, self.late_crop)

    def photographs_before(self, step: int) -> int:
        """Return how many photographs the run has used when it comes to a step."""
        return min(step, self.late_from) * self.batch + max(0, step - self.late_from) * self.late_batch

    def pixels_before(self, step: int) -> int:
        """Return how many pixels the run has used when it comes to a step: about what the steps cost."""
        early, late = self.batch * self.crop**2, self.late_batch * self.late_crop**2
        return min(step, self.late_from) * early + max(0, step - self.late_from) * late

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        falling = min(1.0, (self.steps - step) / max(1.0, self.steps * self.decay))
        if self.schedule == "cosine":
            falling = 0.5 - 0.5 * math.cos(math.pi * falling)
        return self.rate * min((step + 1) / max(1, self.warmup), falling, 1.0)

    def changed(self, given: dict[str, Any]) -> Options:
        """Return these options with some replaced. Raises ArgumentError."""
        known = {f.name for f in fields(self)}
        options = replace(self, **{name: value for name, value in given.items() if name in known})
        if options.architecture != self.architecture or options.config != self.config:
            raise ArgumentError(
                "architecture", "the run's folder holds a run of another network.", "Choose another folder with -o."
            )
        if bool(options.encoder_rate) != bool(self.encoder_rate):
            raise ArgumentError(
                "encoder_rate",
                f"the run's folder holds a run whose encoder {'learns' if self.encoder_rate else 'stays as it is'}.",
                "Choose another folder with -o, and --start from this run's weights.",
            )
        return options

    def check(self, processes: int) -> None:
        """Raise ArgumentError where the options cannot be had."""
        for name in ("steps", "batch", "crop", "late_batch", "late_crop", "sparse", "log_every", "checkpoint_every"):
            if asdict(self)[name] < 1:
                raise ArgumentError(name, f"{asdict(self)[name]} is below 1.")
        for name in ("crop", "late_crop"):
            if asdict(self)[name] % 32:
                raise ArgumentError(name, f"{asdict(self)[name]} is no multiple of 32.", "Use 128, 160, 192 …")
        for name in ("batch", "late_batch"):
            if asdict(self)[name] % processes:
                raise ArgumentError(
                    name, f"{asdict(self)[name]} photographs cannot be shared by {processes} processes.", "Round it."
                )
