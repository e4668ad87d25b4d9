"""The process that computes: it owns torch and the networks, obeys the daemon, and ends when the daemon does."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any

from huedot.protocol.errors import Cancelled, HueDotError
from huedot.protocol.messages import Request
from huedot.protocol.wire import Buffer

from . import memory
from .exchange import Answer, ComputingOptions, Facts
from .operations import Operations
from .pipe import Pipe


class Child:
    """The operations, and the daemon at the other end of a pipe. Every question has one answer or error."""

    def __init__(self, pipe: Pipe, options: ComputingOptions) -> None:
        if options.threads:
            import torch

            torch.set_num_threads(options.threads)
        self._pipe = pipe
        self._operations = Operations(options.model, options.device, options.cache_bytes)

    def serve(self) -> None:
        """Do what is asked, until the daemon is gone, which raises EOFError or OSError."""
        while True:
            (what, question), frames = self._pipe.receive()
            self._pipe.send(*self._outcome(what, question, frames))

    def _outcome(self, what: str, question: Any, frames: list[memoryview]) -> tuple[object, Sequence[Buffer]]:
        """Return what came of a question, and its frames."""
        try:
            answer = self._do(what, question, frames)
            return ("answer", (answer.fields, self._facts())), answer.frames
        except HueDotError as error:
            return ("error", (error.code, error.message, error.remedy)), ()
        except Exception:  # noqa: BLE001 - a request must never take the process down
            return ("stumbled", traceback.format_exc()), ()

    def _do(self, what: str, question: Any, frames: list[memoryview]) -> Answer:
        if what == "answer":
            identity, op, parameters = question
            return self._operations.answer(Request(identity, op, parameters, frames), self._progress)
        if what == "warm_up":
            self._operations.warm_up()
        else:
            memory.give_back()
        return Answer({})

    def _progress(self, stage: str, fraction: float | None) -> None:
        """Tell the daemon, which says whether to go on."""
        self._pipe.send(("progress", (stage, fraction)))
        go_on, _ = self._pipe.receive()
        if not go_on:
            raise Cancelled("The request was cancelled.")

    def _facts(self) -> Facts:
        cache = self._operations.cache
        return Facts(self._operations.device, len(cache), cache.bytes)


class _Log(logging.Handler):
    """Passes what is logged on to the daemon, which has the log file."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        self._pipe.send(("log", (record.name, record.levelno, record.getMessage())))


def _end_with_the_daemon(pipe: int) -> None:
    """End when the other end of a pipe is gone, whatever the main thread is doing, or waits for."""
    if sys.platform != "win32":
        watched = select.poll()
        # A poll tells unasked that it is hung up.
        watched.register(pipe, 0)
        watched.poll()
        os._exit(0)


def main() -> None:
    """Take over stdin and stdout, on which nothing else may read or print, and the memory named first; serve."""
    source = os.dup(0)
    pipe = Pipe(os.fdopen(source, "rb", 0), os.fdopen(os.dup(1), "wb", 0), int(sys.argv[1]))
    threading.Thread(target=_end_with_the_daemon, args=(source,), daemon=True).start()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    # Ctrl+C in a terminal is for the daemon.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, handlers=[_Log(pipe)])
    try:
        Child(pipe, pipe.receive()[0]).serve()
    except (EOFError, OSError):
        sys.stdout.flush()
        # The daemon is gone: nothing is left to tidy up.
        os._exit(0)


if __name__ == "__main__":
    main()
