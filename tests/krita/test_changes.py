"""What the user does beside painting: the panel follows, and colors only what may change."""

from .test_krita import BLUE, RED, RESULT, dot, follow, start
from .test_layers import activate
from .test_photograph import luma


def test_a_flipped_photograph_is_colored_anew(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    image = desk.do("state().photograph.image")
    before = desk.do("shown_at(60, 90)")
    follow(desk, lambda: desk.do("app.action('mirrorImageHorizontal').trigger()"))
    desk.poll(f"state().photograph.image not in (None, {image!r}) and controller().is_idle()", 60)
    width = desk.do("app.activeDocument().width()")
    after = desk.do(f"shown_at({width} - 1 - 60, 90)")
    assert abs(luma(*after) - luma(*before)) < 3
    assert not desk.do("controller().status.is_error")


def test_with_nothing_selected_the_last_selection_stands(desk, photograph):
    start(desk, photograph)
    desk.do("from krita import Selection; s = Selection(); s.select(0, 200, 256, 312, 255)")
    desk.do("app.activeDocument().setSelection(s); controller().choose(selection_only=True)")
    desk.poll("controller().is_idle() and not state().result.is_due")
    desk.do("app.action('deselect').trigger()")
    desk.poll("'selected last' in huedot()._confined.text()")
    outside = desk.do(f"rgb_at({RESULT}, 400, 60)")
    dot(desk, 130, 300, RED)
    assert desk.do(f"rgb_at({RESULT}, 400, 60)") == outside


def test_the_dots_are_hidden_and_count(desk, photograph):
    start(desk, photograph)
    desk.do("huedot()._hidden.click()")
    desk.poll("not node('Color hints').visible() and huedot()._hidden.isChecked()")
    follow(desk, lambda: desk.do("controller().choose(saturation=0.6)"))
    desk.do("huedot()._hidden.click()")
    desk.poll("node('Color hints').visible()")


def shade(krita, x, y):
    """Return how bright the result is."""
    return luma(*krita.do(f"rgb_at({RESULT}, {x}, {y})")[:3])


def test_a_photograph_turned_over_retouched_and_back_is_followed(desk, photograph):
    start(desk, photograph)
    before = shade(desk, 60, 90)
    width, height = desk.do("app.activeDocument().width(), app.activeDocument().height()")
    follow(desk, lambda: desk.do("app.action('rotateImage180').trigger()"))
    assert abs(shade(desk, width - 61, height - 91) - before) < 4
    follow(desk, lambda: desk.do("undo()"))
    assert abs(shade(desk, 60, 90) - before) < 4
    activate(desk, "Background")
    desk.do("brush((20, 20, 20), 40)")
    follow(desk, lambda: desk.stroke((400, 60)))
    assert shade(desk, 400, 60) < 40, "the retouch does not show"
    follow(desk, lambda: desk.do("undo()"))
    assert shade(desk, 400, 60) > 60, "what was undone still shows"
