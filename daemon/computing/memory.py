"""Memory that was freed goes back to the system: glibc keeps it, hundreds of megabytes after large messages."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Return what is free to the system, in a millisecond or two; where that is not glibc's way, do nothing."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
