"""The same suite for both clients, on the Unix socket and on TCP, against a real daemon process."""

import contextlib
import threading

import numpy as np
import pytest

from huedot.model import Colorizer, Hints
from huedot.protocol import messages
from huedot.protocol.endpoint import find_endpoint
from huedot.protocol.errors import ArgumentError, BadRequest, Cancelled, DaemonUnreachable, ImageUnknown, TooLarge

from ..conftest import Daemon, opened, wait_until

DOT = {"x": 20, "y": 12, "rgb": [200, 40, 30], "radius": 3}


def pixels_of(answer):
    (tile,) = answer.tiles
    return np.frombuffer(tile.pixels, np.uint8).reshape(tile.height, tile.width, 3)


def test_hello_says_who_answers(client, daemon, tiny_weights):
    hello = client.connect()
    assert hello["pid"] == daemon.process.pid
    assert hello["models"][0] == str(tiny_weights)
    assert hello["limits"]["image_pixels"] == 1 << 26


def test_colorize_is_what_the_library_does(client, rgb, tiny_weights):
    image = opened(client, rgb)
    layer = np.zeros((10, 8, 4), np.uint8)
    layer[2:6, 3:7] = (200, 40, 30, 255)
    whole = np.zeros((48, 64, 4), np.uint8)
    whole[5:15, 30:38] = layer
    answer = client.colorize(image, messages.Hints(layer=[(30, 5, 8, 10)], pixels=layer.tobytes()))
    assert answer.area == (0, 0, 64, 48)
    assert answer.base is None
    expected = Colorizer.load(tiny_weights).open(rgb).colorize(hints=whole)
    assert np.abs(pixels_of(answer).astype(int) - expected).max() <= 1


def test_a_layer_may_come_in_parts(client, rgb):
    image = opened(client, rgb)
    left, right = np.zeros((4, 3, 4), np.uint8), np.zeros((2, 5, 4), np.uint8)
    left[1:, 1:], right[0, 2:] = (200, 40, 30, 255), (20, 160, 50, 255)
    whole = np.zeros((48, 64, 4), np.uint8)
    whole[10:14, 5:8], whole[30:32, 50:55] = left, right
    parts = messages.Hints([(5, 10, 3, 4), (50, 30, 5, 2)], left.tobytes() + right.tobytes())
    together = client.colorize(image, messages.Hints([(0, 0, 64, 48)], whole.tobytes()))
    assert np.array_equal(pixels_of(client.colorize(image, parts)), pixels_of(together))


def test_dots_lie_above_the_layer(client, rgb):
    image = opened(client, rgb)
    layer = np.full((1, 1, 4), (30, 30, 200, 255), np.uint8)
    dot = {"x": 20, "y": 12, "rgb": [120, 90, 80], "radius": 0}
    both = client.colorize(image, messages.Hints(layer=[(20, 12, 1, 1)], pixels=layer.tobytes(), dots=[dot]))
    alone = client.colorize(image, messages.Hints(dots=[dot]))
    assert np.array_equal(pixels_of(both), pixels_of(alone))


def test_an_area_is_a_part_of_the_whole(client, rgb):
    image, hints = opened(client, rgb), messages.Hints(dots=[DOT])
    part = client.colorize(image, hints, area=(10, 8, 30, 20))
    assert part.area == (10, 8, 30, 20)
    assert np.array_equal(pixels_of(part), pixels_of(client.colorize(image, hints))[8:28, 10:40])


def test_the_other_operations(client, rgb):
    image, hints = opened(client, rgb), messages.Hints(dots=[DOT])
    palette = client.palette(image, 20, 12, hints, k=4).fields
    assert len(palette["colors"]) == 4
    assert 0 < palette["lightness"] < 100
    assert np.isclose(sum(color["probability"] for color in palette["colors"]), 1, atol=1e-3)
    places = client.suggest(image, hints, n=3).fields["places"]
    assert all(0 <= p["x"] < 64 and 0 <= p["y"] < 48 and 0 <= p["uncertainty"] <= 1 for p in places)
    gamut = client.gamut(60.0, size=32)
    assert len(gamut.frames[0]) == 32 * 32 * 4
    variations = client.variations(image, hints, n=3, side=32)
    assert (variations.fields["width"], variations.fields["height"]) == (32, 24)
    assert [len(frame) for frame in variations.frames] == [32 * 24 * 3] * 3
    assert client.ping() < 5
    assert client.status()["images"] >= 1


def test_a_variation_can_be_made_again_from_its_dots(client, rgb):
    image = opened(client, rgb)
    answer = client.variations(image, n=2, side=64)
    dots = [{name: dot[name] for name in ("x", "y", "radius", "ab")} for dot in answer.fields["variations"][1]["dots"]]
    assert dots
    again = client.colorize(image, messages.Hints(dots=dots))
    preview = np.frombuffer(answer.frames[1], np.uint8).reshape(48, 64, 3).astype(int)
    # The dots themselves are left out.
    assert np.median(np.abs(pixels_of(again) - preview)) <= 2


