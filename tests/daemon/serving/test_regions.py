"""Regions over the wire: masks are sent once, survive the daemon, and color what their dots say."""

import numpy as np
import pytest

from huedot.daemon.computing.cache import HeldMask, PhotoCache
from huedot.model import Mask
from huedot.protocol.client import Client
from huedot.protocol.errors import ArgumentError, BadRequest, ImageUnknown, UnsupportedVersion
from huedot.protocol.messages import Hints, Region, image_id

from ..conftest import Daemon, opened


@pytest.fixture(scope="module")
def _shared_daemon(runtime, tiny_weights):
    """One of one kind: what travels here travels like all the rest."""
    daemon = Daemon("--model", tiny_weights)
    yield daemon
    daemon.close()


@pytest.fixture
def client(daemon):
    with Client("tests", "1", launch=False) as client:
        yield client


RED, GREEN = [200, 30, 30], [30, 160, 60]
AREA = (20, 10, 24, 30)
MASK = bytes([255]) * (24 * 30)


def picture(answer):
    (tile,) = answer.tiles
    return np.frombuffer(tile.pixels, np.uint8).reshape(tile.height, tile.width, 3)


def inside(picture):
    x, y, width, height = AREA
    return picture[y : y + height, x : x + width]


def dot(x, y, rgb):
    return {"x": x, "y": y, "radius": 3, "rgb": rgb}


def in_region(client, *dots, **painted):
    return Region(client.mask(MASK, 24, 30), AREA, dots=dots, **painted)


def test_what_is_in_a_region_is_colored_by_its_own_hints(client, rgb):
    image = opened(client, rgb)
    plain = picture(client.colorize(image))
    red = picture(client.colorize(image, Hints(regions=[in_region(client, dot(30, 20, RED))])))
    outside = red.astype(int) - plain
    inside(outside)[:] = 0
    assert not outside.any()
    assert (inside(red) != inside(plain)).any(2).mean() > 0.9


def test_painted_layers_travel_in_frames_of_their_own(client, rgb):
    image, spot = opened(client, rgb), bytes([*RED, 255]) * 9
    painted = Hints([(2, 2, 3, 3)], bytes([*GREEN, 255]) * 9, regions=[in_region(client)])
    both = painted._replace(regions=[*painted.regions, in_region(client, layer=[(30, 20, 3, 3)], pixels=spot)])
    dotted = painted._replace(regions=[in_region(client, *[{**dot(31, 21, RED), "radius": 1.5}])])
    first, second = (picture(client.colorize(image, hints)) for hints in (both, dotted))
    assert np.abs(first.astype(int) - second).max() <= 1
    assert (second != picture(client.colorize(image, Hints(regions=[in_region(client)])))).any(2).mean() > 0.2


def test_only_what_changed_travels(client, rgb):
    image = opened(client, np.tile(rgb, (10, 10, 1)))
    hints = Hints(regions=[in_region(client, dot(30, 20, RED))])
    first = client.colorize(image, hints)
    assert client.colorize(image, hints, since=first.result).tiles == []
    fewer = client.colorize(image, since=first.result)
    assert fewer.base == first.result
    assert 0 < sum(tile.width * tile.height for tile in fewer.tiles) < rgb.size / 3 * 100 / 4


def test_palette_suggestions_and_variations_know_regions(client, rgb):
    image = opened(client, rgb)
    hints = Hints(regions=[in_region(client, dot(30, 20, RED))])
    assert client.palette(image, 5, 5, hints).fields["colors"] == client.palette(image, 5, 5).fields["colors"]
    assert client.palette(image, 32, 22, hints).fields["colors"] != client.palette(image, 32, 22).fields["colors"]
    assert len(client.suggest(image, hints, n=2).fields["places"]) == 2
    assert client.variations(image, hints, n=2, side=64).frames


def test_the_successor_of_a_dead_daemon_is_given_the_masks(client, rgb, daemon):
    image, hints = opened(client, rgb), Hints(regions=[in_region(client, dot(30, 20, RED))])
    before = picture(client.colorize(image, hints))
    daemon.kill()
    daemon.start()
    assert (picture(client.colorize(image, hints)) == before).all()


def test_a_mask_that_nobody_sent_is_unknown(client, rgb):
    image = opened(client, rgb)
    with pytest.raises(ImageUnknown, match="region"):
        client.colorize(image, Hints(regions=[Region("0" * 64, AREA)]))
    assert client.colorize(image).tiles


@pytest.mark.parametrize("area", [(20, 10, 24, 29), (60, 10, 24, 30)])
def test_an_area_that_does_not_fit_is_refused(client, rgb, area):
    image, mask = opened(client, rgb), client.mask(MASK, 24, 30)
    with pytest.raises(ArgumentError, match=r"regions\[0\].area"):
        client.colorize(image, Hints(regions=[Region(mask, area)]))


def test_a_mask_is_what_its_id_says(client):
    with pytest.raises(BadRequest, match="mask"):
        client.request("mask", {"mask": image_id(b"other", 5, 1, 1), "width": 24, "height": 30}, [MASK])


def test_an_older_daemon_is_said_to_be_too_old(client, monkeypatch):
    monkeypatch.setattr(Client, "connect", lambda self: {"protocol": "2.1"})
    with pytest.raises(UnsupportedVersion, match=r"2\.1.*regions"):
        client.mask(MASK, 24, 30)


def test_masks_are_dropped_when_memory_runs_short():
    cache = PhotoCache(4000)
    for name in "abc":
        pixels = np.full((20, 25), 255, np.uint8)
        cache.add_mask(name, HeldMask(pixels.shape, Mask.of(pixels)))
    with pytest.raises(ImageUnknown):
        cache.mask("a")
    assert cache.mask("c").shape == (20, 25)
