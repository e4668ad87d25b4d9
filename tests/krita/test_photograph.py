"""The photograph is what lies beneath HueDot's result, whatever lies above; one that changed is noticed."""

import numpy as np
import pytest

from .test_conversions import STEPS, colored_at, is_red
from .test_krita import BLUE, HINTS, RED, RESULT, close_to, dot, follow, start
from .test_layers import act, activate

PLACES = [(90, 330), (400, 60), (250, 150), (300, 400)]
PRINT = "state().document.fingerprint()"
ADD = "app.activeDocument().rootNode().addChildNode({}, {}); app.activeDocument().waitForDone()"
NEW = """
from krita import Selection
everywhere = Selection()
everywhere.select(0, 0, app.activeDocument().width(), app.activeDocument().height(), 255)
inverting = app.activeDocument().createFilterMask('inverting', app.filter('invert'), everywhere)
layer = app.activeDocument().createFilterLayer('layer', app.filter('invert'), everywhere)
def painted(name, color, opacity=128, mode='multiply'):
    made = app.activeDocument().createNode(name, 'paintlayer')
    made.setPixelData(QByteArray(bytes((*color[::-1], 255)) * 512 * 512), 0, 0, 512, 512)
    made.setBlendingMode(mode)
    made.setOpacity(opacity)
    return made
"""


def add(krita, layer, above="None"):
    """Add a layer, as the user does."""
    krita.do(NEW)
    krita.do(ADD.format(layer, above))


def luma(red, green, blue):
    return 0.299 * red + 0.587 * green + 0.114 * blue


GRADES = {
    "multiplied": "painted('grade', (60, 60, 60))",
    "inverted": "app.activeDocument().createFilterLayer('grade', app.filter('invert'), everywhere)",
    "a clone": "app.activeDocument().createCloneLayer('grade', node('Background'))",
}


@pytest.mark.parametrize("grade", GRADES)
def test_what_lies_above_is_the_users_grade(desk, photograph, grade):
    start(desk, photograph)
    before = [desk.do(f"rgb_at({RESULT}, {x}, {y})") for x, y in PLACES]
    add(desk, GRADES[grade])
    if grade == "a clone":
        desk.do("node('grade').setBlendingMode('multiply'); node('grade').setOpacity(128)")
    desk.poll(f"layers() == ['Background', 'HueDot', 'grade'] and {RESULT} is not None")
    # Otherwise Krita does not show yet what was set.
    desk.do("app.activeDocument().refreshProjection()")
    shown = [desk.do(f"shown_at({x}, {y})") for x, y in PLACES]
    follow(desk, lambda: desk.do("huedot()._refresh.click()"))
    assert all(
        close_to(desk.do(f"rgb_at({RESULT}, {x}, {y})"), old, 2) for (x, y), old in zip(PLACES, before, strict=True)
    )
    assert all(close_to(desk.do(f"shown_at({x}, {y})"), old, 2) for (x, y), old in zip(PLACES, shown, strict=True))


def test_what_lies_above_stays_above_when_the_document_is_opened_again(desk, photograph, tmp_path):
    start(desk, photograph)
    add(desk, GRADES["multiplied"])
    desk.poll("layers() == ['Background', 'HueDot', 'grade']")
    desk.do("app.activeDocument().refreshProjection()")
    before = luma(*desk.do("shown_at(400, 60)"))
    kra = str(tmp_path / "graded.kra")
    assert desk.do(f"app.activeDocument().saveAs({kra!r})")
    desk.do("close_all()")
    desk.open(kra)
    desk.poll("state() and state().photograph.image and controller().is_idle()")
    activate(desk, "Color hints")
    dot(desk, 130, 300, BLUE)
    assert abs(luma(*desk.do("shown_at(400, 60)")) - before) < 4, "the grade was applied twice"


def read(krita, x, y):
    """Return a pixel of the photograph as HueDot reads it, when the panel itself is not reading."""
    krita.poll("controller().is_idle()")
    krita.do("document = state().document; document.begin_photograph()")
    color = krita.do(f"list(document.read_photograph(({x}, {y}, 1, 1)))")
    krita.do("document.end_photograph()")
    return color


ARRANGEMENTS = {
    "in a group with the photograph": """
app.action('select_all_layers').trigger(); app.action('create_quick_group').trigger()
app.activeDocument().waitForDone()
outer = app.activeDocument().topLevelNodes()[-1]
outer.setOpacity(100); outer.setBlendingMode('multiply')
outer.addChildNode(inverting, None)
outer.addChildNode(painted('grade', (60, 60, 60)), node('HueDot'))
""",
    "in a group of its own": """
app.action('create_quick_group').trigger()
app.activeDocument().waitForDone()
outer = app.activeDocument().topLevelNodes()[-1]
outer.addChildNode(painted('grade', (60, 60, 60)), None)
""",
    "with a group at half": "node('HueDot').setOpacity(120); node('Color (HueDot)').setOpacity(90)",
    "beneath its own hints, moved out": """
each = node('Color hints'); each.remove(); app.activeDocument().rootNode().addChildNode(each, node('Background'))
each.setPixelData(QByteArray(bytes((0, 0, 255, 255)) * 10000), 80, 320, 100, 100)
""",
    "with a mask of the result's": "node('Color (HueDot)').addChildNode(inverting, None)",
    "with a layer in HueDot's own group": "node('HueDot').addChildNode(painted('grade', (60, 60, 60)), None)",
}


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_the_photograph_is_what_lies_beneath(desk, photograph, arrangement):
    start(desk, photograph)
    plain = [read(desk, *place) for place in PLACES]
    assert plain[0] == desk.do("rgb_at(node('Background'), 90, 330)")
    activate(desk, "HueDot")
    desk.do(NEW)
    desk.do(ARRANGEMENTS[arrangement])
    desk.settle()
    desk.poll(f"{RESULT} is not None and {HINTS} is not None and state().document.has_layers()")
    assert [read(desk, *place) for place in PLACES] == plain


