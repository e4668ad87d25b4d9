"""How fast a run is: what the loader alone, the network alone, and both together do in a second."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import repeat

import torch
from torch import Tensor

from huedot.protocol.errors import ArgumentError

from .loader import AHEAD, batches, threads_of
from .loop import Run


def measure(run: Run, steps: int) -> dict[str, float]:
    """Return photographs per second over some steps of the first phase: the loader alone, the network alone, both.

    The network alone learns from one batch again and again. The run's folder is left as it is.
    Raises ArgumentError or FileError.
    """
    options, world = run.options, run.world
    if steps < 1:
        raise ArgumentError("measure", f"{steps} steps cannot be measured.", "Try 20.")
    wanted = range(steps + AHEAD)  # the first are warming up
    loader = _speed(run, batches(run.photographs, options, wanted, world), learn=False)
    batch = next(iter(batches(run.photographs, options, range(1), world)))
    network = _speed(run, repeat(batch, len(wanted)), learn=True)
    both = _speed(run, batches(run.photographs, options, wanted, world), learn=True)
    return {"loader": loader, "network": network, "together": both, "threads": threads_of(options)}


def _speed(run: Run, source: Iterable[Tensor], learn: bool) -> float:
    began, steps = 0.0, 0
    for i, rgb8 in enumerate(source):
        if i == AHEAD:
            _wait(run.world.device)
            began = time.monotonic()
        if learn:
            run.learn(rgb8)
        steps = i + 1 - AHEAD
    _wait(run.world.device)
    return steps * run.options.batch / (time.monotonic() - began)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
