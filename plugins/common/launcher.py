"""Start the daemon, detached from the editor: section 1.2 of docs/protocol.md."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from .endpoint import Endpoint, find_endpoint
from .errors import DaemonUnreachable, FileError
from .finding import find_program
from .paths import private_directory, runtime_directories

# Importing torch from a cold disk takes its time.
PATIENCE_S = 60.0
# Seconds for a daemon that somebody else has just started.
OTHER_S = 15.0
POLL_S = 0.05
LOG = "launch.log"
# Beside this file: what the installer says of this copy of the plugin.
INSTALLED = "daemon.json"
# Variables: the same places for a daemon that starts elsewhere.
PLACES = ("HUEDOT_RUNTIME", "HUEDOT_WEIGHTS")
# Variables by which an editor's own Python or libraries would leak into the daemon's.
EDITORS_OWN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONEXECUTABLE")


def command() -> list[str]:
    """Return the command that starts the daemon; raises DaemonUnreachable if HueDot is not installed."""
    installed = Path(__file__).with_name(INSTALLED)
    if words := _recorded(installed) if installed.exists() else []:
        return words
    if words := find_program():
        return words
    if sys.executable and _importable("huedot.daemon.cli"):
        return [*python("huedot.daemon.cli"), "serve"]
    raise DaemonUnreachable(
        "HueDot's program, which does the coloring, was not found.",
        "Install it: pipx install huedot. If it is installed, start it once in a terminal: huedot start.",
    )


def python(module: str) -> list[str]:
    """Return the words that run a module in this Python, which takes no file of the user's for one of its own.

    Without -P it looks in the current folder first: a random.py there would be run by every process that is started.
    """
    return [sys.executable, "-P", "-m", module]


def elsewhere(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a process of ours that starts in another folder, one in which nothing of the user's is.

    Paths are made absolute; and Python is told to look for modules neither where it starts nor beside its program, as
    by -P, for programs that cannot be given that, and for what they start.
    """
    places = {name: _absolute(environment[name]) for name in (*PLACES, "PYTHONPATH") if environment.get(name)}
    return {**environment, **places, "PYTHONSAFEPATH": "1"}


def _absolute(paths: str) -> str:
    """Make a path, or several, absolute; an empty one among several, which means the current folder, is left out."""
    return os.pathsep.join(str(Path(path).absolute()) for path in paths.split(os.pathsep) if path)


def installed_version() -> str:
    """Return which HueDot this copy of the plugin came with; nothing if it was not installed as a plugin."""
    try:
        said = json.loads(Path(__file__).with_name(INSTALLED).read_text(encoding="utf-8"))
        return str(said["version"])
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _recorded(path: Path) -> list[str]:
    """Return the command that the installer wrote; an archive, unpacked by hand, has none."""
    try:
        words = json.loads(path.read_text(encoding="utf-8")).get("command", [])
    except (OSError, ValueError, AttributeError) as error:
        raise FileError(f"{path} cannot be read ({error}).", "Install the plugin again.") from error
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise FileError(f"{path} holds no command.", "Install the plugin again.")
    return words


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


def launch(dead: str = "", patience: float = PATIENCE_S, words: list[str] | None = None) -> Endpoint:
    """Start the daemon and wait until it says where it is.

    dead: instance of the daemon whose endpoint file is there but which no longer answers. words: the command; found
    by `command` if not given.
    Raises DaemonUnreachable if it does not come up within `patience` seconds, FileError if its log cannot be written.
    """
    if Path("/.flatpak-info").exists():
        raise DaemonUnreachable(
            "The daemon cannot be started from inside Flatpak.",
            "Start it in a terminal: huedot start. Once and for all: huedot service install.",
        )
    words = words or command()
    log = private_directory(runtime_directories()[0]) / LOG
    child = _start(words, log)
    deadline, is_another = time.monotonic() + patience, False
    while time.monotonic() < deadline:
        endpoint = _published(dead)
        if endpoint:
            return endpoint
        code = child.poll()
        if code:
            raise DaemonUnreachable(f"The daemon failed to start: {_last_line(log)}", f"The rest is in {log}.")
        # It has the lock, and is about to say where it is; or it hangs.
        if code == 0 and not is_another:
            is_another, deadline = True, min(deadline, time.monotonic() + OTHER_S)
        time.sleep(POLL_S)
    if is_another:
        raise DaemonUnreachable("A daemon runs, but does not answer.", "Restart it: huedot restart.")
    raise DaemonUnreachable(
        f"The daemon did not come up within {patience:g} seconds.", f"See {log}; try: huedot start."
    )


def _start(words: list[str], log: Path) -> subprocess.Popen[bytes]:
    try:
        # A full disk would swallow what the daemon says of it.
        log.write_bytes(b"\n")
    except OSError as error:
        raise FileError.unwritable(log, error, "Make room on that disk, or set HUEDOT_RUNTIME.") from error
    with log.open("ab") as output:
        try:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ours alone: in the user's folders lie files that Python could take for its own.
                cwd=log.parent,
                env=_environment(),
                start_new_session=True,
                creationflags=_windows_flags(),
            )
        except OSError as error:
            raise DaemonUnreachable(f"{words[0]} cannot be run: {error.strerror}.", "Install HueDot again.") from error
    # Leaves no zombie behind in the editor.
    threading.Thread(target=child.wait, daemon=True).start()
    return child


def _environment() -> dict[str, str]:
    dropped = {*EDITORS_OWN, "LD_LIBRARY_PATH"} if "APPIMAGE" in os.environ else set(EDITORS_OWN)
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return elsewhere(kept)


def _windows_flags() -> int:
    names = ("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")
    return sum(getattr(subprocess, name, 0) for name in names)


def _published(dead: str) -> Endpoint | None:
    try:
        endpoint = find_endpoint()
    except DaemonUnreachable:
        return None
    return endpoint if endpoint.instance != dead else None


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing."
