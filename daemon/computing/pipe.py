"""Messages between the daemon and its own child process: an object, and pixels that are copied once on each side.

Pickled, which is safe here and nowhere else: both ends are the same program, and nobody else holds the pipe.
"""

from __future__ import annotations

import mmap
import os
import pickle
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import RawIOBase
from typing import Any, cast

from huedot.protocol.wire import MAX_MESSAGE_BYTES, Buffer

# Bytes of the object, count of frames; bytes of a frame.
_HEAD, _LENGTH = struct.Struct("<II"), struct.Struct("<Q")
# Large, so that both sides copy at the same time, in large pieces.
_PIPE_BYTES = 1 << 20


def shared_memory() -> int:
    """Return the descriptor of memory for both ends, through which frames go a third as long as through a pipe.

    It has room for the largest message, and takes none of it before it is written. -1 where the system has no such
    memory that is without a name, and so gone with its last process: there the pipe carries all.
    """
    if sys.platform != "linux":
        return -1
    descriptor = os.memfd_create("huedot")
    os.ftruncate(descriptor, MAX_MESSAGE_BYTES)
    return descriptor


class Pipe:
    """One end, over a stream in and a stream out, both unbuffered, and memory that both ends share.

    There is one question at a time, and frames are copied out as they are received: the memory is never written by
    one end while the other reads it.
    """

    def __init__(self, source: RawIOBase, sink: RawIOBase, shared: int) -> None:
        """Take over the streams and the descriptor that `shared_memory` gave."""
        self._source, self._sink = source, sink
        self._shared: mmap.mmap | None = None
        if shared >= 0:
            self._shared = mmap.mmap(shared, MAX_MESSAGE_BYTES)
            os.close(shared)
        for stream in (source, sink):
            _widen(stream.fileno())

    def send(self, message: object, frames: Sequence[Buffer] = ()) -> None:
        """Send an object and frames; raises OSError when the other end is gone."""
        views = [memoryview(frame).cast("B") for frame in frames]
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        lengths = b"".join(_LENGTH.pack(view.nbytes) for view in views)
        self._write(memoryview(_HEAD.pack(len(data), len(views)) + lengths + data), *self._share(views))

    def receive(self) -> tuple[Any, list[memoryview]]:
        """Wait for an object and its frames; raises EOFError or OSError when the other end is gone."""
        size, count = _HEAD.unpack(self._read(_HEAD.size))
        lengths = [_LENGTH.unpack(self._read(_LENGTH.size))[0] for _ in range(count)]
        message = pickle.loads(self._read(size))
        if self._shared is None:
            return message, [self._read(length) for length in lengths]
        return message, self._take(self._shared, lengths)

    def give_back(self) -> None:
        """Give the memory that is shared back to the system, until it is written again."""
        if self._shared is not None and sys.platform == "linux":
            self._shared.madvise(mmap.MADV_REMOVE)

    def close(self) -> None:
        """Close both streams, and let go of the memory."""
        if self._shared is not None:
            self._shared.close()
        self._source.close()
        self._sink.close()

    def _share(self, views: list[memoryview]) -> list[memoryview]:
        """Write frames to the memory, if there is any; returns those that are yet to be sent."""
        if self._shared is None:
            return views
        offset = 0
        for view in views:
            self._shared[offset : offset + view.nbytes] = view
            offset += view.nbytes
        return []

    def _take(self, shared: mmap.mmap, lengths: list[int]) -> list[memoryview]:
        frames, offset = [], 0
        with memoryview(shared) as whole:
            for length in lengths:
                frames.append(memoryview(bytearray(whole[offset : offset + length])))
                offset += length
        return frames

    def _write(self, *views: memoryview) -> None:
        for view in views:
            while view.nbytes:
                view = view[self._sink.write(view) :]

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

        # There is a limit to what one user's pipes may take; it only makes things quicker.
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
