import numpy as np

from huedot.model import bins
from huedot.model.palette import cluster
from huedot.model.variations import combinations, most_different


def test_clusters_find_the_modes_most_likely_first():
    centers = bins.centers().numpy()
    probability = np.full(313, 1e-5, np.float32)
    modes = {(60.0, 40.0): 0.5, (-40.0, 30.0): 0.3, (0.0, -50.0): 0.2}
    for ab, mass in modes.items():
        probability[(centers == ab).all(1)] = mass
    probability /= probability.sum()
    palette = cluster(probability, centers, 3)
    np.testing.assert_allclose(palette.ab, list(modes), atol=1)
    np.testing.assert_allclose(palette.probability, list(modes.values()), atol=0.02)
    again = cluster(probability, centers, 3)
    assert np.array_equal(again.ab, palette.ab)


def test_more_clusters_than_modes_still_sum_to_one():
    probability = np.zeros(313, np.float32)
    probability[100] = 1
    palette = cluster(probability, bins.centers().numpy(), 9)
    assert len(palette.ab) == 9
    assert np.isclose(palette.probability.sum(), 1)
    assert palette.probability[0] == 1


def test_the_most_different_are_kept():
    results = np.zeros((4, 2, 3, 3), np.float32)
    results[1], results[2], results[3] = 1, 50, -50
    assert most_different(results, 3) == [0, 2, 3]


def test_combinations_are_the_same_every_time():
    palette = cluster(np.full(313, 1 / 313, np.float32), bins.centers().numpy(), 5)
    first, second = (combinations([palette, palette], 4) for _ in range(2))
    assert np.array_equal(first, second)
    assert len({each.tobytes() for each in first}) > 1
