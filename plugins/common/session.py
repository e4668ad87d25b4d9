"""One connection to the daemon after its `hello`: requests go out, replies come in, nothing waits unless told to.

An editor's own event loop needs no more: watch the transport's `fileno`, and call `receive(0)` when it is readable.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, Protocol

from .errors import DaemonUnreachable, HueDotError, Unauthorized, error_from_code
from .messages import SINCE, Reply, parse_reply
from .wire import NONCE_BYTES, VERSION, Buffer, Channel, Header, check_version, minor_of

HELLO = "hello"


class DaemonSilent(DaemonUnreachable):
    """The daemon is there and does not answer; to ask again would only mean to wait again."""


class Transport(Protocol):
    """A connected DEALER socket; any ZeroMQ library will do. It must not reconnect by itself."""

    def send(self, parts: Sequence[Buffer]) -> None:
        """Send one multipart message; raises DaemonUnreachable if the connection is gone."""

    def receive(self, timeout: float | None = None) -> list[Buffer] | None:
        """Return the next message, or None after `timeout` seconds; raises DaemonUnreachable."""

    def close(self) -> None:
        """Close the connection; again does no harm."""


class Session:
    """Says hello, then numbers, signs, sends and receives. For one thread."""

    def __init__(self, transport: Transport, secret: bytes, app: str, app_version: str, timeout: float = 10.0) -> None:
        """Take over a connected transport, and say hello.

        Raises DaemonUnreachable, Unauthorized, UnsupportedVersion, BadRequest or TooLarge, and closes the transport.
        """
        self._transport = transport
        self._channel = Channel(secret)
        # The minor of the protocol that the daemon speaks.
        self._minor = 0
        try:
            self.hello = self._say_hello(app, app_version, timeout)
        except HueDotError:
            self.close()
            raise

    def send(self, identity: str, op: str, parameters: Mapping[str, Any], frames: Sequence[Buffer] = ()) -> None:
        """Send a request, leaving out the parameters that are None, and those that the daemon is too old to know.

        Raises BadRequest or TooLarge before anything is sent, DaemonUnreachable if the connection is gone.
        """
        known = {name: value for name, value in parameters.items() if SINCE.get(name, 0) <= self._minor}
        given = {name: value for name, value in known.items() if value is not None}
        self._transport.send(self._channel.seal({**given, "id": identity, "op": op}, frames))

    def receive(self, timeout: float | None = None) -> Reply | None:
        """Return the next reply of whatever kind, or None after `timeout` seconds.

        Raises DaemonUnreachable if the connection is gone, Unauthorized, BadRequest or TooLarge if what came cannot be
        trusted or read; the connection is closed then.
        """
        try:
            parts = self._transport.receive(timeout)
            return parse_reply(*self._channel.open(parts)) if parts is not None else None
        except HueDotError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; again does no harm."""
        self._transport.close()

    def _say_hello(self, app: str, app_version: str, timeout: float) -> Header:
        nonce = secrets.token_bytes(NONCE_BYTES)
        parameters = {"protocol": VERSION, "app": app, "app_version": app_version, "nonce": nonce}
        self.send(HELLO, HELLO, parameters)
        self._channel.nonce = nonce
        deadline = time.monotonic() + timeout
        reply = self.receive(timeout)
        while reply is not None and reply.kind == "progress":
            reply = self.receive(max(0.0, deadline - time.monotonic()))
        if reply is None:
            raise DaemonSilent("The daemon does not answer.", "Restart it: huedot restart.")
        if reply.kind != "result":
            raise_error(reply)
        check_version(VERSION, reply.fields.get("protocol"))
        self._channel.nonce = _nonce_of(reply)
        self._minor = minor_of(reply.fields.get("protocol"))
        return reply.fields


def _nonce_of(reply: Reply) -> bytes:
    nonce = reply.fields.get("nonce")
    if not isinstance(nonce, bytes) or len(nonce) != NONCE_BYTES:
        raise Unauthorized("The daemon's hello has no nonce.", "Update HueDot and its plugins.")
    return nonce


def raise_error(reply: Reply) -> NoReturn:
    """Raise what an `error` reply says."""
    code, message, remedy = (str(reply.fields.get(name, "")) for name in ("code", "message", "remedy"))
    raise error_from_code(code, message, remedy)
