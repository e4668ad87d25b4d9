"""Real Krita in a throwaway profile and a display of its own, driven through the pilot and a robot's mouse."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from huedot.protocol.palettes.files import write_palette
from huedot.protocol.palettes.palette import NamedColor, Palette

from ..editors.display import DIES_WITH_US

HERE = Path(__file__).parent
KRITA = shlex.split(os.environ.get("HUEDOT_KRITA", "krita"))
# Where Krita keeps palettes, and one that it finds there in both kinds of files: it looks when it starts.
PALETTES = Path(".local/share/krita/palettes")
OURS = Palette("Ours & <theirs>", (NamedColor("Grandmother's coat", (160, 48, 32)), NamedColor("Hüte", (1, 2, 250))), 2)
START_S, ANSWER_S, QUIT_S = 240.0, 60.0, 15.0


def profile_environment(profile: Path) -> dict[str, str]:
    """Return the environment of a user whose home is `profile`."""
    own = {
        "HOME": str(profile),
        "XDG_CONFIG_HOME": str(profile / ".config"),
        "XDG_DATA_HOME": str(profile / ".local/share"),
        "XDG_CACHE_HOME": str(profile / ".cache"),
        "XDG_RUNTIME_DIR": str(profile / "run"),
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "QT_QPA_PLATFORM": "xcb",
        "LIBGL_ALWAYS_SOFTWARE": "1",
    }
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    # A Krita in a root of its own sees the Python that these tests run with, so that it can start the daemon
    seen = filter(None, [os.environ.get("HUEDOT_BIND"), sys.base_prefix, sys.prefix])
    return {**own, **kept, "HUEDOT_BIND": ":".join(seen)}


def make_profile(profile: Path) -> None:
    """Make a home in which Krita loads the pilot and HueDot."""
    for folder in (".config", ".local/share/krita/pykrita", PALETTES, ".cache", "run"):
        (profile / folder).mkdir(parents=True, exist_ok=True)
    (profile / "run").chmod(0o700)
    shutil.copytree(HERE / "pilot", profile / ".local/share/krita/pykrita", dirs_exist_ok=True)
    write_palette(profile / PALETTES / "ours.kpl", OURS)
    write_palette(profile / PALETTES / "text.gpl", OURS._replace(name="Ours as text"))
    (profile / ".config/kritarc").write_text("[python]\nenable_huedot_pilot=true\n")
    words = [sys.executable, "-m", "huedot.daemon.cli", "install", "krita"]
    subprocess.run(words, env=profile_environment(profile), check=True, timeout=60, stdout=subprocess.DEVNULL)


class Display:
    """An X server without a screen."""

    def __init__(self, size: str = "1600x1000") -> None:
        # There it says the number that it found free.
        read, write = os.pipe()
        words = [
            *DIES_WITH_US,
            "Xvfb",
            "-displayfd",
            str(write),
            "-screen",
            "0",
            f"{size}x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]
        self._process = subprocess.Popen(words, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as said:
            self.name = f":{said.readline().strip()}"
        assert self.name != ":", "Xvfb did not start"

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


class KritaUnderTest:
    """A running Krita."""

    def __init__(
        self, profile: Path, display: Display, env: Mapping[str, str] | None = None, files: Sequence[Path] = ()
    ) -> None:
        self.profile, self.display, self.chosen = profile, display, dict(env or {})
        self._socket_path = profile / "run" / f"pilot{display.name}"
        self._socket_path.unlink(missing_ok=True)
        self.log = profile / f"krita{display.name}.log"
        self.environment = {
            **profile_environment(profile),
            **self.chosen,
            "DISPLAY": display.name,
            "HUEDOT_PILOT": str(self._socket_path),
        }
        self._peer = socket.socket(socket.AF_UNIX)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_US, *KRITA, "--nosplash", *map(str, files)],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._connect()
        except BaseException:
            self.kill()
            raise

    def do(self, source: str, seconds: float = ANSWER_S) -> Any:
        """Run Python in Krita, and return the value of its last expression."""
        self._peer.settimeout(seconds)
        try:
            self._peer.sendall(json.dumps(source).encode() + b"\n")
            answer = json.loads(self._read_line())
        except (OSError, ValueError) as error:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGUSR1)
                time.sleep(0.5)
            said = self.log.read_text(errors="replace")[-3000:]
            raise AssertionError(f"Krita is gone, or hangs ({error}); it said:\n{said}") from error
        if "error" in answer:
            raise AssertionError(f"in Krita:\n{answer['error']}")
        return answer["value"]

    def poll(self, source: str, seconds: float = 20, wanted: Callable[[Any], Any] = bool) -> Any:
        """Run Python in Krita until its value is as wanted, and return it."""
        deadline = time.monotonic() + seconds
        while not wanted(value := self.do(source)):
            assert time.monotonic() < deadline, f"{source!r} is still {value!r} after {seconds} s"
            time.sleep(0.05)
        return value

    def open(self, path: Path) -> None:
        """Open an image in a new view, and wait until it is shown."""
        self.do(f"show({str(path)!r})")
        self.poll("canvas() is not None and canvas().isVisible()")
        self.settle()

    def settle(self) -> None:
        """Wait until Krita has done what it is at."""
        self.do("app.activeDocument() and app.activeDocument().waitForDone()")

    def screen_place(self, x: float, y: float) -> tuple[int, int]:
        """Return where on the screen a place of the active image is shown."""
        sx, sy = self.do(f"on_screen({x}, {y})")
        return int(sx), int(sy)

    def stroke(self, *places: tuple[float, float]) -> None:
        """Paint with the mouse through places of the image; one place is a dot."""
        screen = [self.screen_place(*place) for place in places]
        if len(screen) == 1:
            screen.append((screen[0][0] + 1, screen[0][1]))
        words = ["mousemove", *map(str, screen[0]), "sleep", "0.1", "mousedown", "1"]
        for x, y in moves(screen):
            words += ["sleep", "0.01", "mousemove", str(x), str(y)]
        self.xdotool(*words, "sleep", "0.05", "mouseup", "1")
        self.settle()

    def xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=30)

    def screenshot(self, path: Path) -> Path:
        """Save the whole screen as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        words = ["import", "-window", "root", f"png:{path}"]
        subprocess.run(words, env=self.environment, check=True, timeout=30)
        return path

    def close(self) -> int:
        """Quit; kills Krita if it does not. Returns the exit code."""
        try:
            self.do("leave()")
            return self.process.wait(QUIT_S)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            return -1
        finally:
            self.kill()

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self._peer.close()

    def _read_line(self) -> bytes:
        received = b""
        while not received.endswith(b"\n"):
            more = self._peer.recv(1 << 20)
            if not more:
                raise OSError("it closed the connection")
            received += more
        return received

    def _connect(self) -> None:

        def connected() -> bool:
            assert self.process.poll() is None, f"Krita ended: {self.log.read_text(errors='replace')[-2000:]}"
            try:
                self._peer.connect(str(self._socket_path))
            except OSError:
                return False
            return True

        wait_for(connected, START_S, "Krita starts")


def moves(places: Sequence[tuple[int, int]], step: int = 10) -> Iterator[tuple[int, int]]:
    """Go from the first place to the last as a hand does: of a jump, Krita paints only the end."""
    for (x, y), (to_x, to_y) in pairwise(places):
        count = max(1, max(abs(to_x - x), abs(to_y - y)) // step)
        for i in range(1, count + 1):
            yield x + (to_x - x) * i // count, y + (to_y - y) * i // count


def wait_for(condition: Callable[[], Any], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)
