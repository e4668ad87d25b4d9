"""A thread that takes requests to the daemon, so that the editor's own thread never waits for an answer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from ..protocol.client import Client
from ..protocol.errors import Cancelled, HueDotError

Work = Callable[[Client], Any]
Then = Callable[[Any], None]
Failed = Callable[[HueDotError], None]


class _Errand(NamedTuple):
    kind: str
    work: Work
    then: Then
    failed: Failed
    owner: object


class Courier:
    """Runs errands one after the other. A newer one takes the place of one of its kind and owner that still waits."""

    def __init__(self, client: Client) -> None:
        """Take over a client; it belongs to the courier's thread from now on."""
        self._client = client
        self._waiting: deque[_Errand] = deque()
        self._running: _Errand | None = None
        self._done: deque[tuple[str, Callable[[], None]]] = deque()  # kinds, and what to call back
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="huedot-courier", daemon=True)
        self._thread.start()

    def ask(self, kind: str, work: Work, then: Then, failed: Failed, owner: object = None) -> None:
        """Have `work(client)` done on the courier's thread; `collect` will call `then` or `failed` with its outcome."""
        errand = _Errand(kind, work, then, failed, owner)
        with self._changed:
            older = next((i for i, each in enumerate(self._waiting) if (each.kind, each.owner) == (kind, owner)), None)
            if older is None:
                self._waiting.append(errand)
            else:
                self._waiting[older] = errand
            self._changed.notify()

    def asked(self, kind: str) -> bool:
        """Return whether an errand of this kind waits, runs, or has an outcome that was not collected."""
        with self._changed:
            running = [self._running] if self._running else []
            kinds = [*(each.kind for each in (*running, *self._waiting)), *(done for done, _ in self._done)]
            return kind in kinds

    def is_idle(self) -> bool:
        """Return whether nothing waits or runs or is to be collected."""
        with self._changed:
            return not (self._waiting or self._running or self._done)

    def give_up(self, *kinds: str) -> None:
        """Cancel errands of these kinds, whoever owns them: they fail with Cancelled, also those that wait."""
        with self._changed:
            given_up = [each for each in self._waiting if each.kind in kinds]
            self._waiting = deque(each for each in self._waiting if each.kind not in kinds)
            self._done.extend((each.kind, partial(each.failed, Cancelled("It was given up."))) for each in given_up)
            if self._running and self._running.kind in kinds:
                self._client.cancel()

    def collect(self) -> None:
        """Call back for all errands that are done. For the editor's thread."""
        while self._done:
            _, outcome = self._done.popleft()
            outcome()

    def close(self) -> None:
        """Give everything up. Does not wait for the daemon."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._client.cancel()
            self._changed.notify()

    def _run(self) -> None:
        while (errand := self._next()) is not None:
            outcome = self._do(errand)
            with self._changed:
                self._running = None
                self._done.append((errand.kind, outcome))
        self._client.close()

    def _next(self) -> _Errand | None:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            self._running = self._waiting.popleft()
            self._client.begin()  # from here on, whatever is cancelled is this errand
            return self._running

    def _do(self, errand: _Errand) -> Callable[[], None]:
        try:
            value = errand.work(self._client)
            return lambda: errand.then(value)
        except HueDotError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - the thread must live on, and the user must be told
            failure = HueDotError(f"{errand.kind} failed: {error!r}.", "Copy the diagnostics into a bug report.")
        return lambda: errand.failed(failure)
