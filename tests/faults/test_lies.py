"""Messages that lie about size, place and number, and bytes that are no message."""

import math
import socket
import struct
import time

import msgpack
import pytest

from huedot.protocol import wire, zmtp
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import HueDotError
from huedot.protocol.wire import MAX_FRAME_BYTES

from ..daemon.conftest import wait_until
from .conftest import DOT, MiB, Peak, State, answer, milliseconds, normal_request, opened

REFUSED = {"too_large", "bad_request", "bad_argument"}
NAN, INF = math.nan, math.inf
LIES = {
    "2^31 x 2^31": ("open_image", {"width": 1 << 31, "height": 1 << 31, "channels": 3}),
    "2^26 x 2^26": ("open_image", {"width": 1 << 26, "height": 1 << 26, "channels": 3}),
    "20,000 x 20,000": ("open_image", {"width": 20_000, "height": 20_000, "channels": 3}),
    "zero wide": ("open_image", {"width": 0, "height": 10, "channels": 3}),
    "negative": ("open_image", {"width": -5, "height": 10, "channels": 3}),
    "a fraction wide": ("open_image", {"width": 1.5, "height": 10, "channels": 3}),
    "true wide": ("open_image", {"width": True, "height": 10, "channels": 3}),
    "NaN wide": ("open_image", {"width": NAN, "height": 10, "channels": 3}),
    "other bytes than width x height x channels": ("open_image", {"width": 100, "height": 100, "channels": 3}),
    "a layer of 3.6 gigapixels": ("colorize", {"layer": [[0, 0, 60_000, 60_000]]}),
    "a layer outside": ("colorize", {"layer": [[60, 40, 1, 1 << 20]]}),
    "a dot outside": ("colorize", {"dots": [{"x": 1 << 25, "y": 0, "rgb": [1, 2, 3]}]}),
    "a dot just outside": ("colorize", {"dots": [{"x": 64, "y": 0, "rgb": [1, 2, 3]}]}),
    "a dot of NaN": ("colorize", {"dots": [{"x": 5, "y": 5, "ab": [NAN, 0.0]}]}),
    "a dot of infinity": ("colorize", {"dots": [{"x": 5, "y": 5, "ab": [0.0, -INF]}]}),
    "a dot of 1e30": ("colorize", {"dots": [{"x": 5, "y": 5, "ab": [1e30, 0.0]}]}),
    "an endless dot": ("colorize", {"dots": [{"x": 5, "y": 5, "radius": INF, "ab": [1.0, 0.0]}]}),
    "2,000 dots": ("colorize", {"dots": [DOT] * 2000}),
    "a million dots": ("colorize", {"dots": [DOT] * 1_000_000}),
    "saturation of NaN": ("colorize", {"saturation": NAN}),
    "saturation below 0": ("colorize", {"saturation": -1.0}),
    "a place outside": ("palette", {"x": 64, "y": 0}),
    "2^62 colors": ("palette", {"x": 1, "y": 1, "k": 1 << 62}),
    "2^31 variations": ("variations", {"n": 1 << 31}),
    "a gamut of 2^31 x 2^31": ("gamut", {"lightness": 50.0, "size": 1 << 31}),
    "a gamut at NaN": ("gamut", {"lightness": NAN}),
}


def tell(session, image, name):
    """Send a lie by msgpack itself, for our own encoder refuses to; returns the answer's code, and milliseconds."""
    op, lie = LIES[name]
    frames = [b"abc"] if op == "open_image" else []
    usual = {"open_image": {"image": "0" * 64}, "gamut": {}}.get(op, {"image": image})
    seq = session._channel._sent = session._channel._sent + 1
    header = {"id": f"{seq}", "op": op, "seq": seq, "frames": [len(frame) for frame in frames], **usual, **lie}
    data = msgpack.packb(header)
    began = time.perf_counter()
    session._transport.send([b"", data, *frames])
    reply = session.receive(10)
    taken = milliseconds(began)
    assert reply.kind == "error"
    return reply.fields["code"], taken


def milliseconds_of_a_ping(session):
    began = time.perf_counter()
    session.send("ping", "ping", {})
    assert answer(session, "ping").kind == "result"
    return milliseconds(began)


