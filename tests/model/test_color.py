import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import lab2rgb, rgb2lab

from huedot.model import color, gamut


def every_color(step):
    axis = torch.arange(0, 256, step) / 255
    return torch.cartesian_prod(axis, axis, axis).T[:, None]  # (3, 1, N)


def test_lab_agrees_with_scikit_image():
    rgb = every_color(15)
    expected = rgb2lab(rgb.permute(1, 2, 0).double().numpy())
    np.testing.assert_allclose(color.rgb_to_lab(rgb).permute(1, 2, 0).numpy(), expected, atol=2e-3)


def test_lightness_is_that_of_lab():
    rgb8 = (every_color(5) * 255).round().byte()
    expected = color.rgb_to_lab(rgb8.float() / 255)[0]
    torch.testing.assert_close(color.lightness(rgb8.permute(1, 2, 0).numpy()), expected, atol=1e-3, rtol=0)


def test_rgb_agrees_with_scikit_image():
    lab = color.rgb_to_lab(every_color(15))
    expected = lab2rgb(lab.permute(1, 2, 0).double().numpy())
    got = color.linear_to_rgb(color.lab_to_linear(lab)).permute(1, 2, 0).numpy()
    np.testing.assert_allclose(got, expected, atol=2e-4)


def test_a_color_in_gamut_survives():
    rgb = every_color(15)
    lab = color.rgb_to_lab(rgb)
    assert torch.equal(color.to_rgb8(lab[0], lab[1:]), (rgb * 255).round().byte().permute(1, 2, 0))


# The first call makes a table.
@settings(deadline=None)
@given(st.floats(3, 97), st.floats(-127, 127), st.floats(-127, 127))
def test_out_of_gamut_loses_chroma_but_neither_lightness_nor_hue(lightness, a, b):
    light, ab = torch.full((1, 1), lightness), torch.tensor([a, b]).view(2, 1, 1)
    shown = color.into_gamut(light, ab)
    assert shown.norm() <= ab.norm() + 1e-4
    linear = color.lab_to_linear(torch.cat([light[None], shown]))
    assert linear.min() > -1e-3
    # The table of limits is interpolated; clipping takes the rest, under a level.
    assert linear.max() < 1.01
    cross = shown[0] * ab[1] - shown[1] * ab[0]
    assert abs(float(cross)) <= 1e-3 * max(1.0, float(ab.norm() ** 2))
    seen = color.rgb_to_lab(color.to_rgb8(light, ab).permute(2, 0, 1).float() / 255)
    # What rounding to 8 bits can do.
    assert abs(float(seen[0, 0, 0]) - lightness) < 0.8


def test_chroma_is_kept_as_far_as_the_gamut_goes():
    light, ab = torch.full((1, 1), 50.0), torch.tensor([127.0, 0.0]).view(2, 1, 1)
    shown = color.into_gamut(light, ab)
    beyond = color.lab_to_linear(torch.cat([light[None], shown * 1.01]))
    assert bool(color.outside(beyond).all())


def test_gamut_picture_shows_each_color_where_it_lies():
    picture = gamut.picture(60.0, 64)
    assert picture.shape == (64, 64, 4)
    row, column = 20, 40
    a = ((column + 0.5) / 64 * 2 - 1) * gamut.EXTENT
    b = -((row + 0.5) / 64 * 2 - 1) * gamut.EXTENT
    expected = lab2rgb(np.array([[[60.0, a, b]]]))[0, 0] * 255
    assert picture[row, column, 3] == 255
    np.testing.assert_allclose(picture[row, column, :3], expected, atol=1)
    assert picture[0, 0, 3] == 0
