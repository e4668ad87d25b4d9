"""To remove what was installed or written, and nothing of the user's: of a link the link goes, not what it leads to."""

from __future__ import annotations

import shutil
from pathlib import Path


def delete(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it; nothing need be there. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_empty(folder: Path) -> bool:
    """Return whether it is a folder, not a link to one, and empty. Raises OSError."""
    return folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
