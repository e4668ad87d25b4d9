"""Several processes on one run, as `torchrun` starts them: each takes its part of every batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import distributed


@dataclass(frozen=True)
class World:
    """Which of how many processes this is."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and speaks."""
        return self.rank == 0

    def part(self, batch: int) -> range:
        """Return which photographs of a batch are this process's."""
        share = batch // self.size
        return range(self.rank * share, (self.rank + 1) * share)

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Return the mean over the processes."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values / self.size


@contextmanager
def joined() -> Iterator[World]:
    """Join the processes that `torchrun` started, or be the only one; yields this process's place among them."""
    local, cuda = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.is_available()
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    size = int(os.environ.get("WORLD_SIZE", 1))
    if size == 1:
        yield World(device=device)
        return
    if cuda:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        yield World(distributed.get_rank(), size, device)
    finally:
        distributed.destroy_process_group()
