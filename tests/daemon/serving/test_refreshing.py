"""Work in proportion to the change, with a real daemon: tiles by difference, and refreshes that stop early."""

import time

import numpy as np
import pytest

from huedot.protocol.errors import Cancelled
from huedot.protocol.messages import Hints, parse_colorization

from ..conftest import opened
from .test_server import PATIENCE_S, connect, send_image, terminal  # noqa: F401 - connect is a fixture

SIZE = (600, 900)


@pytest.fixture(scope="module")
def photograph():
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    gray = 110 + 30 * np.sin(rows / 31) + 30 * np.sin(columns / 47)
    return np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)


def hints(*places):
    return Hints(dots=[{"x": x, "y": y, "ab": [15, 12], "radius": 8} for x, y in places])


def lay(canvas, answer):
    left, top, *_ = answer.area
    for tile in answer.tiles:
        pixels = np.frombuffer(tile.pixels, np.uint8).reshape(tile.height, tile.width, 3)
        y, x = tile.y - top, tile.x - left
        canvas[y : y + tile.height, x : x + tile.width] = pixels
    return canvas


def whole(answer):
    assert answer.base is None
    return lay(np.zeros((answer.area[3], answer.area[2], 3), np.uint8), answer)


@pytest.mark.parametrize("area", [None, (100, 50, 700, 500)])
def test_only_what_changed_travels(client, photograph, area):
    image = opened(client, photograph)
    first = client.colorize(image, hints((100, 100)), area)
    canvas, since, places, sent = whole(first), first.result, [(100, 100)], []
    for place in [(800, 500), (300, 300), (450, 100), None]:
        places = [*places, place] if place else places[1:]
        answer = client.colorize(image, hints(*places), area, since)
        sent.append(sum(tile.width * tile.height for tile in answer.tiles))
        canvas, since = lay(canvas, answer), answer.result
        expected = whole(client.colorize(image, hints(*places), area))
        assert np.abs(canvas.astype(int) - expected).max() <= 2
    assert min(sent) < canvas.size / 3
    same = client.colorize(image, hints(*places), area, since)
    assert (same.base, same.tiles) == (since, [])


def test_what_the_daemon_does_not_hold_is_answered_in_full(client, photograph, rgb):
    image, other = opened(client, photograph), opened(client, rgb)
    here, elsewhere = client.colorize(image), client.colorize(other)
    for since, area in [("made up", None), (elsewhere.result, None), (here.result, (0, 0, 200, 200))]:
        assert client.colorize(image, since=since, area=area).base is None
    client.close_image(image)
    assert client.colorize(opened(client, photograph), since=here.result).base is None


def test_old_results_are_forgotten(client, photograph):
    image = opened(client, photograph)
    oldest = client.colorize(image).result
    assert client.colorize(image, since=oldest).base == oldest
    for _ in range(8):
        client.colorize(image)
    assert client.colorize(image, since=oldest).base is None


def begun(session, identity):
    """Wait until a request is under way."""
    while (reply := session.receive(PATIENCE_S)) is None or (reply.id, reply.kind) != (identity, "progress"):
        assert reply is not None


@pytest.fixture
def slow(connect):  # noqa: F811
    """A connection, an image whose refresh takes long, and how long."""
    session = connect()
    image = send_image(session, 4000, 6000)
    session.send("whole", "colorize", {"image": image})
    begun(session, "whole")
    began = time.monotonic()
    assert terminal(session, "whole")["whole"][0].kind == "result"
    return session, image, time.monotonic() - began


def test_a_cancelled_refresh_stops_early(slow):
    session, image, seconds = slow
    taken = []
    for name in ("first", "second", "third"):
        session.send(name, "colorize", {"image": image})
        begun(session, name)
        began = time.monotonic()
        session.send(f"cancel-{name}", "cancel", {"target": name})
        answers = terminal(session, name, f"cancel-{name}")
        taken.append(time.monotonic() - began)
        assert answers[name][0].fields["code"] == Cancelled.code
        assert answers[f"cancel-{name}"][0].fields["cancelled"] is True
    assert min(taken) < seconds / 2


def test_a_superseded_refresh_stops_early_but_not_two_in_a_row(slow):
    session, image, _ = slow
    small = {"image": image, "region": [0, 0, 64, 64]}
    session.send("first", "colorize", {"image": image})
    begun(session, "first")
    session.send("second", "colorize", small)
    answers = terminal(session, "first", "second")
    # One that runs to its end is answered with its result, whatever was asked meanwhile.
    assert (answers["first"][0].kind, answers["first"][0].fields["by"]) == ("superseded", "second")
    assert parse_colorization(answers["second"][0]).area == (0, 0, 64, 64)
    session.send("third", "colorize", {"image": image})
    begun(session, "third")
    # Takes the place of the third, and is spared.
    session.send("fourth", "colorize", {"image": image})
    assert terminal(session, "third")["third"][0].kind == "superseded"
    begun(session, "fourth")
    session.send("fifth", "colorize", small)
    answers = terminal(session, "fourth", "fifth")
    assert [answers[name][0].kind for name in ("fourth", "fifth")] == ["result", "result"]
