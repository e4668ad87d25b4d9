"""The pictures of docs/, taken from real GIMP; HUEDOT_PICTURES=docs/images keeps them. No word may be cut off."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ..editors.display import wait_for
from .harness import PADDING
from .test_panel import FOREGROUND, RESULT, dot, follow, start

# Gray, around images, in place of what the robot finds them by.
GIMPS_OWN = 50
PHOTOGRAPH = Path(__file__).parents[2] / "examples/photograph.jpg"
DOTS = [  # place and color
    (130, 300, "#d26928"),
    (255, 145, "#e2aa8c"),
    (245, 40, "#8c552d"),
    (110, 90, "#9696a5"),
    (405, 110, "#965a3c"),
]


@pytest.fixture
def gimp_screen():
    return "1760x940"


@pytest.fixture
def keep(gimp, tmp_path):
    """Save a picture of the screen, in few colors, where docs/ wants it or nowhere."""
    folder = Path(os.environ.get("HUEDOT_PICTURES", tmp_path))

    def save(name):
        screen = np.array(Image.open(gimp.screenshot(tmp_path / name)).convert("RGB"))
        assert screen.std() > 20, "the screen is blank"
        screen[(screen == PADDING).all(axis=2)] = GIMPS_OWN
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(screen).quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(folder / name, optimize=True)

    return save


@pytest.fixture
def aside(gimp, panel):
    """The panel, where it hides nothing of the image."""
    window = gimp.display.windows("^HueDot$")[0]
    gimp.display.xdotool("windowmove", window, 214, 120)
    gimp.display.activate(window)
    return panel


def drawn(gimp, title, folder):
    """Wait for a dialog, and until it is drawn: most of it is of one color; returns its window."""
    window = wait_for(lambda: gimp.display.windows(title), 60, "the dialog")[0]
    said = gimp.display.xdotool("getwindowgeometry", "--shell", window).split()
    place = {name: int(value) for name, _, value in (line.partition("=") for line in said)}
    rows = slice(place["Y"], place["Y"] + place["HEIGHT"])
    columns = slice(place["X"], place["X"] + place["WIDTH"])

    def is_drawn():
        screen = np.asarray(Image.open(gimp.screenshot(folder / "dialog.png")).convert("RGB"))
        _, counts = np.unique(screen[rows, columns].reshape(-1, 3), axis=0, return_counts=True)
        return counts.max() > 0.4 * counts.sum()

    wait_for(is_drawn, 20, "the dialog is drawn")
    return window


def test_from_the_first_dot_to_the_fifth(gimp, aside, keep):
    aside.poll("panel()._start.get_visible() and idle()")
    aside.poll("cut_off() == []")
    keep("gimp-panel.png")
    start(aside)
    for x, y, color in DOTS:
        dot(gimp, aside, x, y, color)
    aside.poll("len(state().proposals.swatches) == 9 and idle()")
    aside.poll("cut_off() == []")
    keep("gimp-dots.png")
    # Round about the badge
    gimp.do("image.select_ellipse(Gimp.ChannelOps.REPLACE, 131, 344, 84, 84); Gimp.displays_flush()")
    aside.poll("panel()._new_region.get_sensitive()")
    follow(aside, lambda: aside.do("panel()._new_region.clicked()"))
    dot(gimp, aside, 152, 358, "#5a46be")
    aside.poll("cut_off() == []")
    keep("gimp-region.png")


def test_the_colors_of_another_image(gimp, aside, saved, keep):
    start(aside)
    warm = np.asarray(Image.open(PHOTOGRAPH).convert("RGB")) * [1.15, 0.95, 0.7]
    path = saved(warm.clip(0, 255).astype(np.uint8), "warm print.png")
    gimp.do(f"shown = image; load({str(path)!r}); image = shown")
    aside.poll("len(panel()._listing) == 2")
    follow(aside, lambda: aside.do("panel()._others.set_active(1)"))
    aside.poll("cut_off() == []")
    keep("gimp-colors-from.png")


def test_the_dialog_that_transfers_colors(gimp, photograph, saved, keep, tmp_path):
    red = saved(np.full((300, 400, 3), (200, 60, 40), np.uint8), "red.png")
    gimp.do(f"load({str(red)!r})")
    gimp.open(photograph)
    gimp.menu("Transfer colors from image")
    dialog = drawn(gimp, "^HueDot$", tmp_path)
    keep("gimp-transfer.png")
    gimp.display.activate(dialog)
    gimp.display.xdotool("key", "Return")
    gimp.poll(
        f"len(names()) == 3 and {RESULT} and at({RESULT}, 90, 330)[0] > at({RESULT}, 90, 330)[2] + 15", seconds=60
    )


def test_the_dialog_that_suggests_colors(gimp, photograph, keep, tmp_path):
    gimp.open(photograph)
    gimp.do("image.select_rectangle(Gimp.ChannelOps.REPLACE, 230, 120, 50, 50)")
    gimp.menu("Suggest colors here")
    dialog = drawn(gimp, "^Suggested colors$", tmp_path)
    keep("gimp-suggest.png")
    before = gimp.do(FOREGROUND)
    gimp.display.activate(dialog)
    # The likeliest has the focus.
    gimp.display.xdotool("key", "space")
    gimp.poll(FOREGROUND, lambda color: color != before)
    gimp.display.xdotool("key", "Escape")
    wait_for(lambda: not gimp.display.windows("^Suggested colors$"), 10, "the dialog goes")
