"""What is asked of a studio and what it gives, without importing torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from huedot.protocol.wire import Buffer

Show = Callable[[str, float | None], None]  # stage, and fraction 0..1 where it is known; may raise to stop the work


class Answer(NamedTuple):
    """The fields and frames of a result."""

    fields: dict[str, Any]
    frames: Sequence[Buffer] = ()


class Options(NamedTuple):
    """What a studio is made of; threads: of torch, 0 for its own choice."""

    model: str = "huedot"
    device: str = "auto"
    cache_bytes: int = 2 << 30
    threads: int = 0


class Facts(NamedTuple):
    """What a studio tells of itself."""

    device: str
    images: int = 0
    image_bytes: int = 0
