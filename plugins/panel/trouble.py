"""What went wrong with a document, and when the daemon may be asked again."""

from __future__ import annotations

import time

from ..protocol.errors import Busy, Cancelled, HueDotError

# How long to leave a daemon alone that has too much to do.
BUSY_S = 0.5


class Trouble:
    """What went wrong, until another try."""

    def __init__(self) -> None:
        self.error: HueDotError | None = None
        # When the daemon, which had too much to do, may be asked again.
        self.retry_at = 0.0

    def meet(self, error: HueDotError) -> None:
        """Note an error that does not go away by itself."""
        if isinstance(error, Busy):
            self.retry_at = time.monotonic() + BUSY_S
        elif not isinstance(error, Cancelled):
            self.error = error

    def clear(self) -> None:
        """Forget it, for another try."""
        self.error = None

    def may_try(self, now: float) -> bool:
        """Return whether the daemon may be asked."""
        return self.error is None and now >= self.retry_at
