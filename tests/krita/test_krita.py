"""HueDot in real Krita: what the user does with the mouse, and what Krita's pixels say afterwards."""

import json
import os
import signal

import numpy as np
import pytest

from ..editors.networks import write_warm

RED, BLUE = (190, 60, 50), (60, 90, 170)
HINTS, RESULT = "node('Color hints')", "node('Color (HueDot)')"


def start(krita, path):
    """Open a photograph and press Start; wait for the first, automatic coloring."""
    krita.open(path)
    krita.poll("state() is not None and not state().photograph.image")
    krita.do("huedot()._start.click()")
    krita.poll("state().result.identity", 90)
    krita.poll(f"app.activeDocument().activeNode().name() == 'Color hints' and {HINTS} is not None")
    krita.poll("not state().document.is_activating()")


def dot(krita, x, y, color, size=16):
    """Paint a dot, and wait until the result follows."""
    krita.do(f"brush({color}, {size})")
    follow(krita, lambda: krita.stroke((x, y)))


def follow(krita, act):
    """Do something that changes the hints, and wait for the coloring that comes of it."""
    before = krita.do("count()")
    act()
    krita.poll(f"count() > {before} and controller().is_idle()", 30)


def close_to(color, other, tolerance):
    return max(abs(a - b) for a, b in zip(color[:3], other[:3], strict=True)) <= tolerance


def test_dots_become_color_and_spread(desk, photograph):
    start(desk, photograph)
    background = desk.do("checksum(node('Background'))")
    before = desk.do(f"rgb_at({RESULT}, 90, 330)")
    dot(desk, 130, 300, BLUE)
    assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*BLUE, 255]
    assert desk.do("state().settings.recent[0]") == list(BLUE)
    # the dot lies on top, so look at the result beneath it: the photograph's lightness, the dot's hue
    red, green, blue, alpha = desk.do(f"rgb_at({RESULT}, 130, 300)")
    assert alpha == 255
    assert blue > green > red
    # Elsewhere on the suit.
    after = desk.do(f"rgb_at({RESULT}, 90, 330)")
    assert after[2] - after[0] > before[2] - before[0] + 10, "the color did not spread"
    assert desk.do("shown_at(90, 330)") == after[:3], "the user does not see it"
    assert desk.do("checksum(node('Background'))") == background, "the photograph was changed"


def test_start_is_one_undo_step(desk, photograph):
    start(desk, photograph)
    assert desk.do("layers()") == ["Background", "HueDot"]
    desk.do("undo()")
    assert desk.do("layers()") == ["Background"]
    desk.poll("huedot()._start.isVisible()")
    desk.do("redo()")
    desk.poll("not huedot()._start.isVisible() and controller().is_idle()")
    desk.do(f"app.activeDocument().setActiveNode({HINTS})")
    desk.poll("app.activeDocument().activeNode().name() == 'Color hints'")
    dot(desk, 130, 300, RED)
    red, _, blue, _ = desk.do(f"rgb_at({RESULT}, 130, 300)")
    assert red > blue


def test_undo_and_redo_of_strokes_are_exact_and_followed(desk, photograph):
    start(desk, photograph)
    empty = desk.do(f"checksum({HINTS})")
    automatic = desk.do(f"rgb_at({RESULT}, 130, 300)")
    dot(desk, 130, 300, BLUE)
    painted, blue = desk.do(f"checksum({HINTS}), rgb_at({RESULT}, 130, 300)")
    dot(desk, 360, 100, RED)
    follow(desk, lambda: desk.do("undo()"))
    assert desk.do(f"checksum({HINTS})") == painted
    follow(desk, lambda: desk.do("undo()"))
    assert desk.do(f"checksum({HINTS})") == empty
    assert close_to(desk.do(f"rgb_at({RESULT}, 130, 300)"), automatic, 2)
    follow(desk, lambda: desk.do("redo()"))
    assert desk.do(f"checksum({HINTS})") == painted
    assert close_to(desk.do(f"rgb_at({RESULT}, 130, 300)"), blue, 2)


def test_saved_and_opened_again(desk, photograph, tmp_path):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    follow(desk, lambda: desk.do("controller().choose(saturation=0.6)"))
    follow(desk, lambda: desk.do("huedot()._vividness.setValue(150)"))
    shown = desk.do(f"rgb_at({RESULT}, 130, 300)")
    kra = str(tmp_path / "saved.kra")
    assert desk.do(f"app.activeDocument().saveAs({kra!r})")
    desk.do("close_all()")
    desk.open(kra)
    desk.poll("state() and state().photograph.image and controller().is_idle()")
    desk.poll("'as it was saved' in huedot()._said.text()")
    assert desk.do("state().settings.saturation") == 0.6
    assert desk.do("huedot()._vividness.value(), huedot()._vividness_text.text()") == [150, "150 %"]
    assert desk.do("huedot()._running.isVisible()")
    assert close_to(desk.do(f"rgb_at({RESULT}, 130, 300)"), shown, 2)
    assert desk.do("state().settings.recent[0]") == list(BLUE)


