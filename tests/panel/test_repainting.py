"""What the panel paints itself, on a hint layer that the user paints on and erases from at the same time."""

import numpy as np
import pytest

from huedot.panel.host import Picture
from huedot.panel.state import Variation

RED, BLUE = (190, 60, 50), (60, 90, 170)


def take_dot(desk, x, y, rgb=BLUE):
    """Take a variation of one dot."""
    dots = [{"x": x, "y": y, "radius": 3, "rgb": list(rgb)}]
    desk.panel.state.proposals.variations = [Variation(Picture(1, 1, 3, b"abc"), dots)]
    desk.panel.take_variation(0)


def on_reading(paper, then):
    """Call something, with the number of the reading, whenever the hints are read from now on."""
    read, count = paper.read_hints, 0

    def read_hints(area, region=""):
        nonlocal count
        count += 1
        then(count)
        return read(area, region)

    paper.read_hints = read_hints


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_dot_where_one_was_erased(desk, is_alone):
    paper = desk.started()
    if not is_alone:
        desk.follow(lambda: paper.paint(190, 140, RED))
    desk.follow(lambda: paper.paint(40, 30, RED))

    def erase():
        # An eraser leaves the color.
        paper.hints[20:45, 30:50, 3] = 0
        paper.strokes += 1

    desk.follow(erase)

    def not_for_ever(count):
        assert count < 1000

    on_reading(paper, not_for_ever)
    desk.follow(lambda: take_dot(desk, 40, 30))
    assert tuple(paper.hints[30, 40]) == (*BLUE, 255)
    assert is_alone or tuple(paper.hints[140, 190]) == (*RED, 255)


def test_hints_that_never_hold_still_are_given_up(desk):
    paper = desk.started()
    desk.follow(lambda: paper.paint(60, 70, RED))

    def paint(count):
        paper.hints[70, 60, 0] = count % 256

    on_reading(paper, paint)
    before = paper.strokes
    take_dot(desk, 61, 90)
    desk.until(lambda: desk.panel.status.is_error)
    assert "was being changed" in desk.panel.status.text
    assert paper.strokes == before
    del paper.read_hints
    desk.follow(lambda: paper.paint(90, 90, RED))
    assert not desk.panel.status.is_error


def test_a_stroke_begun_while_the_hints_are_read_is_not_lost(desk):
    paper = desk.started()
    desk.follow(lambda: paper.paint(60, 70, RED))

    def begin_stroke(count):
        # The band of the dot is read first, and then compared.
        paper.busy = paper.busy or count == 2

    on_reading(paper, begin_stroke)
    before = paper.strokes
    take_dot(desk, 65, 90)
    desk.until(lambda: paper.busy)
    for _ in range(50):
        desk.panel.tick()
    assert paper.strokes == before
    paper.paint(160, 120, RED)
    paper.busy = False
    desk.until(lambda: tuple(paper.hints[90, 65]) == (*BLUE, 255))
    assert tuple(paper.hints[120, 160]) == (*RED, 255)
    assert np.count_nonzero(paper.hints[..., 3]) > 2 * 40
    desk.settled()
