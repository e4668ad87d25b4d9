"""What is painted elsewhere than on the hints is told; dots can be hidden."""

import numpy as np
from PIL import Image

from .test_conversions import STEPS
from .test_krita import BLUE, HINTS, RED, RESULT, dot, follow, start
from .test_layers import act, activate

SAID = "huedot()._said.text()"


def test_a_stroke_on_the_photograph_is_told_and_undone(desk, photograph):
    start(desk, photograph)
    activate(desk, "Background")
    assert "You painted on" not in desk.do(SAID)
    before = desk.do("checksum(node('Background'))")
    desk.do(f"brush({RED}, 30)")
    desk.stroke((250, 250))
    desk.poll(f"'You painted on “Background”' in {SAID} and 'Undo' in {SAID}")
    desk.stroke((350, 250))
    desk.poll("len(state().document._painting._strokes) == 2")
    for left in (1, 0):
        desk.poll("huedot()._undo_stroke.isVisible()")
        desk.do("huedot()._undo_stroke.click()")
        desk.poll(f"len(state().document._painting._strokes) == {left}")
    desk.poll(f"'You painted on' not in {SAID} and not huedot()._undo_stroke.isVisible()")
    assert desk.do("checksum(node('Background'))") == before


def test_the_offered_undo_takes_back_nothing_but_the_stroke(desk, photograph):
    start(desk, photograph)
    activate(desk, "Background")
    desk.do(f"brush({RED}, 30)")
    desk.stroke((250, 250))
    desk.poll("huedot()._undo_stroke.isVisible()")
    act(desk, "select_all")
    desk.poll(f"not huedot()._undo_stroke.isVisible() and 'You painted on “Background”' in {SAID}")
    desk.do("undo()")
    desk.poll("huedot()._undo_stroke.isVisible()")


def test_what_is_no_stroke_is_not_told(desk, photograph):
    """Dots, an image that is mirrored, a layer that moves beneath: nothing of it is a stroke on the photograph."""
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    activate(desk, "Background")
    for action in ("mirrorImageHorizontal", "rotateImage180", "rotateImageCW90", "edit_undo", "edit_redo"):
        act(desk, action)
        desk.settle()
        remarks = [desk.do("state().document.remark()") for _ in range(20)]
        assert set(remarks) == {""}, action


def test_the_user_goes_on_on_the_hints(desk, photograph):
    start(desk, photograph)
    activate(desk, "Background")
    desk.do(f"brush({RED}, 30)")
    desk.stroke((250, 250))
    desk.poll(f"'You painted on “Background”' in {SAID}")
    activate(desk, "Color hints")
    dot(desk, 130, 300, BLUE)
    desk.poll(f"'You painted on' not in {SAID}")


def test_a_copy_of_the_hints_and_the_result_are_no_place_for_dots(desk, photograph):
    start(desk, photograph)
    act(desk, "duplicatelayer")
    desk.poll(f"'“Copy of Color hints” is selected' in {SAID} and '“Color hints”' in {SAID}")
    activate(desk, "Color (HueDot)")
    desk.poll(f"'The result is selected' in {SAID}")
    activate(desk, "Color hints")
    desk.poll(f"'selected' not in {SAID}")


def test_hidden_dots_are_in_no_export_and_still_count(desk, photograph, tmp_path):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE, 30)
    steps = desk.do(STEPS)
    result = desk.do(f"checksum({RESULT})")
    desk.xdotool("key", "alt+d")
    desk.poll("state().document.hides_dots() and huedot()._hidden.isChecked()")
    desk.settle()
    path = str(tmp_path / "exported.png")
    desk.do("from krita import InfoObject; app.activeDocument().setBatchmode(True)")
    assert desk.do(f"app.activeDocument().exportImage({path!r}, InfoObject())")
    red, green, blue = np.asarray(Image.open(path).convert("RGB"))[300, 130].tolist()
    assert [red, green, blue] == desk.do(f"rgb_at({RESULT}, 130, 300)")[:3]
    assert desk.do(f"checksum({RESULT})") == result
    desk.do("huedot()._hidden.click()")
    desk.settle()
    assert desk.do(f"{HINTS}.visible(), {STEPS}") == [True, steps]
    dot(desk, 360, 100, RED)


def test_a_result_that_the_user_unlocked_is_the_users(desk, photograph):
    start(desk, photograph)
    desk.do(f"{RESULT}.setLocked(False)")
    activate(desk, "Color (HueDot)")
    desk.do(f"brush({RED}, 40)")
    desk.stroke((250, 250))
    activate(desk, "Color hints")
    painted = desk.do(f"checksum({RESULT})")
    desk.do(f"brush({BLUE}, 16)")
    desk.stroke((130, 300))
    desk.poll(f"'is unlocked' in {SAID}")
    assert desk.do(f"checksum({RESULT})") == painted, "what the user painted is lost"
    desk.do(f"{RESULT}.setLocked(True); huedot()._mend.click()")
    desk.poll(f"checksum({RESULT}) != {painted!r} and controller().is_idle() and not controller().status.is_error")


def test_one_click_of_the_soft_airbrush_colors(desk, photograph):
    """Krita's own faint brush: what is painted is visible, and so it counts."""
    start(desk, photograph)
    desk.do(f"brush({BLUE}, 40)")
    desk.do("app.activeWindow().activeView().setCurrentBrushPreset(app.resources('preset')['b) Airbrush Soft'])")
    desk.do("app.activeWindow().activeView().setBrushSize(40)")
    managed = "ManagedColor.fromQColor(QColor(20, 60, 200), app.activeWindow().activeView().canvas())"
    desk.do(f"from krita import ManagedColor; app.activeWindow().activeView().setForeGroundColor({managed})")
    before = desk.do(f"rgb_at({RESULT}, 90, 330)")
    follow(desk, lambda: desk.stroke((130, 300)))
    alpha = desk.do(f"rgb_at({HINTS}, 130, 300)")[3]
    assert 0 < alpha < 200, "the brush is not faint"
    after = desk.do(f"rgb_at({RESULT}, 90, 330)")
    assert after[2] - after[0] > before[2] - before[0] + 10, "a faint dot brought no color"