def test_the_daemon_killed_while_painting(desk, photograph, home):
    start(desk, photograph)
    os.kill(json.loads((home / "hd/endpoint.json").read_text())["pid"], signal.SIGKILL)
    dot(desk, 130, 300, RED)
    red, _, blue, _ = desk.do(f"rgb_at({RESULT}, 130, 300)")
    assert red > blue
    assert not desk.do("controller().status.is_error")


def test_two_documents_and_the_colors_of_the_other(desk, photograph, saved):
    red = np.full((300, 400, 3), (200, 60, 40), np.uint8)
    red[:150] = (120, 40, 30)
    desk.open(saved(red, "red.png"))
    start(desk, photograph)
    before = desk.do(f"rgb_at({RESULT}, 90, 330)")
    names = desk.do("[huedot()._others.itemText(i) for i in range(huedot()._others.count())]")
    assert names == ["The network's own", "red.png"]
    follow(desk, lambda: desk.do("huedot()._others.setCurrentIndex(1); huedot()._others.activated.emit(1)"))
    after = desk.do(f"rgb_at({RESULT}, 90, 330)")
    assert after[0] - after[2] > before[0] - before[2] + 15, "the other document's red is not there"
    follow(desk, lambda: desk.do("controller().use_reference(None)"))
    assert close_to(desk.do(f"rgb_at({RESULT}, 90, 330)"), before, 2)


def test_a_gray_document_is_converted_after_asking(desk, saved):
    desk.open(saved(np.tile(np.linspace(30, 220, 320).astype(np.uint8), (240, 1))))
    assert desk.do("app.activeDocument().colorModel()") == "GRAYA"
    desk.poll("huedot()._mend.isVisible() and huedot()._mend.text() == 'Convert to RGB'")
    assert not desk.do("huedot()._start.isEnabled()")
    desk.do("huedot()._agreed = lambda question: False; huedot()._mend.click()")
    assert desk.do("app.activeDocument().colorModel()") == "GRAYA"
    desk.do("huedot()._agreed = lambda question: True; huedot()._mend.click(); del huedot()._agreed")
    desk.poll("huedot()._start.isEnabled()")
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity", 60)
    desk.poll("app.activeDocument().activeNode().name() == 'Color hints'")
    dot(desk, 160, 120, RED)
    shown = desk.do("shown_at(200, 120)")
    assert shown[0] > shown[2] + 10


DEEP = [("U16", "sRGB-elle-V2-srgbtrc.icc"), ("U16", "Rec2020-elle-V4-g10.icc"), ("F32", "sRGB-elle-V2-g10.icc")]


@pytest.mark.parametrize(("depth", "profile"), DEEP)
def test_deep_documents_show_the_colors_painted(desk, photograph, depth, profile):
    desk.open(photograph)
    assert desk.do(f"app.activeDocument().setColorSpace('RGBA', {depth!r}, {profile!r})")
    desk.settle()
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity", 60)
    desk.poll("app.activeDocument().activeNode().name() == 'Color hints'")
    dot(desk, 130, 300, BLUE, 20)
    assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*BLUE, 255]
    assert close_to(desk.do("shown_at(130, 300)"), BLUE, 2)
    assert close_to(desk.do("shown_at(90, 330)"), desk.do(f"rgb_at({RESULT}, 90, 330)"), 2)


def test_layers_that_the_user_deletes_come_back(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do(f"{RESULT}.remove()")
    desk.poll("huedot()._start.isVisible() and 'gone' in huedot()._said.text()")
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity and controller().is_idle()", 60)
    assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*BLUE, 255], "the user's dots are lost"
    assert desk.do("[child.name() for child in node('HueDot').childNodes()]") == ["Color (HueDot)", "Color hints"]
    desk.do(f"{HINTS}.setName('my dots')")
    desk.do("node('my dots').remove()")
    desk.poll("huedot()._start.isVisible()")
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity and controller().is_idle()", 60)
    dot(desk, 130, 300, RED)


def test_the_hint_layer_may_be_renamed_moved_and_duplicated(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do(f"hints = {HINTS}; hints.setName('dots of mine')")
    desk.do("copy = hints.duplicate(); copy.setName('a copy'); hints.parentNode().addChildNode(copy, hints)")
    desk.do("node('HueDot').removeChildNode(hints)")
    desk.do("app.activeDocument().rootNode().addChildNode(hints, None); copy.remove()")
    desk.settle()
    desk.poll("not huedot()._start.isVisible()")
    desk.do("app.activeDocument().setActiveNode(node('dots of mine'))")
    desk.poll("app.activeDocument().activeNode().name() == 'dots of mine'")
    dot(desk, 360, 100, RED)
    assert desk.do("rgb_at(node('dots of mine'), 360, 100)") == [*RED, 255]


def test_a_selection_asks_for_its_middle(desk, photograph):
    start(desk, photograph)
    desk.do("from krita import Selection; s = Selection(); s.select(100, 250, 80, 60, 255)")
    desk.do("app.activeDocument().setSelection(s)")
    desk.poll("state().proposals.place == (140, 280) and len(state().proposals.swatches) == 9")


def test_a_suggested_color_becomes_the_brush_and_repaints(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.poll("len(state().proposals.swatches) == 9")
    likeliest = desk.do("state().proposals.swatches[0].color")
    desk.do("huedot()._colors.taken.emit(state().proposals.swatches[0].color, False)")
    foreground = "[round(255 * c) for c in app.activeWindow().activeView().foregroundColor().componentsOrdered()]"
    assert close_to(desk.do(foreground), likeliest, 1)
    other = desk.do("state().proposals.swatches[5].color")
    follow(desk, lambda: desk.do("huedot()._colors.taken.emit(state().proposals.swatches[5].color, True)"))
    assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*other, 255]
    follow(desk, lambda: desk.do("undo()"))
    assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*BLUE, 255]


