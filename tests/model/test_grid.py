import pytest
import torch

from huedot.model import exact
from huedot.model.grid import slice_bands, slice_grid


def random_grid(bins=6, height=8, width=10, channels=2):
    return torch.randn(1, channels, bins, height, width, generator=torch.Generator().manual_seed(1)) * 20


@pytest.mark.parametrize("bins", [1, 2, 6])
def test_slicing_in_bands_is_slicing(bins):
    grid = random_grid(bins)
    lightness = torch.rand(1, 1, 57, 83, generator=torch.Generator().manual_seed(2)) * 100
    whole = slice_grid(grid, lightness)[0]
    bands = torch.cat([ab for _, ab in slice_bands(grid, lightness[0, 0], 83 * 10)], dim=1)
    torch.testing.assert_close(bands, whole, atol=1e-3, rtol=0)


def test_a_bin_colors_its_own_lightness_alone():
    grid = torch.zeros(1, 1, 5, 4, 4)
    # Lightness 50.
    grid[:, :, 2] = 1.0
    values = slice_grid(grid, torch.tensor([[0.0, 25.0, 50.0, 62.5, 100.0]]).view(1, 1, 1, 5))
    torch.testing.assert_close(values.flatten(), torch.tensor([0.0, 0.0, 1.0, 0.5, 0.0]))


def test_hints_are_met_and_the_unlike_is_left_alone():
    grid = torch.zeros(1, 2, 6, 16, 16)
    lightness = torch.full((1, 1, 64, 64), 20.0)
    # An edge down the middle.
    lightness[..., 32:] = 90.0
    hint_ab, hint_mask = torch.zeros(1, 2, 64, 64), torch.zeros(1, 1, 64, 64)
    hint_ab[:, 0, 28:34, 24:30], hint_mask[:, :, 28:34, 24:30] = 50.0, 1.0
    ab = slice_grid(exact.meet_hints(grid, lightness, hint_ab, hint_mask), lightness)[0, 0]
    assert (ab[28:34, 24:30] - 50).abs().max() < 1
    # Near and alike.
    assert ab[30, 20] > 25
    # Beside the dot, across the edge.
    assert ab[:, 32:].abs().max() < 1


def test_without_hints_the_grid_means_the_same():
    grid, lightness = random_grid(), torch.rand(1, 1, 20, 20) * 100
    nothing = torch.zeros(1, 2, 20, 20), torch.zeros(1, 1, 20, 20)
    finer = exact.meet_hints(grid, lightness, *nothing)
    torch.testing.assert_close(slice_grid(finer, lightness), slice_grid(grid, lightness), atol=1e-3, rtol=0)
