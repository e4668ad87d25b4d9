"""The daemon that an editor's plugin started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from huedot.protocol.endpoint import find_endpoint

from ..faults.conftest import normal_request


@contextmanager
def held() -> Iterator[None]:
    """Let no request be answered: the computing process stands still. Afterwards the daemon answers as ever."""
    daemon = find_endpoint().pid
    (computing,) = psutil.Process(daemon).children()
    computing.suspend()
    try:
        yield
    finally:
        computing.resume()
    # The daemon comes to it when it has answered what was held.
    assert normal_request()
    assert find_endpoint().pid == daemon
