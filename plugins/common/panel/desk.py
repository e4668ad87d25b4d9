"""The state that the panel's parts share: what is shown, what is under way, what went wrong."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ..client import Client
from ..errors import Busy, HueDotError, ImageUnknown
from ..wire import Header
from . import words
from .courier import Courier
from .host import Host
from .sheet import Sheet

Steps = Iterator[object]  # a piece of work in small steps; it yields WAIT when there is nothing to do for now
WAIT = object()
BUSY_S = 0.5  # how long to leave a daemon alone that has too much to do


class Desk:
    """The documents, the courier, the steps of work to do, and the last error."""

    def __init__(self, host: Host, client: Client, changed: Callable[[], None]) -> None:
        """Prepare; `changed` is called when something is to be shown anew."""
        self.host, self.changed = host, changed
        self.courier = Courier(client)
        self.steps: deque[Steps] = deque()
        self.sheet: Sheet | None = None
        self.error: HueDotError | None = None
        self.traceback = ""
        self.stage = ""  # what the user waits for
        self.daemon = self.device = ""
        self.warnings: list[str] = []  # of the latest result
        self.models: list[str] = []  # the networks that are there, the daemon's default first
        self.retry_at = 0.0

    def ask(self, kind: str, work: Callable[[Client], Any], then: Callable[[Any], None]) -> None:
        """Have the daemon asked; `then` is called with its answer, on the editor's thread."""

        def well(value: Any) -> None:
            self.error = None
            then(value)

        self.courier.ask(kind, work, well, self.fail)

    def greet(self) -> None:
        """Connect, and start the daemon if none runs."""
        self.ask("hello", lambda client: client.status(), self._greeted)

    def want(self, sheet: Sheet) -> None:
        """Note that the result is to be colored anew; after an error, this is another try."""
        self.error, self.stage = None, ""
        if not sheet.due:
            sheet.due, sheet.changed = True, time.monotonic()
        self.courier.give_up("variations", "suggest")
        sheet.places = []
        self.changed()

    def work(self, until: float) -> None:
        """Go on with the steps, until it is that late or there is nothing to do for now."""
        while self.steps and time.monotonic() < until:
            try:
                if next(self.steps[0]) is WAIT:
                    break
            except StopIteration:
                self.steps.popleft()
            except HueDotError as error:
                self.steps.popleft()
                self.fail(error)

    def fail(self, error: HueDotError) -> None:
        """Show an error, unless it mends itself."""
        self.stage = ""
        if isinstance(error, Busy):
            self.retry_at = time.monotonic() + BUSY_S
        elif isinstance(error, ImageUnknown) and self.sheet:
            self.sheet.forget_photograph()
        else:
            self.error = error
        if self.sheet:
            self.sheet.due = True
        self.changed()

    def stumbled(self, error: Exception) -> None:
        """Tell the user what went wrong in an editor's event: what an editor refused, or else a mistake of ours."""
        if isinstance(error, HueDotError):
            self.fail(error)
            return
        self.steps.clear()
        self.traceback = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self.fail(HueDotError(f"HueDot stumbled over {error!r}.", words.REPORT))

    def _greeted(self, hello: Header) -> None:
        self.device = str(hello.get("device", ""))
        self.models = models_of(hello)
        self.daemon = f"HueDot {hello.get('daemon_version')}, protocol {hello.get('protocol')}"
        self.changed()


def models_of(hello: Header) -> list[str]:
    """Return the networks that a daemon's hello or status offers, its default first."""
    models = hello.get("models")
    return [str(model) for model in models] if isinstance(models, list) else []
