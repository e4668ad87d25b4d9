"""What the panel is made of: colors and pictures to click on, of plain GTK: GIMP's Python may lack pycairo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gi.repository import Gdk, GdkPixbuf, GLib, Gtk

from .panel import words
from .panel.host import RGB, Picture
from .panel.sheet import Swatch

GAP = 3  # pixels between swatches
SIDE, BAR = 27, 3  # pixels, of a swatch and of the bar beneath it
ABOVE_THEMES = Gtk.STYLE_PROVIDER_PRIORITY_USER + 1  # or a theme would tint the colors

STYLE = b"""
.huedot-swatch { background-image: none; border: 1px solid rgba(0, 0, 0, 0.55); border-radius: 0; box-shadow: none;
    padding: 0; margin: 0; min-width: 0; min-height: 0; transition: none; text-shadow: none; }
.huedot-swatch:focus { outline: 1px solid @theme_selected_bg_color; outline-offset: 1px; }
.huedot-swatch:disabled { background: none; border-color: alpha(@theme_fg_color, 0.2); }
.huedot-bar { background-image: none; background-color: alpha(@theme_fg_color, 0.65); }
.huedot-mark { border: 1px solid white; border-radius: 9px; box-shadow: 0 0 0 1px black, inset 0 0 0 1px black;
    color: white; text-shadow: 0 0 2px black, 0 0 2px black; font-size: 11px; font-weight: bold; }
