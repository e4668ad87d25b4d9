"""Which painted pixels are hints: dots of every brush count, by their peak; fringes and dust do not."""

import numpy as np
import pytest

from huedot.model.hints import Hints
from huedot.model.paint import Paint, join

RED, BLUE = (200, 60, 50), (50, 60, 200)


def soft(layer, x, y, reach, rgb, peak):
    """Paint a dot as soft as an airbrush's."""
    rows, columns = np.mgrid[: layer.shape[0], : layer.shape[1]]
    alpha = np.round(peak * np.exp(-2 * ((rows - y) ** 2 + (columns - x) ** 2) / reach**2))
    above = alpha > layer[..., 3]
    layer[above, :3], layer[above, 3] = rgb, alpha[above]
    return layer


def empty(height=200, width=300):
    return np.zeros((height, width, 4), np.uint8)


def counted(layer):
    paint, faint = Paint.of(layer).counting()
    mask = np.zeros(layer.shape[:2], bool)
    mask[paint.rows, paint.columns] = True
    return mask, faint


@pytest.mark.parametrize("peak", [255, 128, 102, 101, 40, 12])
def test_a_dot_counts_as_far_as_half_its_peak(peak):
    mask, faint = counted(soft(empty(), 100, 100, 30, RED, peak))
    assert mask[100, 100]
    assert faint == 0
    width = mask[100].sum()
    assert abs(width - 2 * 30 * np.sqrt(np.log(2) / 2)) < 6
    assert mask.sum() == pytest.approx(np.pi * width**2 / 4, rel=0.12)


def test_what_is_half_opaque_counts_as_before():
    layer = np.random.default_rng(0).integers(0, 256, (60, 80, 4)).astype(np.uint8)
    layer[..., 3][layer[..., 3] < 128] = 0
    assert np.array_equal(counted(layer)[0], layer[..., 3] > 0)


def test_a_faint_dot_that_touches_an_opaque_one_of_another_color_counts():
    layer = soft(soft(empty(), 100, 100, 30, RED, 255), 130, 100, 30, BLUE, 101)
    mask, _ = counted(layer)
    assert mask[100, 100]
    assert mask[100, 134]


def test_dots_across_parts_count_as_one():
    layer = soft(empty(), 64, 64, 40, RED, 90)
    parts = [Paint.of(layer[y : y + 64, x : x + 64], x, y) for y in range(0, 200, 64) for x in range(0, 300, 64)]
    paint, _ = join(parts).counting()
    whole, _ = Paint.of(layer).counting()
    assert set(zip(paint.rows, paint.columns, strict=True)) == set(zip(whole.rows, whole.columns, strict=True))


def test_what_is_too_faint_is_counted_and_dust_is_not():
    layer = soft(empty(), 100, 100, 10, RED, 255)
    layer[20:40, 20:40] = (*BLUE, 5)
    layer[150, 250] = (*BLUE, 5)
    mask, faint = counted(layer)
    assert faint == 1
    assert not mask[30, 30]


def test_nothing_is_no_hint():
    assert len(Hints.from_layer(empty())) == 0
    assert join([]).counting()[1] == 0
