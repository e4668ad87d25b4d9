"""What the panel shows: colors that can be told apart, words that can be read, diagnostics that tell on nobody."""

import numpy as np
import pytest

from huedot.panel import color, diagnostics, words
from huedot.panel.state import Swatch
from huedot.panel.view import colors_of

RED, BLUE = (190, 60, 50), (60, 90, 170)


@pytest.mark.parametrize("gray", range(0, 256, 15))
def test_an_error_is_read_on_every_background(gray):
    background = (gray, gray, gray)
    shade = color.warning_on(background)
    assert color.contrast(shade, background) >= 4.5
    assert shade[0] >= max(shade[1:])


def test_colors_of_a_dark_place_are_told_apart_and_the_true_one_is_kept():
    swatches = [Swatch((20, 8, 6), 0.5, (5.0, 4.0)), Swatch((6, 9, 20), 0.25, (2.0, -7.0))]
    first, second = colors_of(swatches, 4.0)
    assert (first.color, second.color) == ((20, 8, 6), (6, 9, 20))
    assert max(abs(a - b) for a, b in zip(first.shown, second.shown, strict=True)) > 40
    assert (first.share, second.share) == (1.0, 0.5)
    assert colors_of([Swatch(RED, 1.0, (50.0, 30.0))], 45.0)[0].shown == RED


@pytest.mark.parametrize(("level", "word"), [(0, "black"), (255, "white"), (120, "Suggested")])
def test_a_dot_on_black_or_white_is_told_that_it_shows_no_color(desk, level, word):
    paper = desk.paper()
    paper.photograph[..., :3] = level
    desk.panel.show_document(paper)
    desk.follow(desk.panel.start)
    desk.follow(lambda: paper.paint(60, 70, RED))
    desk.until(lambda: desk.panel.state.proposals.swatches)
    assert word in desk.panel.view.heading


def test_a_faint_dot_counts_and_one_that_cannot_is_said(desk):
    paper = desk.started()
    desk.settled()

    def paint(x, y, alpha, rgb):
        paper.hints[y - 8 : y + 9, x - 8 : x + 9] = (*rgb, alpha)
        paper.strokes += 1

    desk.follow(lambda: paint(60, 70, 101, RED))
    red, _, blue = (int(value) for value in paper.result[70, 60, :3])
    assert red > blue
    assert desk.panel.state.proposals.place == (60, 70)
    assert desk.panel.state.settings.recent == [RED]
    assert "faint" not in desk.panel.status.text
    desk.follow(lambda: paint(150, 110, 5, BLUE))
    assert "too faint" in desk.panel.status.text


def test_what_is_taken_is_used_only_when_it_is_painted(desk):
    paper = desk.started()
    desk.panel.take_color(BLUE)
    assert desk.panel.state.settings.recent == []
    desk.follow(lambda: paper.paint(60, 70, RED))
    assert paper.state["recent"] == [list(RED)]


def test_layers_that_an_undo_took_are_brought_back_by_redo(desk):
    paper = desk.started()
    desk.settled()
    kept, paper.hints = paper.hints, None
    desk.until(lambda: "gone" in desk.panel.status.text)
    assert "Redo" in desk.panel.status.text
    assert desk.panel.view.start == words.START_EMPTY
    paper.hints = kept
    desk.until(lambda: "Colored" in desk.panel.status.text)


def test_another_variation_replaces_the_dots_of_the_first_and_leaves_the_users(desk):
    paper = desk.started()
    desk.follow(lambda: paper.paint(60, 70, RED))
    desk.panel.vary()
    desk.until(lambda: len(desk.panel.view.choices) == 6)
    mine = paper.hints[..., 3] > 0
    desk.follow(lambda: desk.panel.take_variation(1))
    first = paper.hints.copy()
    desk.follow(lambda: desk.panel.take_variation(4))
    second = paper.hints.copy()
    assert [choice.is_taken for choice in desk.panel.view.choices] == [False] * 4 + [True, False]
    assert not desk.panel.view.choices_are_stale
    desk.follow(lambda: desk.panel.take_variation(1))
    assert np.array_equal(paper.hints[..., 3] > 0, first[..., 3] > 0)
    assert (second[mine] == (*RED, 255)).all()
    assert not np.array_equal(first, second)
    desk.follow(lambda: paper.paint(150, 110, BLUE))
    assert desk.panel.view.choices_are_stale
    assert desk.panel.view.choices_heading == words.VARIATIONS_STALE


def test_places_stay_until_there_is_a_dot(desk):
    paper = desk.started()
    desk.panel.where_next()
    desk.until(lambda: len(desk.panel.view.marks) == 3)
    assert [mark.is_current for mark in desk.panel.view.marks] == [True, False, False]
    x, y = desk.panel.state.proposals.places[1]
    desk.follow(lambda: paper.paint(x, y, RED, 2))
    assert len(desk.panel.state.proposals.places) == 2
    assert all(mark.is_stale for mark in desk.panel.view.marks if mark.text)


@pytest.mark.parametrize(
    "text",
    [
        "/home/rosa/My pictures/wedding.tif cannot be read",
        "C:\\Users\\Rosa\\weights.safetensors is missing",
        'File "/home/rosa/pykrita/huedot_krita/panel/view.py", line 3',
        "~/rosa/model.pt",
        "\\\\server\\rosa\\a.png",
    ],
)
def test_diagnostics_hold_no_path(text):
    said = diagnostics.without_paths(text)
    assert "rosa" not in said.lower()
    assert "wedding" not in said
    assert ("huedot_krita/panel/view.py" in said) == ("huedot_krita" in text)


def test_diagnostics_hold_neither_the_networks_path_nor_the_images_name(desk):
    paper = desk.started()
    paper.name = "wedding.tif"
    desk.panel.context.models.append("/home/rosa/mine.safetensors")
    desk.panel.state.settings.model = "/home/rosa/mine.safetensors"
    desk.panel.stumbled(ValueError("wedding.tif"))
    said = desk.panel.diagnostics()
    assert "rosa" not in said
    assert "wedding" not in said
    assert "a custom one" in said


def test_the_time_is_what_the_user_waited():
    assert words.duration(51.4) == "51 ms"
    assert words.duration(2345) == "2.3 s"


def test_what_is_painted_elsewhere_is_told_and_can_be_taken_back(desk):
    paper, panel = desk.started(), desk.panel
    desk.settled()
    usual = panel.view.said
    paper.said = "You paint on the photograph."
    panel.look_at_painting()
    assert panel.view.said == paper.said
    assert panel.view.may_undo_stroke
    panel.undo_stroke()
    assert (panel.view.said, panel.view.may_undo_stroke) == (usual, False)


def test_an_error_goes_before_what_is_said_of_painting(desk):
    paper, panel = desk.started(), desk.panel
    desk.settled()
    paper.said = "You paint on the photograph."
    panel.look_at_painting()
    panel.stumbled(RuntimeError("oh"))
    assert panel.view.is_error
    assert panel.view.said != paper.said
    assert not panel.view.may_undo_stroke


def test_the_dots_are_hidden_and_shown(desk):
    desk.started()
    for hidden in (True, False):
        desk.panel.hide_dots(hidden)
        assert desk.panel.view.hides_dots is hidden
