"""The live panel without a mouse."""

from .test_panel import BLUE, FOREGROUND, dot, start

CONTROLS = """
found, waiting = [], [panel().window]
while waiting:
    widget = waiting.pop()
    if isinstance(widget, Gtk.Container):
        waiting += widget.get_children()
    is_control = isinstance(widget, (Gtk.Button, Gtk.ComboBox, Gtk.Scale)) or hasattr(widget, "show_picture")
    if is_control and widget.get_mapped() and widget.get_sensitive():
        found.append(widget)
"""


def test_places_and_colors_are_pointed_to_by_keys(gimp, panel):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    panel.poll("controller().view.gamut is not None and panel()._gamut._picture")
    gimp.display.activate(gimp.display.windows("^HueDot$")[0])
    panel.do("panel()._overview.grab_focus()")
    gimp.display.xdotool("key", "Left", "Left", "Down", "space")
    panel.poll("state().proposals.place", lambda at: abs(at[0] - 0.4 * 512) < 3 and abs(at[1] - 0.55 * 512) < 3)
    said = panel.do("panel()._overview.get_accessible().get_description()")
    assert said.startswith("40 % from the left, 55 % from the top")
    before = gimp.do(FOREGROUND)
    panel.do("panel()._gamut.grab_focus()")
    gimp.display.xdotool("key", "Return")
    gimp.poll(FOREGROUND, lambda color: color != before)


def test_every_control_takes_the_focus_and_has_a_name(gimp, panel):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    panel.do(CONTROLS)
    assert panel.do("len(found)") > 12
    # The focus of a list to choose from is its inner button's
    focused = "[type(w).__name__ for w in found if not w.get_can_focus()]"
    assert set(panel.do(focused)) <= {"ComboBox", "ComboBoxText"}
    name = "w.get_accessible().get_name() or (w.get_label() if isinstance(w, Gtk.Button) else '')"
    assert panel.do(f"[type(w).__name__ for w in found if not ({name})]") == []
