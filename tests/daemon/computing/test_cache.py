import pytest

from huedot.daemon.computing.cache import MAX_REFERENCES, PhotoCache
from huedot.daemon.computing.operations import Operations
from huedot.protocol.errors import ImageUnknown, OutOfMemory
from huedot.protocol.messages import Request


class OfSize:
    """Stands for a photograph: of one, the cache knows its size alone."""

    def __init__(self, nbytes):
        self.nbytes = nbytes


def test_the_least_recently_used_goes_first():
    cache = PhotoCache(100)
    for name in "abc":
        cache.add(name, "huedot", OfSize(30))
    cache.photo("a", "huedot")
    cache.add("d", "huedot", OfSize(30))
    assert [name for name in "abcd" if (name, "huedot") in cache] == ["a", "c", "d"]
    assert cache.bytes == 90
    with pytest.raises(ImageUnknown):
        cache.photo("b", "huedot")


def test_the_latest_is_held_however_large():
    cache = PhotoCache(100)
    cache.add("small", "huedot", OfSize(30))
    cache.add("large", "huedot", OfSize(1000))
    assert len(cache) == 1
    assert cache.photo("large", "huedot").nbytes == 1000


def test_an_image_is_closed_for_every_model():
    cache = PhotoCache(100)
    cache.add("a", "huedot", OfSize(10))
    cache.add("a", "siggraph17", OfSize(10))
    assert cache.close("a")
    assert not cache.close("a")
    assert cache.bytes == 0


def test_references_are_bounded():
    cache = PhotoCache(100)
    for i in range(MAX_REFERENCES + 1):
        cache.add_reference(str(i), OfSize(1))
    with pytest.raises(ImageUnknown):
        cache.reference("0")
    assert cache.reference("1")


def test_what_grows_with_use_is_counted_and_makes_others_go():
    cache = PhotoCache(100)
    cache.add("a", "huedot", OfSize(30))
    cache.add("b", "huedot", OfSize(30))
    cache.photo("b", "huedot").nbytes = 60
    assert cache.bytes == 90
    cache.remember("b", "huedot", "r", OfSize(20))
    assert cache.bytes == 80
    assert ("a", "huedot") not in cache


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("[enforce fail] can't allocate memory: 12 bytes")])
def test_a_lack_of_memory_is_an_error_of_ours_wherever_it_is_met(error, monkeypatch):
    operations = Operations()
    monkeypatch.setattr(operations, "_gamut", Raises(error))
    with pytest.raises(OutOfMemory):
        operations.answer(Request("1", "gamut", {}, []), lambda stage, fraction: None)
    monkeypatch.setattr(operations, "_gamut", Raises(RuntimeError("a mistake of ours")))
    with pytest.raises(RuntimeError, match="mistake"):
        operations.answer(Request("1", "gamut", {}, []), lambda stage, fraction: None)


class Raises:
    """An operation that fails."""

    def __init__(self, error):
        self.error = error

    def __call__(self, request, progress):
        raise self.error