def test_repainting_twice_at_once(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.poll("len(state().proposals.swatches) == 9")
    last = desk.do("state().proposals.swatches[1].color")
    repaint = "controller().take_color(state().proposals.swatches[{}].color, repaint=True)"
    follow(desk, lambda: desk.do(f"{repaint.format(4)}; {repaint.format(1)}"))
    assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*last, 255]


def test_variations_and_where_next(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do("huedot()._where_next.click()")
    desk.poll("len(state().proposals.places) == 3")
    desk.do("huedot()._vary.click()")
    desk.poll("len(state().proposals.variations) == 6", 60)
    follow(desk, lambda: desk.do("huedot()._variations.taken.emit(2)"))
    assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*BLUE, 255], "the user's own dot must stay"
    assert desk.do("len(state().hints.parts)") > 1, "the variation brought no dots"


def test_only_the_selection_changes(desk, photograph):
    start(desk, photograph)
    desk.do("from krita import Selection; s = Selection(); s.select(0, 200, 256, 312, 255)")
    desk.do("app.activeDocument().setSelection(s); controller().choose(selection_only=True)")
    desk.poll("controller().is_idle()")
    outside, inside = desk.do(f"rgb_at({RESULT}, 400, 60), rgb_at({RESULT}, 90, 330)")
    dot(desk, 130, 300, RED)
    assert desk.do(f"rgb_at({RESULT}, 400, 60)") == outside
    assert not close_to(desk.do(f"rgb_at({RESULT}, 90, 330)"), inside, 5)


def test_transparent_parts_stay_transparent(desk, saved):
    rgba = np.full((200, 300, 4), (120, 120, 120, 255), np.uint8)
    rgba[:, 200:, 3] = 0
    start(desk, saved(rgba))
    assert desk.do(f"rgb_at({RESULT}, 250, 100)")[3] == 0
    assert desk.do(f"rgb_at({RESULT}, 50, 100)")[3] == 255


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (2100, 9)])
def test_odd_sizes(desk, saved, size):
    desk.open(saved(np.full((*size, 3), 90, np.uint8)))
    desk.poll(f"state() and [state().document.height, state().document.width] == {list(size)}")
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity or controller().status.is_error", 60)
    said = desk.do("huedot()._said.text()")
    assert desk.do("state().result.identity") or "8 x 8" in said or "8 × 8" in said, said


def test_a_cropped_image_is_read_again(desk, photograph):
    start(desk, photograph)
    follow(desk, lambda: desk.do("app.activeDocument().crop(100, 100, 300, 250)"))
    assert desk.do("state().photograph.size") == [300, 250]
    dot(desk, 60, 200, RED)
    assert desk.do(f"rgb_at({RESULT}, 60, 200)")[3] == 255


def test_live_off_waits_for_refresh(desk, photograph):
    start(desk, photograph)
    desk.do("huedot()._live.click()")
    before = desk.do("count()")
    desk.do(f"brush({RED}, 16)")
    desk.stroke((130, 300))
    desk.poll("'press Refresh' in huedot()._said.text()")
    assert desk.do("count()") == before
    follow(desk, lambda: desk.do("huedot()._refresh.click()"))
    red, _, blue, _ = desk.do(f"rgb_at({RESULT}, 130, 300)")
    assert red > blue


def test_another_network_is_offered_where_it_is_there_and_remembered(desk, photograph, home):
    start(desk, photograph)
    assert not desk.do("huedot()._choosing.isVisible()")
    weights = write_warm(home / "weights")
    try:
        follow(desk, lambda: desk.do("huedot()._refresh.click()"))
        names = desk.do("[huedot()._models.itemText(i) for i in range(huedot()._models.count())]")
        assert names == ["HueDot", "Zhang et al. 2017"]
        assert desk.do("huedot()._choosing.isVisible()")
        follow(desk, lambda: desk.do("huedot()._models.activated.emit(1)"))
        for place in ("90, 330", "130, 300"):
            red, green, blue, _ = desk.do(f"rgb_at({RESULT}, {place})")
            assert red > green > blue
        assert desk.do("huedot()._models.currentIndex()") == 1
        assert desk.do("state().settings.of(state().document.load_state()).model") == "siggraph17"
    finally:
        weights.unlink()
