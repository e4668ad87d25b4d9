"""What the panel's parts share: the document that is shown, the daemon, and the work under way."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ..protocol.client import Client
from ..protocol.errors import Cancelled, HueDotError, ImageUnknown
from ..protocol.wire import Header
from . import words
from .async_client import AsyncClient
from .host import Host
from .state import DocumentState

# Work in small steps; it yields WAIT when there is nothing to do for now.
Task = Iterator[object]
WAIT = object()


class Context:
    """The document that is shown, the daemon, and tasks, each for a document."""

    def __init__(self, host: Host, client: Client, changed: Callable[[], None]) -> None:
        """Prepare; `changed` is called when something is to be redrawn."""
        self.host, self.changed = host, changed
        self.client = AsyncClient(client)
        self.tasks: deque[tuple[DocumentState, Task]] = deque()
        self.state: DocumentState | None = None
        self.traceback = ""
        self.daemon = self.device = self.protocol = ""
        # Those of the latest result.
        self.warnings: list[str] = []
        # The networks that are there, the daemon's default first.
        self.models: list[str] = []

    def ask(
        self,
        state: DocumentState,
        kind: str,
        work: Callable[[Client], Any],
        then: Callable[[Any], None],
        stage: str = "",
    ) -> None:
        """Ask the daemon for a document; `then` is called with the answer, on the editor's thread, if it is wanted yet.

        stage: what the user is told meanwhile.
        """
        question = state.questions.ask(kind, stage)

        def answered(value: Any) -> None:
            if state.questions.close(question):
                state.trouble.clear()
                then(value)

        def failed(error: HueDotError) -> None:
            if state.questions.close(question):
                self.fail(state, error)

        self.client.submit(kind, work, answered, failed, state)

    def connect(self, state: DocumentState) -> None:
        """Connect, and start the daemon if none runs."""
        self.ask(state, "status", lambda client: client.status(), self._connected)

    def withdraw(self, state: DocumentState, *kinds: str) -> None:
        """Take back what was asked for a document: whatever answers come are not wanted."""
        state.questions.withdraw(*kinds)
        self.client.cancel(*kinds, owner=state)

    def want(self, state: DocumentState, fresh: bool = True) -> None:
        """Note that the result is to be recolored; after an error, this is another try.

        fresh: whether the user did something else than to go on painting.
        """
        state.trouble.clear()
        state.questions.withdraw("variations", "suggest")
        self.client.cancel("variations", "suggest")
        state.result.want(fresh)
        self.changed()

    def run(self, state: DocumentState, task: Task) -> None:
        """Have some work done for a document, after what is under way."""
        self.tasks.append((state, task))

    def work(self, until: float) -> None:
        """Go on with the tasks, until it is that late or there is nothing to do for now."""
        while self.tasks and time.monotonic() < until:
            state, task = self.tasks[0]
            try:
                if next(task) is WAIT:
                    break
            except StopIteration:
                self.tasks.popleft()
            except Exception as error:  # noqa: BLE001 - whatever it is, the user must be told, and other work goes on
                self.tasks.popleft()
                self.stumbled(state, error)

    def fail(self, state: DocumentState, error: HueDotError) -> None:
        """Let a document show an error, unless it goes away by itself."""
        if isinstance(error, ImageUnknown):
            state.lost_by_daemon(error)
        else:
            state.trouble.meet(error)
        if not isinstance(error, Cancelled):
            state.result.still_due()
        self.changed()

    def stumbled(self, state: DocumentState | None, error: Exception) -> None:
        """Tell the user what went wrong in the editor: what it refused, or else a mistake of ours."""
        if not isinstance(error, HueDotError):
            self.traceback = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            error = HueDotError(f"HueDot stumbled over {error!r}.", words.REPORT)
        if state:
            self.fail(state, error)

    def _connected(self, status: Header) -> None:
        self.device = str(status.get("device", ""))
        self.models = models_of(status)
        self.protocol = str(status.get("protocol"))
        self.daemon = f"HueDot {status.get('daemon_version')}, protocol {self.protocol}"
        self.changed()


def models_of(hello: Header) -> list[str]:
    """Return the networks that a daemon's hello or status offers, its default first."""
    models = hello.get("models")
    return [str(model) for model in models] if isinstance(models, list) else []
