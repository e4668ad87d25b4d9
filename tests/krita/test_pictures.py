"""The pictures of docs/, taken from real Krita; HUEDOT_PICTURES=docs/images keeps them.

Nothing may be cut off, neither in a small window nor on a screen of twice the pixels.
"""

import json
import os
import signal
from pathlib import Path

import numpy as np
from PIL import Image

from .harness import Display, KritaUnderTest
from .test_krita import BLUE, dot, follow, start

DOTS = [  # place and color
    (130, 300, (210, 105, 40)),
    (255, 145, (226, 170, 140)),
    (245, 40, (140, 85, 45)),
    (110, 90, (150, 150, 165)),
    (405, 110, (150, 90, 60)),
]
ROUND_THE_BADGE = """
from krita import Selection
selection, radius = Selection(), 42
place = range(-radius, radius)
inside = bytes(255 if x * x + y * y <= radius * radius else 0 for y in place for x in place)
selection.setPixelData(QByteArray(inside), 173 - radius, 386 - radius, 2 * radius, 2 * radius)
app.activeDocument().setSelection(selection)
"""
# Every label, button and box must have the room that it asks for.
CUT_OFF = """
[w.text() for w in huedot().findChildren(QWidget) if isinstance(w, (QLabel, QPushButton, QCheckBox)) and w.isVisible()
 and not (isinstance(w, QLabel) and w.wordWrap()) and w.width() < w.minimumSizeHint().width()]
"""


def test_from_the_first_dot_to_the_fifth(desk, photograph, keep):
    desk.open(photograph)
    desk.poll("huedot()._start.isVisible()")
    keep(desk, "krita-start.png")
    desk.do("huedot()._start.click()")
    desk.poll("state().result.identity", 90)
    desk.poll("app.activeDocument().activeNode().name() == 'Color hints'")
    for x, y, color in DOTS:
        dot(desk, x, y, color, 14)
    desk.poll("len(state().proposals.swatches) == 9 and controller().is_idle()")
    assert desk.do(CUT_OFF) == []
    keep(desk, "krita-dots.png")
    desk.do(ROUND_THE_BADGE)
    desk.poll("huedot()._new_region.isEnabled()")
    follow(desk, lambda: desk.do("huedot()._new_region.click()"))
    desk.poll("app.activeDocument().activeNode().name() == 'Region 1'")
    dot(desk, 152, 358, (90, 70, 190), 12)
    desk.do("huedot().widget().ensureWidgetVisible(huedot()._new_region); huedot().widget().repaint()")
    desk.poll("not huedot()._new_region.visibleRegion().isEmpty()")
    assert desk.do(CUT_OFF) == []
    keep(desk, "krita-region.png")
    desk.do("huedot().widget().verticalScrollBar().setValue(0)")


def test_colors_of_another_document(desk, photograph, saved, keep):
    here = Path(__file__).parents[2] / "examples/photograph.jpg"
    warm = np.asarray(Image.open(here).convert("RGB")) * [1.15, 0.95, 0.7]
    desk.open(saved(warm.clip(0, 255).astype(np.uint8), "warm print.png"))
    start(desk, photograph)
    before = desk.do("count()")
    desk.do("huedot()._others.setCurrentIndex(1); huedot()._others.activated.emit(1)")
    desk.poll(f"count() > {before} and controller().is_idle()")
    desk.poll("huedot()._stale is False and huedot()._others.currentText() == 'warm print.png'")
    desk.do("huedot().widget().verticalScrollBar().setValue(10000); huedot().widget().repaint()")
    desk.poll("not huedot()._others.visibleRegion().isEmpty()")
    keep(desk, "krita-colors-from.png")
    desk.do("huedot().widget().verticalScrollBar().setValue(0)")


def test_an_error_says_what_to_do_and_trying_again_helps(desk, photograph, home, keep):
    start(desk, photograph)
    recorded = home / ".local/share/krita/pykrita/huedot_krita/protocol/daemon.json"
    command = recorded.read_text()
    try:
        recorded.write_text(json.dumps({"command": ["/opt/huedot-that-was-removed/bin/python"]}))
        os.kill(json.loads((home / "hd/endpoint.json").read_text())["pid"], signal.SIGKILL)
        desk.do(f"brush({BLUE}, 14)")
        desk.stroke((130, 300))
        desk.poll("huedot()._mend.isVisible() and controller().status.is_error")
        assert "Install HueDot again" in desk.do("huedot()._said.text()")
        assert desk.do(CUT_OFF) == []
        keep(desk, "krita-error.png")
    finally:
        recorded.write_text(command)
    before = desk.do("count()")
    desk.do("huedot()._mend.click()")
    desk.poll(f"count() > {before} and not controller().status.is_error", 60)


def test_a_plugin_that_cannot_load_says_so_in_the_docker(krita, another):
    (another / ".local/share/krita/pykrita/huedot_krita/protocol/wire.py").write_text("this is no Python")
    display = Display("1280x800")
    broken = KritaUnderTest(another, display, {**krita.chosen, "TMPDIR": str(another / "tmp")})
    try:
        text = broken.poll("huedot().widget().toPlainText()")
        assert "huedot install krita" in text
        assert "SyntaxError" in text
        assert broken.close() == 0
    finally:
        broken.kill()
        display.close()


def test_twice_the_pixels(krita, another, photograph, tmp_path):
    display = Display("3840x2160")
    environment = {**krita.chosen, "QT_SCALE_FACTOR": "2", "TMPDIR": str(another / "tmp")}
    large = KritaUnderTest(another, display, environment)
    try:
        large.do("dress(1920, 1080)")
        start(large, photograph)
        dot(large, 130, 300, BLUE, 14)
        assert large.do("rgb_at(node('Color hints'), 130, 300)") == [*BLUE, 255]
        assert large.do(CUT_OFF) == []
        large.screenshot(tmp_path / "krita-4k.png")  # for who wants to look at it
        large.do("close_all()")
        assert large.close() == 0
    finally:
        large.kill()
        display.close()
