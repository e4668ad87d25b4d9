"""The sets of named colors beside the suggestions, and the color that a user names."""

import pytest

from huedot.panel import palettes as panel_palettes
from huedot.panel import words
from huedot.panel.color import at_lightness
from huedot.protocol.palettes.colorimetry import lab_of_rgb
from huedot.protocol.palettes.files import write_palette
from huedot.protocol.palettes.library import Library, keep_color
from huedot.protocol.palettes.palette import NamedColor, Palette

RED, BLUE = (190, 60, 50), (60, 90, 170)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The user's palettes, at which the panel looks all the time."""
    monkeypatch.setenv("HUEDOT_PALETTES", str(tmp_path / "palettes"))
    monkeypatch.setattr(panel_palettes, "LOOK_S", 0.0)
    return tmp_path / "palettes"


@pytest.mark.parametrize("lightness", range(0, 101, 10))
@pytest.mark.parametrize("rgb", [RED, BLUE, (255, 255, 0), (0, 0, 255), (128, 128, 128)])
def test_a_color_keeps_its_hue_at_every_lightness(rgb, lightness):
    _, a, b = lab_of_rgb(rgb)
    seen, shown_a, shown_b = lab_of_rgb(at_lightness(rgb, lightness))
    assert abs(seen - lightness) < 1
    # Rounded to 255 steps, a dark color is not exact.
    assert abs(a * shown_b - b * shown_a) / max((a * a + b * b) ** 0.5, 1) < 2.5
    assert shown_a**2 + shown_b**2 <= (a * a + b * b) * 1.1 + 4


def test_a_set_is_shown_at_the_lightness_of_the_place(desk):
    paper = desk.started()
    desk.until(lambda: desk.panel.named.colors)
    assert desk.panel.named.sets[0] == ("skin", "Skin")
    desk.panel.choose_palette("dyes")
    shown = {}
    for x, y in ((10, 10), (190, 140)):
        desk.panel.ask_about(x, y)
        desk.until(lambda: desk.panel.state.proposals.swatches and desk.panel.is_idle())
        level = lab_of_rgb(tuple(paper.photograph[y, x, :3]))[0]
        (teal,) = [each for each in desk.panel.named.colors if each.tip.startswith("Teal,")]
        assert teal.color == Library.read().color("teal").rgb
        if 45 < level < 85:
            assert abs(lab_of_rgb(teal.shown)[0] - level) < 2
        shown[x] = teal.shown
    assert shown[10] != shown[190]


def test_a_click_takes_the_color_and_one_with_shift_repaints_the_dot(desk):
    paper = desk.started()
    desk.follow(lambda: paper.paint(60, 70, BLUE))
    desk.panel.choose_palette("dyes")
    teal = next(each for each in desk.panel.named.colors if each.tip.startswith("Teal,"))
    desk.panel.take_color(teal.color)
    assert desk.brush == teal.color
    desk.follow(lambda: desk.panel.take_color(teal.color, repaint=True))
    assert tuple(paper.hints[70, 60, :3]) == teal.color


def test_a_color_that_is_named_is_there_in_the_next_photograph(desk):
    paper = desk.started()
    assert desk.panel.named.unnamed is None
    desk.panel.name_color("Nothing")
    desk.follow(lambda: paper.paint(60, 70, RED))
    assert desk.panel.named.unnamed == RED
    desk.panel.name_color("Grandmother's coat")
    named = desk.panel.named
    assert (named.chosen, named.sets[0]) == ("mine", ("mine", "My colors"))
    assert [each.color for each in named.colors] == [RED]
    assert named.said == words.KEPT.format(name="Grandmother's coat", color="#be3c32")
    desk.started()
    assert [each.tip for each in desk.panel.named.colors] == [
        words.NAMED_TIP.format(name="Grandmother's coat", color="#be3c32")
    ]
    assert Library.read().color("Grandmother's coat").rgb == RED


def test_what_cannot_be_a_name_is_said_and_a_color_that_is_replaced_too(desk):
    paper = desk.started()
    desk.follow(lambda: paper.paint(60, 70, RED))
    desk.panel.name_color("#1")
    assert "Begin with another sign" in desk.panel.named.said
    assert desk.panel.named.chosen == "skin"
    keep_color("Coat", BLUE)
    desk.panel.name_color("coat")
    assert desk.panel.named.said == words.KEPT_INSTEAD.format(name="coat", color="#be3c32", before="#3c5aaa")


def test_what_others_keep_meanwhile_comes_and_a_broken_file_is_said(desk, folder):
    desk.started()
    desk.until(lambda: desk.panel.named.sets)
    keep_color("Hat", BLUE)
    desk.until(lambda: desk.panel.named.sets[0][0] == "mine")
    write_palette(folder / "many.gpl", Palette("Many", (NamedColor("", RED),) * 1000))
    desk.until(lambda: ("many", "Many") in desk.panel.named.sets)
    desk.panel.choose_palette("many")
    assert len(desk.panel.named.colors) == panel_palettes.MOST_SHOWN
    assert desk.panel.named.colors[0].tip.startswith("#be3c32, #be3c32")
    (folder / "many.gpl").unlink()
    (folder / "broken.gpl").write_text("no palette")
    desk.until(lambda: "broken.gpl" in desk.panel.named.said)
    assert desk.panel.named.chosen == "mine"
