"""What is asked of the computing process and what it gives, without importing torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from huedot.protocol.wire import Buffer


class Answer(NamedTuple):
    """The fields and frames of a result."""

    fields: dict[str, Any]
    frames: Sequence[Buffer] = ()


class ComputingOptions(NamedTuple):
    """How it computes; threads: of torch, 0 for its own choice."""

    model: str = "huedot"
    device: str = "auto"
    cache_bytes: int = 2 << 30
    threads: int = 0


class Facts(NamedTuple):
    """What it tells of itself."""

    device: str
    images: int = 0
    image_bytes: int = 0
