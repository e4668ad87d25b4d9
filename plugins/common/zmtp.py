"""A ZMTP 3.0 DEALER with the NULL mechanism on plain sockets: https://rfc.zeromq.org/spec/23/.

Editors bundle their own Pythons, into which no compiled libzmq can be put. And here a peer's death is seen at once.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time
from collections.abc import Generator, Sequence
from itertools import islice
from typing import TypeVar

from .errors import BadRequest, DaemonUnreachable, TooLarge
from .wire import MAX_FRAME_BYTES, MAX_FRAMES, MAX_MESSAGE_BYTES, Buffer, flat

# Bits of a frame's first byte.
MORE, LONG, COMMAND = 1, 2, 4
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x05READY" + b"\x0bSocket-Type\0\0\0\x06DEALER" + b"\x08Identity\0\0\0\0"
MAX_COMMAND_BYTES = 1 << 16
ROOM_BYTES = 1 << 26
# An editor's embedded Python lets SIGPIPE kill the editor; so a dead daemon must not raise it.
NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)
# The option of macOS, which has no such flag.
SO_NOSIGPIPE = 0x1022
# Well below every system's IOV_MAX.
BUFFERS_AT_ONCE = 64
# A peer that takes no byte for so long hangs.
STALL_S = 10.0

T = TypeVar("T")
# Yields whenever the socket has nothing to read, and returns what was read.
Steps = Generator[None, None, T]


class ZmtpTransport:
    """One connection to a ROUTER. For one thread."""

    def __init__(self, address: str, timeout: float = 5.0) -> None:
        """Connect to "ipc:///path" or "tcp://host:port" and shake hands.

        Raises DaemonUnreachable if nothing listens there, or what listens does not speak ZMTP within `timeout` seconds.
        """
        self._socket = _connect(address, timeout)
        if sys.platform == "darwin":
            self._socket.setsockopt(socket.SOL_SOCKET, SO_NOSIGPIPE, 1)
        self._socket.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        try:
            self._write([memoryview(GREETING), *_frame(COMMAND, memoryview(READY))])
            self._shake_hands(timeout)
        except BaseException:
            self.close()
            raise
        self._message = self._read_message()

    def fileno(self) -> int:
        """Return the descriptor to watch for reading; once it is readable, call `receive(0)` until it returns None."""
        return self._socket.fileno()

    def send(self, parts: Sequence[Buffer]) -> None:
        """Send one message, without copying its parts; raises DaemonUnreachable, and closes the connection then."""
        last = len(parts) - 1
        frames = [_frame(MORE if i < last else 0, flat(part)) for i, part in enumerate(parts)]
        try:
            self._write([buffer for frame in frames for buffer in frame])
        except BaseException:
            # Half a message may have gone.
            self.close()
            raise

    def receive(self, timeout: float | None = None) -> list[Buffer] | None:
        """Return the next message; None if it is not complete within `timeout` seconds (None: wait forever).

        Raises DaemonUnreachable when the connection is closed or broken, BadRequest or TooLarge when the peer does
        not keep to ZMTP or our limits; the connection is closed then.
        """
        if self.fileno() < 0:
            raise DaemonUnreachable("The connection to the daemon is closed.", "Connect again.")
        try:
            message = self._run(self._message, timeout)
        except BaseException:
            self.close()
            raise
        if message is not None:
            self._message = self._read_message()
        return message

    def close(self) -> None:
        """Close the connection; again does no harm."""
        self._selector.close()
        self._socket.close()

    def _shake_hands(self, timeout: float) -> None:
        try:
            if self._run(self._read_greeting(), timeout) is None:
                raise DaemonUnreachable("What listens at the daemon's address stays silent.", "Restart the daemon.")
        except (BadRequest, TooLarge) as error:
            raise DaemonUnreachable(f"No HueDot daemon listens there. {error.message}", "Restart it.") from error

    def _run(self, steps: Steps[T], timeout: float | None) -> T | None:
        """Read on as the bytes come in; None if they do not within `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            left = None if deadline is None else deadline - time.monotonic()
            if not self._wait(selectors.EVENT_READ, left):
                return None

    def _wait(self, event: int, timeout: float | None) -> bool:
        if timeout is not None and timeout <= 0:
            return False
        self._selector.modify(self._socket, event)
        return bool(self._selector.select(timeout))

    def _write(self, buffers: Sequence[memoryview]) -> None:
        pending = [buffer for buffer in buffers if len(buffer)]
        while pending:
            try:
                sent = self._write_some(pending)
            except BlockingIOError:
                if not self._wait(selectors.EVENT_WRITE, STALL_S):
                    raise _gone("takes nothing any more") from None
            except OSError as error:
                raise _gone(f"closed the connection ({error.strerror})") from error
            else:
                pending = _after(pending, sent)

    def _write_some(self, pending: list[memoryview]) -> int:
        if hasattr(self._socket, "sendmsg"):
            return self._socket.sendmsg(islice(pending, BUFFERS_AT_ONCE), (), NO_SIGNAL)
        # Windows has no sendmsg.
        return self._socket.send(pending[0])

    def _take(self, count: int) -> Steps[bytearray]:
        """Read exactly `count` bytes; beyond `ROOM_BYTES`, room is made as they come, not as they are announced."""
        data, filled = bytearray(min(count, ROOM_BYTES)), 0
        while filled < count:
            if filled == len(data):
                data += bytes(min(filled, count - filled))
            try:
                with memoryview(data) as room, room[filled:] as rest:
                    received = self._socket.recv_into(rest)
            except BlockingIOError:
                yield
                continue
            except OSError as error:
                raise _gone(f"closed the connection ({error.strerror or 'closed'})") from error
            if not received:
                raise _gone("closed the connection")
            filled += received
        return data

    def _read_frame(self, room: int) -> Steps[tuple[int, bytearray]]:
        """Read one frame, or command, of at most `room` bytes."""
        flags = (yield from self._take(1))[0]
        if flags & ~(MORE | LONG | COMMAND):
            raise BadRequest(f"The other side sent flags, {flags:#x}, which ZMTP does not know.")
        size = int.from_bytes((yield from self._take(8 if flags & LONG else 1)), "big")
        limit = MAX_COMMAND_BYTES if flags & COMMAND else min(room, MAX_FRAME_BYTES)
        if size > limit:
            raise TooLarge(f"The other side announced {_megabytes(size)} at once; {_megabytes(limit)} are allowed.")
        return flags, (yield from self._take(size))

    def _read_message(self) -> Steps[list[Buffer]]:
        parts: list[Buffer] = []
        room = MAX_MESSAGE_BYTES
        while len(parts) < MAX_FRAMES + 2:
            flags, body = yield from self._read_frame(room)
            if flags & COMMAND:
                self._obey(body)
                continue
            parts.append(body)
            room -= len(body)
            if not flags & MORE:
                return parts
        raise TooLarge(f"The other side sent a message of more than {MAX_FRAMES} pictures.")

    def _obey(self, command: bytearray) -> None:
        """Answer a PING (4-byte name, 2 bytes time to live, context) with a PONG (context); ignore the rest."""
        if command.startswith(b"\x04PING"):
            self._write(_frame(COMMAND, memoryview(b"\x04PONG" + command[7:])))

    def _read_greeting(self) -> Steps[bool]:
        greeting = yield from self._take(len(GREETING))
        if greeting[0] != 0xFF or not greeting[9] & 1 or greeting[10] < 3:
            raise BadRequest("It does not speak ZMTP 3.")
        if greeting[12:32] != GREETING[12:32]:
            raise BadRequest("It asks for a security mechanism other than NULL.")
        flags, body = yield from self._read_frame(MAX_COMMAND_BYTES)
        if not flags & COMMAND or not body.startswith(b"\x05READY"):
            raise BadRequest("It refused the ZMTP handshake.")
        if b"ROUTER" not in body:
            raise BadRequest("It is not a ROUTER.")
        return True


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _frame(flags: int, body: memoryview) -> list[memoryview]:
    size = len(body)
    head = bytes([flags | LONG]) + size.to_bytes(8, "big") if size > 255 else bytes([flags, size])
    return [memoryview(head), body]


def _after(pending: list[memoryview], sent: int) -> list[memoryview]:
    """Return what is left of some buffers after their first `sent` bytes."""
    for i, buffer in enumerate(pending):
        if sent < len(buffer):
            return [buffer[sent:], *pending[i + 1 :]]
        sent -= len(buffer)
    return []


def _connect(address: str, timeout: float) -> socket.socket:
    scheme, _, place = address.partition("://")
    try:
        if scheme == "tcp":
            host, _, port = place.rpartition(":")
            connection = socket.create_connection((host, int(port)), timeout)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        if scheme == "ipc" and hasattr(socket, "AF_UNIX"):
            return _connect_unix(place, timeout)
    except (OSError, ValueError, OverflowError) as error:
        raise DaemonUnreachable(f"No daemon answers at {address}: {error}.", "Start it: huedot start.") from error
    raise DaemonUnreachable(f"The address {address!r} cannot be used here.", "Restart the daemon.")


def _connect_unix(path: str, timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _gone(what: str) -> DaemonUnreachable:
    return DaemonUnreachable(f"The daemon {what}.", "Start it again: huedot start.")
