import numpy as np

from huedot.model.evaluate import bilateral
from huedot.model.hints import Hints


def patch(rows, columns, *ab):
    at = np.array([(r, c) for r in rows for c in columns])
    return Hints(at[:, 0], at[:, 1], np.tile(np.array(ab, np.float32), (len(at), 1)))


def test_color_stops_at_an_edge():
    luma = np.full((48, 48), 0.2)
    luma[:, 24:] = 0.8
    left, right = patch(range(8, 14), range(4, 10), 40, 10), patch(range(8, 14), range(36, 42), -30, 20)
    ab = bilateral.colorize(luma, left.plus(right))
    assert np.abs(ab[:, :24] - (40, 10)).max() < 1
    assert np.abs(ab[:, 24:] - (-30, 20)).max() < 1


def test_one_dot_colors_everything_and_none_colors_nothing():
    luma = np.tile(np.linspace(0.2, 0.4, 40), (40, 1))
    np.testing.assert_allclose(bilateral.colorize(luma, patch([3], [5], 12, -7))[39, 39], (12, -7), atol=0.1)
    assert not bilateral.colorize(luma, Hints.none()).any()


def test_the_grid_is_bistochastic():
    splat, blur = bilateral.grid(np.random.default_rng(0).random((32, 32)))
    n, mass = bilateral.bistochastize(splat, blur)
    counts = np.asarray(splat.sum(1)).ravel()
    assert splat.sum() == 32 * 32
    assert (blur != blur.T).nnz == 0
    np.testing.assert_allclose(mass, counts, rtol=0.02)
    assert (n > 0).all()
