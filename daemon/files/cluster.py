"""A batch on Dask: on several processes of this machine, or on the workers of a cluster. The optional extra `cluster`.

Every worker computes in its own process, without a daemon, and reads and writes the files itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from huedot.protocol.client import Client
from huedot.protocol.errors import ArgumentError, DaemonUnreachable

from .batch import NOT_OF_ONE, Row, Task, Workers, attempt, failed

# A worker may have several threads, but a network has one user at a time.
_turn = threading.Lock()


@contextmanager
def workers_of(where: str) -> Iterator[Workers]:
    """Connect to a scheduler's address, or start as many local workers as the number says; yields who does the work.

    Raises ArgumentError if Dask is not installed, and DaemonUnreachable if no scheduler answers.
    """
    try:
        import distributed
    except ImportError as error:
        raise ArgumentError(
            "--cluster", "Dask is not installed.", "Install it: pip install 'huedot[cluster]'."
        ) from error
    try:
        if where.isdecimal():
            cluster = _here(int(where))
            client = distributed.Client(cluster)
        else:
            cluster, client = None, distributed.Client(where)
    except (OSError, ValueError) as error:
        raise DaemonUnreachable(f"No Dask scheduler answers at {where}.", "Start one: dask scheduler.") from error
    try:
        yield lambda todo: _spread(client, list(todo))
    finally:
        client.close()
        if cluster is not None:
            cluster.close()


def _here(workers: int) -> Any:
    """Start workers on this machine: as all our processes, they run no stray file of the folder that we are in."""
    import distributed

    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        return distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            # Otherwise any user of this machine could have the workers run whatever they send.
            security=True,
        )
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _spread(client: object, todo: list[Task]) -> Iterator[Row]:
    """Hand out photographs, and yield their rows as they come; one that kills its workers has failed."""
    import distributed

    futures = client.map(work, todo, pure=False)  # type: ignore[attr-defined]
    tasks = dict(zip((future.key for future in futures), todo, strict=True))
    for future in distributed.as_completed(futures):
        error = future.exception()
        if isinstance(error, NOT_OF_ONE):
            raise error
        yield failed(tasks[future.key], error) if error else future.result()
        future.release()


def work(task: Task) -> Row:
    """Color one photograph in this process, on a worker."""
    with _turn:
        return attempt(_client(), task)


@cache
def _client() -> Client:
    """Return this process's own client, which keeps the network loaded."""
    from huedot.daemon.computing.local import LocalClient

    return LocalClient()
