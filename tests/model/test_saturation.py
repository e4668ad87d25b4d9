"""A wish for little color is met, whatever the network, and beside dots as well."""

import numpy as np
import pytest

from huedot.model import Colorizer
from huedot.model.backends import GlobalHintsBackend
from huedot.model.networks.siggraph17 import GlobalHints


def saturation_of(rgb):
    highest, lowest = rgb.max(-1).astype(float), rgb.min(-1)
    return ((highest - lowest) / np.maximum(highest, 1)).mean()


@pytest.fixture
def photo(tiny_weights, picture):
    return Colorizer.load(tiny_weights, device="cpu", working_size=64).open(picture)


@pytest.fixture
def layer(hint_layer):
    return hint_layer(80, 96, [(30, 40, 4, (200, 40, 40)), (60, 20, 3, (20, 60, 200))])


@pytest.mark.parametrize("has_dots", [False, True])
def test_none_is_none(photo, layer, has_dots):
    gray = photo.colorize(layer if has_dots else None, saturation=0)
    assert np.ptp(gray, axis=-1).max() == 0


@pytest.mark.parametrize("has_dots", [False, True])
def test_what_is_given_is_hardly_exceeded(photo, layer, has_dots):
    given = layer if has_dots else None
    most = saturation_of(photo.colorize(given))
    found = [saturation_of(photo.colorize(given, saturation=share * most)) for share in (0.1, 0.3, 0.6)]
    assert np.all(np.array(found) <= np.array([0.1, 0.3, 0.6]) * most + 0.02)
    assert found == sorted(found)
    assert found[-1] > 0.3 * most


def test_without_a_wish_dots_are_exact_and_with_one_no_spots(photo, layer):
    dot = slice(38, 43), slice(28, 33)
    exact, muted = photo.colorize(layer), photo.colorize(layer, saturation=0.02)
    assert np.ptp(exact[dot], axis=-1).min() > np.ptp(muted[dot], axis=-1).max() > 0


def test_so_with_the_published_network(picture):
    import torch

    torch.manual_seed(0)
    colorizer = Colorizer(GlobalHintsBackend(GlobalHints().eval()), torch.device("cpu"), 64)
    photo = colorizer.open(picture)
    assert np.ptp(photo.colorize(), axis=-1).max() > 0
    assert np.ptp(photo.colorize(saturation=0), axis=-1).max() == 0
