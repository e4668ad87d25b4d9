"""Where the program `huedot` may be: desktops start editors with a PATH that knows nothing of the user's own tools."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath, PureWindowsPath

from .errors import HueDotError
from .paths import check_private, private_directory, runtime_directories, write_private

# In the runtime directory: how the daemon that ran last was started.
RECORD = "command.json"


def find_program() -> list[str]:
    """Return the words that start the daemon: of a `huedot` on the PATH, where installers put it, or of the record.

    Returns an empty list if there is none.
    """
    for path in (*map(Path, on_path(os.environ.get("PATH", os.defpath))), *places()):
        # In this order: of what is out of reach is_file raises.
        if os.access(path, os.X_OK) and path.is_file():
            return [str(path), "serve"]
    return recorded()


def on_path(path: str, kind: type[PurePath] = PurePath) -> list[PurePath]:
    """Return where a PATH says that the program may be. kind: of the system whose PATH it is.

    `shutil.which` would also look into the current folder, on Windows first of all: what lies beside a photograph that
    somebody sent must not be run.
    """
    is_windows = isinstance(kind(), PureWindowsPath)
    names = ("huedot.exe", "huedot.cmd", "huedot.bat") if is_windows else ("huedot",)
    folders = [kind(entry) for entry in path.split(";" if is_windows else ":")]
    return [folder / name for folder in folders if folder.is_absolute() for name in names]


def places() -> Iterator[Path]:
    """Yield where pipx, uv and pip put the program, or its environment, by their documentation."""
    name, binaries = ("huedot.exe", "Scripts") if sys.platform == "win32" else ("huedot", "bin")
    for variable in ("PIPX_BIN_DIR", "UV_TOOL_BIN_DIR", "XDG_BIN_HOME"):
        if chosen := os.environ.get(variable):
            yield Path(chosen) / name
    # All three of them put it here, as a rule.
    yield Path.home() / ".local" / "bin" / name
    for environments in _environments():
        yield environments / "huedot" / binaries / name
    if sys.platform == "win32":
        yield from _newest_first(_roaming() / "Python", f"Python3*/Scripts/{name}")
    elif sys.platform == "darwin":
        yield from _newest_first(Path.home() / "Library" / "Python", f"3.*/bin/{name}")
        yield from (Path("/opt/homebrew/bin") / name, Path("/usr/local/bin") / name)


def _environments() -> Iterator[Path]:
    """Yield the folders in which pipx and uv keep an environment for each tool."""
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    for variable, inside in (("PIPX_HOME", "venvs"), ("UV_TOOL_DIR", "")):
        if chosen := os.environ.get(variable):
            yield Path(chosen) / inside
    if sys.platform == "win32":
        yield home / "pipx" / "venvs"
        yield _roaming() / "uv" / "tools"
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "pipx" / "venvs"
    yield from (data / "pipx" / "venvs", home / ".local" / "pipx" / "venvs", data / "uv" / "tools")


def _roaming() -> Path:
    return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")


def _newest_first(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern), reverse=True)


def recorded() -> list[str]:
    """Return the command of the daemon that ran last, if its program is there and the record is the user's."""
    path = runtime_directories()[-1] / RECORD
    try:
        check_private(path.parent, path.parent.lstat(), stat.S_ISDIR)
        check_private(path, path.lstat())
        words = json.loads(path.read_text(encoding="utf-8"))["command"]
    except (OSError, ValueError, TypeError, KeyError, HueDotError):
        return []
    is_command = isinstance(words, list) and words and all(isinstance(word, str) for word in words)
    return words if is_command and Path(words[0]).is_file() else []


def record(words: list[str]) -> None:
    """Write down how the daemon is started, for plugins that came without that knowledge; raises HueDotError."""
    write_private(private_directory(runtime_directories()[-1]) / RECORD, json.dumps({"command": words}))
