import numpy as np

from huedot.model.evaluate import levin, reveal
from huedot.model.hints import Hints


def dots(*places):
    rows, columns, ab = zip(*places, strict=True)
    return Hints(np.array(rows), np.array(columns), np.array(ab, np.float32))


def test_color_stops_at_an_edge_and_hints_are_kept():
    luma = np.full((24, 24), 0.2)
    luma[:, 12:] = 0.8
    ab = levin.colorize(luma, dots((12, 4, (40, 10)), (12, 20, (-30, 20))))
    np.testing.assert_allclose(ab[12, 4], (40, 10))
    assert np.abs(ab[:, :12] - (40, 10)).max() < 1
    assert np.abs(ab[:, 12:] - (-30, 20)).max() < 1


def test_one_dot_colors_everything_and_none_colors_nothing():
    luma = np.random.default_rng(0).random((20, 20))
    np.testing.assert_allclose(levin.colorize(luma, dots((3, 5, (12, -7))))[19, 19], (12, -7), atol=1e-3)
    assert not levin.colorize(luma, Hints.none()).any()


def test_neighbors_weigh_one_together_and_less_across_an_edge():
    luma = np.full((5, 6), 0.1)
    luma[:, 3:] = 0.9
    weights = levin.affinity(luma)
    np.testing.assert_allclose(weights.sum(1), 1)
    assert weights[2 * 6 + 2, 2 * 6 + 3] < 0.1 * weights[2 * 6 + 2, 2 * 6 + 1]


def test_two_colors_meet_in_a_seam_in_the_middle_of_a_flat_square():
    ab = levin.colorize(np.full((21, 21), 0.5), dots((10, 0, (20, 0)), (10, 20, (-20, 0))))
    np.testing.assert_allclose(ab[..., 0], -ab[:, ::-1, 0], atol=1e-4)


def test_uniform_points_repeat_and_reach_everywhere():
    ab = np.full((40, 40, 2), 5.0, np.float32)
    first, second = (reveal.uniform_points(ab, 200, np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(first.rows, second.rows)
    assert np.array_equal(first.columns, second.columns)
    assert {first.rows.min(), first.rows.max(), first.columns.min(), first.columns.max()} == {0, 39}
