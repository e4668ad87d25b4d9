"""The painted parts of a layer."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from huedot.panel.hint_parts import (
    PART,
    bands,
    color_at,
    hints_of,
    looks_alike,
    newest,
    recolored,
    split,
    with_dots,
)
from huedot.protocol.messages import MAX_PARTS


def finished(steps):
    """Take all steps of some work; returns what comes of it, and how many there were."""
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, count
        count += 1


def collected(layer):
    height, width = layer.shape[:2]
    parts = {}
    for x, y, w, h in bands((0, 0, width, height), width, height):
        parts.update(split(layer[y : y + h, x : x + w].tobytes(), (x, y, w, h)))
    return parts


def assembled(hints, shape):
    layer, offset = np.zeros(shape, np.uint8), 0
    for x, y, width, height in hints.layer:
        size = width * height * 4
        pixels = np.frombuffer(hints.pixels[offset : offset + size], np.uint8).reshape(height, width, 4)
        layer[y : y + height, x : x + width] = pixels
        offset += size
    assert offset == len(hints.pixels)
    return layer


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 200), st.integers(1, 200), st.lists(st.tuples(st.integers(0, 199), st.integers(0, 199)), max_size=8)
)
def test_parts_hold_all_that_is_painted(width, height, places):
    layer = np.zeros((height, width, 4), np.uint8)
    for x, y in places:
        layer[y % height, x % width] = (x, y, 7, 255)
    parts = collected(layer)
    assert np.array_equal(assembled(hints_of(parts), layer.shape), layer)
    assert len(parts) <= len(places)


def test_too_many_parts_are_joined():
    layer = np.zeros((PART * 70, PART * 70, 4), np.uint8)
    layer[::PART, ::PART] = (1, 2, 3, 255)
    layer[:, : PART // 2, 3] = 0
    parts = collected(layer)
    assert len(parts) > MAX_PARTS
    hints = hints_of(parts)
    assert len(hints.layer) == 70
    shown = layer * (layer[..., 3:] > 0)
    assert np.array_equal(assembled(hints, layer.shape), shown)


def test_the_newest_dot_is_found_and_an_eraser_leaves_none():
    layer = np.zeros((300, 300, 4), np.uint8)
    layer[10:20, 10:20] = (200, 0, 0, 255)
    before = collected(layer)
    layer[120:141, 60:81] = (0, 0, 200, 255)
    after = collected(layer)
    assert newest(before, after) == (70, 130)
    assert color_at(after, (70, 130)) == (0, 0, 200)
    assert color_at(after, (200, 200)) is None
    assert newest(after, before) is None


def test_recolored_is_one_dot_with_its_soft_edge():
    layer = np.zeros((100, 200, 4), np.uint8)
    layer[40:60, 50:80] = (200, 10, 10, 255)
    layer[39, 50:80] = (201, 9, 10, 90)
    layer[40:60, 120:140] = (200, 10, 10, 255)
    new = assembled(hints_of(finished(recolored(collected(layer), (60, 50), (1, 2, 3)))[0]), layer.shape)
    assert (new[39:60, 50:80, :3] == (1, 2, 3)).all()
    assert (new[39, 50:80, 3] == 90).all()
    assert (new[40:60, 120:140, :3] == (200, 10, 10)).all()


def test_a_large_dot_is_repainted_in_many_steps():
    layer = np.zeros((300, 300, 4), np.uint8)
    layer[20:270, 20:270] = (9, 8, 7, 255)
    parts, steps = finished(recolored(collected(layer), (100, 100), (1, 2, 3)))
    assert (assembled(hints_of(parts), layer.shape)[20:270, 20:270, :3] == (1, 2, 3)).all()
    assert steps >= 250 * 250 // 4096


def test_what_is_transparent_looks_alike_whatever_its_color():
    erased, empty, painted = bytes((200, 0, 0, 0)) * 9, bytes(36), bytes((200, 0, 0, 9)) * 9
    assert looks_alike(erased, empty)
    assert looks_alike(memoryview(painted), painted)
    assert not looks_alike(erased, painted)
    assert not looks_alike(empty, painted)


def test_dots_lie_beneath_what_is_painted_and_inside_the_image():
    layer = np.zeros((70, 90, 4), np.uint8)
    layer[0:5, 0:5] = (9, 9, 9, 255)
    dots = [{"x": 2, "y": 2, "radius": 8, "rgb": [5, 6, 7]}, {"x": 89, "y": 69, "radius": 3, "rgb": [50, 60, 70]}]
    new = assembled(hints_of(finished(with_dots(collected(layer), dots, (90, 70)))[0]), layer.shape)
    assert tuple(new[2, 2]) == (9, 9, 9, 255)
    assert tuple(new[2, 8]) == (5, 6, 7, 255)
    assert tuple(new[69, 89]) == (50, 60, 70, 255)
    assert new[40, 40].max() == 0
