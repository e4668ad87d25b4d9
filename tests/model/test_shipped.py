"""The shipped weights, on the example that ships with them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data

from huedot.daemon.files.hints import read_hints
from huedot.model import Colorizer, loading
from huedot.model.color import rgb_to_lab
from huedot.model.evaluate.figure6 import psnr
from huedot.photographs import read_photograph
from huedot.weights import files

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def gray():
    return read_photograph(EXAMPLES / "photograph.jpg").rgb


@pytest.fixture(scope="module")
def layer(gray):
    return read_hints(EXAMPLES / "hints.png", gray.shape[1], gray.shape[0])


@pytest.fixture(scope="module")
def photo(gray):
    return Colorizer.load("huedot", device="cpu").open(gray)


def ab_of(rgb):
    return rgb_to_lab(torch.from_numpy(np.array(rgb)).permute(2, 0, 1).float() / 255)[1:].permute(1, 2, 0).numpy()


def test_the_file_keeps_its_promises():
    path = files.find("huedot")
    assert path.stat().st_size <= 40e6
    tensors, metadata = loading.read_weights(path)
    assert metadata["architecture"] == "huedot"
    assert all(tensor.dtype == torch.float16 for tensor in tensors.values())


def test_the_dots_color_what_they_belong_to(photo, gray, layer):
    truth, colored = data.astronaut(), photo.colorize(hints=layer)
    assert psnr(colored, truth) > psnr(gray, truth) + 5
    suit = ab_of(colored)[300:330, 100:160].mean((0, 1))
    # Orange, far from any of its dots.
    assert suit[0] > 25
    assert suit[1] > 20
    wall = ab_of(colored)[10:40, 320:380].mean((0, 1))
    # Gray, though orange is all around.
    assert np.hypot(*wall) < 12


def test_the_dots_themselves_are_exact(photo, gray, layer):
    painted = layer[..., 3] > 0
    # The gamut is wide there.
    reachable = painted & (gray[..., 0] > 60) & (gray[..., 0] < 200)
    error = np.abs(ab_of(photo.colorize(hints=layer)) - ab_of(layer[..., :3]))[reachable]
    assert np.median(error) < 1
    assert reachable.sum() > 200


def test_one_more_dot_leaves_the_far_and_unlike_alone(photo, layer):
    more = layer.copy()
    # Green, on the arm.
    more[425:432, 100:107] = (40, 120, 60, 255)
    moved = np.abs(ab_of(photo.colorize(hints=more)) - ab_of(photo.colorize(hints=layer))).max(2)
    assert moved[420:440, 95:115].mean() > 10
    # Face, wall, Shuttle.
    assert moved[:200, 200:].mean() < 1.5


def test_the_palette_follows_a_dot(photo, gray):
    hints = np.zeros((*gray.shape[:2], 4), np.uint8)
    hints[295:306, 145:156] = (220, 90, 50, 255)
    (likeliest, _), *_ = photo.palette(150, 300, hints=hints)
    assert ab_of(np.array([[likeliest]], np.uint8))[0, 0, 0] > 15


def test_everything_revealed_gives_everything_back():
    truth = data.astronaut()[::2, ::2].copy()
    hints = np.dstack([truth, np.full(truth.shape[:2], 255, np.uint8)])
    assert psnr(Colorizer.load("huedot", device="cpu").open(truth).colorize(hints=hints), truth) > 50
