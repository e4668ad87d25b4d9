"""What HueDot writes for itself on this machine, beside the plugins: named, and taken away, file by file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from huedot.daemon.files import written
from huedot.daemon.serving.activation import SOCKET_UNIT, unit_folder
from huedot.daemon.serving.lifecycle import LOCK, log_path
from huedot.protocol.errors import FileError
from huedot.protocol.finding import RECORD
from huedot.protocol.launcher import LOG
from huedot.protocol.paths import ENDPOINT, SOCKET, runtime_directories, socket_path
from huedot.weights.files import weights_folder

from .removal import delete, is_empty
from .service import SERVICE

# A folder of this name is ours.
OWN = "huedot"


def traces() -> list[Path]:
    """Return the files and folders that are there: of the daemon, its log, and downloaded weights."""
    return sorted({path for path in _all() if os.path.lexists(path)})


def _all() -> Iterator[Path]:
    for directory in runtime_directories():
        yield from (directory / name for name in (ENDPOINT, SOCKET, LOCK, LOG, RECORD))
    yield socket_path()
    yield from (unit_folder() / name for name in (SOCKET_UNIT, SERVICE))
    yield written.record()
    yield from log_path().parent.glob(f"{log_path().name}*")
    # A folder that the user chose is the user's.
    if "HUEDOT_WEIGHTS" not in os.environ:
        yield weights_folder()


def remove(paths: list[Path]) -> None:
    """Remove them, and those of HueDot's own folders that are empty then; raises FileError.

    Of a link the link goes: what it leads to is the user's.
    """
    try:
        for path in paths:
            delete(path)
            _remove_empty(path.parent)
    except OSError as error:
        raise FileError(f"{error.filename} cannot be removed: {error.strerror}.", "Fix its permissions.") from error


def _remove_empty(folder: Path) -> None:
    """Remove an empty folder within one that bears HueDot's name, and then that one."""
    while (folder.name.startswith(OWN) or folder.parent.name == OWN) and is_empty(folder):
        folder.rmdir()
        folder = folder.parent
