"""Boxes, of which AVIF, HEIC, JPEG 2000 and JPEG XL files are made: a length, a name, and what is in it."""

from __future__ import annotations

import struct
from collections.abc import Iterator

# Boxes that begin with a version and flags, and the bytes of these.
FULL = {b"meta": 4}
# The number of boxes in one that are looked at.
MOST = 1000


def find(data: bytes, *path: bytes) -> list[bytes]:
    """Return what is in each box of the last name, inside boxes of the names before it."""
    found = [data]
    for name in path:
        found = [inner[FULL.get(name, 0) :] for outer in found for kind, inner in _boxes(outer) if kind == name]
    return found


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(MOST):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            (size,), head = struct.unpack_from(">Q", data, at + 8), 16
        end = at + size if size else len(data)
        if end < at + head:
            return
        yield kind, data[at + head : end]
        at = end
