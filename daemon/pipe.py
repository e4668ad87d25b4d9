"""Messages between the daemon and its own child process: an object, and pixels that are copied once on each side.

Pickled, which is safe here and nowhere else: both ends are the same program, and nobody else holds the pipe.
"""

from __future__ import annotations

import pickle
import struct
import sys
from collections.abc import Sequence
from io import RawIOBase
from typing import Any, cast

from huedot.protocol.wire import Buffer

_HEAD, _LENGTH = struct.Struct("<II"), struct.Struct("<Q")  # bytes of the object, count of frames; bytes of a frame
_PIPE_BYTES = 1 << 20  # so that both sides copy at the same time, in large pieces


class Pipe:
    """One end, over a stream in and a stream out, both unbuffered."""

    def __init__(self, source: RawIOBase, sink: RawIOBase) -> None:
        self._source, self._sink = source, sink
        for stream in (source, sink):
            _widen(stream.fileno())

    def send(self, message: object, frames: Sequence[Buffer] = ()) -> None:
        """Send an object and frames; raises OSError when the other end is gone."""
        views = [memoryview(frame).cast("B") for frame in frames]
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        lengths = b"".join(_LENGTH.pack(view.nbytes) for view in views)
        for view in (memoryview(_HEAD.pack(len(data), len(views)) + lengths + data), *views):
            while view.nbytes:
                view = view[self._sink.write(view) :]

    def receive(self) -> tuple[Any, list[memoryview]]:
        """Wait for an object and its frames; raises EOFError or OSError when the other end is gone."""
        size, count = _HEAD.unpack(self._read(_HEAD.size))
        lengths = [_LENGTH.unpack(self._read(_LENGTH.size))[0] for _ in range(count)]
        message = pickle.loads(self._read(size))
        return message, [self._read(length) for length in lengths]

    def close(self) -> None:
        """Close both streams."""
        self._source.close()
        self._sink.close()

    def _read(self, size: int) -> memoryview:
        data = memoryview(bytearray(size))
        done = 0
        while done < size:
            got = cast(int, self._source.readinto(data[done:]))
            if not got:
                raise EOFError
            done += got
        return data


def _widen(descriptor: int) -> None:
    if sys.platform == "linux":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
