"""How fast a run is: what the loader alone, the network alone, and both together do in a second."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice, repeat

import torch
from torch import Tensor

from .loader import AHEAD, batches, threads_of
from .loop import Run


def measure(run: Run, steps: int) -> dict[str, float]:
    """Return photographs per second over some steps of the first phase: the loader alone, the network alone, both.

    The network alone learns from one batch again and again. The run's folder is left as it is.
    Raises FileError.
    """
    options, world = run.options, run.world
    # There are always as many on the way, also when the clock stops.
    wanted = range(steps + 2 * AHEAD + 1)
    loader = _speed(run, batches(run.photographs, options, wanted, world), steps, learn=False)
    batch = next(iter(batches(run.photographs, options, range(1), world)))
    network = _speed(run, repeat(batch), steps, learn=True)
    both = _speed(run, batches(run.photographs, options, wanted, world), steps, learn=True)
    return {"loader": loader, "network": network, "together": both, "threads": threads_of(options)}


def _speed(run: Run, source: Iterable[Tensor], steps: int, learn: bool) -> float:
    began = 0.0
    for i, rgb8 in enumerate(islice(source, AHEAD + steps + 1)):
        if learn:
            run.learn(rgb8)
        # The first were warming up.
        if i == AHEAD:
            _wait(run.world.device)
            began = time.monotonic()
    _wait(run.world.device)
    return steps * run.options.batch / (time.monotonic() - began)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
