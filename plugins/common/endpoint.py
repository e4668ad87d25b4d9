"""The file in which the daemon says where it is: section 1.1 of docs/protocol.md."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .errors import DaemonUnreachable, FileError, Unauthorized
from .paths import ENDPOINT, check_private, private_directory, runtime_directories, write_private

MAX_BYTES = 1 << 16
# The instance of a daemon that starts when somebody connects.
WAITING = "waiting"
# The instance of one that runs elsewhere.
SHARED = "shared"
# Neither a link nor a pipe that never ends.
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True)
class Endpoint:
    """Where one daemon listens, and what a client needs to talk to it. The secret is hexadecimal; "" for ipc."""

    address: str
    pid: int
    protocol: str
    version: str
    instance: str
    secret: str
    started: float

    @property
    def key(self) -> bytes:
        """The secret as bytes, empty where nothing is signed."""
        return bytes.fromhex(self.secret)

    @property
    def is_waiting(self) -> bool:
        """Whether no daemon runs, and connecting starts one."""
        return self.pid == 0 and self.instance == WAITING

    @property
    def is_shared(self) -> bool:
        """Whether the daemon is one on another machine, which is reached through a tunnel."""
        return self.pid == 0 and self.instance == SHARED


def find_endpoint() -> Endpoint:
    """Read the first endpoint file there is.

    Raises DaemonUnreachable if there is none, Unauthorized or FileError if it cannot be used.
    """
    directories = runtime_directories()
    for directory in directories:
        if os.path.lexists(directory / ENDPOINT):
            return read_endpoint(directory / ENDPOINT)
    places = ", ".join(map(str, directories))
    raise DaemonUnreachable(f"No daemon runs (no {ENDPOINT} in {places}).", "Start it: huedot start.")


def read_endpoint(path: Path) -> Endpoint:
    """Read an endpoint file; raises Unauthorized if it is not the user's alone, FileError if it is malformed."""
    if path.is_symlink():
        raise Unauthorized(f"{path} is a symbolic link.", "Remove it, and restart the daemon.")
    try:
        descriptor = os.open(path, os.O_RDONLY | NO_FOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            check_private(path, os.fstat(descriptor))
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise DaemonUnreachable(f"The daemon has just gone (no {path}).", "Start it: huedot start.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.", "Restart the daemon.") from error
    return _parse(path, content)


def _parse(path: Path, content: bytes) -> Endpoint:
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(f"longer than {MAX_BYTES} bytes")
        values = json.loads(content)
        endpoint = Endpoint(**{field.name: values[field.name] for field in fields(Endpoint)})
        _check(endpoint)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FileError(f"{path} is not an endpoint file ({error}).", "Remove it, and restart the daemon.") from error
    return endpoint


def _check(endpoint: Endpoint) -> None:
    for name in ("address", "protocol", "version", "instance", "secret"):
        if not isinstance(getattr(endpoint, name), str):
            raise TypeError(f"{name} must be a string")
    if type(endpoint.pid) is not int or type(endpoint.started) not in (int, float):
        raise TypeError("pid and started must be numbers")
    if len(endpoint.key) != (0 if endpoint.address.startswith("ipc://") else 32):
        raise ValueError("secret must be 32 bytes for tcp and empty for ipc")


def write_endpoint(endpoint: Endpoint) -> list[Path]:
    """Write the file at every place where clients look, and return the paths; raises Unauthorized or FileError."""
    return [_write(endpoint, private_directory(directory)) for directory in runtime_directories()]


def _write(endpoint: Endpoint, directory: Path) -> Path:
    path = directory / ENDPOINT
    write_private(path, json.dumps(asdict(endpoint)))
    return path


def remove_endpoint(instance: str) -> None:
    """Remove the files of one daemon, and nobody else's."""
    for directory in runtime_directories():
        path = directory / ENDPOINT
        try:
            if read_endpoint(path).instance == instance:
                path.unlink(missing_ok=True)
        except (DaemonUnreachable, FileError, Unauthorized):
            # Not ours, whatever it is.
            continue