def test_lies_about_size(daemon, connect, figure):
    """Each is refused before anything is allocated for it: about as soon as a ping is answered, and within 1 MB."""
    session = connect()
    image = opened(session)
    for name in LIES:
        assert tell(session, image, name)[0] in REFUSED, name
    peak = Peak(daemon)
    taken, ping = dict.fromkeys(LIES, math.inf), math.inf
    # Over some seconds, for others use the machine, too.
    for name in [*LIES] * 40:
        taken[name] = min(taken[name], tell(session, image, name)[1])
        ping = min(ping, milliseconds_of_a_ping(session))
    slowest = max((name for name in LIES if name != "a million dots"), key=taken.get)
    # 2,000 dots are 46 kB to read, which costs some pings; to make room for one of the pictures would cost thousands.
    assert taken[slowest] < 100 * ping + 20
    # The million dots have to travel.
    assert peak.grown() < 1 + 2 * len(msgpack.packb([DOT] * 1_000_000)) / MiB
    figure(
        f"{len(LIES)} lies about size, place and number",
        f"refused within {taken[slowest]:.1f} ms ({slowest}), where a ping takes {ping:.1f} ms; a million dots, 23 MB, "
        f"within {taken['a million dots']:.0f} ms, none of them decoded",
    )


def test_lies_about_size_take_no_memory(daemon, connect, figure):
    """All but the million dots, whose bytes have to travel: the daemon's peak of memory does not move."""
    session = connect()
    image = opened(session)
    short = [name for name in LIES if name != "a million dots"]
    for name in short:
        tell(session, image, name)
    peak = Peak(daemon)
    for name in short * 20:
        tell(session, image, name)
    assert peak.grown() < 1
    figure(f"{20 * len(short)} lies, one after the other", f"the daemon's peak {peak.grown():+.2f} MiB")


def test_a_client_does_not_send_what_is_no_number(connect, figure):
    """The plugins' client refuses to send it, and its connection goes on."""
    session = connect()
    for value in (NAN, INF):
        with pytest.raises(HueDotError):
            session.send("1", "gamut", {"lightness": value})
    session.send("2", "gamut", {"lightness": 50.0})
    assert answer(session, "2").kind == "result"
    figure("NaN and infinity in a client", "refused before they are sent; the connection goes on")


def packed(**fields):
    return msgpack.packb({"id": "1", "op": "ping", "frames": [], **fields})


def nested(depth):
    value = None
    for _ in range(depth):
        value = [value]
    return value


HOSTILE = {
    "a signature alone": [b""],
    "an empty header": [b"", b""],
    "a truncated map": [b"", packed(seq=2)[:-3]],
    "trailing bytes": [b"", packed(seq=2) + b"\xc0"],
    "a list": [b"", msgpack.packb([1, 2])],
    "keys that are numbers": [b"", msgpack.packb({1: 2})],
    "a key that comes twice": [b"", b"\x82\xa2id\xa11\xa2id\xa12"],
    "a key that cannot be hashed": [b"", b"\x81\x90\xc0"],
    "bad UTF-8": [b"", b"\x81\xa2id\xa2\xff\xfe"],
    "an extension type": [b"", b"\x81\xa2id\xd4\x05\x00"],
    "a timestamp": [b"", b"\x81\xa2id\xd6\xff\x00\x00\x00\x00"],
    "an array that claims 4 billion": [b"", b"\x81\xa4dots\xdd\xff\xff\xff\xff"],
    "a map that claims 4 billion": [b"", b"\xdf\xff\xff\xff\xff"],
    "bytes that claim 4 GB": [b"", b"\x81\xa2id\xc6\xff\xff\xff\xff"],
    "60,000 empty maps": [b"", b"\x81\xa2id\xdc\xea\x60" + b"\x80" * 60_000],
    "nested 9 deep": [b"", packed(seq=2, dots=nested(9))],
    "nested 30,000 deep": [b"", b"\x81\xa2id" + b"\x91" * 30_000 + b"\xc0"],
    "a header of 65,537 bytes": [b"", packed(seq=2, text="x" * 65_537)],
    "a number beyond 64 bits": [b"", b"\x81\xa3seq\xcf" + b"\xff" * 8],
    "fewer frames than said": [b"", packed(seq=2, frames=[4])],
    "more frames than said": [b"", packed(seq=2), b"more"],
    "another length than said": [b"", packed(seq=2, frames=[3]), b"more"],
    "257 frames": [b"", packed(seq=2, frames=[0] * 257), *[b""] * 257],
    "10,000 frames": [b"", packed(seq=2, frames=[0] * 10_000), *[b""] * 10_000],
    "no operation": [b"", msgpack.packb({"id": "1", "seq": 2, "frames": []})],
    "an operation of 30,000 control characters": [b"", packed(seq=2, op="\1" * 30_000)],
    "a parameter of 30,000 control characters": [b"", packed(seq=2, **{"\1" * 30_000: 1})],
    "a key of 60,000 zeros": [b"", msgpack.packb({bytes(60_000): 1})],
    "a key of 30,000 letters that comes twice": [b"", b"\x82" + 2 * (b"\xda\x75\x30" + b"\1" * 30_000 + b"\1")],
    "an operation of Python's": [b"", packed(seq=2, op="__init__")],
    "an id that is a map": [b"", packed(seq=2, id={})],
    "seq that is true": [b"", packed(seq=True)],
}