BENEATH = {
    "a filter layer": "app.activeDocument().createFilterLayer('more', app.filter('invert'), everywhere)",
    "a multiplied layer": "painted('more', (60, 60, 60), 255)",
}


@pytest.mark.parametrize("more", BENEATH)
def test_layers_beneath_are_of_the_photograph(desk, photograph, more):
    start(desk, photograph)
    plain = read(desk, 400, 60)
    add(desk, BENEATH[more], "node('Background')")
    desk.poll("layers() == ['Background', 'more', 'HueDot']")
    assert not close_to(read(desk, 400, 60), plain, 10)


@pytest.mark.parametrize("source", ["Color (HueDot)", "HueDot"])
def test_a_clone_of_the_result_is_not_colored_again_and_again(desk, photograph, source):
    start(desk, photograph)
    plain = [luma(*read(desk, *place)[:3]) for place in PLACES]
    add(desk, f"app.activeDocument().createCloneLayer('more', node({source!r}))", "node('Background')")
    desk.poll("layers() == ['Background', 'more', 'HueDot']")
    follow(desk, lambda: desk.do("controller().choose(saturation=0.9)"))
    before = desk.do(PRINT)
    follow(desk, lambda: desk.do("controller().choose(saturation=0.2)"))
    assert desk.do(PRINT) == before, "the photograph changes with its result"
    # Krita 5.1 does not tell of what a layer is the clone: there its colors are read, which do not count
    for place, shade in zip(PLACES, plain, strict=True):
        assert abs(luma(*read(desk, *place)[:3]) - shade) < 6


def test_no_photograph_beneath_is_said_and_helped(desk, photograph):
    start(desk, photograph)
    activate(desk, "HueDot")
    act(desk, "move_layer_down")
    desk.poll("layers() == ['HueDot', 'Background']")
    desk.do("huedot()._refresh.click()")
    desk.poll("'no photograph beneath' in huedot()._said.text()")
    act(desk, "move_layer_up")
    desk.poll("layers() == ['Background', 'HueDot']")
    activate(desk, "Color hints")
    dot(desk, 130, 300, RED)
    assert is_red(*colored_at(desk, 130, 300))


# The fingerprint

CHANGES = {
    "mirrored": "app.action('mirrorImageHorizontal').trigger()",
    "upside down": "app.action('rotateImage180').trigger()",
    "cropped": "app.activeDocument().crop(10, 10, 400, 400)",
    "scaled": "app.activeDocument().scaleImage(256, 256, 72, 72, 'Bicubic')",
    "half seen": "node('Background').setOpacity(128)",
    "with a filter": "app.activeDocument().rootNode().addChildNode(layer, node('Background'))",
    "with a layer": "app.activeDocument().rootNode().addChildNode(painted('more', (60, 60, 60)), node('Background'))",
    "masked": "node('Background').addChildNode(inverting, None)",
    "moved": "node('Background').move(3, 0)",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_photograph_has_another_fingerprint(desk, photograph, change):
    start(desk, photograph)
    desk.do(NEW)
    before = desk.do(PRINT)
    desk.do(CHANGES[change])
    desk.settle()
    desk.poll(f"{PRINT} != {before}")


def test_a_retouch_of_few_pixels_has_another_fingerprint(desk, photograph):
    start(desk, photograph)
    desk.do("huedot()._live.click()")
    before = desk.do(PRINT)
    activate(desk, "Background")
    desk.do("brush((120, 120, 120), 2)")
    desk.stroke((200, 210))
    desk.poll(f"{PRINT} != {before}")
    desk.do("undo()")
    desk.poll(f"{PRINT} == {before}")


def test_nothing_else_has_another_fingerprint(desk, photograph):
    """Neither dots, nor the result, nor what lies above; and to take it leaves no trace."""
    start(desk, photograph)
    before = desk.do(PRINT)
    dot(desk, 130, 300, BLUE)
    add(desk, GRADES["multiplied"])
    act(desk, "view_zoom_in")
    activate(desk, "Background")
    desk.do("node('Background').setName('Portrait'); node('HueDot').setOpacity(200)")
    desk.settle()
    assert desk.do(PRINT) == before
    steps = desk.do(STEPS)
    desk.do("app.activeDocument().setModified(False)")
    assert desk.do(f"{PRINT}, app.activeDocument().modified(), {STEPS}") == [before, False, steps]


def test_the_fingerprint_of_twelve_megapixels_takes_no_time_where_nothing_changed(desk, saved):
    gray = np.random.default_rng(0).integers(0, 255, (3000, 4000), np.uint8)
    desk.open(saved(np.repeat(gray[..., None], 3, 2)))
    desk.poll("state() is not None and not state().photograph.image")
    desk.do("controller().choose(live=False); state().document.make_layers()")
    desk.poll("state().document.has_layers()")
    before = desk.do(PRINT)
    timed = "began = time.monotonic(); {}; time.monotonic() - began"
    reading = desk.do("import time; " + timed.format("node('Background').pixelData(0, 0, 4000, 3000)"))
    # Twenty of them, so that it can be taken after every stroke.
    assert desk.do(timed.format(f"same = {{{PRINT} for _ in range(20)}}")) < reading
    assert desk.do(f"same == {{{before}}}")
