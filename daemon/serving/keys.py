"""The key of a shared daemon: 32 bytes, in hexadecimal, in a file of each who shares it."""

from __future__ import annotations

import os
from pathlib import Path

from huedot.protocol.errors import FileError
from huedot.protocol.paths import check_private, write_private

KEY_BYTES = 32


def read_key(path: Path) -> bytes:
    """Read a key; raises FileError if there is none in the file, Unauthorized if others can read it."""
    try:
        check_private(path, path.lstat())
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise FileError(
            f"The key {path} cannot be read: {error.strerror}.", "Get it from who runs the daemon."
        ) from error
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise FileError(f"{path} holds no key of {2 * KEY_BYTES} hexadecimal digits.", "Get it again.")
    return key


def read_or_make_key(path: Path) -> bytes:
    """Read a key, or make one where there is no file; raises FileError or Unauthorized."""
    if not path.exists():
        write_private(path, f"{os.urandom(KEY_BYTES).hex()}\n")
    return read_key(path)