def test_hostile_messages(daemon, connect, figure):
    """Each is answered with an error that has a stable code, after which its sender, and others, go on."""
    codes, peak = {}, Peak(daemon)
    for name, parts in HOSTILE.items():
        session = connect()
        session._transport.send(parts)
        # That number is what its header says, where it says anything.
        session._channel._sent += 1
        header = wire.unpack_header(session._transport.receive(10)[1])
        assert header["kind"] == "error", name
        codes[name] = header["code"]
        # After that one has to say hello again.
        if header["code"] != "unauthorized":
            session.send("after", "ping", {})
            assert answer(session, "after").kind == "result", name
        session.close()
    assert set(codes.values()) <= REFUSED | {"unauthorized"}
    figure(
        f"{len(HOSTILE)} hostile messages", f"{', '.join(sorted(set(codes.values())))}; peak {peak.grown():+.1f} MiB"
    )


def stranger(said=b""):
    """Connect to the daemon's socket without any library, and say something."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(find_endpoint().address.removeprefix("ipc://"))
    connection.sendall(said)
    return connection


def drained(connection):
    """Read until the other side closes; returns how much that was."""
    count = 0
    try:
        while data := connection.recv(1 << 16):
            count += len(data)
    except ConnectionResetError:
        pass
    connection.close()
    return count


READY = struct.pack("BB", 4, len(zmtp.READY)) + zmtp.READY
STRANGE = {
    "another mechanism": zmtp.GREETING.replace(b"NULL\0", b"PLAIN") + READY,
    "a frame of an exabyte": zmtp.GREETING + READY + b"\x02" + (1 << 60).to_bytes(8, "big"),
    "a frame just too large": zmtp.GREETING + READY + b"\x02" + (MAX_FRAME_BYTES + 1).to_bytes(8, "big"),
    "a command of a terabyte": zmtp.GREETING + b"\x06" + (1 << 40).to_bytes(8, "big"),
}


def test_what_does_not_speak_the_protocol(daemon, figure):
    """It is disconnected, without harm to anybody."""
    before, peak = State(daemon), Peak(daemon)
    began = time.perf_counter()
    for said in STRANGE.values():
        drained(stranger(said))
    taken = milliseconds(began) / len(STRANGE)
    assert peak.grown() < 1
    wait_until(lambda: State(daemon).descriptors <= before.descriptors)
    figure("other mechanisms, frames of an exabyte", f"disconnected after {taken:.1f} ms, {peak.grown():+.2f} MiB")


def test_a_browser(daemon, figure):
    """HTTP looks like the ZMTP of 2010, which libzmq bears with: it is answered a refusal, and harms nobody."""
    before = State(daemon).descriptors
    asked = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + b" " * 4096
    browser = stranger(asked)
    assert normal_request()
    said = browser.recv(1 << 16)
    assert b"\xa5error" in said
    # A refusal for each 32 bytes that pass for a message.
    assert len(said) < 8 * len(asked)
    browser.close()
    wait_until(lambda: State(daemon).descriptors <= before)
    figure("HTTP", f"refused in {len(said)} bytes, and the descriptor back at once")


def test_a_handshake_that_never_ends(daemon, figure):
    """One byte now and then keeps nobody's descriptor for long."""
    before = State(daemon).descriptors
    # A connection that nobody closes raises TimeoutError at its deadline, see `stranger`.
    slow = [stranger(zmtp.GREETING[:5]) for _ in range(20)]
    began = time.monotonic()
    for connection in slow:
        drained(connection)
    taken = time.monotonic() - began
    wait_until(lambda: State(daemon).descriptors <= before)
    figure("20 handshakes that stop half way", f"closed after {taken:.1f} s, descriptors as before")


def test_a_message_that_never_ends(daemon, figure):
    """Frame after frame, and never the last: held while its sender sends (docs/security.md), then given back."""
    before = State(daemon).memory
    frame = b"\x03" + (1 << 20).to_bytes(8, "big") + bytes(1 << 20)
    endless = stranger(zmtp.GREETING + READY)
    for _ in range(300):
        endless.sendall(frame)
    assert normal_request()
    most = (State(daemon).memory - before) / MiB
    endless.close()
    wait_until(lambda: State(daemon).memory - before < 10 * MiB, 30)
    left = (State(daemon).memory - before) / MiB
    figure(
        "300 MiB of a message that never ends",
        f"{most:+.0f} MiB while it is sent, {left:+.1f} MiB once its sender left",
    )
