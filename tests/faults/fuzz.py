"""Coverage-guided fuzzing of all that decodes what comes from outside: `python fuzz.py KIND CORPUS [options]`.

The pure-Python msgpack, which is what the plugins carry, is instrumented along with our own code. Each input does one
of three things only: it decodes to what encodes to the same again, it raises one of our errors, or the fuzzer reports.
CORPUS is a folder, to which good inputs are added, or one input to repeat; the options are libFuzzer's:
-max_total_time=60 for a minute.
"""

import os
import resource
import sys
from pathlib import Path

os.environ["MSGPACK_PUREPYTHON"] = "1"
import atheris

with atheris.instrument_imports(include=["huedot.protocol", "msgpack"]):
    from huedot.protocol import endpoint, messages, wire, zmtp
    from huedot.protocol.errors import HueDotError

from msgpack import _cmsgpack, fallback

# Bytes: an input that makes a decoder ask for more is a finding.
ROOM = 192 << 20


def header(data):
    """A message's header: the plugins' decoder and the daemon's agree, and what was read can be written and read."""
    ours, theirs = (outcome(data, codec) for codec in (fallback, _cmsgpack))
    assert ours == theirs
    if isinstance(ours, dict):
        assert wire.unpack_header(wire.pack_header(ours)) == ours


def outcome(data, codec):
    wire.codec.unpackb = codec.unpackb
    try:
        return wire.unpack_header(data)
    except HueDotError as error:
        return error.code


def request(data):
    """The daemon's side: signature, header and frames, to a checked request."""
    fields, frames = wire.Channel(side=wire.DAEMON).open(cut(data))
    parsed = messages.parse_request(fields, frames)
    assert 0 < len(parsed.id) <= wire.MAX_ID
    assert parsed.op in messages.OPERATIONS


def reply(data):
    """The plugin's side: a reply, and the picture in it."""
    fields, frames = wire.Channel().open(cut(data))
    parsed = messages.parse_reply(fields, frames)
    for tile in messages.parse_colorization(parsed).tiles:
        assert len(tile.pixels) == tile.width * tile.height * 3


def endpoint_file(data):
    endpoint._parse("endpoint.json", data)


def connection(data):
    """The bytes of a peer, to a plugin's own ZMTP: greeting, handshake, messages; and a peer that closes after them."""
    transport = zmtp.ZmtpTransport.__new__(zmtp.ZmtpTransport)
    transport._socket = Peer(data)
    for _ in transport._read_greeting():
        pass
    for _ in range(4):
        for _ in transport._read_message():
            pass


class Peer:
    """The socket of a peer that says some bytes and closes: what is written to it is lost."""

    def __init__(self, data):
        self._data = memoryview(data)

    def recv_into(self, room):
        count = min(len(room), len(self._data))
        room[:count], self._data = self._data[:count], self._data[count:]
        return count

    def sendmsg(self, buffers, *options):
        return sum(len(buffer) for buffer in buffers)


def cut(data):
    """Cut bytes into the parts of a message: the first byte says how many frames, the next how long each is."""
    count = min(data[0] % 4, len(data) - 1) if data else 0
    lengths, rest = data[1 : 1 + count], data[1 + count :]
    frames = []
    for length in lengths:
        frames.append(rest[:length])
        rest = rest[length:]
    return [b"", rest, *frames]


def joined(parts):
    """Undo `cut`."""
    _, header, *frames = map(bytes, parts)
    return bytes([len(frames), *map(len, frames)]) + b"".join(frames) + header


def seeds():
    """Return a few good inputs of each kind, without which much would never be reached."""
    sender, daemon = wire.Channel(), wire.Channel(side=wire.DAEMON)
    image, dot = "0" * 64, {"x": 3, "y": 4, "radius": 2.5, "rgb": [1, 2, 3]}
    asked = {"image": image, "dots": [dot, {"x": 1, "y": 1, "ab": [1.0, -2]}], "saturation": 0.5, "histogram": image}
    asked |= {"layer": [[0, 0, 2, 1]]}
    region = {"mask": image, "area": [0, 0, 4, 2], "layer": [], "dots": [dot]}
    requests = [
        ({"op": "hello", "protocol": "2.0", "app": "a", "app_version": "1", "nonce": bytes(16)}, []),
        ({"op": "open_image", "image": image, "width": 8, "height": 8, "channels": 1, "model": "m"}, [bytes(64)]),
        ({"op": "colorize", **asked, "region": [0, 0, 4, 4], "since": "r", "key": "k"}, [bytes(8)]),
        ({"op": "mask", "mask": image, "width": 4, "height": 2}, [bytes(8)]),
        ({"op": "colorize", **asked, "regions": [region, {**region, "layer": [[1, 1, 1, 1]]}]}, [bytes(8), bytes(4)]),
        ({"op": "palette", **asked, "x": 1, "y": 2, "k": 3}, [bytes(8)]),
        ({"op": "suggest", **asked, "n": 2}, [bytes(8)]),
        ({"op": "variations", **asked, "n": 2, "side": 64}, [bytes(8)]),
        ({"op": "histogram", "histogram": image, "width": 4, "height": 4, "channels": 3}, [bytes(48)]),
        ({"op": "gamut", "lightness": 50, "size": 16}, []),
        ({"op": "cancel", "target": "1"}, []),
    ]
    sealed = [sender.seal({"id": "1", **fields}, frames) for fields, frames in requests]
    colored = {"result": "r", "x": 0, "y": 0, "width": 4, "height": 2, "channels": 3, "base": None, "device": "cpu"}
    colored |= {"tiles": [[0, 0, 4, 1], [0, 1, 4, 1]], "milliseconds": 1.5, "warnings": ["w"]}
    replies = [daemon.seal({"id": "1", "kind": "result", **colored}, [bytes(12)] * 2)]
    replies += [daemon.seal({"id": "1", "kind": kind}) for kind in ("error", "superseded", "progress")]
    body = b"\x05READY\x0bSocket-Type\0\0\0\x06ROUTER"
    greeting = zmtp.GREETING + bytes([4, len(body)]) + body
    said = b"".join(zmtp_message(parts) for parts in replies)
    facts = b'{"address": "tcp://127.0.0.1:5", "pid": 4, "protocol": "2.0", "version": "0", "instance": "i", '
    facts += b'"secret": "' + b"ab" * 32 + b'", "started": 1.5}'
    return {
        "header": [bytes(parts[1]) for parts in sealed + replies],
        "request": [joined(parts) for parts in sealed],
        "reply": [joined(parts) for parts in replies],
        "endpoint_file": [facts],
        "connection": [greeting + said, greeting + b"\x04\x0b\x04PING\x00\x0aabcd" + said],
    }


def zmtp_message(parts):
    flags = [zmtp.MORE] * (len(parts) - 1) + [0]
    return b"".join(
        bytes(piece) for flag, part in zip(flags, parts, strict=True) for piece in zmtp._frame(flag, memoryview(part))
    )


KINDS = {each.__name__: each for each in (header, request, reply, endpoint_file, connection)}


def main():
    kind = sys.argv.pop(1)
    decode = KINDS[kind]
    corpus = Path(sys.argv[1])
    for i, seed in enumerate(seeds()[kind] if corpus.is_dir() else []):
        (corpus / f"seed-{i}").write_bytes(seed)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, resource.RLIM_INFINITY))

    def one(data):
        try:
            decode(data)
        except HueDotError:
            return

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
