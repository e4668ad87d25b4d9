"""Messages as bytes: `[signature, msgpack header, raw frame…]`, their limits and their signatures.

This is sections 2 and 3 of docs/protocol.md.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union

from . import codec
from .errors import BadRequest, HueDotError, TooLarge, Unauthorized, UnsupportedVersion

VERSION = "2.2"

MAX_HEADER_BYTES = 1 << 16
MAX_DEPTH = 8
MAX_MAP = 64  # entries
MAX_ARRAY = 4096  # elements
MAX_FRAMES = 256
# An RGBA image of MAX_IMAGE_PIXELS.
MAX_FRAME_BYTES = 1 << 28
MAX_MESSAGE_BYTES = 1 << 29
MAX_IMAGE_PIXELS = 1 << 26
MAX_ID = 64  # characters

LONG = 1 << 63
PLAIN = frozenset({str, bytes, bool, type(None)})

CLIENT, DAEMON = b"C", b"D"
NONCE_BYTES = 16
NO_NONCE = bytes(NONCE_BYTES)

Buffer = Union[bytes, bytearray, memoryview]
Header = dict[str, Any]


def pack_header(header: dict[str, Any]) -> bytes:
    """Encode a header; raises BadRequest or TooLarge where the other side would refuse it."""
    _check_value(header, MAX_DEPTH)
    try:
        data: bytes = codec.packb(header)
    except codec.CODEC_ERRORS as error:
        raise BadRequest(f"The message cannot be written: {error}.") from error
    _check_header_size(len(data))
    return data


def unpack_header(data: Buffer) -> Header:
    """Decode a header strictly; raises BadRequest or TooLarge, and never anything else."""
    _check_header_size(len(data))
    try:
        header = codec.unpackb(data, object_pairs_hook=_unique, max_array_len=MAX_ARRAY, max_map_len=MAX_MAP)
    except codec.CODEC_ERRORS as error:
        raise BadRequest(f"The message is not valid msgpack: {error}.") from error
    if not isinstance(header, dict):
        raise BadRequest(f"The message must be a map, not {type(header).__name__}.")
    _check_value(header, MAX_DEPTH)
    return header


def _check_header_size(size: int) -> None:
    if size > MAX_HEADER_BYTES:
        what = f"The message says too much beside its pixels: {size >> 10} kB, where {MAX_HEADER_BYTES >> 10} may be."
        raise TooLarge(what, "Join painted places, or erase what is not needed.")


def _unique(pairs: Sequence[tuple[object, object]]) -> dict[object, object]:
    """Build a map, refusing a key that comes twice: which of the two counts must not depend on the decoder."""
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in result if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r:.80} comes twice")
    return result


def _check_value(value: object, depth: int) -> None:
    """Refuse what section 2.2 excludes; `depth` levels of containers are left."""
    # Exactly these: msgpack decodes an ext type to a subclass of tuple.
    if type(value) in (dict, list, tuple):
        _check_container(value, depth)  # type: ignore[arg-type]
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BadRequest(f"The message holds {value}.", "Every number must be finite.")
    elif isinstance(value, int):
        if not -LONG <= value < LONG:
            raise BadRequest(f"The message holds {value}.", "Every whole number must fit in 64 bits with a sign.")
    elif value is not None and not isinstance(value, (str, bytes)):
        raise BadRequest(f"The message holds a value of type {type(value).__name__}, which does not travel.")


def _check_container(value: dict[object, object] | list[object] | tuple[object, ...], depth: int) -> None:
    if depth == 0:
        raise BadRequest(f"The message is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise BadRequest(f"The message has a key that is not a string: {key!r:.80}.")
    limit = MAX_MAP if isinstance(value, dict) else MAX_ARRAY
    if len(value) > limit:
        raise TooLarge(f"The message holds {len(value)} entries in one place; {limit} are allowed.")
    items: Iterable[Any] = value.values() if isinstance(value, dict) else value
    for item in items:
        kind = type(item)
        # The quick way past most.
        if kind in PLAIN or (kind is int and -LONG <= item < LONG):
            continue
        (_check_container if kind is dict or kind is list else _check_value)(item, depth - 1)


def flat(frame: Buffer) -> memoryview:
    """View a contiguous buffer of any shape as bytes, without copying."""
    view = memoryview(frame)
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


def _check_frames(frames: Sequence[memoryview]) -> None:
    if len(frames) > MAX_FRAMES:
        raise TooLarge(f"{len(frames)} pictures in one message are more than {MAX_FRAMES}.")
    largest = max((len(frame) for frame in frames), default=0)
    if largest > MAX_FRAME_BYTES:
        limit = f"{MAX_IMAGE_PIXELS / 1e6:.0f} million pixels"
        raise TooLarge(f"A picture is larger than can be sent: {limit} with transparency.", "Reduce the image first.")
    if sum(len(frame) for frame in frames) > MAX_MESSAGE_BYTES:
        what = f"The pictures of one message are larger than {MAX_MESSAGE_BYTES >> 20} MB together."
        raise TooLarge(what, "Reduce the image first.")


class Channel:
    """One side of one connection: numbers and signs what it sends, verifies what it receives.

    `nonce` changes twice, on both sides alike: to the client's once `hello` has passed, to the daemon's once the
    reply to it has.
    """

    def __init__(self, secret: bytes = b"", side: bytes = CLIENT) -> None:
        """Begin a connection; an empty secret signs nothing (Unix sockets)."""
        self.nonce = NO_NONCE
        self._secret = secret
        self._out, self._in = (CLIENT, DAEMON) if side == CLIENT else (DAEMON, CLIENT)
        self._sent = 0
        self._received = 0

    def seal(self, header: Mapping[str, object], frames: Sequence[Buffer] = ()) -> list[Buffer]:
        """Return the parts of a message; `seq` and `frames` are added to the header. Frames are not copied.

        Raises BadRequest or TooLarge.
        """
        views = [flat(frame) for frame in frames]
        _check_frames(views)
        lengths = [len(view) for view in views]
        data = pack_header({**header, "seq": self._sent + 1, "frames": lengths})
        self._sent += 1
        return [self._signature(self._out, data, views), data, *views]

    def open(self, parts: Sequence[Buffer]) -> tuple[Header, list[memoryview]]:
        """Return the header and the frames of a message that is signed, well formed and new.

        Raises Unauthorized, BadRequest or TooLarge, before anything in the message is used.
        """
        if len(parts) < 2:
            raise BadRequest(f"A message has two parts at least, not {len(parts)}.")
        signature, data, *frames = (flat(part) for part in parts)
        _check_frames(frames)
        _check_header_size(len(data))
        if not hmac.compare_digest(signature, self._signature(self._in, data, frames)):
            raise Unauthorized("The message is not signed with the secret of this daemon.", "Connect again.")
        header = unpack_header(data)
        self._check_new(header.get("seq"))
        if header.get("frames") != [len(frame) for frame in frames]:
            raise BadRequest(f"`frames` does not say what follows: {len(frames)} pictures.")
        return header, frames

    def _check_new(self, number: object) -> None:
        if not isinstance(number, int) or isinstance(number, bool):
            raise BadRequest("`seq` must be a whole number.")
        if number <= self._received:
            raise Unauthorized(f"Message {number} came before.", "Connect again.")
        self._received = number

    def _signature(self, direction: bytes, data: Buffer, frames: Sequence[memoryview]) -> bytes:
        if not self._secret:
            return b""
        mac = hmac.new(self._secret, b"huedot" + direction + self.nonce, hashlib.sha256)
        for part in (data, *frames):
            mac.update(len(part).to_bytes(8, "big"))
            mac.update(part)
        return mac.digest()


def refusal(error: HueDotError) -> list[Buffer]:
    """Return the one reply that a daemon gives to a message it cannot trust: unsigned, and to no request."""
    header = {"id": "", "kind": "error", "code": error.code, "message": error.message, "remedy": error.remedy}
    return Channel(side=DAEMON).seal(header)


def minor_of(version: object) -> int:
    """Return the minor of a "major.minor"; 0 where it has none."""
    minor = str(version).partition(".")[2]
    return int(minor) if minor.isdecimal() else 0


def check_version(plugin: object, daemon: object) -> None:
    """Raise UnsupportedVersion, which says whom to update, unless both sides' "major.minor" have the same major."""
    majors = [str(version).partition(".")[0] for version in (plugin, daemon)]
    if majors[0] == majors[1]:
        return
    what = f"The plugin speaks version {plugin!r:.20} of the HueDot protocol, the daemon {daemon!r:.20}."
    of_plugin, of_daemon = (int(major) if major.isdecimal() else 0 for major in majors)
    if of_plugin < of_daemon:
        raise UnsupportedVersion(what, "Update the plugin: huedot install, then start the editor again.")
    raise UnsupportedVersion(what, "Update the daemon: pipx upgrade huedot, then huedot restart.")
