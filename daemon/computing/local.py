"""A client without a daemon: what the daemon would answer, computed in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from huedot.daemon.computing.operations import Operations
from huedot.protocol.client import Client, Progress
from huedot.protocol.messages import Reply, parse_request
from huedot.protocol.wire import VERSION, Buffer, Header, flat


class LocalClient(Client):
    """Does the operations itself; for one thread."""

    def __init__(self) -> None:
        """Prepare; the network is loaded at the first request."""
        super().__init__("huedot", "", launch=False)
        self._operations = Operations()

    def connect(self) -> Header:
        """Return what a daemon's `hello` would say of the protocol."""
        return {"protocol": VERSION}

    def request(
        self,
        op: str,
        parameters: Mapping[str, Any] | None = None,
        frames: Sequence[Buffer] = (),
        timeout: float | None = None,
        on_progress: Progress | None = None,
    ) -> Reply:
        """Do what is asked, checked as the daemon checks it; raises the errors that it would answer."""
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        request = parse_request({**given, "id": "1", "op": op}, [flat(frame) for frame in frames])
        answer = self._operations.answer(request, on_progress or _ignore)
        return Reply(request.id, "result", answer.fields, [flat(frame) for frame in answer.frames])


def _ignore(stage: str, fraction: float | None) -> None:
    """Take no notice of progress."""
