"""A screen that nobody looks at, a window manager, and a robot's hands and eyes."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

#: A process is killed when the tests die, however they do.
DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL"]
PROGRAMS = ["Xvfb", "openbox", "xdotool", "import", "setpriv"]
T = TypeVar("T")


def wait_for(condition: Callable[[], T | None], seconds: float, what: str) -> T:
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s, but {value!r}"
        time.sleep(0.05)
    return value


class Display:
    """An X server of its own, with openbox; both end with `close`."""

    def __init__(self, size: str = "1600x1000") -> None:
        # There the server says the number that it found free.
        read, write = os.pipe()
        words = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
        self._server = _start(words, os.environ, pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as said:
            self.name = f":{said.readline().strip()}"
        assert self.name != ":", "Xvfb did not start"
        self.environment = {**os.environ, "DISPLAY": self.name}
        self._manager = _start(["openbox"], self.environment)

    def xdotool(self, *words: object) -> str:
        """Move the mouse, press keys, ask for windows; returns what xdotool says."""
        command = ["xdotool", *map(str, words)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def windows(self, name: str) -> list[str]:
        """Return the ids of the windows in sight whose title matches a regular expression."""
        command = ["xdotool", "search", "--onlyvisible", "--name", name]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30)
        return done.stdout.split()

    def activate(self, window: str) -> None:
        """Give a window the keyboard."""
        self.xdotool("windowactivate", window)
        wait_for(lambda: self._active() == window, 10, f"window {window} is active")

    def _active(self) -> str:
        """Return the window that has the keys; nothing while none has them, which xdotool takes for an error."""
        command = ["xdotool", "getactivewindow"]
        asked = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30, check=False)
        return asked.stdout.strip()

    def fill(self, window: str) -> None:
        """Make a window as large as the screen lets it be."""
        self.xdotool("windowmove", window, 0, 0, "windowsize", window, "100%", "97%")

    def screenshot(self, path: Path) -> Path:
        """Save the whole screen as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["import", "-window", "root", f"png:{path}"], env=self.environment, check=True, timeout=30)
        return path

    def close(self) -> None:
        """End the window manager and the server."""
        for process in (self._manager, self._server):
            process.terminate()
            process.wait(10)


def _start(words: list[str], environment: Mapping[str, str], pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*DIES_WITH_US, *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=pass_fds,
    )
