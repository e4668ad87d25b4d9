"""Regions in GIMP: layers whose dots color inside their masks alone, as the user makes, hides, moves and saves them."""

import pytest

from .test_layers import reopen
from .test_panel import follow, start
from .test_procedures import BLUE, HINTS, RED, RESULT, dot

# On the suit, whose color does not end there: x, y, width, height.
COAT = 60, 250, 120, 120
INSIDE, NEAR, BESIDE = (130, 300), (205, 330), (250, 330)


def new_region(gimp, area=COAT):
    """Select, make a region of it, and select nothing again; return its name."""
    gimp.do(f"image.select_rectangle(Gimp.ChannelOps.REPLACE, *{area})")
    name = gimp.do("huedot('region')[0].get_name()")
    gimp.do("Gimp.Selection.none(image)")
    return name


def dot_in(gimp, name, place, color):
    gimp.do(f"fill(layer({name!r}), {place[0]} - 7, {place[1]} - 7, 14, 14, {color})")


def redness(gimp, *places):
    """How much more red than blue the result is at places."""
    gimp.do("huedot('refresh')")
    colors = [gimp.do(f"at({RESULT}, *{place})") for place in places]
    return [red - blue for red, _, blue, _ in colors]


def test_dots_of_a_region_color_inside_it_alone(shared_gimp, photograph, tmp_path):
    gimp = shared_gimp
    gimp.open(photograph)
    gimp.do("huedot('set-up')")
    with pytest.raises(AssertionError, match="Nothing is selected"):
        gimp.do("huedot('region')")
    lower = new_region(gimp)
    assert gimp.do("names()[1]") == [lower, "Color hints", "Color (HueDot)"]
    assert gimp.do("[each.get_name() for each in image.get_selected_layers()]") == [lower]
    automatic = redness(gimp, INSIDE, BESIDE)
    dot_in(gimp, lower, INSIDE, RED)
    dot(gimp, *BESIDE, BLUE)
    inside, near, beside = redness(gimp, INSIDE, NEAR, BESIDE)
    assert inside > automatic[0] + 15
    assert beside < automatic[1] - 15
    # The upper one wins, unless it is hidden
    upper = new_region(gimp)
    dot_in(gimp, upper, INSIDE, BLUE)
    assert redness(gimp, INSIDE)[0] < inside - 15
    gimp.do(f"layer({upper!r}).set_visible(False)")
    assert redness(gimp, INSIDE)[0] == inside
    # They are ordinary layers, and their masks can be painted on
    gimp.do(f"image.remove_layer(layer({upper!r})); layer({lower!r}).set_name('Coat')")
    reopen(gimp, tmp_path / "regions.xcf")
    gimp.do("image = image.duplicate()")
    gimp.do("fill(layer('Coat').get_mask(), 180, 310, 40, 40, (255, 255, 255, 255))")
    again, changed, still = redness(gimp, INSIDE, NEAR, BESIDE)
    assert [again, still] == pytest.approx([inside, beside], abs=2)
    assert changed > near + 15
    # Hidden dots go on to count
    gimp.do("huedot('dots')")
    assert gimp.do(f"seen(*{INSIDE})") == gimp.do(f"at({RESULT}, *{INSIDE})")
    assert redness(gimp, INSIDE)[0] == again
    gimp.do("huedot('dots')")
    assert gimp.do(f"seen(*{INSIDE})") == list(RED)


def test_a_region_is_one_undo_step_and_what_is_painted_is_seen(gimp, panel, tmp_path):
    start(panel)
    panel.poll("not panel()._new_region.get_sensitive()")
    gimp.do(f"image.select_rectangle(Gimp.ChannelOps.REPLACE, *{COAT}); Gimp.displays_flush()")
    panel.poll("panel()._new_region.get_sensitive()")
    follow(panel, lambda: panel.do("panel()._new_region.clicked()"))
    gimp.do("foreground('#be3c32')")
    automatic = gimp.do(f"at({RESULT}, *{INSIDE})")
    follow(panel, lambda: gimp.stroke(INSIDE))
    red, _, blue, _ = gimp.do(f"at({RESULT}, *{INSIDE})")
    assert red - blue > automatic[0] - automatic[2] + 15
    assert gimp.do(f"at({HINTS}, *{INSIDE})")[3] == 0
    assert panel.do("state().proposals.place") == pytest.approx(INSIDE, abs=3)
    print(gimp.screenshot(tmp_path / "region.png"))
    follow(panel, gimp.undo)
    gimp.undo()
    gimp.poll("names()[1]", lambda names: names == ["Color hints", "Color (HueDot)"])
    panel.poll("idle() and not state().regions")
