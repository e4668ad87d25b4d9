"""The one queue: it takes jobs in order, lets newer ones supersede older ones, and has them computed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from huedot.daemon.computing.process import ComputingProcess
from huedot.protocol.errors import Busy, Cancelled, HueDotError, WorkerCrashed
from huedot.protocol.messages import Request
from huedot.protocol.wire import Buffer

PROGRESS_EVERY_S = 0.1
# Bytes of pixels that may come with the jobs that wait.
WAITING_BYTES = 1 << 30
# Seconds without a job, after which memory is given back.
REST_S = 1.0
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Job:
    """A request of one peer, waiting or under way."""

    peer: bytes
    request: Request
    cancelled: threading.Event = field(default_factory=threading.Event)
    # The id of the request that took its place while it was under way.
    successor: str = ""
    # It runs to its end, so that one who asks faster than we answer sees something at times.
    spared: bool = False

    # Cached, for it is asked of every job that waits, whenever one is submitted.
    @cached_property
    def key(self) -> tuple[bytes, str] | None:
        """What a newer job must share to supersede this one; None if nothing supersedes it."""
        if self.request.op != "colorize":
            return None
        return self.peer, self.request.parameters["key"] or self.request.parameters["image"]

    @cached_property
    def bytes(self) -> int:
        """How much came with it."""
        return sum(len(frame) for frame in self.request.frames)


# The reply's kind, fields and frames.
Deliver = Callable[[Job, str, dict[str, Any], Sequence[Buffer]], None]


class Worker:
    """Runs the computing process on a thread of its own."""

    def __init__(self, computing: ComputingProcess, deliver: Deliver, limit: int, idle_unload_s: float) -> None:
        """Prepare to work; `start` begins.

        deliver: called on the worker's thread with every reply; limit: jobs that may wait; idle_unload_s: seconds
        without a job after which the network is unloaded, 0 for never.
        """
        self._computing, self._deliver, self._limit = computing, deliver, limit
        self._idle_unload_s = idle_unload_s or None
        self._waiting: list[Job] = []
        self._running: Job | None = None
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def start(self) -> None:
        """Load the network, and begin with what waits."""
        self._thread.start()

    def __len__(self) -> int:
        """Return how many jobs wait or run."""
        return len(self._waiting) + (self._running is not None)

    def submit(self, job: Job) -> Job | None:
        """Queue a job; returns the waiting one that it supersedes, if any. Raises Busy when the queue is full.

        One under way that it supersedes stops early, and is answered by the worker.
        """
        with self._changed:
            key = job.key
            older = next((each for each in self._waiting if each.key == key), None) if key is not None else None
            if older is not None:
                self._waiting[self._waiting.index(older)] = job
                job.spared = older.spared
            elif self._is_full(job):
                raise Busy(f"{len(self._waiting)} requests are waiting already.", "Try again in a moment.")
            else:
                self._waiting.append(job)
            running = self._running
            if running is not None and key is not None and running.key == key and not running.spared:
                running.successor, job.spared = job.request.id, True
                running.cancelled.set()
            self._changed.notify()
            return older

    def _is_full(self, job: Job) -> bool:
        waiting = sum(each.bytes for each in self._waiting)
        return len(self._waiting) >= self._limit or (waiting > 0 and waiting + job.bytes > WAITING_BYTES)

    def cancel(self, wanted: Callable[[Job], bool]) -> tuple[list[Job], bool]:
        """Cancel jobs; returns those that waited, which are the caller's to answer, and whether one is under way."""
        with self._changed:
            removed = [job for job in self._waiting if wanted(job)]
            self._waiting = [job for job in self._waiting if not wanted(job)]
            running = self._running is not None and wanted(self._running)
            if running and self._running is not None:
                self._running.successor = ""
                self._running.cancelled.set()
            return removed, running

    def stop(self, patience_s: float) -> None:
        """Stop after the job under way, which is cancelled, or else in the midst of it."""
        self.cancel(lambda job: True)
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(patience_s)
        if self._thread.is_alive():
            self._computing.kill()
            self._thread.join()

    def _work(self) -> None:
        self._warm_up()
        while (job := self._next()) is not None:
            kind, fields, frames = self._do(job)
            with self._changed:
                self._running = None
            self._deliver(job, kind, fields, frames)
            if fields.get("code") == WorkerCrashed.code:
                self._warm_up()
        self._computing.unload()

    def _warm_up(self) -> None:
        def progress(stage: str, fraction: float | None) -> None:
            if self._stopping:
                raise Cancelled("The daemon stops.")

        try:
            self._computing.warm_up(progress)
        except HueDotError as error:
            # Whoever asks for this network will be told.
            log.warning("%s", error)
        except Exception:
            # So it is for what nobody foresaw; a worker that ends would leave everybody waiting.
            log.exception("the network was not loaded")

    def _next(self) -> Job | None:
        since, rested, revived = time.monotonic(), False, False
        while True:
            with self._changed:
                if not self._waiting and not self._stopping:
                    self._changed.wait(REST_S)
                if self._stopping:
                    return None
                if self._waiting:
                    self._running = self._waiting.pop(0)
                    return self._running
            # Without the lock: a process that hangs must not keep those who submit. And once: where memory stays short,
            # the process would die again and again.
            if self._computing.has_died() and not revived:
                self._warm_up()
                revived = True
            else:
                self._rest(since, rested)
                rested = True

    def _rest(self, since: float, rested: bool) -> None:
        """Give up what is not needed, by how long there has been no job."""
        try:
            if self._idle_unload_s and time.monotonic() - since >= self._idle_unload_s:
                self._computing.unload()
            elif not rested:
                self._computing.rest()
        except WorkerCrashed as error:
            # It died while it had nothing to do.
            log.warning("%s", error.message)
        except Exception:
            log.exception("what is not needed was not given up")

    def _do(self, job: Job) -> tuple[str, dict[str, Any], Sequence[Buffer]]:
        shown = 0.0

        def progress(stage: str, fraction: float | None) -> None:
            nonlocal shown
            if job.cancelled.is_set():
                raise Cancelled("The request was cancelled.")
            if time.monotonic() - shown > PROGRESS_EVERY_S:
                shown = time.monotonic()
                self._deliver(job, "progress", {"stage": stage, "fraction": fraction}, ())

        try:
            answer = self._computing.answer(job.request, progress)
            if job.cancelled.is_set() and not job.successor:
                raise Cancelled("The request was cancelled.")
            return "result", answer.fields, answer.frames
        except HueDotError as error:
            if job.successor and isinstance(error, Cancelled):
                return "superseded", {"by": job.successor}, ()
            return "error", error_fields(error), ()
        except Exception:
            # A request must never take the daemon down, and is always answered.
            log.exception("%s failed", job.request.op)
            what = HueDotError(
                "Something went wrong inside the daemon.", "Its log says what; huedot doctor says where."
            )
            return "error", error_fields(what), ()


def error_fields(error: HueDotError) -> dict[str, Any]:
    """Return an error as the fields of a reply."""
    fields: dict[str, Any] = {"code": error.code, "message": error.message, "remedy": error.remedy}
    return {**fields, "retry_after": 0.5} if isinstance(error, Busy) else fields
