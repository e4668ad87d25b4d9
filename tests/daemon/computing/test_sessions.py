import pytest

from huedot.daemon.computing.sessions import MAX_REFERENCES, Sessions
from huedot.protocol.errors import ImageUnknown


class Held:
    """Stands for a photograph: of one, sessions know its size alone."""

    def __init__(self, nbytes):
        self.nbytes = nbytes


def test_the_least_recently_used_goes_first():
    sessions = Sessions(100)
    for name in "abc":
        sessions.add(name, "huedot", Held(30))
    sessions.photo("a", "huedot")
    sessions.add("d", "huedot", Held(30))
    assert [name for name in "abcd" if (name, "huedot") in sessions] == ["a", "c", "d"]
    assert sessions.bytes == 90
    with pytest.raises(ImageUnknown):
        sessions.photo("b", "huedot")


def test_the_latest_is_held_however_large():
    sessions = Sessions(100)
    sessions.add("small", "huedot", Held(30))
    sessions.add("large", "huedot", Held(1000))
    assert len(sessions) == 1
    assert sessions.photo("large", "huedot").nbytes == 1000


def test_an_image_is_closed_for_every_model():
    sessions = Sessions(100)
    sessions.add("a", "huedot", Held(10))
    sessions.add("a", "siggraph17", Held(10))
    assert sessions.close("a")
    assert not sessions.close("a")
    assert sessions.bytes == 0


def test_references_are_bounded():
    sessions = Sessions(100)
    for i in range(MAX_REFERENCES + 1):
        sessions.add_reference(str(i), Held(1))
    with pytest.raises(ImageUnknown):
        sessions.reference("0")
    assert sessions.reference("1")
