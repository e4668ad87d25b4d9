import numpy as np
import pytest
import torch
from skimage import data

from huedot.model import Colorizer
from huedot.model.color import rgb_to_lab
from huedot.model.hints import Dot, Hints
from huedot.model.mount import mount_of

SIDE, CARD = 384, 64  # pixels


def photograph():
    return data.astronaut()[::2, ::2].mean(2).astype(np.uint8)


def mounted(gray, grain=2.0):
    """A photograph of 256 x 256 on card of 64 pixels all around."""
    card = np.random.default_rng(0).normal(gray, grain, (SIDE, SIDE))
    card[CARD:-CARD, CARD:-CARD] = photograph()
    return card.clip(0, 255).astype(np.uint8)


def on_the_card(picture):
    card = np.ones((SIDE, SIDE), bool)
    card[CARD - 4 : 4 - CARD, CARD - 4 : 4 - CARD] = False
    return picture[card]


def chroma_of_the_card(picture):
    return np.ptp(on_the_card(picture).astype(int), axis=1).max()


def mean_chroma_of_the_card(picture):
    """In ab units."""
    ab = lab(on_the_card(picture)[None])[1:]
    return float(ab.norm(dim=0).mean())


def lab(rgb8):
    return rgb_to_lab(torch.from_numpy(rgb8).permute(2, 0, 1).float() / 255)


def five_dots(off=0):
    places = [(100, 100), (190, 120), (250, 260), (130, 280), (200, 200)]
    return [Dot(x, y, 5.0, (55.0, 40.0)) for x, y in places[:5]] + ([Dot(20, 200, 5.0, (55.0, 40.0))] if off else [])


@pytest.mark.parametrize("gray", [60, 128, 200])
def test_a_mount_is_found(gray):
    lightness = torch.from_numpy(mounted(gray)).float() / 2.55
    mount = mount_of(lightness)
    assert mount is not None
    edges = (mount.top, SIDE - mount.bottom, mount.left, SIDE - mount.right)
    # The photograph's own edge may look like card.
    assert all(CARD <= edge <= CARD + 8 for edge in edges)


def test_a_photograph_without_one_has_none():
    lightness = torch.from_numpy(photograph()).float() / 2.55
    assert mount_of(lightness) is None
    # A sky is no frame.
    lightness[:40] = 70
    assert mount_of(lightness) is None
    assert mount_of(torch.full((64, 64), 50.0)) is None


@pytest.mark.parametrize("gray", [60, 128, 200])
def test_dots_do_not_flood_the_mount_and_one_on_it_colors_it(gray):
    photo = Colorizer.load("huedot", device="cpu").open(mounted(gray))
    colored = photo.colorize(Hints.from_dots(five_dots(), (SIDE, SIDE)))
    assert chroma_of_the_card(colored) <= 4
    assert np.ptp(colored[CARD:-CARD, CARD:-CARD].astype(int), axis=2).mean() > 15
    slipped = photo.colorize(Hints.from_dots([*five_dots(), Dot(CARD + 1, 200, 6.0, (55.0, 40.0))], (SIDE, SIDE)))
    assert mean_chroma_of_the_card(slipped) < 1
    on_it = photo.colorize(Hints.from_dots(five_dots(off=1), (SIDE, SIDE)))
    assert np.ptp(on_it[:, :30].astype(int), axis=2).mean() > 15


def test_a_caption_is_no_end_of_the_mount():
    card = mounted(170)
    card[-30:-22, 120:240:3] = 20
    mount = mount_of(torch.from_numpy(card).float() / 2.55)
    assert mount is not None
    assert CARD <= SIDE - mount.bottom <= CARD + 8
    colored = Colorizer.load("huedot", device="cpu").open(card).colorize(Hints.from_dots(five_dots(), (SIDE, SIDE)))
    assert mean_chroma_of_the_card(colored) < 1
