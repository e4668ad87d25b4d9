"""The user paints, in real GIMP with the mouse, elsewhere than on the hints: it is said, and nothing is lost."""

from .test_panel import BLUE, HINTS, PHOTOGRAPH, RED, RESULT, dot, follow, rgb, start


def select(gimp, layer):
    gimp.do(f"image.set_selected_layers([{layer}]); Gimp.displays_flush()")


def select_photograph(gimp, panel):
    """And wait until the panel has seen that: the robot is faster than a hand."""
    select(gimp, PHOTOGRAPH)
    panel.poll("state().document._painting._before")


def stroke_photograph(gimp, panel, *strokes):
    """Paint strokes on the photograph; returns its checksum before."""
    before = gimp.do(f"checksum({PHOTOGRAPH})")
    select_photograph(gimp, panel)
    gimp.do(f"foreground({RED!r})")
    for stroke in strokes:
        gimp.stroke(*stroke)
    return before


def test_painting_on_the_photograph_is_said_and_undo_brings_it_back(gimp, panel):
    start(panel)
    before = stroke_photograph(gimp, panel, ((300, 100), (360, 140)))
    said = panel.poll("'which the result covers' in said() and said()")
    assert "“Background”" in said
    assert "Undo" in said
    assert gimp.do(f"checksum({PHOTOGRAPH})") != before
    gimp.undo()
    gimp.poll(f"checksum({PHOTOGRAPH})", lambda now: now == before)
    panel.poll("'which the result covers' not in said()")
    select(gimp, HINTS)
    dot(gimp, panel, 130, 300, BLUE)


def test_the_panel_takes_strokes_on_the_photograph_back(gimp, panel):
    """Whatever is selected, by one step, which undo takes back in turn."""
    start(panel)
    before = stroke_photograph(gimp, panel, ((300, 100), (360, 140)), ((100, 400), (160, 440)))
    panel.poll("panel()._undo_stroke.get_visible()")
    painted = gimp.do(f"checksum({PHOTOGRAPH})")
    assert painted != before
    gimp.do("image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 20, 20)")
    panel.do("panel()._undo_stroke.clicked()")
    gimp.poll(f"checksum({PHOTOGRAPH})", lambda now: now == before)
    panel.poll("not panel()._undo_stroke.get_visible() and 'which the result covers' not in said()")
    assert gimp.do("Gimp.Selection.bounds(image)[1:]") == [True, 10, 10, 30, 30]
    gimp.undo()
    gimp.poll(f"checksum({PHOTOGRAPH})", lambda now: now == painted)


def test_what_is_painted_on_the_result_stays(gimp, panel):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    left = gimp.do(f"checksum({RESULT})")
    select(gimp, RESULT)
    panel.poll("'The result is selected' in said()")
    gimp.stroke((300, 100), (360, 140))
    painted = gimp.poll(f"checksum({RESULT})", lambda now: now != left)
    panel.do("controller().choose(saturation=0.9)")
    panel.poll("'was changed by hand' in said() and panel()._start.get_visible()")
    assert gimp.do(f"checksum({RESULT})") == painted
    gimp.undo()
    gimp.poll(f"checksum({RESULT})", lambda now: now == left)
    panel.poll("not panel()._start.get_visible()")
    follow(panel, lambda: panel.do("panel()._mend.clicked()"))
    gimp.stroke((300, 100), (360, 140))
    painted = gimp.poll(f"result = {RESULT}; checksum(result)", lambda now: now != left)
    panel.do("controller().choose(saturation=0.2)")
    panel.poll("'was changed by hand' in said() and panel()._start.get_visible()")
    gimp.do("result.set_name('mine')")
    start(panel)
    assert gimp.do("names()[1], checksum(layer('mine'))") == [["Color hints", "Color (HueDot)", "mine"], painted]


def test_painting_on_a_copy_of_the_hints_is_said(gimp, panel):
    start(panel)
    gimp.do(f"""
copy = {HINTS}.copy()
image.insert_layer(copy, {HINTS}.get_parent(), 0)
copy.set_name('upper')
""")
    select(gimp, HINTS)
    panel.poll("'reads those on “upper”' in said()")
    select(gimp, "copy")
    panel.poll("'reads those on' not in said()")
    dot(gimp, panel, 130, 300, BLUE)


def test_hidden_dots_count(gimp, panel):
    """And one undo shows them again."""
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    blue, shown = gimp.do(f"at({RESULT}, 130, 300), seen(130, 300)")
    assert shown != blue
    panel.do("panel()._hidden.clicked()")
    gimp.poll("seen(130, 300)", lambda color: color == blue)
    follow(panel, lambda: panel.do("panel()._refresh.clicked()"))
    assert gimp.do(f"at({RESULT}, 130, 300)") == blue
    gimp.undo()
    gimp.poll("seen(130, 300)", lambda color: color == shown)
    panel.poll("not panel()._hidden.get_active()")
    gimp.menu("Show or hide dots")
    gimp.poll("seen(130, 300)", lambda color: color == blue)
    panel.poll("panel()._hidden.get_active()")


def test_dots_that_a_mask_hides_stay_when_others_are_repainted(gimp, panel):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    follow(
        panel,
        lambda: gimp.do(f"""
hints = {HINTS}
mask = hints.create_mask(Gimp.AddMaskType.WHITE)
hints.add_mask(mask)
fill(mask, 0, 0, 130, 512, (0, 0, 0, 255))
image.set_selected_layers([hints])
"""),
    )
    follow(panel, lambda: panel.do("controller().ask_about(132, 300); controller().take_color((190, 60, 50), True)"))
    assert gimp.do(f"at({HINTS}, 132, 300), at({HINTS}, 127, 300)") == [[190, 60, 50, 255], [*rgb(BLUE), 255]]


def test_each_act_is_one_undo_step_and_leaves_one_hint_layer(gimp, panel):
    """A repainted dot, a variation, Start; what is painted after the undo counts."""
    layers = ["Color hints", "Color (HueDot)"]
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    painted = gimp.do(f"checksum({HINTS})")
    follow(panel, lambda: panel.do("controller().take_color((190, 60, 50), repaint=True)"))
    assert gimp.do(f"at({HINTS}, 130, 300)") == [190, 60, 50, 255]
    follow(panel, gimp.undo)
    assert gimp.do(f"names()[1], checksum({HINTS})") == [layers, painted]
    panel.do("controller().vary()")
    panel.poll("len(panel()._variations.get_children()) == 6", seconds=60)
    follow(panel, lambda: panel.do("panel()._variations.get_children()[2].clicked()"))
    assert gimp.do(f"checksum({HINTS})") != painted
    follow(panel, gimp.undo)
    assert gimp.do(f"names()[1], checksum({HINTS})") == [layers, painted]
    dot(gimp, panel, 360, 100, RED)
    follow(panel, gimp.undo)
    gimp.undo()
    gimp.undo()
    gimp.poll("names()", lambda names: names == ["Background"])
    for _ in range(3):
        gimp.redo()
    panel.poll("not panel()._start.get_visible()")
    assert gimp.do("names()[1]") == layers
    gimp.poll(f"at({HINTS}, 360, 100)", lambda color: color[3] == 255)
