import pytest

from huedot.daemon.computing.cache import MAX_REFERENCES, PhotoCache
from huedot.protocol.errors import ImageUnknown


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
