"""Regions: layers whose dots color inside their masks alone, as the user makes, paints, hides, moves and saves them."""

import pytest

from .test_krita import BLUE, HINTS, RED, RESULT, dot, follow, start
from .test_layers import act, activate

# On the suit, whose color does not end there: x, y, width, height.
COAT = 60, 250, 120, 120
INSIDE, NEAR, BESIDE = (130, 300), (195, 330), (250, 330)
DONE = "huedot()._host.history.done"
SAID = "huedot()._said.text()"


def select(krita, area):
    krita.do(f"from krita import Selection; selection = Selection(); selection.select{(*area, 255)}")
    krita.do("app.activeDocument().setSelection(selection)")
    krita.settle()


def new_region(krita, area=COAT):
    """Select, make a region of it, and select nothing again, so that one may paint everywhere; return its name."""
    before = set(krita.do("[each.name() for each in node('HueDot').childNodes()]"))
    select(krita, area)
    krita.poll("huedot()._new_region.isEnabled()")
    follow(krita, lambda: krita.do("huedot()._new_region.click()"))
    (name,) = set(krita.do("[each.name() for each in node('HueDot').childNodes()]")) - before
    krita.poll(f"app.activeDocument().activeNode().name() == {name!r}")
    act(krita, "deselect")
    krita.poll("state().proposals.selected is None")
    return name


def redness(krita, x, y):
    red, _, blue, _ = krita.do(f"rgb_at({RESULT}, {x}, {y})")
    return red - blue


def test_dots_of_a_region_color_inside_it_alone(desk, photograph, tmp_path):
    start(desk, photograph)
    assert not desk.do("huedot()._new_region.isEnabled()")
    steps = desk.do(DONE)
    name = new_region(desk)
    automatic = redness(desk, *INSIDE), redness(desk, *BESIDE)
    dot(desk, *INSIDE, RED)
    assert desk.do("state().proposals.place") == pytest.approx(INSIDE, abs=2)
    assert desk.do(SAID).startswith("Colored")
    assert redness(desk, *INSIDE) > automatic[0] + 15
    assert redness(desk, *BESIDE) == automatic[1]
    activate(desk, "Color hints")
    inside = redness(desk, *INSIDE)
    dot(desk, *BESIDE, BLUE)
    assert redness(desk, *BESIDE) < automatic[1] - 15
    assert redness(desk, *INSIDE) == inside
    # Its eye
    follow(desk, lambda: desk.do(f"node({name!r}).setVisible(False)"))
    assert redness(desk, *INSIDE) < inside - 15
    follow(desk, lambda: desk.do(f"node({name!r}).setVisible(True)"))
    assert redness(desk, *INSIDE) == inside
    # Its mask
    desk.do(f"app.activeDocument().setActiveNode(node('Region', node({name!r})))")
    desk.poll("app.activeDocument().activeNode().name() == 'Region'")
    near = redness(desk, *NEAR)
    desk.do("brush((255, 255, 255), 60)")
    follow(desk, lambda: desk.stroke(NEAR, (NEAR[0] - 40, NEAR[1])))
    assert redness(desk, *NEAR) > near + 15
    print(desk.screenshot(tmp_path / "region.png"))
    # One step each: the mask, two dots, that nothing is selected, and the region
    for _ in range(5):
        desk.do("undo()")
    desk.poll(f"node({name!r}) is None")
    assert desk.do("[each.name() for each in node('HueDot').childNodes()]") == ["Color (HueDot)", "Color hints"]
    assert desk.do(DONE) == steps
    desk.poll("controller().is_idle()")


def test_regions_are_the_users_layers(desk, photograph, tmp_path):
    """They are renamed, duplicated, reordered, hidden as dots are, saved and opened again."""
    start(desk, photograph)
    lower = new_region(desk)
    dot(desk, *INSIDE, RED)
    red = redness(desk, *INSIDE)
    follow(desk, lambda: act(desk, "duplicatelayer"))
    desk.do(f"node({lower!r}).setName('Coat')")
    activate(desk, f"Copy of {lower}")
    dot(desk, *INSIDE, BLUE)
    assert redness(desk, *INSIDE) < red - 15
    follow(desk, lambda: act(desk, "move_layer_down"))
    assert redness(desk, *INSIDE) == pytest.approx(red, abs=2)
    follow(desk, lambda: act(desk, "remove_layer"))
    desk.do("huedot()._hidden.click()")
    desk.poll("huedot()._hidden.isChecked()")
    assert desk.do(f"shown_at{INSIDE} == rgb_at({RESULT}, *{INSIDE})[:3]"), "a dot is in sight"
    desk.do("huedot()._hidden.click()")
    kra = str(tmp_path / "saved.kra")
    assert desk.do(f"app.activeDocument().saveAs({kra!r})")
    desk.do("close_all()")
    desk.open(kra)
    desk.poll("state() and len(state().regions._read) == 1 and controller().is_idle()")
    desk.poll("'as it was saved' in huedot()._said.text()")
    activate(desk, "Color hints")
    dot(desk, *BESIDE, BLUE)
    assert redness(desk, *INSIDE) == pytest.approx(red, abs=2)
    assert redness(desk, *BESIDE) < red - 15
    assert desk.do(f"rgb_at({HINTS}, *{BESIDE})") == [*BLUE, 255]
