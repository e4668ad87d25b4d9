"""The client for Python programs: that of the plugins, over pyzmq.

from huedot.daemon.serving.client import Client

with Client("my-program", "1.0") as client:
image = client.open_image(rgb.tobytes(), width, height, 3)
colorization = client.colorize(image)
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import zmq
from zmq.utils.monitor import recv_monitor_message

from huedot.protocol import client as protocol_client
from huedot.protocol.errors import DaemonUnreachable
from huedot.protocol.wire import MAX_FRAME_BYTES, Buffer

LOST = zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED | zmq.EVENT_CLOSED | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL


class ZmqTransport:
    """One connection to the daemon by libzmq, which is kept from connecting again by itself. For one thread."""

    def __init__(self, address: str, timeout: float = 5.0) -> None:
        """Connect and shake hands; raises DaemonUnreachable."""
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME_BYTES)
        # After a restart, a connection begins with hello.
        self._socket.setsockopt(zmq.RECONNECT_IVL, -1)
        self._monitor: zmq.Socket[bytes] = self._socket.get_monitor_socket(LOST | zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self._closed = False
        try:
            self._socket.connect(address)
            self._await_handshake(address, timeout)
        except zmq.ZMQError as error:
            self.close()
            raise DaemonUnreachable(f"The address {address!r} cannot be used.", "Restart the daemon.") from error
        except BaseException:
            self.close()
            raise

    def send(self, parts: Sequence[Buffer]) -> None:
        """Send one message; raises DaemonUnreachable if the connection is gone."""
        self._check()
        try:
            self._socket.send_multipart(list(parts), copy=False)
        except zmq.ZMQError as error:
            raise _gone() from error

    def receive(self, timeout: float | None = None) -> list[Buffer] | None:
        """Return the next message, or None after `timeout` seconds; raises DaemonUnreachable."""
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._monitor, zmq.POLLIN)
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if deadline is None else max(0, int((deadline - time.monotonic()) * 1000))
            ready = dict(poller.poll(left))
            if self._socket in ready:
                return [frame.buffer for frame in self._socket.recv_multipart(copy=False)]
            if not ready:
                return None
            self._check()

    def close(self) -> None:
        """Close the connection; again does no harm."""
        if not self._closed:
            self._closed = True
            self._socket.disable_monitor()
            self._monitor.close()
            self._socket.close()

    def _await_handshake(self, address: str, timeout: float) -> None:
        if self._monitor.poll(int(timeout * 1000)):
            event = recv_monitor_message(self._monitor)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return
        raise DaemonUnreachable(f"No daemon answers at {address}.", "Start it: huedot start.")

    def _check(self) -> None:
        """Raise DaemonUnreachable if the monitor has seen the connection go."""
        if self._closed:
            raise _gone()
        if self._monitor.poll(0):
            # Only losses are watched from here on.
            recv_monitor_message(self._monitor)
            self.close()
            raise _gone()


def _gone() -> DaemonUnreachable:
    return DaemonUnreachable("The daemon closed the connection.", "Start it again: huedot start.")


class Client(protocol_client.Client):
    """`huedot.protocol.client.Client` over pyzmq: the same operations, errors and recovery."""

    def __init__(self, app: str, app_version: str, *, launch: bool = True) -> None:
        """Prepare a client; see the class that this one extends."""
        super().__init__(app, app_version, transport=ZmqTransport, launch=launch)
