"""The msgpack codec: the pure-Python copy that the installer puts beside this file, or else the installed package."""

from __future__ import annotations

try:
    from ._msgpack import packb, unpackb  # type: ignore[import-not-found,unused-ignore]
    from ._msgpack.exceptions import UnpackException  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from msgpack import UnpackException, packb, unpackb

# msgpack has no one base class for what it raises: bad UTF-8, unhashable keys and deep nesting each come as their own.
CODEC_ERRORS = (ValueError, TypeError, OverflowError, RecursionError, UnpackException)

__all__ = ["CODEC_ERRORS", "packb", "unpackb"]
