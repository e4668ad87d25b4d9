"""What is the user's stays the user's: nothing is written to a layer that HueDot did not make in this document."""

import pytest

from .test_conversions import STEPS
from .test_krita import BLUE, HINTS, RED, RESULT, dot, follow, start

GREEN = (40, 150, 60)
REPAINT = f"controller().take_color({GREEN}, repaint=True)"


def activate(krita, name):
    """Let the user choose a layer."""
    krita.do(f"app.activeDocument().setActiveNode(node({name!r}))")
    krita.poll(f"app.activeDocument().activeNode().name() == {name!r}")


def act(krita, action):
    """Let the user choose from the menu."""
    krita.do(f"QTimer.singleShot(0, app.action({action!r}).trigger)")
    krita.settle()


def looked(krita):
    """Wait until the panel has looked at the document again, and done what follows."""
    krita.poll(f"state().hints.read_at > {krita.do('state().hints.read_at')}")
    krita.poll("controller().is_idle()")


def test_a_layer_of_the_users_with_the_name_of_the_hints(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do(f"{HINTS}.remove()")
    desk.poll("huedot()._start.isVisible()")
    desk.do("own = app.activeDocument().createNode('Color hints', 'paintlayer')")
    desk.do("own.setPixelData(QByteArray(bytes((60, 60, 200, 255)) * 400), 300, 90, 20, 20)")
    desk.do("node('HueDot').addChildNode(own, None)")
    desk.settle()
    before = desk.do("checksum(own)")
    desk.do("scans = []; huedot()._timer.timeout.connect(lambda: scans.append(None))")
    desk.poll("len(scans) > 60")
    assert desk.do("huedot()._start.isVisible()"), "a layer of the user's is taken for HueDot's"
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity and controller().is_idle()", 60)
    desk.do("state().proposals.place = 310, 100")
    desk.do(REPAINT)
    desk.poll("controller().is_idle()")
    assert desk.do("own.parentNode() is not None and checksum(own)") == before


@pytest.mark.parametrize("name", ["Color hints", "HueDot"])
def test_duplicates_are_the_users(desk, photograph, name):
    """The hints that HueDot made are read; a copy of them, or of the group, is neither read nor written."""
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    activate(desk, name)
    act(desk, "duplicatelayer")
    desk.poll(f"node('Copy of {name}') is not None")
    desk.do(f"copy = node('Copy of {name}'); copies = [copy, *copy.childNodes()]")
    before = desk.do("[checksum(each) for each in copies]")
    desk.do(f"app.activeDocument().setActiveNode({HINTS})")
    desk.poll(f"app.activeDocument().activeNode() == {HINTS}")
    desk.do("copy.setVisible(False)")
    dot(desk, 360, 100, RED)
    follow(desk, lambda: desk.do(REPAINT))
    assert desk.do(f"rgb_at({HINTS}, 360, 100)") == [*GREEN, 255]
    assert desk.do("[checksum(each) for each in copies]") == before


def test_what_hints_are_merged_into_is_the_users(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do(f"{RESULT}.setLocked(False)")
    activate(desk, "Color hints")
    act(desk, "merge_layer")
    desk.poll("huedot()._start.isVisible() and len(node('HueDot').childNodes()) == 1")
    desk.do("merged = node('HueDot').childNodes()[0]")
    before = desk.do("checksum(merged)")
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity and controller().is_idle()", 60)
    desk.poll("app.activeDocument().activeNode().name() == 'Color hints'")
    dot(desk, 360, 100, RED)
    assert desk.do("merged.parentNode() is not None and checksum(merged)") == before


def test_hints_pasted_into_another_document_are_the_users(desk, photograph, saved):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    activate(desk, "HueDot")
    act(desk, "copy_layer_clipboard")
    import numpy as np

    desk.open(saved(np.full((300, 400, 3), 120, np.uint8), "other.png"))
    act(desk, "paste_layer_from_clipboard")
    desk.poll("layers() == ['Background', 'HueDot'] and huedot()._start.isVisible()")
    desk.do("pasted = node('HueDot').childNodes()")
    before = desk.do("[checksum(each) for each in pasted]")
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity and controller().is_idle()", 60)
    desk.poll("len(layers()) == 3")
    desk.do("app.activeDocument().setActiveNode(app.activeDocument().topLevelNodes()[2].childNodes()[1])")
    desk.poll("app.activeDocument().activeNode() == app.activeDocument().topLevelNodes()[2].childNodes()[1]")
    dot(desk, 200, 100, RED)
    assert desk.do("[checksum(each) for each in pasted]") == before


def test_locked_hints_are_not_repainted(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    before, steps = desk.do(f"checksum({HINTS})"), desk.do(STEPS)
    desk.do(f"{HINTS}.setLocked(True)")
    desk.do(REPAINT)
    desk.poll("'locked' in huedot()._said.text()")
    assert desk.do(f"checksum({HINTS}), {STEPS}") == [before, steps]


# One act of the user is one step of undo.


def test_repainting_a_dot_is_undone_and_redone_at_once(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    blue = desk.do(f"checksum({HINTS})")
    follow(desk, lambda: desk.do(REPAINT))
    green = desk.do(f"checksum({HINTS})")
    follow(desk, lambda: desk.do("undo()"))
    assert desk.do("[each.name() for each in node('HueDot').childNodes()]") == ["Color (HueDot)", "Color hints"]
    assert desk.do(f"checksum({HINTS})") == blue
    follow(desk, lambda: desk.do("redo()"))
    assert desk.do("[each.name() for each in node('HueDot').childNodes()]") == ["Color (HueDot)", "Color hints"]
    assert desk.do(f"checksum({HINTS})") == green
    follow(desk, lambda: desk.do("undo()"))
    desk.poll("app.activeDocument().activeNode().name() == 'Color hints'")
    dot(desk, 360, 100, RED)
    assert desk.do(f"rgb_at({HINTS}, 360, 100)") == [*RED, 255]
    red, _, blue, _ = desk.do(f"rgb_at({RESULT}, 360, 100)")
    assert red > blue + 20, "later dots do nothing"


def test_two_repaintings_are_undone_one_by_one(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    follow(desk, lambda: desk.do(REPAINT))
    follow(desk, lambda: desk.do(f"controller().take_color({RED}, repaint=True)"))
    follow(desk, lambda: desk.do("undo()"))
    assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*GREEN, 255]
    follow(desk, lambda: desk.do("undo()"))
    assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*BLUE, 255]
    follow(desk, lambda: desk.do("undo()"))
    assert desk.do(f"rgb_at({HINTS}, 130, 300)")[3] == 0
    for color in (BLUE, GREEN, RED):
        follow(desk, lambda: desk.do("redo()"))
        assert desk.do(f"rgb_at({HINTS}, 130, 300)") == [*color, 255]


def test_a_variation_is_undone_at_once(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    before = desk.do(f"checksum({HINTS})")
    desk.do("huedot()._vary.click()")
    desk.poll("len(state().proposals.variations) == 6", 60)
    follow(desk, lambda: desk.do("huedot()._variations.taken.emit(2)"))
    assert desk.do(f"checksum({HINTS})") != before
    follow(desk, lambda: desk.do("undo()"))
    assert desk.do(f"checksum({HINTS})") == before
    assert desk.do("len(node('HueDot').childNodes())") == 2


def test_a_result_brought_back_is_undone_at_once(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    before = desk.do(f"checksum({HINTS})")
    desk.do(f"{RESULT}.remove()")
    desk.poll("huedot()._start.isVisible()")
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity and controller().is_idle()", 60)
    assert desk.do("[each.name() for each in node('HueDot').childNodes()]") == ["Color (HueDot)", "Color hints"]
    desk.do("undo()")
    desk.poll("[each.name() for each in node('HueDot').childNodes()] == ['Color hints']")
    assert desk.do(f"checksum({HINTS})") == before
    desk.do("redo()")
    desk.poll("[each.name() for each in node('HueDot').childNodes()] == ['Color (HueDot)', 'Color hints']")
    desk.poll("not huedot()._start.isVisible()")
    assert desk.do(f"checksum({HINTS})") == before


def test_start_after_undoing_it_brings_the_dots_back(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    painted = desk.do(f"checksum({HINTS})")
    desk.do("undo(); undo()")
    desk.poll("layers() == ['Background'] and huedot()._start.isVisible()")
    steps = desk.do(STEPS)
    desk.do("huedot()._start.click()")
    desk.poll("layers() == ['Background', 'HueDot'] and controller().is_idle()", 60)
    assert desk.do(STEPS) == steps, "what could be redone is gone"
    follow(desk, lambda: desk.do("redo()"))
    assert desk.do(f"checksum({HINTS})") == painted
