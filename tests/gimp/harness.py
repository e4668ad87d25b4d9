"""Real GIMP 3 in a throwaway profile, without a window or on a display of its own, driven through the pilot."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..editors.display import DIES_WITH_US, PROGRAMS, Display, wait_for

HERE = Path(__file__).parent
PILOT = HERE / "pilot" / "pilot.py"
PRIVATE_ROOT = str(HERE.parent / "editors" / "private_root")
START_S, ANSWER_S, ACTION_S, ZOOM_S, QUIT_S = 120.0, 60.0, 10.0, 3.0, 15.0
#: What GIMP shows around an image, by which the image's place on the screen is found.
PADDING = (255, 0, 255)
GIMPRC = """
(config-version "{version}")
(show-welcome-dialog no)
(check-updates no)
(save-session-info no)
(save-device-status no)
(default-view
    (show-layer-boundary no)
    (padding-mode custom)
    (padding-color (color "R'G'B' u8" 3 "\\377\\000\\377" 0)))
"""
PENCIL = "(brush-size 11.0)\n(apply-jitter no)\n"


class Missing(Exception):
    """Something that these tests need is not on this machine."""


@cache
def in_gimp() -> list[str]:
    """Return the words before a program of GIMP; HUEDOT_GIMP=env is the GIMP 3 that this machine itself has."""
    if "HUEDOT_GIMP" in os.environ:
        return shlex.split(os.environ["HUEDOT_GIMP"])
    where = subprocess.run([PRIVATE_ROOT, "where", "gimp"], capture_output=True, text=True, check=True)
    return [PRIVATE_ROOT, "exec", where.stdout.strip()]


def gimp_version() -> str:
    """Return GIMP's version, such as "3.0.4"; raises Missing, which says what to do."""
    absent = [name for name in (*PROGRAMS, in_gimp()[0]) if shutil.which(name) is None]
    if absent:
        raise Missing(f"{', '.join(absent)} not installed: run tests/gimp/get_gimp")
    command = [*in_gimp(), "gimp-console", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_S)
    if done.returncode:
        raise Missing(f"{done.stderr.strip()}; tests/gimp/get_gimp makes GIMP's")
    return done.stdout.split()[-1]


def make_profile(profile: Path, version: str) -> None:
    """Make a profile in which nothing asks anything, the brush is a pencil, and GIMP knows its own plug-ins."""
    (profile / "tool-options").mkdir(parents=True)
    (profile / "gimprc").write_text(GIMPRC.format(version=version))
    (profile / "tool-options" / "gimp-pencil-tool").write_text(PENCIL)
    # It takes seconds more: it asks each plug-in what it offers.
    first = GimpBatch(profile)
    first.do(f"import site; open({str(profile / 'site')!r}, 'w').write(site.getusersitepackages())")
    first.close()
    where = Path((profile / "site").read_text()).relative_to(profile)
    (profile / "site").write_text(str(where))


def install_plugin(profile: Path) -> None:
    """Put the plug-in under test into a profile, and what lets the tests into its panel."""
    words = [sys.executable, "-m", "huedot.daemon.cli", "install", "gimp", "--folder", str(profile / "plug-ins")]
    subprocess.run(words, check=True, timeout=60, stdout=subprocess.DEVNULL)
    for site in (profile / "site").read_text().split():
        (profile / site).mkdir(parents=True)
        shutil.copy(PILOT.with_name("panel.py"), profile / site / "usercustomize.py")


