"""What is too large is refused before anything is done with it, in the words of who paints."""

import hashlib
import re
import socket

import pytest

from huedot.protocol import messages, wire, zmtp
from huedot.protocol.client import Client
from huedot.protocol.errors import DaemonUnreachable, TooLarge

OURS = re.compile(r"\b(frames?|bytes?|arrays?|headers?)\b", re.IGNORECASE)


@pytest.fixture
def client():
    with Client("test", "0", launch=False) as one:
        yield one


def test_a_photograph_beyond_the_limit_is_neither_hashed_nor_sent(client, monkeypatch):
    # Nor is a daemon looked for: there is none.
    monkeypatch.setattr(hashlib, "sha256", None)
    for give in (client.open_image, client.histogram):
        with pytest.raises(TooLarge, match="9000 x 8000") as caught:
            give(b"", 9000, 8000, 3)
        assert "Reduce" in caught.value.remedy


def seal(header, frames=()):
    return wire.Channel().seal({"id": "1", "op": "x", **header}, frames)


TOO_LARGE = {
    "an image": lambda: messages.check_size(1 << 14, 1 << 13),
    "parts": lambda: messages.OPERATIONS["colorize"].optional["layer"][0]("layer", [[0, 0, 1, 1]] * 5000),
    "dots": lambda: messages.OPERATIONS["colorize"].optional["dots"][0]("dots", [{}] * 2000),
    "text": lambda: seal({"text": "x" * (1 << 16)}),
    "entries": lambda: seal({"list": [0] * 5000}),
    "pictures": lambda: seal({}, [b""] * 300),
    "a picture": lambda: seal({}, [bytes(wire.MAX_FRAME_BYTES + 1)]),
    "pictures together": lambda: seal({}, [bytes(wire.MAX_FRAME_BYTES)] * 3),
}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_what_is_too_large_is_told_in_the_users_words(what):
    with pytest.raises(TooLarge) as caught:
        TOO_LARGE[what]()
    assert not OURS.search(str(caught.value)), str(caught.value)


def test_what_a_stranger_announces_too():
    ours, theirs = socket.socketpair()
    theirs.sendall(zmtp.GREETING + b"\x02" + (1 << 40).to_bytes(8, "big"))
    with pytest.MonkeyPatch.context() as patch, theirs:
        patch.setattr(zmtp, "_connect", lambda address, timeout: ours)
        with pytest.raises(DaemonUnreachable) as caught:
            zmtp.ZmtpTransport("tcp://127.0.0.1:1")
    assert "1,099,511.6 MB at once" in str(caught.value)
    assert not OURS.search(str(caught.value))