.huedot-picture { padding: 0; margin: 0; border: none; min-width: 0; min-height: 0; }
.huedot-error { color: #e06c5a; }
"""


def use_style() -> None:
    """Make the classes above known; once a process."""
    provider = Gtk.CssProvider()
    provider.load_from_data(STYLE)
    Gtk.StyleContext.add_provider_for_screen(Gdk.Screen.get_default(), provider, ABOVE_THEMES)


def pixbuf_of(picture: Picture, width: int, height: int) -> GdkPixbuf.Pixbuf:
    """Return a picture as large as fits into a place."""
    data, has_alpha = GLib.Bytes.new(bytes(picture.pixels)), picture.channels == 4
    stride = picture.width * picture.channels
    colors = GdkPixbuf.Colorspace.RGB
    whole = GdkPixbuf.Pixbuf.new_from_bytes(data, colors, has_alpha, 8, picture.width, picture.height, stride)
    scale = min(width / picture.width, height / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return whole.scale_simple(*size, GdkPixbuf.InterpType.BILINEAR)


class Swatches(Gtk.Grid):
    """Rows of colors, most likely first; a bar beneath each says how likely it is beside the first."""

    def __init__(self, columns: int, taken: Callable[[RGB, bool], object], with_bars: bool = True) -> None:
        """Show up to `columns` colors a row; `taken` is called with a color, and whether Shift was held."""
        super().__init__(column_spacing=GAP, row_spacing=GAP)
        self._columns, self._taken, self._with_bars = columns, taken, with_bars
        self._swatches: list[Swatch] | None = None
        self.show_colors([])

    def show_colors(self, swatches: Sequence[Swatch]) -> None:
        """Show these."""
        if list(swatches) == self._swatches:
            return
        self._swatches = list(swatches)
        for child in self.get_children():
            child.destroy()
        for i in range(max(len(swatches), self._columns)):
            swatch = swatches[i] if i < len(swatches) else None
            self.attach(self._cell(swatch), i % self._columns, i // self._columns, 1, 1)
        self.show_all()

    def _cell(self, swatch: Swatch | None) -> Gtk.Widget:
        button = Gtk.Button(sensitive=swatch is not None)
        button.set_size_request(SIDE, SIDE)
        button.get_style_context().add_class("huedot-swatch")
        if swatch is not None:
            color = Gtk.CssProvider()
            color.load_from_data(f"* {{ background-color: {words.name_of(swatch.color)}; }}".encode())
            button.get_style_context().add_provider(color, ABOVE_THEMES)
            button.set_tooltip_text(self._tip(swatch))
            button.connect("clicked", lambda _: self._taken(swatch.color, _shift_is_held()))
        if not self._with_bars:
            return button
        cell = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        cell.add(button)
        cell.add(self._bar(swatch))
        return cell

    def _bar(self, swatch: Swatch | None) -> Gtk.Widget:
        bar = Gtk.Box(halign=Gtk.Align.START)
        if swatch is None or not self._swatches:
            bar.set_size_request(SIDE, BAR)
            return bar
        likeliest = self._swatches[0].probability or 1.0
        bar.set_size_request(max(1, round(SIDE * swatch.probability / likeliest)), BAR)
        bar.get_style_context().add_class("huedot-bar")
        return bar

    def _tip(self, swatch: Swatch) -> str:
        name = words.name_of(swatch.color)
        return words.SUGGESTED_TIP.format(color=name, percent=swatch.probability * 100) if self._with_bars else name


class PictureView(Gtk.EventBox):
    """A picture, as large as its place allows, on which one can click."""

    def __init__(self, width: int, height: int, pointed: Callable[[float, float], object]) -> None:
        """Show within `width` and `height`; `pointed` is called with parts of the picture's width and height."""
        super().__init__(halign=Gtk.Align.CENTER, above_child=True)
        self._room, self._pointed = (width, height), pointed
        self._picture: Picture | None = None
        self._image, self._marks = Gtk.Image(), Gtk.Fixed()
        self._image.set_size_request(-1, height)
        overlay = Gtk.Overlay()
        overlay.add(self._image)
        overlay.add_overlay(self._marks)
        self.add(overlay)
        self.connect("button-press-event", lambda _, event: self._click(event.x, event.y))
        self.connect("realize", lambda _: self.get_window().set_cursor(_hand()))

    def show_picture(self, picture: Picture | None, marks: Sequence[tuple[float, float, str]] = ()) -> None:
        """Show a picture, with marks on it: places, as parts of its width and height, and what to write there."""
        if picture is not self._picture:
            self._picture = picture
            pixbuf = pixbuf_of(picture, *self._room) if picture else None
            self._image.set_from_pixbuf(pixbuf)
            self._image.set_size_request(-1, -1 if pixbuf else self._room[1])
        for mark in self._marks.get_children():
            mark.destroy()
        pixbuf = self._image.get_pixbuf()
        for x, y, text in marks if pixbuf else ():
            side = 17 if text else 8
            place = round(x * pixbuf.get_width() - side / 2), round(y * pixbuf.get_height() - side / 2)
            self._marks.put(_mark(text, side), *place)
        self._marks.show_all()

    def _click(self, x: float, y: float) -> bool:
        pixbuf = self._image.get_pixbuf()
        if pixbuf and 0 <= x < pixbuf.get_width() and 0 <= y < pixbuf.get_height():
            self._pointed(x / pixbuf.get_width(), y / pixbuf.get_height())
        return True


class GamutView(PictureView):
    """All colors of one lightness; green is left, red right, blue below, yellow above."""

    def __init__(self, width: int, height: int, picked: Callable[[RGB], object]) -> None:
        """Show within `width` and `height`; `picked` is called with the color that was clicked."""
        super().__init__(width, height, self._pick)
        self._picked = picked
        self.set_tooltip_text(words.GAMUT_TIP)

    def _pick(self, x: float, y: float) -> None:
        if self._picture is None:
            return
        column, row = int(x * self._picture.width), int(y * self._picture.height)
        begin = (row * self._picture.width + column) * 4
        red, green, blue, alpha = self._picture.pixels[begin : begin + 4]
        self.set_tooltip_text(words.GAMUT_TIP if alpha else words.OUT_OF_GAMUT)
        if alpha:
            self._picked((red, green, blue))
        else:
            self.trigger_tooltip_query()


class Thumbnails(Gtk.Grid):
    """Pictures in a grid, one of which is taken by a click."""

    COLUMNS = 3

    def __init__(self, width: int, taken: Callable[[int], object]) -> None:
        """Share `width` among the columns; `taken` is called with a picture's index."""
        super().__init__(column_spacing=GAP, row_spacing=GAP)
        self._width, self._taken = (width - GAP * (self.COLUMNS - 1)) // self.COLUMNS, taken
        self._pictures: list[Picture] = []

    def show_pictures(self, pictures: Sequence[Picture]) -> None:
        """Show these."""
        if [id(each) for each in pictures] == [id(each) for each in self._pictures]:
            return
        self._pictures = list(pictures)
        for child in self.get_children():
            child.destroy()
        for i, picture in enumerate(pictures):
            self.attach(self._button(i, picture), i % self.COLUMNS, i // self.COLUMNS, 1, 1)
        self.show_all()

    def _button(self, index: int, picture: Picture) -> Gtk.Widget:
        button = Gtk.Button(relief=Gtk.ReliefStyle.NONE, tooltip_text=words.VARIATIONS_TIP)
        button.get_style_context().add_class("huedot-picture")
        button.add(Gtk.Image.new_from_pixbuf(pixbuf_of(picture, self._width, self._width * 2)))
        button.connect("clicked", lambda _: self._taken(index))
        return button


def _mark(text: str, side: int) -> Gtk.Widget:
    mark = Gtk.Label(label=text) if text else Gtk.Box()
    mark.set_size_request(side, side)
    mark.get_style_context().add_class("huedot-mark")
    return mark


def _hand() -> Gdk.Cursor:
    return Gdk.Cursor.new_from_name(Gdk.Display.get_default(), "pointer")


def _shift_is_held() -> bool:
    _, state = Gtk.get_current_event_state()
    return bool(state & Gdk.ModifierType.SHIFT_MASK)
