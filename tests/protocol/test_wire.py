import math

import msgpack
import msgpack.fallback
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huedot.protocol import codec, wire
from huedot.protocol.errors import BadRequest, HueDotError, TooLarge, Unauthorized
from huedot.protocol.wire import CLIENT, DAEMON, Channel, pack_header, unpack_header

SECRET = bytes(range(32))
CODECS = {
    "compiled": (msgpack.packb, msgpack.unpackb),
    "pure Python": (lambda value: msgpack.fallback.Packer().pack(value), msgpack.fallback.unpackb),
}


def under(codec_name, function, *arguments):
    """Call a function with one of the two codecs in place."""
    with pytest.MonkeyPatch.context() as patch:
        pack, unpack = CODECS[codec_name]
        patch.setattr(codec, "packb", pack)
        patch.setattr(codec, "unpackb", unpack)
        return function(*arguments)


def outcome(codec_name, function, *arguments):
    """What a function returns, or the class of what it raises."""
    try:
        return under(codec_name, function, *arguments)
    except HueDotError as error:
        return type(error)


def test_the_codecs_differ():
    assert msgpack.unpackb is not msgpack.fallback.unpackb


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.binary(max_size=20)
)
headers = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner), max_leaves=12
    ),
    max_size=6,
)


@settings(max_examples=60)
@given(headers)
def test_a_header_survives_and_both_codecs_agree(header):
    outcomes = [outcome(name, pack_header, header) for name in CODECS]
    assert outcomes[0] == outcomes[1]
    if isinstance(outcomes[0], bytes):
        assert [under(name, unpack_header, outcomes[0]) for name in CODECS] == [header, header]


@settings(max_examples=300)
@given(
    st.binary(max_size=64)
    | headers.map(msgpack.packb).flatmap(lambda good: st.binary(max_size=4).map(good[:-1].__add__))
)
def test_junk_gets_one_outcome_from_both_codecs(junk):
    first, second = (outcome(name, unpack_header, junk) for name in CODECS)
    assert first == second
    assert isinstance(first, dict) or first in (BadRequest, TooLarge)


REFUSED = {
    "empty": b"",
    "not a map": msgpack.packb([1]),
    "truncated": msgpack.packb({"a": "x" * 40})[:-5],
    "followed by more": msgpack.packb({}) + b"\x00",
    "array of four billion": b"\x81\xa1a\xdd\xff\xff\xff\xff",
    "map of four billion": b"\xdf\xff\xff\xff\xff",
    "bytes of four billion": b"\x81\xa1a\xc6\xff\xff\xff\xff",
    "deep": b"\x81\xa1a" * 9 + b"\xc0",
    "very deep": b"\x91" * 60_000 + b"\x00",
    "key twice": b"\x82\xa1a\x01\xa1a\x02",
    "inner key twice": b"\x81\xa1b\x82\xa1a\x01\xa1a\x02",
    "int key": b"\x81\x01\x02",
    "bytes key": b"\x81\xc4\x01a\x02",
    "array key": b"\x81\x90\x01",
    "bad UTF-8": b"\x81\xa1a\xa2\xff\xfe",
    "ext": msgpack.packb({"a": msgpack.ExtType(5, b"x")}),
    "empty ext": b"\x81\xa1a\xc7\x00\x05",
    "timestamp": msgpack.packb({"a": msgpack.Timestamp(1)}),
    "bad timestamp": b"\x81\xa1a\xd4\xff\x00",
    "reserved byte": b"\x81\xa1a\xc1",
    "NaN": msgpack.packb({"a": math.nan}),
    "single infinity": b"\x81\xa1a\xca\x7f\x80\x00\x00",
    "2^63": msgpack.packb({"a": 2**63}),
    "long array": msgpack.packb({"a": [0] * (wire.MAX_ARRAY + 1)}),
    "large map": msgpack.packb({str(i): 0 for i in range(wire.MAX_MAP + 1)}),
    "long header": msgpack.packb({"a": b"x" * wire.MAX_HEADER_BYTES}),
}


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_refused(data, name):
    with pytest.raises((BadRequest, TooLarge)):
        under(name, unpack_header, data)


@pytest.mark.parametrize("name", CODECS)
def test_the_limits_themselves_are_accepted(name):
    deepest = b"\x81\xa1a" * wire.MAX_DEPTH + b"\xc0"
    assert under(name, unpack_header, deepest)
    widest = {"a": [0] * wire.MAX_ARRAY, **{str(i): 0 for i in range(wire.MAX_MAP - 1)}, "b": 2**63 - 1}
    del widest["0"]
    assert under(name, unpack_header, msgpack.packb(widest)) == widest


