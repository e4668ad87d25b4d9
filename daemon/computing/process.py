"""The operations in a process of their own, so that a crash in native code costs one request, and not the daemon."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

from huedot.protocol.client import Progress
from huedot.protocol.errors import Cancelled, WorkerCrashed, error_from_code
from huedot.protocol.launcher import elsewhere, python
from huedot.protocol.messages import Request
from huedot.protocol.paths import private_directory, runtime_directories

from .exchange import Answer, ComputingOptions, Facts
from .pipe import Pipe, shared_memory

FIRST_PAUSE_S, LONGEST_PAUSE_S, STEP_S = 0.1, 5.0, 0.05
# Silence after which a process is taken to hang: longer than any stage of a request takes.
SILENCE_S = 120.0
log = logging.getLogger(__name__)


class ComputingProcess:
    """`Operations` in another process, for one thread; only `kill`, `watch` and `facts` are for others.

    The process starts when first needed.
    """

    def __init__(self, options: ComputingOptions) -> None:
        self.model, self._options = options.model, options
        self.facts = Facts(options.device)
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Pipe | None = None
        self._crashes, self._not_before = 0, 0.0
        # Whether an answer is waited for.
        self._asked = False
        self._watched, self._silence, self._is_hung = 0.0, 0.0, False

    def answer(self, request: Request, progress: Progress) -> Answer:
        """Do what a request asks; raises HueDotError, WorkerCrashed among them. `progress` may raise, to stop it."""
        return self._ask("answer", (request.id, request.op, request.parameters), request.frames, progress)

    def warm_up(self, progress: Progress) -> None:
        """Start the process, and load the default network."""
        self._ask("warm_up", None, (), progress)

    def rest(self) -> None:
        """Give memory back that the process does not need, if it is there."""
        if self._process is not None and self._pipe is not None:
            self._ask("rest", None, (), lambda stage, fraction: None)
            self._pipe.give_back()

    def has_died(self) -> bool:
        """Return whether the process is gone though nobody ended it: the system may, where memory is short."""
        return self._process is not None and self._process.poll() is not None

    def unload(self) -> None:
        """End the process: it has nothing to lose but networks and photographs; the next request starts another."""
        if self._process is None or self._pipe is None:
            return
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._pipe.close()
        self._process = self._pipe = None
        self.facts = Facts(self._options.device)

    def kill(self) -> None:
        """End the process, from any thread; what is under way raises WorkerCrashed."""
        if (process := self._process) is not None:
            process.kill()

    def watch(self) -> None:
        """End a process that hangs; from any thread, often. What is under way raises WorkerCrashed then.

        Silence is counted by the calls, of which none happens while the computer sleeps or the daemon is stopped.
        """
        now = time.monotonic()
        self._silence = self._silence + min(now - self._watched, 1.0) if self._asked else 0.0
        self._watched = now
        if self._silence > SILENCE_S:
            self._silence, self._is_hung = 0.0, True
            self.kill()

    def _ask(self, what: str, question: object, frames: Any, progress: Progress) -> Answer:
        pipe = self._ready(progress)
        self._asked = True
        try:
            pipe.send((what, question), frames)
            while True:
                (kind, value), given = pipe.receive()
                self._silence = 0.0
                if kind == "progress":
                    pipe.send(_may_go_on(progress, *value))
                elif kind == "log":
                    logging.getLogger(value[0]).log(*value[1:])
                else:
                    break
        except (OSError, EOFError) as error:
            raise self._crashed() from error
        finally:
            self._asked = False
        self._crashes = 0
        return self._told(kind, value, given)

    def _told(self, kind: str, value: Any, frames: list[memoryview]) -> Answer:
        if kind == "error":
            raise error_from_code(*value)
        if kind == "stumbled":
            if not self.facts.device.startswith("cpu"):
                # A GPU's context that has failed once fails forever.
                self.unload()
            raise RuntimeError(value)
        fields, self.facts = value
        return Answer(fields, frames)

    def _ready(self, progress: Progress) -> Pipe:
        """Return the pipe to the process, which is started where there is none: after a longer pause for each crash."""
        if self.has_died():
            log.warning("%s", self._crashed().message)
        if self._pipe is not None:
            return self._pipe
        while time.monotonic() < self._not_before:
            progress("starting again", None)
            time.sleep(STEP_S)
        self._pipe = self._start()
        # One that has ended already is found out by the next who writes.
        with suppress(OSError):
            self._pipe.send(self._options)
        return self._pipe

    def _start(self) -> Pipe:
        shared, folder = -1, private_directory(runtime_directories()[-1])
        try:
            shared = shared_memory()
            self._process = subprocess.Popen(
                [*python("huedot.daemon.computing.child"), str(shared)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Under pythonw, or where the shell has closed it, there is none to inherit.
                stderr=subprocess.DEVNULL if sys.__stderr__ is None else None,
                bufsize=0,
                pass_fds=[shared] if shared >= 0 else [],
                cwd=folder,
                env=elsewhere(os.environ),
            )
        except OSError as error:
            if shared >= 0:
                os.close(shared)
            what = f"The daemon's computing process cannot be started: {error.strerror}."
            raise WorkerCrashed(what, "Close other programs, then try again.") from error
        source, sink = self._process.stdout, self._process.stdin
        return Pipe(source, sink, shared)  # type: ignore[arg-type] # unbuffered, so raw

    def _crashed(self) -> WorkerCrashed:
        """Clear away what is left of the process, and return the error that says how it ended."""
        code = self._process.wait() if self._process is not None else 0
        self.unload()
        self._crashes += 1
        self._not_before = time.monotonic() + min(FIRST_PAUSE_S * 2**self._crashes, LONGEST_PAUSE_S)
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        if self._is_hung:
            how, self._is_hung = f"it said nothing for {SILENCE_S:.0f} s", False
        return WorkerCrashed(f"The daemon's computing process ended in the middle ({how}).", "It restarts: try again.")


def _may_go_on(progress: Progress, stage: str, fraction: float | None) -> bool:
    try:
        progress(stage, fraction)
    except Cancelled:
        return False
    return True
