import numpy as np
import pytest
import torch
from skimage import data

from huedot.model import Colorizer
from huedot.model.color import rgb_to_lab
from huedot.model.evaluate import reveal
from huedot.model.levels import LIGHTS, MOST, SHADOWS, Levels, levels_of


def gradient(low, high):
    return torch.linspace(low, high, 100).expand(100, 100)


def ends(lightness):
    return torch.quantile(lightness[8:-8, 8:-8], torch.tensor([0.03, 0.97])).tolist()


def lab(rgb8):
    return rgb_to_lab(torch.from_numpy(rgb8).permute(2, 0, 1).float() / 255)


@pytest.mark.parametrize(("low", "high"), [(0, 100), (5, 85), (15, 95)])
def test_a_well_exposed_photograph_is_seen_as_it_is(low, high):
    assert levels_of(gradient(low, high)) == Levels()


@pytest.mark.parametrize(("low", "high"), [(34, 72), (65, 92), (2, 35)])
def test_a_faded_photograph_is_seen_with_the_range_of_a_fresh_one(low, high):
    faded = gradient(low, high)
    shown = ends(levels_of(faded)(faded))
    assert shown[0] == pytest.approx(min(SHADOWS, ends(faded)[0]), abs=0.5)
    assert shown[1] == pytest.approx(max(LIGHTS, ends(faded)[1]), abs=0.5)


def test_a_mount_and_dust_are_no_part_of_the_range():
    faded = gradient(34, 72).clone()
    bare = levels_of(faded)
    faded[:7], faded[-7:], faded[:, :7], faded[:, -7:] = 100, 100, 100, 100
    faded[20:30, 20:25] = 0
    assert levels_of(faded).gain == pytest.approx(bare.gain, rel=0.1)


def test_what_is_nearly_flat_is_stretched_within_reason():
    assert levels_of(torch.full((64, 64), 50.0)).gain == MOST
    assert levels_of(gradient(49, 51)).gain == MOST


def test_a_little_more_range_changes_little():
    gains = [levels_of(gradient(50 - half, 50 + half)).gain for half in np.arange(20, 36, 0.5)]
    assert np.abs(np.diff(gains)).max() < 0.1
    assert gains[-1] == 1


def test_a_faded_photograph_keeps_its_lightness_and_its_colors():
    """The shipped network: 20 dots of true color on a photograph, fresh and faded."""
    truth = np.ascontiguousarray(data.astronaut()[::2, ::2])
    ab = lab(truth)[1:].permute(1, 2, 0).numpy()
    hints = reveal.random_points(ab, 20, np.random.default_rng(0))
    gray = np.repeat(np.round(truth.astype(float).mean(2, keepdims=True)).astype(np.uint8), 3, 2)
    faded = (gray * 0.4 + 80).astype(np.uint8)
    colorizer = Colorizer.load("huedot", device="cpu")
    fresh, result = (lab(colorizer.open(picture).colorize(hints)) for picture in (gray, faded))
    lightness = colorizer.open(faded).lightness
    assert (result[0] - lightness).abs().mean() < 0.5
    assert (result[1:] - fresh[1:]).norm(dim=0).mean() < 5
