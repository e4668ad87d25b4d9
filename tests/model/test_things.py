"""What is of one meaning is one thing, and takes one color in a variation."""

import numpy as np
import pytest
import torch

from huedot.model import Colorizer, Hints
from huedot.model.things import APART, SMALLEST, things_of

HALVES = (32, 32)


@pytest.fixture
def halves():
    """A left and a right thing by meaning, as light as each other, and specks of a third in the upper corner."""
    meaning = torch.zeros(1, 6, 16, 16)
    meaning[:, 0, :, :8], meaning[:, 1, :, 8:] = 1, 1
    return things_of(meaning, torch.full((1, 1, 64, 64), 50.0), HALVES)


def test_no_thing_reaches_across_what_means_something_else(halves):
    assert 2 <= halves.count <= 8
    for thing in range(halves.count):
        columns = np.nonzero(halves.cells(thing))[1]
        assert columns.max() < 17 or columns.min() > 14, "the field is finer than the meaning: a cell may be between"


def test_every_cell_is_of_one_thing_or_too_few_to_matter(halves):
    sizes = [halves.cells(thing).mean() for thing in range(halves.count)]
    assert min(sizes) >= SMALLEST
    assert sum(sizes) + (halves.of == -1).mean() == pytest.approx(1)


def test_dots_lie_inside_their_thing_and_apart(halves):
    for thing in range(halves.count):
        places = halves.middles(thing, 4)
        cells = np.array([(int(y * 32), int(x * 32)) for x, y in places])
        assert 1 <= len(cells) <= 4
        assert halves.cells(thing)[tuple(cells.T)].all()
        apart = np.hypot(*(cells[:, None] - cells[None]).transpose(2, 0, 1)) + 99 * np.eye(len(cells))
        assert apart.min() >= APART


def test_a_flat_photograph_is_no_trouble():
    found = things_of(torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 64, 64), (8, 8))
    assert all(found.middles(thing, 4) for thing in range(found.count))


def test_a_thing_with_a_hint_keeps_its_color(tiny_weights, picture):
    photo = Colorizer.load(tiny_weights, device="cpu", working_size=64).open(picture)
    everywhere = Hints.from_layer(np.full((*picture.shape[:2], 4), (200, 40, 40, 255), np.uint8))
    assert photo.variation_dots(everywhere, 4) == [[]], "there is nothing left to vary"
    free = photo.variation_dots(None, 4)
    assert len(free) == 4
    assert all(0 <= dot.x < 96 and 0 <= dot.y < 80 for dots in free for dot in dots)
    assert {len(dots) for dots in free[1:]} == {len(free[1])}, "each colors every thing"
    assert free == photo.variation_dots(None, 4), "the same every time"
