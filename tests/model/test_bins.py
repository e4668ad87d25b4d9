import numpy as np
import torch

from huedot.model import bins


def test_the_published_hull():
    centers = bins.centers()
    assert centers.shape == (313, 2)
    assert centers[:2].tolist() == [[-90, 50], [-90, 60]]
    assert centers[-1].tolist() == [100, 0]
    # The value of a varies slowly, that of b fast.
    assert bins.grid()[24].tolist() == [-100, -100]


def test_soft_encoding_is_centered_on_the_color():
    centers = bins.centers()
    ab = torch.tensor([12.0, 33.0]).view(1, 2, 1, 1)
    encoded = bins.soft_encode(ab, centers)[0, :, 0, 0]
    assert np.isclose(encoded.sum(), 1)
    assert int((encoded > 0).sum()) == 10
    assert centers[encoded.argmax()].tolist() == [10, 30]
    torch.testing.assert_close(encoded @ centers, torch.tensor([12.0, 33.0]), atol=1.5, rtol=0)


def test_saturation_is_that_of_hsv():
    from skimage.color import rgb2hsv

    rgb = np.random.default_rng(0).random((5, 7, 3))
    got = bins.saturation(torch.from_numpy(rgb).permute(2, 0, 1)[None])
    np.testing.assert_allclose(got[0], rgb2hsv(rgb)[..., 1], atol=1e-6)
