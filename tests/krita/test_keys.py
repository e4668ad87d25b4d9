"""The docker without a mouse, and in every layout and theme."""

from .test_krita import BLUE, dot, start

PRESS = (
    "QApplication.sendEvent(huedot().{}, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.{}, Qt.KeyboardModifier.NoModifier))"
)
VISIBLE = """
kinds = QPushButton, QCheckBox, QComboBox, QSlider
own = [w for w in huedot().findChildren(QWidget) if w.isVisible() and (isinstance(w, kinds) or hasattr(w, 'pointed')
    or hasattr(w, 'taken'))]
"""


def press(krita, widget, key):
    krita.do(PRESS.format(widget, key))


def test_places_and_colors_are_pointed_to_by_keys(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do("color = app.activeWindow().activeView().foregroundColor().componentsOrdered()")
    for key in ("Key_Left", "Key_Left", "Key_Down", "Key_Space"):
        press(desk, "_overview", key)
    width, height = desk.do("app.activeDocument().width(), app.activeDocument().height()")
    x, y = desk.do("state().proposals.place")
    assert abs(x - 0.4 * width) < 3
    assert abs(y - 0.55 * height) < 3
    assert desk.do("huedot()._overview.accessibleDescription()").startswith("40 % from the left, 55 % from the top")
    desk.poll("controller().view.gamut is not None and huedot()._gamut._image is not None")
    press(desk, "_gamut", "Key_Return")
    desk.poll("app.activeWindow().activeView().foregroundColor().componentsOrdered() != color")


def test_every_control_is_reached_by_tab_and_has_a_name(desk, photograph):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do(VISIBLE)
    assert desk.do("len(own)") > 12
    assert desk.do("[type(w).__name__ for w in own if w.focusPolicy() == Qt.FocusPolicy.NoFocus]") == []
    name = "w.accessibleName() or (w.text() if hasattr(w, 'text') else '')"
    assert desk.do(f"[type(w).__name__ for w in own if not ({name})]") == []


def test_an_error_changes_the_color_of_the_words_and_nothing_else(desk, photograph):
    start(desk, photograph)
    look = "huedot()._said.font().toString(), huedot()._said.palette().color(QPalette.ColorRole.WindowText).name()"
    before, plain = desk.do(look)
    desk.do(
        "from huedot_krita.protocol.errors import HueDotError; state().trouble.meet(HueDotError('Gone.', 'Retry.'))"
    )
    desk.do("huedot()._note()")
    desk.poll("huedot()._said.text() == 'Gone. Retry.'")
    font, red = desk.do(look)
    assert font == before
    assert red != plain
    desk.do("huedot()._mend.click()")
    desk.poll("huedot()._said.text() != 'Gone. Retry.'")
    assert desk.do(look) == [before, plain]


def test_english_is_read_from_left_to_right_in_every_layout(desk, photograph):
    start(desk, photograph)
    try:
        desk.do("QApplication.setLayoutDirection(Qt.LayoutDirection.RightToLeft)")
        assert desk.do("huedot()._where_next.layoutDirection() == Qt.LayoutDirection.LeftToRight")
        assert desk.do("huedot()._where_next.x() < huedot()._vary.x()")
    finally:
        desk.do("QApplication.setLayoutDirection(Qt.LayoutDirection.LeftToRight)")
