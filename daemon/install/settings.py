"""The editors' own folders and settings: what is written there keeps all that was there, and the permissions."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from huedot.protocol.errors import FileError
from huedot.protocol.paths import writing_whole

SECTION, KEY, SWITCH = b"[python]", b"enable_huedot_krita=", b"enable_huedot_krita=true"


def switch(settings: Path, on: bool) -> None:
    """Switch the plugin on or off in Krita's settings, and touch nothing else in them, nor their permissions.

    Where they are a link, what it leads to is changed. Raises OSError, and FileError: for what are no settings, too.
    """
    settings = Path(os.path.realpath(settings))
    content = settings.read_bytes() if settings.exists() else b""
    if b"\0" in content:
        raise FileError(f"{settings} holds no settings of Krita's.", "Move it away: Krita writes it again.")
    switched = _switched(content, on)
    # All that is left is our own.
    if switched.strip() == SECTION:
        settings.unlink()
    elif switched != content:
        make_folder(settings.parent)
        with writing_whole(settings, 0o644, keep_permissions=True) as part:
            part.write_bytes(switched)


def _switched(content: bytes, on: bool) -> bytes:
    """Return settings with the plugin switched on or off; their encoding and ends of lines stay as they are."""
    lines = [line for line in content.splitlines(keepends=True) if not line.startswith(KEY)]
    if not on:
        return b"".join(lines)
    end = next((line[len(line.rstrip(b"\r\n")) :] for line in lines), b"") or b"\n"
    if all(line.strip() != SECTION for line in lines):
        lines = [*_ended(lines, end), *([end] if lines else []), SECTION]
    at = next(i for i, line in enumerate(lines) if line.strip() == SECTION) + 1
    return b"".join([*_ended(lines[:at], end), SWITCH + end, *lines[at:]])


def _ended(lines: list[bytes], end: bytes) -> list[bytes]:
    """Return lines of which the last one has an end, too."""
    return [*lines, end] if lines and not lines[-1].endswith((b"\n", b"\r")) else lines


def close(path: Path) -> None:
    """Let nobody but its owner write to a file or folder, whatever the umask."""
    path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o755)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are not there, in which nobody but their owner may write."""
    for each in reversed((path, *path.parents)):
        each.mkdir(mode=0o755, exist_ok=True)