class Talk:
    """A pilot at the other end of a Unix socket."""

    log: Path

    def _open_peer(self) -> None:
        self._peer = socket.socket(socket.AF_UNIX)
        self._answers = self._peer.makefile("rb")

    def _close_peer(self) -> None:
        self._answers.close()
        self._peer.close()

    def do(self, source: str, seconds: float = ANSWER_S) -> Any:
        """Run Python in GIMP, and return the value of its last expression."""
        self._peer.settimeout(seconds)
        try:
            self._peer.sendall(json.dumps(source).encode() + b"\n")
            line = self._answers.readline()
        except ConnectionError:
            line = b""
        assert line, f"GIMP, or its pilot, is gone: {self.said()}"
        answer = json.loads(line)
        assert "error" not in answer, f"in GIMP:\n{answer['error']}"
        return answer["value"]

    def poll(self, source: str, until: Callable[[Any], Any] = bool, seconds: float = 20) -> Any:
        """Run Python in GIMP until its value is as wanted, and return it.

        What cannot be asked yet is asked again: while a layer is being replaced, there is none of its name.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                value = self.do(source)
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            else:
                if until(value):
                    return value
                assert time.monotonic() < deadline, f"{source!r} is still {value!r} after {seconds} s"
            time.sleep(0.05)

    def said(self) -> str:
        """Return the end of what GIMP and its plug-ins wrote to stderr."""
        return self.log.read_text(errors="replace")[-2000:]


class GimpBatch(Talk):
    """A running GIMP without a window."""

    program: tuple[str, ...] = ("gimp-console", "--no-interface")

    def __init__(self, profile: Path, environment: Mapping[str, str] | None = None) -> None:
        self.log = profile / "log.txt"
        socket_path = profile / "pilot"
        socket_path.unlink(missing_ok=True)
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HUEDOT_BIND") if name in os.environ},
            "HOME": str(profile),
            "LC_ALL": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(profile),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "NO_AT_BRIDGE": "1",
            **(environment or {}),
            "GIMP3_DIRECTORY": str(profile),
            "HUEDOT_PILOT": str(socket_path),
            "HUEDOT_PILOT_PRELUDE": str(PILOT.with_name("prelude.py")),
        }
        pilot = f"exec(open({str(PILOT)!r}).read())"
        words = [*DIES_WITH_US, *in_gimp(), *self.program, "--batch-interpreter=python-fu-eval", f"--batch={pilot}"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                words, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._open_peer()
        with ExitStack() as start:
            start.callback(self._kill)
            wait_for(lambda: self._connected(socket_path), START_S, "GIMP starts")
            self.arrange()
            start.pop_all()

    def arrange(self) -> None:
        """Arrange what a user would see, when GIMP has started."""

    def open(self, path: Path) -> None:
        """Load an image; it is `image` for the source that comes after."""
        self.do(f"load({str(path)!r})")

    def close(self) -> int:
        """Hang up, whereupon GIMP quits, or is killed; returns its exit code."""
        with suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(QUIT_S)
        return self._kill()

    def keep(self, folder: Path) -> Path:
        """Keep what tells why a test failed, and return the folder."""
        shutil.copy(self.log, folder / "gimp.log")
        return folder

    def _kill(self) -> int:
        self._close_peer()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait(QUIT_S)

    def _connected(self, path: Path) -> bool:
        ended = self.process.poll()
        assert ended is None, f"GIMP ended with {ended}: {self.said()}"
        try:
            self._peer.connect(str(path))
        except OSError:
            return False
        return True


class Panel(Talk):
    """The live panel of a running GIMP, in its own process."""

    def __init__(self, gimp: GimpBatch) -> None:
        self.log = gimp.log
        place = Path(gimp.environment["HUEDOT_PANEL"])
        self._open_peer()
        wait_for(lambda: self._connects(place), START_S, "the panel comes")
        self.poll("panel() is not None and panel().window.get_visible()")

    def close(self) -> None:
        """Close the window, whereupon its process ends."""
        with suppress(AssertionError):
            self.do("panel().window.close()")
        self._close_peer()

    def _connects(self, place: Path) -> bool:
        try:
            self._peer.connect(str(place))
        except OSError:
            return False
        return True


class Gimp(GimpBatch):
    """A running GIMP with its windows, and a robot's mouse and keyboard."""

    program = ("gimp", "--no-splash", "--new-instance")

    def __init__(self, profile: Path, display: Display, environment: Mapping[str, str] | None = None) -> None:
        self.display = display
        super().__init__(profile, {**(environment or {}), "DISPLAY": display.name})

    def arrange(self) -> None:
        windows = wait_for(lambda: self.display.windows("^GNU Image Manipulation Program$"), START_S, "a window")
        self.window = windows[0]
        self.display.fill(self.window)

    def open(self, path: Path) -> None:
        """Open an image in a tab, find it on the screen, and take the pencil."""
        self.size = self.do(f"show({str(path)!r})")
        self.find_image()
        self.key("n")

    def find_image(self) -> None:
        """Find the image on the screen, with padding on all its sides."""
        self.display.xdotool("mousemove", 0, 0)
        self._asked = 0.0
        self._shown = wait_for(self._look, START_S, "the whole image is in sight")

    def screen_place(self, x: float, y: float) -> tuple[int, int]:
        """Return where on the screen a place of the image is shown, in pixels."""
        left, top, right, bottom = self._shown
        width, height = self.size
        return int(left + x * (right - left) / width), int(top + y * (bottom - top) / height)

    def stroke(self, *places: tuple[float, float]) -> None:
        """Paint with the mouse through places of the image; one place is a dot. GIMP may still be at it on return."""
        first, *others = [self.screen_place(*place) for place in places]
        words: list[object] = ["mousemove", *first, "sleep", 0.1, "mousedown", 1]
        for x, y in others:
            words += ["sleep", 0.03, "mousemove", x, y]
        self.display.xdotool(*words, "sleep", 0.05, "mouseup", 1)

    def key(self, *keys: str) -> None:
        """Press keys in the image window, such as "ctrl+z"."""
        self.display.activate(self.window)
        self.display.xdotool("key", *keys)

    def undo(self) -> None:
        self.key("ctrl+z")

    def redo(self) -> None:
        self.key("ctrl+y")

    def menu(self, label: str) -> None:
        """Start a menu item through the search of actions, as a user does."""
        self.key("slash")
        popup = wait_for(lambda: self.display.windows("^Search Actions$"), ACTION_S, "the search")[0]
        self.display.xdotool("type", label)
        # A window that comes to the front meanwhile takes the keys away.
        for _ in range(3):
            self.display.xdotool("sleep", 1, "windowfocus", popup, "key", "Down", "key", "Return", "sleep", 1)
            if popup not in self.display.windows("."):
                return
        wait_for(lambda: popup not in self.display.windows("."), ACTION_S, f"the search has run {label!r}")

    def screenshot(self, path: Path) -> Path:
        """Save the whole screen as a PNG."""
        return self.display.screenshot(path)

    def keep(self, folder: Path) -> Path:
        self.screenshot(folder / "screen.png")
        return super().keep(folder)

    def _look(self) -> tuple[int, int, int, int] | None:
        padding = self._padding()
        if not (padding == self._padding()).all():
            # GIMP is still drawing.
            return None
        found = hole(padding)
        if found is None and time.monotonic() - self._asked > ZOOM_S:
            self._make_it_smaller(*padding.shape)
            self._asked = time.monotonic()
        return found

    def _make_it_smaller(self, height: int, width: int) -> None:
        """Fit the image into the window, whatever its zoom is, and zoom out once."""
        self.key("ctrl+shift+j")
        # The wheel goes to what is under the mouse, whatever has the focus.
        middle = width // 2, height // 2
        self.display.xdotool("mousemove", *middle, "keydown", "ctrl", "click", 5, "keyup", "ctrl", "mousemove", 0, 0)

    def _padding(self) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            screen = Image.open(self.screenshot(Path(folder, "screen.png"))).convert("RGB")
        padding: np.ndarray = (np.asarray(screen) == PADDING).all(axis=2)
        return padding


def hole(padding: np.ndarray) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of what padding surrounds, or None where it does not surround it.

    The edges are those that most rows and columns agree on, so that a window may stand in the way, at the left.
    """
    across, down = _ends(padding), _ends(padding.T)
    return (across[0], down[0], across[1], down[1]) if across and down else None


def _ends(lines: np.ndarray) -> tuple[int, int] | None:
    """Return where most lines, padded on both sides of the image, have the image's begin and end."""
    found: Counter[tuple[int, int]] = Counter()
    for line in np.pad(lines, ((0, 0), (1, 1))):
        changes = np.flatnonzero(line[1:] != line[:-1])
        # Into the padding, out of it, which is the image, into it again, and out.
        if len(changes) >= 4:
            found[int(changes[-3]), int(changes[-2])] += 1
    return found.most_common(1)[0][0] if found else None
