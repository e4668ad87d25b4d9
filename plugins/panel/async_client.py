"""The daemon's client on a thread of its own, so that the editor's thread never waits for an answer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from ..protocol.client import Client
from ..protocol.errors import Cancelled, HueDotError

Work = Callable[[Client], Any]
Done = Callable[[Any], None]
Failed = Callable[[HueDotError], None]


class _Job(NamedTuple):
    kind: str
    work: Work
    done: Done
    failed: Failed
    owner: object


class AsyncClient:
    """Runs jobs one after the other. A newer one takes the place of one of its kind and owner that still waits."""

    def __init__(self, client: Client) -> None:
        """Take over a client; it belongs to this object's thread from now on."""
        self._client = client
        self._waiting: deque[_Job] = deque()
        self._running: _Job | None = None
        # Kinds, and what to call back.
        self._outcomes: deque[tuple[str, Callable[[], None]]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="huedot-client", daemon=True)
        self._thread.start()

    def submit(self, kind: str, work: Work, done: Done, failed: Failed, owner: object = None) -> None:
        """Have `work(client)` run on the thread; `deliver` will call `done` or `failed` with its outcome."""
        job = _Job(kind, work, done, failed, owner)
        with self._changed:
            older = next((i for i, each in enumerate(self._waiting) if (each.kind, each.owner) == (kind, owner)), None)
            if older is None:
                self._waiting.append(job)
            else:
                self._waiting[older] = job
            self._changed.notify()

    def has(self, kind: str) -> bool:
        """Return whether a job of this kind waits, runs, or has an outcome that was not delivered."""
        with self._changed:
            running = [self._running] if self._running else []
            kinds = [*(each.kind for each in (*running, *self._waiting)), *(kind for kind, _ in self._outcomes)]
            return kind in kinds

    def is_idle(self) -> bool:
        """Return whether nothing waits or runs or is to be delivered."""
        with self._changed:
            return not (self._waiting or self._running or self._outcomes)

    def cancel(self, *kinds: str, owner: object = None) -> None:
        """Cancel jobs of these kinds, an owner's or all: they fail with Cancelled, also those that wait."""

        def is_meant(job: _Job) -> bool:
            return job.kind in kinds and owner in (None, job.owner)

        with self._changed:
            cancelled = [each for each in self._waiting if is_meant(each)]
            self._waiting = deque(each for each in self._waiting if not is_meant(each))
            self._outcomes.extend(
                (each.kind, partial(each.failed, Cancelled("It was given up."))) for each in cancelled
            )
            if self._running and is_meant(self._running):
                self._client.cancel()

    def deliver(self) -> None:
        """Call back for all jobs that are done. For the editor's thread."""
        while self._outcomes:
            _, outcome = self._outcomes.popleft()
            outcome()

    def close(self) -> None:
        """Give everything up. Does not wait for the daemon."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._client.cancel()
            self._changed.notify()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            outcome = self._outcome_of(job)
            with self._changed:
                self._running = None
                self._outcomes.append((job.kind, outcome))
        self._client.close()

    def _next(self) -> _Job | None:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            self._running = self._waiting.popleft()
            # From here on, whatever is cancelled is this job.
            self._client.begin()
            return self._running

    def _outcome_of(self, job: _Job) -> Callable[[], None]:
        try:
            value = job.work(self._client)
            return partial(job.done, value)
        except HueDotError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - the thread must live on, and the user must be told
            failure = HueDotError(f"{job.kind} failed: {error!r}.", "Copy the diagnostics into a bug report.")
        return partial(job.failed, failure)
