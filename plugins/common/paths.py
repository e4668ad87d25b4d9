"""Where the daemon and its clients meet, and whose it is: section 1.1 of docs/protocol.md."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Union

from .errors import FileError, Unauthorized

ENDPOINT = "endpoint.json"
SOCKET = "daemon.sock"
# How long one who reads one of these small files may take.
READ_S = 2.0
# Bytes; macOS, the tightest (Linux has 107).
MAX_SOCKET_PATH = 103


def runtime_directories() -> list[Path]:
    """Return the directories of the endpoint file, in the order of search. None of them need exist."""
    if chosen := os.environ.get("HUEDOT_RUNTIME"):
        return [Path(chosen)]
    home = Path.home()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return [(Path(local) if local else home / "AppData" / "Local") / "huedot" / "run"]
    if sys.platform == "darwin":
        return [home / "Library" / "Caches" / "huedot" / "run"]
    session = os.environ.get("XDG_RUNTIME_DIR")
    # Literally: Flatpak moves XDG_CACHE_HOME and /run/user, not the home.
    shared = home / ".cache" / "huedot" / "run"
    return [Path(session) / "huedot", shared] if session else [shared]


def socket_path() -> Path:
    """Return where the daemon's Unix socket belongs: where every editor reaches it, and short enough to be bound."""
    directory = runtime_directories()[-1]
    path = directory / SOCKET
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    short = "/tmp" if os.name == "posix" else tempfile.gettempdir()
    return Path(short) / f"huedot-{user_id()}-{name}" / SOCKET


def user_id() -> int:
    """Return the number of the user who runs this process; 0 on Windows, where files carry other permissions."""
    return os.getuid() if sys.platform != "win32" else 0


def private_directory(path: Path) -> Path:
    """Make a directory that only its owner can enter, and return it.

    Raises Unauthorized if it exists and is anything else, FileError if it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_private(path, path.lstat(), stat.S_ISDIR)
    except OSError as error:
        raise FileError(
            f"The directory {path} cannot be made: {error.strerror}.", "Make room for it, or set HUEDOT_RUNTIME."
        ) from error
    return path


def check_private(path: Path, found: os.stat_result, is_kind: Callable[[int], bool] = stat.S_ISREG) -> None:
    """Raise Unauthorized unless what `found` describes is of the kind and the user's alone."""
    if not is_kind(found.st_mode):
        raise Unauthorized(f"{path} is not what it should be.", "Remove it, and restart the daemon.")
    if sys.platform == "win32":
        # The profile's own access list keeps other users out.
        return
    if found.st_uid != os.getuid():
        raise Unauthorized(f"{path} belongs to another user.", "Set HUEDOT_RUNTIME to a place of your own.")
    if found.st_mode & 0o077:
        raise Unauthorized(f"{path} is open to other users.", f"Close it: chmod go= '{path}'.")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, and that appears whole or not at all; raises FileError."""
    write_whole(path, text.encode("utf-8"), 0o600)


def write_whole(path: Path, data: Union[bytes, memoryview], mode: int = 0o666) -> None:
    """Write a file as `writing_whole` does; raises FileError."""
    with writing_whole(path, mode) as part:
        part.write_bytes(data)


@contextmanager
def writing_whole(path: Path, mode: int = 0o666, keep_permissions: bool = False) -> Iterator[Path]:
    """Yield where to write a file, which comes to `path` at the end: whole, or not at all, with nothing beside it.

    mode: its permissions, of which the umask takes some away. keep_permissions: have those of the file that it
    replaces, if there is one. Raises FileError, also for an OSError of the one who writes.
    """
    part = ""
    try:
        descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".huedot-", suffix=path.suffix)
        os.close(descriptor)
        yield Path(part)
        with Path(part).open("rb+") as file:
            os.fsync(file.fileno())
        Path(part).chmod(stat.S_IMODE(path.stat().st_mode) if keep_permissions and path.exists() else mode & ~_umask())
        _put(Path(part), path)
    except OSError as error:
        raise FileError.unwritable(path, error, "Make room on that disk, or choose another.") from error
    finally:
        if part:
            Path(part).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _put(part: Path, path: Path) -> None:
    """Put a file in the place of another, which on Windows nobody may be reading then: that is over in a moment."""
    is_windows, deadline = sys.platform == "win32", time.monotonic() + READ_S
    while True:
        try:
            part.replace(path)
            return
        except PermissionError:
            if not is_windows or time.monotonic() > deadline:
                raise
        time.sleep(0.01)
