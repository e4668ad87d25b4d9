"""The state that the panel's parts share: what is shown, what is under way, and of whom."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..protocol.client import Client
from ..protocol.errors import Busy, Cancelled, HueDotError, ImageUnknown
from ..protocol.wire import Header
from . import words
from .courier import Courier
from .host import Host
from .sheet import Sheet

Steps = Iterator[object]  # a piece of work in small steps; it yields WAIT when there is nothing to do for now
WAIT = object()
BUSY_S = 0.5  # how long to leave a daemon alone that has too much to do


class Desk:
    """The document that is shown, the courier, and the steps of work to do, each for a sheet."""

    def __init__(self, host: Host, client: Client, changed: Callable[[], None]) -> None:
        """Prepare; `changed` is called when something is to be shown anew."""
        self.host, self.changed = host, changed
        self.courier = Courier(client)
        self.steps: deque[tuple[Sheet, Steps]] = deque()
        self.sheet: Sheet | None = None
        self.traceback = ""
        self.daemon = self.device = ""
        self.warnings: list[str] = []  # of the latest result
        self.models: list[str] = []  # the networks that are there, the daemon's default first

    def ask(self, sheet: Sheet, kind: str, work: Callable[[Client], Any], then: Callable[[Any], None]) -> None:
        """Have the daemon asked for a sheet; `then` is called with its answer, on the editor's thread."""

        def well(value: Any) -> None:
            sheet.error = None
            then(value)

        self.courier.ask(kind, work, well, partial(self.fail, sheet), sheet)

    def greet(self, sheet: Sheet) -> None:
        """Connect, and start the daemon if none runs."""
        self.ask(sheet, "hello", lambda client: client.status(), self._greeted)

    def want(self, sheet: Sheet) -> None:
        """Note that the result is to be colored anew; after an error, this is another try."""
        sheet.error, sheet.stage, sheet.is_saved = None, "", False
        if not sheet.due:
            sheet.due, sheet.changed = True, time.monotonic()
        self.courier.give_up("variations", "suggest")
        sheet.places = []
        self.changed()

    def do(self, sheet: Sheet, steps: Steps) -> None:
        """Have some work done for a sheet, after what is under way."""
        self.steps.append((sheet, steps))

    def work(self, until: float) -> None:
        """Go on with the steps, until it is that late or there is nothing to do for now."""
        while self.steps and time.monotonic() < until:
            sheet, steps = self.steps[0]
            try:
                if next(steps) is WAIT:
                    break
            except StopIteration:
                self.steps.popleft()
            except Exception as error:  # noqa: BLE001 - whatever it is, the user must be told, and other work goes on
                self.steps.popleft()
                self.stumbled(sheet, error)

    def fail(self, sheet: Sheet, error: HueDotError) -> None:
        """Let a sheet show an error, unless it mends itself."""
        sheet.stage = ""
        if isinstance(error, Busy):
            sheet.retry_at = time.monotonic() + BUSY_S
        elif isinstance(error, ImageUnknown):
            sheet.was_forgotten(error)
        elif not isinstance(error, Cancelled):
            sheet.error = error
        sheet.due |= not isinstance(error, Cancelled)
        self.changed()

    def stumbled(self, sheet: Sheet | None, error: Exception) -> None:
        """Tell the user what went wrong in the editor: what it refused, or else a mistake of ours."""
        if not isinstance(error, HueDotError):
            self.traceback = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            error = HueDotError(f"HueDot stumbled over {error!r}.", words.REPORT)
        if sheet:
            self.fail(sheet, error)

    def _greeted(self, hello: Header) -> None:
        self.device = str(hello.get("device", ""))
        self.models = models_of(hello)
        self.daemon = f"HueDot {hello.get('daemon_version')}, protocol {hello.get('protocol')}"
        self.changed()


def models_of(hello: Header) -> list[str]:
    """Return the networks that a daemon's hello or status offers, its default first."""
    models = hello.get("models")
    return [str(model) for model in models] if isinstance(models, list) else []
