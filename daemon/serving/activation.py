"""The daemon started by whoever connects: systemd's half of the agreement, and what clients find meanwhile.

systemd holds the Unix socket, passes it on when somebody connects, and keeps it when the daemon ends. So that clients
connect at all, an endpoint file lies there whose process is 0.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from huedot.protocol.endpoint import WAITING, Endpoint, find_endpoint, remove_endpoint, write_endpoint
from huedot.protocol.errors import ArgumentError, HueDotError
from huedot.protocol.paths import socket_path
from huedot.protocol.wire import VERSION

SOCKET_UNIT = "huedot.socket"
# The first file that is passed on, by sd_listen_fds(3).
FIRST = 3


def unit_folder() -> Path:
    """Return where systemd looks for the user's own units."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd/user"


def is_installed() -> bool:
    """Return whether systemd was told to listen."""
    return (unit_folder() / SOCKET_UNIT).exists()


def inherited() -> socket.socket | None:
    """Take over the socket that this process was started with, once; None if it was started without.

    Raises ArgumentError if it is not the one Unix socket that the daemon's clients connect to.
    """
    count, process = os.environ.pop("LISTEN_FDS", ""), os.environ.pop("LISTEN_PID", "")
    if process != str(os.getpid()) or not count:
        return None
    listener = socket.socket(fileno=FIRST)
    listener.set_inheritable(False)
    is_ours = listener.family == socket.AF_UNIX and listener.getsockname() == str(socket_path())
    if count != "1" or not is_ours or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        listener.close()
        what = f"the one that was passed on is not {socket_path()}."
        raise ArgumentError("socket", what, "Write the service again: huedot service install.")
    return listener


def announce() -> None:
    """Let clients find the socket while no daemon runs; raises Unauthorized or FileError."""
    address = f"ipc://{socket_path()}"
    write_endpoint(Endpoint(address, 0, VERSION, version("huedot"), WAITING, "", 0.0))


def withdraw() -> None:
    """Take the announcement back."""
    remove_endpoint(WAITING)


def is_announced() -> bool:
    """Return whether clients find a socket behind which no daemon runs yet."""
    with suppress(HueDotError):
        return find_endpoint().is_waiting
    return False
