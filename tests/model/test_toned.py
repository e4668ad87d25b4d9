"""Toned and yellowed scans come out as if gray had been scanned."""

import numpy as np
import pytest
import torch
from skimage import data

from huedot.model import Colorizer
from huedot.model.color import rgb_to_lab
from huedot.model.hints import Dot, Hints

SIDE = 256
# The colors of black, of middle gray and of the paper.
TONES = {
    "sepia": ((38, 24, 14), (142, 108, 76), (250, 236, 210)),
    "selenium": ((24, 18, 24), (122, 112, 122), (250, 246, 246)),
    "gold": ((20, 20, 34), (114, 116, 136), (246, 246, 250)),
    "cyanotype": ((10, 26, 66), (86, 124, 160), (240, 246, 246)),
    "yellowed": ((24, 22, 12), (140, 130, 96), (246, 232, 184)),
}


def photograph():
    return data.astronaut()[::2, ::2].mean(2)


def toned(gray, tone, most=255):
    """Gray levels of 8 bits, (H, W), in the colors of a tone, up to `most`."""
    colors = np.array(TONES[tone], float)
    levels = [np.interp(gray, (0, 128, 255), colors[:, i]) for i in range(3)]
    return np.round(np.stack(levels, -1) * (most / 255)).astype(np.uint8 if most == 255 else np.uint16)


def lab(rgb):
    most = np.iinfo(rgb.dtype).max
    return rgb_to_lab(torch.from_numpy(rgb.astype(np.float32) / most).permute(2, 0, 1))


def as_gray(rgb):
    """The gray of the same lightness, uint8 (H, W)."""
    light = lab(rgb)[0]
    scale = lab(np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, 2))[0, 0]
    return (light[..., None] - scale).abs().argmin(-1).numpy().astype(np.uint8)


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer.load("huedot", device="cpu")


DOTS = [Dot(120, 60, 4.0, (45.0, 25.0)), Dot(60, 200, 4.0, (10.0, -40.0)), Dot(200, 50, 4.0, (-20.0, 30.0))]


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("most", [255, 65535])
def test_the_tone_is_not_seen(colorizer, tone, most):
    scan = toned(photograph(), tone, most)
    hints = Hints.from_dots(DOTS, (SIDE, SIDE))
    for given in (Hints.none(), hints):
        found = lab(colorizer.open(scan).colorize(given))
        of_gray = lab(colorizer.open(as_gray(scan)).colorize(given))
        assert (found - of_gray).abs().mean() < 0.5
        assert (found[0] - lab(scan)[0]).abs().mean() < 0.5


@pytest.mark.parametrize("tone", TONES)
def test_the_colors_are_those_of_the_print_before_it_was_toned(colorizer, tone):
    gray = np.round(photograph()).astype(np.uint8)
    hints = Hints.from_dots(DOTS, (SIDE, SIDE))
    found, truth = (lab(colorizer.open(each).colorize(hints)) for each in (toned(gray, tone), gray))
    assert (found[1:] - truth[1:]).norm(dim=0).mean() < 4


@pytest.mark.parametrize("tone", TONES)
def test_nothing_of_the_tone_is_left_on_a_mount(colorizer, tone):
    """Toned with what is mounted on it, the card is gray in the result."""
    card = np.full((SIDE, SIDE), 200.0)
    card[40:-40, 40:-40] = photograph()[40:-40, 40:-40]
    colored = lab(colorizer.open(toned(card, tone)).colorize(Hints.from_dots(DOTS, (SIDE, SIDE))))
    assert colored[1:, :36].norm(dim=0).mean() < 1
