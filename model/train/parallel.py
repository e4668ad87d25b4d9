"""Several processes on one run, as `torchrun` starts them: each takes its part of every batch."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import torch
from torch import distributed
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from huedot.protocol.errors import HueDotError

from .options import Options


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


def is_alone() -> bool:
    """Whether `torchrun` has not started this process as one of several."""
    return "WORLD_SIZE" not in os.environ


def processes_for(options: Options) -> int:
    """Return how many processes are quickest here: one a core, as far as the batches can be shared; one with a GPU."""
    cores = 1 if torch.cuda.is_available() else torch.get_num_threads()
    batches = (options.batch, options.late_batch)
    return max(count for count in range(1, cores + 1) if not any(batch % count for batch in batches))


def start_processes(count: int, module: str, arguments: Sequence[str]) -> None:
    """Run a module in several processes of one thread each, as `torchrun` does, and wait for all.

    On CPUs two such processes do twice what one does. Two threads in one process do not: they wait for each other at
    every operation. Raises HueDotError if one of them failed; it has said why.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if os.name == "nt":
        # PyTorch's builds for Windows lack it.
        os.environ.setdefault("USE_LIBUV", "0")
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=count,
        run_id=uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
    )
    try:
        elastic_launch(config, sys.executable)("-P", "-m", module, *arguments)
    except ChildFailedError as error:
        raise HueDotError("Training stopped: one of its processes failed.", "It says why above.") from error


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
