"""What the paper shows in its Figures 7 to 10, of the shipped weights, in numbers; docs/make_behaviors.py draws it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as functional

from huedot.model import Colorizer
from huedot.model.color import rgb_to_lab

SCRIPT = Path(__file__).parents[2] / "docs" / "make_behaviors.py"


@pytest.fixture(scope="module")
def behaviors():
    spec = importlib.util.spec_from_file_location("make_behaviors", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer.load("huedot", device="cpu")


def ab_of(rgb):
    return rgb_to_lab(torch.from_numpy(np.array(rgb)).permute(2, 0, 1).float() / 255)[1:].permute(1, 2, 0).numpy()


def color(rgb):
    return ab_of(np.array([[rgb]], np.uint8))[0, 0]


def test_an_unusual_color_is_followed(behaviors, colorizer):
    """Figure 7: no cat is blue, but this one was asked for."""
    _, automatic, asked = behaviors.unusual(colorizer)
    face = np.s_[30:90, 150:220]
    assert ab_of(automatic)[face].mean((0, 1))[1] > 0
    assert ab_of(asked)[face].mean((0, 1))[1] < -15


def test_one_dot_fills_a_square(behaviors, colorizer):
    """Figure 8: nothing in a flat square says where to stop."""
    _, filled, *_ = behaviors.square(colorizer)
    off = np.linalg.norm(ab_of(filled) - color(behaviors.RED), axis=2)
    assert np.percentile(off, 95) < 0.25 * np.linalg.norm(color(behaviors.RED))


def test_two_colors_meet_in_a_seam(behaviors, colorizer):
    """Figure 8: from one dot to the other the colors meet once, not quite in the middle; beyond, neither is clear."""
    *_, filled = behaviors.square(colorizer)
    ab, red, blue = ab_of(filled), color(behaviors.RED), color(behaviors.BLUE)
    # The share of red, for each place on the line between the dots.
    share = (ab - blue)[128, 64:193] @ (red - blue) / ((red - blue) @ (red - blue))
    assert np.diff((share > 0.5).astype(int)).tolist().count(-1) == 1
    assert (share[:21] > 0.8).all()
    assert (share[-64:] < 0.3).all()


def test_different_histograms_give_different_colors(behaviors, colorizer):
    """Figure 9: each result is nearer to the colors of its own reference than of the others."""
    colors = [ab_of(each).mean((0, 1)) for each in behaviors.histograms(colorizer)]
    references, results = colors[:3], colors[3:]
    for i, result in enumerate(results):
        distances = [np.linalg.norm(result - reference) for reference in references]
        assert np.argmin(distances) == i


def test_a_region_keeps_its_color_to_itself(behaviors, colorizer):
    """The badge is at least as purple as without, and the suit around it is not purple at all."""
    gray, leaking, confined = behaviors.region(colorizer)
    x, y, radius = behaviors.BADGE
    rows, columns = np.mgrid[: gray.shape[0], : gray.shape[1]]
    apart = np.hypot(rows + 230 - y, columns + 30 - x)
    badge, around = apart < radius - 4, (apart > radius + 4) & (apart < radius + 24)
    with_leak, without = (ab_of(each)[..., 1] for each in (leaking, confined))
    assert without[badge].mean() < with_leak[badge].mean()
    assert with_leak[around].mean() < without[around].mean() - 5
    assert without[around].mean() > 15


def test_age_is_borne(behaviors, colorizer):
    """Figure 10: faded and grainy, the photograph takes the same colors from the same dots, and grain stays gray."""
    _, new, _, old = behaviors.aged(colorizer)
    new, old = ab_of(new), ab_of(old)
    assert np.abs(new - old).mean() < 8
    around = torch.from_numpy(old).permute(2, 0, 1)
    # The grain of the wall.
    grain = (around - functional.avg_pool2d(around, 9, 1, 4))[:, 20:80, 260:330]
    assert grain.std() < 1
