"""The live panel in real GIMP: what the user does with the mouse, and what GIMP's pixels say afterwards."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from ..editors.networks import write_warm

RED, BLUE = "#be3c32", "#3c5aaa"
RESULT, HINTS, PHOTOGRAPH = "layer('Color (HueDot)')", "layer('Color hints')", "image.get_layers()[-1]"
FOREGROUND = "list(Gimp.context_get_foreground().get_bytes(Babl.format(U8)).get_data())"


def start(panel):
    """Press Start, and wait for the first, automatic coloring."""
    panel.do("panel()._start.clicked()")
    panel.poll("state().result.identity and idle() and not panel()._start.get_visible()", seconds=90)


def follow(panel, act):
    """Do something that changes the hints, and wait for the coloring that comes of it."""
    before = panel.do("count()")
    act()
    panel.poll(f"count() > {before} and idle()", seconds=40)


def dot(gimp, panel, x, y, color):
    """Paint a dot with the mouse, and wait until the result follows."""
    gimp.do(f"foreground({color!r})")
    follow(panel, lambda: gimp.stroke((x, y)))


def rgb(color):
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def differs(color, other):
    return max(abs(a - b) for a, b in zip(color[:3], other[:3], strict=True))


def test_dots_become_color_and_spread(gimp, panel):
    start(panel)
    background = gimp.do(f"checksum({PHOTOGRAPH})")
    before = gimp.do(f"at({RESULT}, 90, 330)")
    dot(gimp, panel, 130, 300, BLUE)
    assert gimp.do(f"at({HINTS}, 130, 300)") == [*rgb(BLUE), 255]
    assert panel.do("state().settings.recent[0]") == rgb(BLUE)
    red, green, blue, alpha = gimp.do(f"at({RESULT}, 130, 300)")
    assert alpha == 255
    assert blue > green > red
    # Elsewhere on the suit.
    after = gimp.do(f"at({RESULT}, 90, 330)")
    assert after[2] - after[0] > before[2] - before[0] + 10, "the color did not spread"
    assert gimp.do("seen(90, 330)") == after, "the user does not see it"
    assert gimp.do(f"checksum({PHOTOGRAPH})") == background, "the photograph was changed"


def test_start_is_one_undo_step(gimp, panel):
    start(panel)
    assert gimp.do("names()")[:2] == ["HueDot", ["Color hints", "Color (HueDot)"]]
    gimp.undo()
    gimp.poll("len(names())", lambda count: count == 1)
    panel.poll("panel()._start.get_visible()")
    gimp.redo()
    panel.poll("not panel()._start.get_visible() and idle()")
    gimp.do(f"image.set_selected_layers([{HINTS}])")
    dot(gimp, panel, 130, 300, RED)
    red, _, blue, _ = gimp.do(f"at({RESULT}, 130, 300)")
    assert red > blue


def test_undo_and_redo_of_strokes_are_exact_and_followed(gimp, panel):
    start(panel)
    empty, automatic = gimp.do(f"checksum({HINTS}), at({RESULT}, 130, 300)")
    dot(gimp, panel, 130, 300, BLUE)
    painted, blue = gimp.do(f"checksum({HINTS}), at({RESULT}, 130, 300)")
    dot(gimp, panel, 360, 100, RED)
    follow(panel, gimp.undo)
    assert gimp.do(f"checksum({HINTS})") == painted
    follow(panel, gimp.undo)
    assert gimp.do(f"checksum({HINTS})") == empty
    assert differs(gimp.do(f"at({RESULT}, 130, 300)"), automatic) <= 2
    follow(panel, gimp.redo)
    assert gimp.do(f"checksum({HINTS})") == painted
    assert differs(gimp.do(f"at({RESULT}, 130, 300)"), blue) <= 2


def test_a_suggested_color_becomes_the_foreground_and_repaints(gimp, panel):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    panel.poll("len(state().proposals.swatches) == 9")
    likeliest, other = panel.do("state().proposals.swatches[0].color, state().proposals.swatches[5].color")
    x, y = panel.do("where(panel()._colors.get_child_at(0, 0).get_children()[0])")
    gimp.display.xdotool("mousemove", x, y, "click", 1)
    gimp.poll(FOREGROUND, lambda color: color == [*likeliest, 255])
    x, y = panel.do("where(panel()._colors.get_child_at(5, 0).get_children()[0])")
    gimp.display.xdotool("mousemove", x, y, "keydown", "shift", "click", 1, "keyup", "shift")
    gimp.poll(f"at({HINTS}, 130, 300)", lambda color: color == [*other, 255])
    panel.poll("idle()")
    follow(panel, gimp.undo)
    assert gimp.do(f"at({HINTS}, 130, 300)") == [*rgb(BLUE), 255]
    assert gimp.do("names()")[1] == ["Color hints", "Color (HueDot)"]


def test_the_overview_and_the_gamut_answer_to_clicks(gimp, panel):
    start(panel)
    panel.poll("state().result.overview is not None")
    x, y = panel.do("where(panel()._overview)")
    gimp.display.xdotool("mousemove", x, y, "click", 1)
    place = panel.poll("state().proposals.place")
    assert max(abs(place[0] - 256), abs(place[1] - 256)) < 8
    panel.poll(
        "len(state().proposals.swatches) == 9 and controller().view.gamut is not None and panel()._gamut._picture"
    )
    before = gimp.do(FOREGROUND)
    x, y = panel.do("where(panel()._gamut, 0.4)")
    gimp.display.xdotool("mousemove", x, y, "click", 1)
    gimp.poll(FOREGROUND, lambda color: color != before and color[3] == 255)
    assert panel.do("state().settings.recent") == [], "a color that was not painted yet is among those lately used"


def test_the_daemon_killed_while_painting(gimp, panel, huedot_environment):
    start(panel)
    endpoint = Path(huedot_environment["HUEDOT_RUNTIME"], "endpoint.json")
    os.kill(json.loads(endpoint.read_text())["pid"], signal.SIGKILL)
    dot(gimp, panel, 130, 300, RED)
    red, _, blue, _ = gimp.do(f"at({RESULT}, 130, 300)")
    assert red > blue
    assert not panel.do("controller().status.is_error")


def test_layers_that_the_user_deletes_come_back(gimp, panel):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    gimp.do(f"image.remove_layer({RESULT})")
    panel.poll("panel()._start.get_visible() and 'gone' in said()")
    start(panel)
    assert gimp.do(f"at({HINTS}, 130, 300)") == [*rgb(BLUE), 255], "the user's dots are lost"
    assert gimp.do("names()")[1] == ["Color hints", "Color (HueDot)"]
    gimp.do(f"{HINTS}.set_name('my dots')")
    gimp.do("image.remove_layer(layer('my dots'))")
    panel.poll("panel()._start.get_visible()")
    start(panel)
    dot(gimp, panel, 130, 300, RED)


def test_the_hint_layer_may_be_renamed_moved_and_duplicated(gimp, panel):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    gimp.do(f"hints = {HINTS}; hints.set_name('dots of mine')")
    gimp.do("copy = hints.copy(); image.insert_layer(copy, hints.get_parent(), 0)")
    gimp.do("image.reorder_item(hints, None, 0); image.set_selected_layers([hints]); Gimp.displays_flush()")
    dot(gimp, panel, 360, 100, RED)
    assert gimp.do("at(layer('dots of mine'), 360, 100)") == [*rgb(RED), 255]
    assert not panel.do("panel()._start.get_visible()")


def test_a_selection_asks_for_its_middle_and_confines(gimp, panel):
    start(panel)
    gimp.do("image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 200, 256, 312)")
    panel.poll("state().proposals.place == (128, 356) and len(state().proposals.swatches) == 9")
    panel.do("panel()._selection_only.clicked()")
    panel.poll("state().settings.selection_only and idle()")
    outside, inside = gimp.do(f"at({RESULT}, 400, 60), at({RESULT}, 90, 330)")
    dot(gimp, panel, 130, 300, RED)
    assert gimp.do(f"at({RESULT}, 400, 60)") == outside
    assert differs(gimp.do(f"at({RESULT}, 90, 330)"), inside) > 5


def test_variations_and_where_next(gimp, panel):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    panel.do("controller().where_next()")
    panel.poll("len(state().proposals.places) == 3")
    panel.do("controller().vary()")
    panel.poll("len(state().proposals.variations) == 6 and len(panel()._variations.get_children()) == 6", seconds=60)
    follow(panel, lambda: panel.do("panel()._variations.get_children()[2].clicked()"))
    assert gimp.do(f"at({HINTS}, 130, 300)") == [*rgb(BLUE), 255], "the user's own dot must stay"
    assert panel.do("len(state().hints.parts)") > 1, "the variation brought no dots"
    follow(panel, gimp.undo)
    assert panel.do("len(state().hints.parts)") <= 2, "one undo takes them back"


def test_a_gray_image_is_converted_after_asking(gimp, panel, saved):
    gimp.open(saved(np.tile(np.linspace(30, 220, 320).astype(np.uint8), (240, 1))))
    # Two images to choose from.
    panel.poll("panel()._showing.get_visible()")
    panel.do("panel()._shown.set_active_id(next(row[1] for row in panel()._shown.get_model() if 'made' in row[0]))")
    panel.poll("panel()._mend.get_visible() and panel()._mend.get_label() == 'Convert to RGB'")
    assert not panel.do("panel()._start.get_sensitive()")
    panel.do("panel()._agreed = lambda question: False; panel()._mend.clicked()")
    assert gimp.do("image.get_base_type() == Gimp.ImageBaseType.GRAY")
    panel.do("panel()._agreed = lambda question: True; panel()._mend.clicked(); del panel()._agreed")
    panel.poll("panel()._start.get_sensitive()")
    start(panel)
    dot(gimp, panel, 160, 120, RED)
    shown = gimp.do("seen(200, 120)")
    assert shown[0] > shown[2] + 10


@pytest.mark.parametrize("depth", ["U16_NON_LINEAR", "FLOAT_LINEAR"])
def test_deep_images_show_the_colors_painted(gimp, panel, depth):
    gimp.do(f"image.convert_precision(Gimp.Precision.{depth})")
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    assert differs(gimp.do(f"at({HINTS}, 130, 300)"), rgb(BLUE)) == 0
    assert differs(gimp.do("seen(90, 330)"), gimp.do(f"at({RESULT}, 90, 330)")) <= 1


def test_the_colors_of_another_image(gimp, panel, saved):
    start(panel)
    before = gimp.do(f"at({RESULT}, 90, 330)")
    gimp.do(f"shown = image; load({str(saved(np.full((300, 400, 3), (200, 60, 40), np.uint8), 'red.png'))!r})")
    gimp.do("image = shown")
    panel.poll("[row[1] for row in panel()._listing] == [\"The network's own\", 'red.xcf']")
    follow(panel, lambda: panel.do("panel()._others.set_active(1)"))
    after = gimp.do(f"at({RESULT}, 90, 330)")
    assert after[0] - after[2] > before[0] - before[2] + 15
    follow(panel, lambda: panel.do("panel()._others.set_active(0)"))
    assert differs(gimp.do(f"at({RESULT}, 90, 330)"), before) <= 2


def test_a_refresh_from_the_menu_is_one_undo_step_and_leaves_the_panel_right(gimp, panel):
    start(panel)
    automatic, first = gimp.do(f"at({RESULT}, 130, 300), {RESULT}.get_id()")
    panel.do("panel()._live.clicked()")
    gimp.do(f"foreground({BLUE!r})")
    gimp.stroke((130, 300))
    panel.poll("'press Refresh' in said()")
    gimp.menu("Color the photograph from the dots")
    blue = gimp.poll(f"at({RESULT}, 130, 300)", lambda color: color[2] > color[0] + 50, seconds=40)
    assert gimp.do(f"{RESULT}.get_id(), [each.get_name() for each in image.get_selected_layers()]") == [
        first,
        ["Color hints"],
    ]
    gimp.undo()
    gimp.poll(f"at({RESULT}, 130, 300)", lambda color: color == automatic)
    assert gimp.do(f"at({HINTS}, 130, 300)") == [*rgb(BLUE), 255], "the user's dot went with it"
    gimp.redo()
    gimp.poll(f"at({RESULT}, 130, 300)", lambda color: color == blue)
    follow(panel, lambda: panel.do("panel()._live.clicked()"))
    dot(gimp, panel, 360, 100, RED)


def test_live_off_waits_for_refresh(gimp, panel):
    start(panel)
    panel.do("panel()._live.clicked()")
    before = panel.do("count()")
    gimp.do(f"foreground({RED!r})")
    gimp.stroke((130, 300))
    panel.poll("'press Refresh' in said()")
    assert panel.do("count()") == before
    follow(panel, lambda: panel.do("panel()._refresh.clicked()"))
    red, _, blue, _ = gimp.do(f"at({RESULT}, 130, 300)")
    assert red > blue


def test_a_locked_or_selected_result_is_said(gimp, panel):
    start(panel)
    gimp.do(f"image.set_selected_layers([{RESULT}])")
    panel.poll("'The result is selected' in said()")
    gimp.do(f"image.set_selected_layers([{HINTS}]); {RESULT}.set_lock_content(True); Gimp.displays_flush()")
    panel.poll("'The result is selected' not in said()")
    gimp.do(f"foreground({RED!r})")
    gimp.stroke((130, 300))
    panel.poll("controller().status.is_error and 'locked' in said()")
    gimp.do(f"{RESULT}.set_lock_content(False)")
    follow(panel, lambda: panel.do("panel()._mend.clicked()"))
    assert not panel.do("controller().status.is_error")


def test_the_menu_item_brings_the_panel_back_and_suggest_asks_it(gimp, panel):
    start(panel)
    # By its name the search would find “Undo Live panel”, too.
    gimp.menu("Color while you paint dots")
    gimp.do("image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 250, 80, 60)")
    gimp.menu("Suggest colors here")
    panel.poll("state().proposals.place == (140, 280) and len(state().proposals.swatches) == 9")
    assert len(gimp.display.windows("^HueDot$")) == 1


def test_a_cropped_image_is_read_again(gimp, panel):
    start(panel)
    follow(panel, lambda: gimp.do("image.crop(300, 250, 100, 100); Gimp.displays_flush()"))
    panel.poll("state().photograph.size == (300, 250) and idle()")
    assert gimp.do(f"at({RESULT}, 60, 200)")[3] == 255


def test_saved_and_opened_again(gimp, panel, tmp_path):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    follow(panel, lambda: panel.do("controller().choose(saturation=0.6)"))
    shown, path = gimp.do(f"at({RESULT}, 130, 300)"), tmp_path / "saved.xcf"
    gimp.do(f"Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path({str(path)!r}), None); close()")
    panel.poll("state() is None")
    gimp.open(path)
    panel.poll("state() and state().photograph.image and 'as it was saved' in said() and idle()", seconds=40)
    assert not gimp.do("image.is_dirty()"), "to look at it is no change"
    assert panel.do("state().settings.saturation") == 0.6
    assert gimp.do(f"at({RESULT}, 130, 300)") == shown
    follow(panel, lambda: panel.do("panel()._refresh.clicked()"))
    assert differs(gimp.do(f"at({RESULT}, 130, 300)"), shown) <= 2


def test_another_network_is_offered_where_it_is_there_and_remembered(gimp, panel, huedot_environment):
    start(panel)
    assert not panel.do("panel()._choosing.get_visible()")
    weights = write_warm(Path(huedot_environment["HUEDOT_WEIGHTS"]))
    try:
        follow(panel, lambda: panel.do("panel()._refresh.clicked()"))
        panel.poll("panel()._choosing.get_visible()")
        assert panel.do("[row[0] for row in panel()._models.get_model()]") == ["HueDot", "Zhang et al. 2017"]
        follow(panel, lambda: panel.do("panel()._models.set_active(1)"))
        for place in ("90, 330", "130, 300"):
            red, green, blue, _ = gimp.do(f"at({RESULT}, {place})")
            assert red > green > blue
        assert panel.do("state().settings.of(state().document.load_state()).model") == "siggraph17"
    finally:
        weights.unlink()