def test_global_hints(client, rgb):
    image = opened(client, rgb)
    reference = np.full((32, 32, 3), (180, 40, 40), np.uint8)
    histogram = client.histogram(reference.tobytes(), 32, 32, 3).fields
    assert np.isclose(histogram["saturation"], 140 / 180, atol=0.01)
    plain = pixels_of(client.colorize(image))
    assert not np.array_equal(pixels_of(client.colorize(image, messages.Hints(saturation=0.9))), plain)
    wanted = messages.Hints(histogram=histogram["histogram"])
    assert not np.array_equal(pixels_of(client.colorize(image, wanted)), plain)


def test_gray_and_alpha(client, rgb):
    gray, rgba = rgb[..., 0].tobytes(), np.dstack([rgb, rgb[..., 0]]).tobytes()
    first = client.colorize(client.open_image(gray, 64, 48, 1))
    second = client.colorize(client.open_image(rgba, 64, 48, 4))
    assert np.array_equal(pixels_of(first), pixels_of(second))


BAD = [
    (ArgumentError, "palette", {"x": 64, "y": 0}),
    (ArgumentError, "palette", {"x": 0, "y": 48}),
    (ArgumentError, "colorize", {"saturation": 1.5}),
    (ArgumentError, "colorize", {"dots": [{**DOT, "x": 64}]}),
    (ArgumentError, "colorize", {"region": (0, 0, 65, 1)}),
    (TooLarge, "colorize", {"dots": [DOT] * 1025}),
    (BadRequest, "colorize", {"color": "red"}),
    (BadRequest, "paint", {}),
]


@pytest.mark.parametrize(("error", "op", "changes"), BAD, ids=lambda value: str(value)[:30])
def test_what_is_refused_does_no_harm(client, rgb, error, op, changes):
    image = opened(client, rgb)
    with pytest.raises(error):
        client.request(op, {"image": image, **changes})
    assert client.colorize(image).area == (0, 0, 64, 48)


def test_pixels_must_be_those_of_the_id(client, rgb):
    parameters = {"image": "0" * 64, "width": 64, "height": 48, "channels": 3}
    with pytest.raises(BadRequest, match="hash"):
        client.request("open_image", parameters, [rgb.tobytes()])
    with pytest.raises(ImageUnknown):
        client.request("colorize", {"image": "0" * 64})
    assert client.ping() < 5


def test_a_forgotten_image_is_sent_again_by_itself(client, rgb):
    image = opened(client, rgb)
    held = client.status()["images"]
    client.request("close_image", {"image": image})
    assert client.status()["images"] == held - 1
    assert client.colorize(image).area == (0, 0, 64, 48)
    assert client.status()["images"] == held


def test_the_daemon_killed_and_started_again(client, daemon, rgb):
    image = opened(client, rgb)
    before = pixels_of(client.colorize(image, messages.Hints(dots=[DOT])))
    daemon.kill()
    with pytest.raises(DaemonUnreachable):
        client.colorize(image)
    daemon.start()
    assert np.array_equal(pixels_of(client.colorize(image, messages.Hints(dots=[DOT]))), before)


def test_killed_while_it_works(client, daemon, rgb):
    """The request is sent again, once, to the successor, with the image that it needs."""
    image = opened(client, rgb)
    successor = Daemon(*daemon.options)

    def replace():
        daemon.kill()
        successor.start()

    thread = threading.Thread(target=replace)
    thread.start()
    while thread.is_alive():
        # Between the two daemons there is none.
        with contextlib.suppress(DaemonUnreachable):
            client.colorize(image)
    thread.join()
    try:
        assert client.colorize(image).area == (0, 0, 64, 48)
        assert client.connect()["pid"] == successor.process.pid
    finally:
        successor.close()


def test_cancel_from_another_thread(client):
    rgb = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    image = opened(client, rgb)
    stages = []

    def show(stage, fraction):
        stages.append(stage)
        client.cancel()

    with pytest.raises(Cancelled):
        client.request("variations", {"image": image, "n": 16}, on_progress=show)
    assert stages
    assert client.ping() < 5


def test_shutdown(client, daemon):
    client.connect()
    client.shutdown()
    wait_until(lambda: daemon.process.poll() is not None)
    assert daemon.process.returncode == 0
    with pytest.raises(DaemonUnreachable):
        find_endpoint()


def test_hints_of_the_library_and_the_wire_agree(client, rgb, tiny_weights):
    """An empty layer is no hint."""
    image = opened(client, rgb)
    empty = messages.Hints(layer=[(0, 0, 2, 2)], pixels=bytes(16))
    expected = Colorizer.load(tiny_weights).open(rgb).colorize(Hints.none())
    assert np.abs(pixels_of(client.colorize(image, empty)).astype(int) - expected).max() <= 1
