"""What an opened photograph holds: little, though every pixel is painted, and counted in full."""

import gc

import numpy as np
import pytest
import torch

from huedot.model import Colorizer


@pytest.fixture
def colorizer(tiny_weights):
    return Colorizer.load(tiny_weights, device="cpu", working_size=64)


def tensors_of():
    """The bytes of all tensors that Python knows."""
    storages = {}
    for each in gc.get_objects():
        if issubclass(type(each), torch.Tensor):
            storages[each.data_ptr()] = each.untyped_storage().nbytes()
    return sum(storages.values())


def held_arrays(photo):
    """The bytes of arrays and byte strings that a photograph keeps for its latest answer."""
    seen, waiting, total = set(), list(photo.encoded._answers.items()), 0
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        total += len(each) if isinstance(each, bytes) else getattr(each, "nbytes", 0)
        waiting += each if isinstance(each, tuple) else []
    return total


def test_painted_pixels_are_not_kept(colorizer):
    photo = colorizer.open(np.full((400, 500), 128, np.uint8))
    layer = np.full((400, 500, 4), 255, np.uint8)
    photo.colorize(layer)
    assert held_arrays(photo) < 10_000


def test_what_is_held_is_counted(colorizer):
    gc.collect()
    before = tensors_of()
    photo = colorizer.open(np.full((400, 500), 128, np.uint8))
    assert photo.nbytes >= 400 * 500 * 4
    layer = np.full((400, 500, 4), 255, np.uint8)
    photo.colorize(layer)
    photo.suggest(layer, 1)
    gc.collect()
    held = tensors_of() - before
    assert held * 0.9 <= photo.nbytes <= held * 1.1


def test_other_hints_are_other_hints(colorizer, picture, hint_layer):
    photo = colorizer.open(picture)
    red, blue = (hint_layer(80, 96, [(40, 40, 4, rgb)]) for rgb in ((200, 40, 40), (40, 40, 200)))
    one, two = photo.colorize(red), photo.colorize(blue)
    assert not np.array_equal(one, two)
    assert np.array_equal(one, photo.colorize(red))
