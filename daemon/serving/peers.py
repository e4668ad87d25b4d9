"""What the server knows of each connection."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from huedot.protocol.errors import HueDotError
from huedot.protocol.messages import Request
from huedot.protocol.wire import NONCE_BYTES, VERSION, Buffer, Channel, Header, check_version

from .worker import error_fields

# Images of a peer that are remembered as its own.
OPENED = 1024
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Peer:
    """One connection: its channel, whether it said hello, its requests without an answer, what it has yet to read."""

    channel: Channel
    greeted: bool = False
    pending: set[str] = field(default_factory=set)
    # Images that it opened, and has not closed.
    images: set[str] = field(default_factory=set)
    outbox: deque[list[Buffer]] = field(default_factory=deque)
    held_bytes: int = 0  # in the outbox
    stuck_since: float = 0.0
    seen: float = 0.0

    def meet(self, header: Header) -> None:
        """Take from a hello what the answer to it needs, whatever else is in it: another version has other fields."""
        nonce, protocol = header.get("nonce"), header.get("protocol")
        if isinstance(nonce, bytes) and len(nonce) == NONCE_BYTES:
            self.channel.nonce = nonce
        if isinstance(protocol, str):
            check_version(protocol, VERSION)

    def note_image(self, request: Request) -> None:
        """Remember which images are this peer's own."""
        if request.op == "open_image":
            self.images.add(request.parameters["image"])
            if len(self.images) > OPENED:
                self.images.pop()
        elif request.op == "close_image":
            self.images.discard(request.parameters["image"])

    def sealed(self, header: dict[str, Any], frames: Sequence[Buffer]) -> list[Buffer]:
        """Return a reply as it travels: an error instead of one that the wire does not take."""
        try:
            return self.channel.seal(header, frames)
        except (HueDotError, ValueError) as error:
            log.error("a reply cannot be sent: %s", error)
            cannot = HueDotError("The daemon's answer cannot be sent.", "Its log says why; huedot doctor says where.")
            return self.channel.seal({"id": header["id"], "kind": "error", **error_fields(cannot)})


def size_of(parts: Sequence[Buffer]) -> int:
    """Return how many bytes a message has."""
    return sum(memoryview(part).nbytes for part in parts)
