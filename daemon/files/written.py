"""Which files HueDot wrote, and nobody has changed since: no other file is replaced unasked.

They are known by the hashes of their contents alone, wherever they were moved; no name is kept.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from platformdirs import user_state_path

from huedot.protocol.errors import FileError
from huedot.protocol.paths import write_whole

# Files that are remembered, the latest.
KEPT = 10_000
LINE = 65  # characters


def record() -> Path:
    """Return where the hashes are."""
    return user_state_path("huedot", appauthor=False) / "written"


def note(path: Path) -> None:
    """Remember a file that was written just now; where that cannot be, it is taken for another's."""
    with suppress(OSError, FileError):
        record().parent.mkdir(parents=True, exist_ok=True)
        # A line at once, though several write.
        with record().open("a", encoding="ascii") as file:
            file.write(f"{_digest(path)}\n")
        if record().stat().st_size > 2 * KEPT * LINE:
            write_whole(record(), "\n".join([*_known()[-KEPT:], ""]).encode("ascii"))


def check(path: Path) -> None:
    """Raise FileError if a file is there that HueDot did not write, or that was changed since."""
    if (path.exists() or path.is_symlink()) and not _is_ours(path):
        what = f"{path} is not replaced: HueDot did not write it, or it was changed since."
        raise FileError(what, "Move it away, give the result another name, or replace it all the same: --force.")


def _is_ours(path: Path) -> bool:
    with suppress(OSError):
        return path.is_file() and _digest(path) in _known()
    return False


def _known() -> list[str]:
    with suppress(OSError, ValueError):
        return record().read_text(encoding="ascii").split()
    return []


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
