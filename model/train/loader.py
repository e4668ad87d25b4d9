"""Batches, made ahead by threads: a photograph takes 0.2 ms of Python and 1 to 4 of decoding, which threads share."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from .options import Options
from .parallel import World
from .photographs import PhotographFolder, crop

# Counted in batches.
AHEAD = 4


def threads_of(options: Options) -> int:
    """Return how many threads load."""
    return options.threads or min(8, os.cpu_count() or 1)


def batches(
    folder: PhotographFolder, options: Options, steps: range, world: World | None = None
) -> Iterator[torch.Tensor]:
    """Yield the batch of each step, uint8 (B, 3, crop, crop): of the whole step, or this process's part of it.

    What a batch holds depends on the options and its step alone: not on where the run began, nor on how many threads
    or processes there are. Raises FileError if the photographs cannot be read.
    """
    pool = ThreadPoolExecutor(threads_of(options), "load")

    def start(step: int) -> list[Future[NDArray[np.uint8]]]:
        batch, size = options.phase(step)
        first = options.photographs_before(step)
        mine = (world or World()).part(batch)
        return [pool.submit(crop, folder, size, first + i, (options.seed, step, i)) for i in mine]

    try:
        waiting = iter(steps)
        started = deque(start(step) for step in islice(waiting, AHEAD))
        while started:
            crops = [future.result() for future in started.popleft()]
            started.extend(start(step) for step in islice(waiting, 1))
            yield torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