@pytest.mark.parametrize(
    "header",
    [
        {"a": math.inf},
        {"a": {1: 2}},
        {"a": object()},
        {"a": np.float32(1)},
        {"a": "\ud800"},
        {"a": 2**70},
        {"a": {"b": {1}}},
    ],
)
def test_what_the_other_side_would_refuse_is_not_sent(header):
    with pytest.raises(BadRequest):
        pack_header(header)


def pair(secret):
    """Two channels as they are after hello."""
    client, daemon = Channel(secret, CLIENT), Channel(secret, DAEMON)
    client.nonce = daemon.nonce = b"n" * 16
    return client, daemon


@pytest.mark.parametrize("secret", [b"", SECRET], ids=["unsigned", "signed"])
def test_frames_arrive_unchanged(secret):
    client, daemon = pair(secret)
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    parts = client.seal({"id": "1"}, [image.data, b"", bytearray(b"xyz")])
    header, frames = daemon.open([bytes(part) for part in parts])
    assert header == {"id": "1", "seq": 1, "frames": [24, 0, 3]}
    assert [bytes(frame) for frame in frames] == [image.tobytes(), b"", b"xyz"]
    assert parts[2].obj is image.data.obj or np.shares_memory(np.asarray(parts[2]), image)
    assert len(parts[0]) == (32 if secret else 0)


@pytest.mark.parametrize("changed", [0, 1, 2, 3])
def test_one_changed_bit_in_any_part_is_seen(changed):
    client, daemon = pair(SECRET)
    parts = [bytearray(part) for part in client.seal({"id": "1"}, [b"first", b"second"])]
    parts[changed][-1] ^= 1
    with pytest.raises(Unauthorized):
        daemon.open(parts)
    parts[changed][-1] ^= 1
    # A forgery before it must not have used up its number.
    assert daemon.open(parts)[0]["id"] == "1"


def test_bytes_cannot_move_between_frames():
    client, daemon = pair(SECRET)
    signature, header, first, second = map(bytes, client.seal({}, [b"ab", b"cd"]))
    with pytest.raises(Unauthorized):
        daemon.open([signature, header, first + second[:1], second[1:]])


def test_neither_replay_nor_reflection_nor_another_connection():
    client, daemon = pair(SECRET)
    message = client.seal({"id": "1"})
    daemon.open(message)
    other_client, other_daemon = pair(SECRET)
    other_daemon.nonce = b"m" * 16
    for receiver in (daemon, other_client, other_daemon):
        with pytest.raises(Unauthorized):
            receiver.open(message)
    assert daemon.open(client.seal({"id": "2"}))[0]["seq"] == 2


def test_an_unsigned_message_is_refused_where_a_secret_is_and_the_other_way_round():
    with pytest.raises(Unauthorized):
        Channel(SECRET, DAEMON).open(Channel(b"").seal({}))
    with pytest.raises(Unauthorized):
        Channel(b"", DAEMON).open(Channel(SECRET).seal({}))


@pytest.mark.parametrize("frames", [[], [3], [4, 4], [4.5], None, "4"])
def test_a_lie_about_frames_is_seen(frames):
    header = pack_header({"seq": 1, "frames": frames})
    with pytest.raises(BadRequest):
        Channel(side=DAEMON).open([b"", header, b"four"])


@pytest.mark.parametrize(
    "parts", [[], [b""], [b"", msgpack.packb({"frames": []})], [b"", pack_header({"seq": "1", "frames": []})]]
)
def test_incomplete_messages(parts):
    with pytest.raises(BadRequest):
        Channel(side=DAEMON).open(parts)


def test_too_many_or_too_large_frames(monkeypatch):
    with pytest.raises(TooLarge):
        Channel().seal({}, [b""] * (wire.MAX_FRAMES + 1))
    monkeypatch.setattr(wire, "MAX_FRAME_BYTES", 10)
    monkeypatch.setattr(wire, "MAX_MESSAGE_BYTES", 15)
    for frames in ([b"x" * 11], [b"x" * 8] * 2):
        with pytest.raises(TooLarge):
            Channel(side=DAEMON).open([b"", pack_header({"seq": 1, "frames": []}), *frames])


def test_a_refusal_reads_as_unauthorized():
    message = wire.refusal(Unauthorized("No.", "Do."))
    header, _ = Channel().open(message)
    assert (header["id"], header["kind"], header["code"]) == ("", "error", "unauthorized")
    with pytest.raises(Unauthorized):
        Channel(SECRET).open(message)
