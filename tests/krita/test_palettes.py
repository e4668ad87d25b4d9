"""Palettes that pass between Krita and HueDot, and named colors in the docker."""

import pytest

from huedot.protocol.palettes.files import read_palette
from huedot.protocol.palettes.library import Library

from .harness import OURS, PALETTES, Display, KritaUnderTest
from .test_krita import BLUE, dot, start
from .test_pictures import CUT_OFF

# Its name, its colors' names and values, as Krita has them.
ENTRIES = """
from krita import Palette
palette = Palette(app.resources('palette')[{!r}])
entries = [palette.colorSetEntryByIndex(i) for i in range(palette.colorsCountTotal())]
[[each.name(), [round(value * 255) for value in each.color().componentsOrdered()[:3]]] for each in entries]
"""
# A group with colors of other depths and spaces, added to it.
ADD = """
from krita import ManagedColor, Palette, Swatch
palette = Palette(app.resources('palette')[{!r}])
palette.addGroup('Others')
looks = []
for space, values in (
    (('RGBA', 'F32', 'sRGB-elle-V2-g10.icc'), [0.1, 0.5, 0.9, 1.0]),
    (('LABA', 'U16', ''), [0.5, 0.6, 0.55, 1.0]),
    (('GRAYA', 'U8', ''), [0.5, 1.0]),
    (('CMYKA', 'U8', ''), [0.1, 0.2, 0.3, 0.1, 1.0]),
):
    color, swatch = ManagedColor(*space), Swatch()
    color.setComponents(values)
    swatch.setName(space[0])
    swatch.setColor(color)
    palette.addEntry(swatch, 'Others')
    color.setColorSpace('RGBA', 'U8', 'sRGB-elle-V2-srgbtrc.icc')
    looks.append([round(value * 255) for value in color.componentsOrdered()[:3]])
looks
"""
# As a user: choose it in the palette docker, add a color there, and save.
SAVE = """
dock = window().findChild(QDockWidget, 'PaletteDocker')
chooser = dock.findChild(QAbstractItemView, 'ResourceItemview')
rows = [chooser.model().index(i, 0) for i in range(chooser.model().rowCount())]
chooser.setCurrentIndex(next(row for row in rows if {!r} in [row.data(role) for role in range(256, 264)]))
add = next(each for each in dock.findChildren(QToolButton) if each.toolTip() == 'Add a new color swatch')
QTimer.singleShot(0, add.click)
"""


@pytest.fixture
def fresh(krita, another):
    """A Krita that has just found the palettes in its home: one that runs for long may not list them any more."""
    display = Display("1280x800")
    running = KritaUnderTest(another, display, {**krita.chosen, "TMPDIR": str(another / "tmp")})
    running.do("dress(1280, 800)")
    yield running
    running.kill()
    display.close()


def test_krita_reads_our_palettes_and_we_read_what_it_saves(fresh, photograph):
    desk = fresh
    desk.open(photograph)
    written = [[color.name, list(color.rgb)] for color in OURS.colors]
    for name in ("Ours & <theirs>", "Ours as text"):
        assert desk.do(ENTRIES.format(name)) == written
    looks = desk.do(ADD.format(OURS.name))
    desk.do(SAVE.format(OURS.name))
    desk.poll("QApplication.activeModalWidget() is not None")
    desk.do("QApplication.activeModalWidget().accept()")
    desk.poll("dock.findChild(QToolButton, 'bnSavePalette').isEnabled()")
    desk.do("dock.findChild(QToolButton, 'bnSavePalette').click()")
    (saved,) = [path for path in (desk.profile / PALETTES).glob("ours*.kpl") if path.stem != "ours"]
    palette = read_palette(saved)
    assert (palette.name, palette.left_out) == (OURS.name, 1)
    assert set(OURS.colors) <= {color._replace(note="") for color in palette.colors}
    found = {color.name: color.rgb for color in palette.colors}
    for name, look in zip(("RGBA", "LABA", "GRAYA"), looks, strict=False):
        assert max(abs(a - b) for a, b in zip(found[name], look, strict=True)) <= 2


def test_a_color_is_chosen_from_a_set_and_the_dots_is_kept_under_a_name(desk, home, photograph, keep, monkeypatch):
    start(desk, photograph)
    dot(desk, 130, 300, BLUE)
    desk.do("named = huedot()._named; named.sets.setCurrentIndex(named.sets.findText('Skin'))")
    desk.do("named.sets.activated.emit(named.sets.currentIndex())")
    desk.poll("named.colors.tip(2).startswith('III, ') if named.colors.count() > 2 else False")
    desk.do("named.colors.choose(2, False)")
    skin = list(Library.read().color("skin/III").rgb)
    foreground = "[round(v * 255) for v in app.activeWindow().activeView().foregroundColor().componentsOrdered()[:3]]"
    assert desk.do(foreground) == skin
    desk.do('named.name.setText("Grandmother\'s coat"); named.keep.click()')
    desk.poll("named.sets.currentText() == 'My colors' and named.colors.count() == 1")
    assert "Grandmother's coat" in desk.do("named.said.text()")
    desk.do("named.sets.setCurrentIndex(named.sets.findText('Skin')); named.sets.activated.emit(1)")
    desk.poll("named.colors.count() == 20 and not named.said.text()")
    desk.do("huedot().widget().ensureWidgetVisible(named); huedot().widget().repaint()")
    assert desk.do(CUT_OFF) == []
    keep(desk, "krita-named.png")
    desk.do("huedot().widget().verticalScrollBar().setValue(0)")
    monkeypatch.setenv("HUEDOT_PALETTES", str(home / ".config/huedot/palettes"))
    assert Library.read().color("grandmother's coat").rgb == BLUE
