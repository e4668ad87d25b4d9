"""Named colors in the panel: a set to choose, its colors, and a name for the dot's."""

from __future__ import annotations

from collections.abc import Callable

from gi.repository import Gtk

from .panel import words
from .panel.controller import Controller
from .panel.palettes import NamedColors
from .widgets import GAP, Swatches, leave_wheel_to_panel, shorten

COLUMNS = 12
Safely = Callable[[Callable[..., None]], Callable[..., bool]]


class NamedView(Gtk.Box):
    """The sets of named colors, and what is done with them."""

    def __init__(self, controller: Controller, safely: Safely, width: int) -> None:
        """Show nothing yet, within `width` pixels; `safely` makes a handler that never raises."""
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        self._controller, self._quiet = controller, False
        self._offered: list[tuple[str, str]] = []
        self.sets = Gtk.ComboBoxText(hexpand=True, tooltip_text=words.SETS_TIP)
        self.sets.connect("changed", safely(lambda *_: self._choose()))
        shorten(self.sets)
        leave_wheel_to_panel(self.sets, words.NAMED)
        side = (width - GAP * (COLUMNS - 1)) // COLUMNS
        self.colors = Swatches(COLUMNS, safely(controller.take_color), words.NAMED, with_bars=False, side=side)
        self.name = Gtk.Entry(placeholder_text=words.NAME, hexpand=True, width_chars=8)
        self.name.get_accessible().set_name(words.NAME)
        self.name.connect("activate", safely(lambda *_: self._keep()))
        self.keep = Gtk.Button(label=words.KEEP)
        self.keep.connect("clicked", safely(lambda *_: self._keep()))
        self.said = Gtk.Label(wrap=True, xalign=0)
        choosing, keeping = Gtk.Box(spacing=6), Gtk.Box(spacing=6)
        for row, parts in ((choosing, (Gtk.Label(label=words.NAMED), self.sets)), (keeping, (self.name, self.keep))):
            for part in parts:
                row.add(part)
        for part in (choosing, self.colors, keeping, self.said):
            self.add(part)

    def show_named(self, named: NamedColors) -> None:
        """Show these."""
        self._quiet = True
        if named.sets != self._offered:
            self._offered = named.sets
            self.sets.remove_all()
            for key, title in named.sets:
                self.sets.append(key, title)
        self.sets.set_active_id(named.chosen)
        self._quiet = False
        self.colors.show_colors(named.colors)
        for part in (self.name, self.keep):
            part.set_sensitive(named.unnamed is not None)
            part.set_tooltip_text(named.keep_tip)
        self.said.set_text(named.said)
        self.said.set_visible(bool(named.said))

    def _choose(self) -> None:
        if not self._quiet:
            self._controller.choose_palette(self.sets.get_active_id() or "")

    def _keep(self) -> None:
        if self.name.get_text().strip():
            self._controller.name_color(self.name.get_text())
            self.name.set_text("")
