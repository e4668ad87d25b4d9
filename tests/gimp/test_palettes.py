"""Palettes that pass between GIMP and HueDot, and named colors in the panel."""

from pathlib import Path

from huedot.protocol.palettes.files import read_palette, write_palette
from huedot.protocol.palettes.library import Library
from huedot.protocol.palettes.palette import NamedColor, Palette

from .test_panel import BLUE, FOREGROUND, dot, rgb, start

OURS = Palette("Ours & <theirs>", (NamedColor("Grandmother's coat", (160, 48, 32)), NamedColor("Hüte", (1, 2, 250))), 2)
# Its colors, as GIMP has them.
COLORS = """
palette = Gimp.Palette.get_by_name({!r})
[list(color.get_bytes(Babl.format("R'G'B' u8")).get_data()) for color in palette.get_colors()]
"""
# What GIMP keeps in a file when its palettes are read again.
SAVE = """
palette = Gimp.Palette.new("Made in GIMP")
palette.add_entry("Hat", Gegl.Color.new("#102030"))
palette.add_entry("Öl", Gegl.Color.new("#fafbfc"))
palette.set_columns(7)
Gimp.palettes_refresh()
"""


def test_gimp_reads_our_palettes_and_we_read_what_it_saves(shared_gimp):
    folder = Path(shared_gimp.environment["GIMP3_DIRECTORY"]) / "palettes"
    folder.mkdir(exist_ok=True)
    write_palette(folder / "ours.gpl", OURS)
    shared_gimp.do("Gimp.palettes_refresh()")
    assert shared_gimp.do(COLORS.format(OURS.name)) == [list(color.rgb) for color in OURS.colors]
    assert shared_gimp.do("palette.get_entry_name(0)") in ("Grandmother's coat", [True, "Grandmother's coat"])
    shared_gimp.do(SAVE)
    saved = read_palette(folder / "Made-in-GIMP.gpl")
    assert saved == Palette("Made in GIMP", (NamedColor("Hat", (16, 32, 48)), NamedColor("Öl", (250, 251, 252))), 7)


def test_a_color_is_chosen_from_a_set_and_the_dots_is_kept_under_a_name(gimp, panel, monkeypatch):
    start(panel)
    dot(gimp, panel, 130, 300, BLUE)
    panel.do("named = panel()._named; named.sets.set_active_id('skin')")
    panel.poll("any('III,' in (each.get_tooltip_text() or '') for each in named.colors.get_children())")
    width = panel.do("panel().window.get_size()[0]")
    panel.do("named.sets.set_active_id('dyes')")
    panel.poll("len(named.colors.get_children()) == 78 and panel()._stale is False")
    panel.poll("cut_off() == []")
    assert panel.do("panel().window.get_size()[0]") == width, "a long name widens the window"
    panel.do("named.sets.set_active_id('skin')")
    panel.poll("len(named.colors.get_children()) == 20")
    panel.do("tips = {each.get_tooltip_text() or '': each for each in named.colors.get_children()}")
    panel.do("next(each for tip, each in tips.items() if tip.startswith('III,')).clicked()")
    assert gimp.do(FOREGROUND)[:3] == list(Library.read().color("skin/III").rgb)
    panel.do('named.name.set_text("Grandmother\'s coat"); named.keep.clicked()')
    panel.poll("named.sets.get_active_id() == 'mine' and len(named.colors._colors) == 1")
    assert "Grandmother's coat" in panel.do("named.said.get_text()")
    monkeypatch.setenv("HUEDOT_PALETTES", f"{gimp.environment['HOME']}/.config/huedot/palettes")
    kept = Library.read().color("grandmother's coat").rgb
    assert max(abs(a - b) for a, b in zip(kept, rgb(BLUE), strict=True)) <= 1
