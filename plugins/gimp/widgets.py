"""What the panel is made of: colors and pictures to click on, of plain GTK: GIMP's Python may lack pycairo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gi.repository import Gdk, GdkPixbuf, GLib, Gtk

from .panel import words
from .panel.color import warning_on
from .panel.host import RGB, Picture
from .panel.view import Choice, Color, Mark, moved

# Pixels between swatches.
GAP = 3
# Sides in pixels, of a swatch and of the bar beneath it.
SIDE, BAR = 27, 3
# Otherwise a theme would tint the colors.
ABOVE_THEMES = Gtk.STYLE_PROVIDER_PRIORITY_USER + 1

STYLE = b"""
.huedot-swatch { background-image: none; border: 1px solid rgba(0, 0, 0, 0.55); border-radius: 0; box-shadow: none;
    padding: 0; margin: 0; min-width: 0; min-height: 0; transition: none; text-shadow: none; }
.huedot-swatch:focus { outline: 1px solid @theme_selected_bg_color; outline-offset: 1px; }
.huedot-swatch:disabled { background: none; border-color: alpha(@theme_fg_color, 0.2); }
.huedot-bar { background-image: none; background-color: alpha(@theme_fg_color, 0.65); }
.huedot-mark { border: 1px solid white; border-radius: 9px; box-shadow: 0 0 0 1px black, inset 0 0 0 1px black;
    color: white; text-shadow: 0 0 2px black, 0 0 2px black; font-size: 11px; font-weight: bold; }
.huedot-picture { padding: 0; margin: 0; border: none; min-width: 0; min-height: 0; }
.huedot-current { border-width: 2px; }
.huedot-stale { opacity: 0.4; }
.huedot-taken { box-shadow: inset 0 0 0 2px white, inset 0 0 0 3px black, 0 0 0 2px black; }
"""


def use_style() -> None:
    """Make the classes above known, and lay all out as its words are read, whatever GIMP's are; once a process."""
    Gtk.Widget.set_default_direction(Gtk.TextDirection.LTR)
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

    def __init__(
        self, columns: int, taken: Callable[[RGB, bool], object], name: str, with_bars: bool = True, side: int = SIDE
    ) -> None:
        """Show up to `columns` colors a row; `taken` is called with a color, and whether Shift was held.

        name: for people who hear the panel; side: of a swatch, in pixels.
        """
        super().__init__(column_spacing=GAP, row_spacing=GAP)
        self.get_accessible().set_name(name)
        self._columns, self._taken, self._with_bars, self._side = columns, taken, with_bars, side
        self._colors: list[Color] | None = None
        self.show_colors([])

    def show_colors(self, colors: Sequence[Color]) -> None:
        """Show these."""
        if list(colors) == self._colors:
            return
        self._colors = list(colors)
        for child in self.get_children():
            child.destroy()
        for i in range(max(len(colors), self._columns)):
            color = colors[i] if i < len(colors) else None
            self.attach(self._cell(color), i % self._columns, i // self._columns, 1, 1)
        self.show_all()

    def _cell(self, color: Color | None) -> Gtk.Widget:
        button = Gtk.Button(sensitive=color is not None)
        button.set_size_request(self._side, self._side)
        button.get_style_context().add_class("huedot-swatch")
        if color is not None:
            style = Gtk.CssProvider()
            style.load_from_data(_background_of(color))
            button.get_style_context().add_provider(style, ABOVE_THEMES)
            button.set_tooltip_text(color.tip)
            button.get_accessible().set_name(color.tip)
            button.connect("clicked", lambda _: self._taken(color.color, _shift_is_held()))
        if not self._with_bars:
            return button
        cell = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        cell.add(button)
        cell.add(_bar(color))
        return cell


def _background_of(color: Color) -> bytes:
    """Return the style of a swatch; where it is shown lighter than it is, with the true color beside."""
    shown, true = words.name_of(color.shown), words.name_of(color.color)
    if shown == true:
        return f"* {{ background-color: {true}; }}".encode()
    parts = f"linear-gradient(to right, {shown} 67%, {true} 67%)"
    return f"* {{ background-color: {shown}; background-image: {parts}; }}".encode()


def _bar(color: Color | None) -> Gtk.Widget:
    bar = Gtk.Box(halign=Gtk.Align.START)
    bar.set_size_request(max(1, round(SIDE * color.share)) if color else SIDE, BAR)
    if color is not None:
        bar.get_style_context().add_class("huedot-bar")
    return bar


class PictureView(Gtk.EventBox):
    """A picture, as large as its place allows, on which one can click, or point with the arrow keys and Space."""

    # The share of its width or height that an arrow key moves by; with Shift a fifth of that.
    STEP = 0.05

    def __init__(self, width: int, height: int, pointed: Callable[[float, float], object], name: str) -> None:
        """Show within `width` and `height`; `pointed` is called with parts of the picture's width and height.

        name: for people who hear the panel.
        """
        super().__init__(halign=Gtk.Align.CENTER, above_child=True, can_focus=True)
        self.get_accessible().set_name(name)
        # Where the keys are.
        self._at = 0.5, 0.5
        self._seen: list[Mark] = []
        self._room, self._pointed = (width, height), pointed
        self._picture: Picture | None = None
        self._image, self._marks = Gtk.Image(), Gtk.Fixed()
        self._image.set_size_request(-1, height)
        overlay = Gtk.Overlay()
        overlay.add(self._image)
        overlay.add_overlay(self._marks)
        self.add(overlay)
        self.connect("button-press-event", lambda _, event: self._click(event.x, event.y))
        self.connect("key-press-event", lambda _, event: self._press(event))
        for change in ("focus-in-event", "focus-out-event"):
            self.connect_after(change, lambda *_: self._show_marks())
        self.connect("realize", lambda _: self.get_window().set_cursor(_hand()))

    def show_picture(self, picture: Picture | None, marks: Sequence[Mark] = ()) -> None:
        """Show a picture, with marks on it."""
        if picture is not self._picture:
            self._picture = picture
            pixbuf = pixbuf_of(picture, *self._room) if picture else None
            self._image.set_from_pixbuf(pixbuf)
            self._image.set_size_request(-1, -1 if pixbuf else self._room[1])
        self._seen = list(marks)
        self._show_marks()

    def _show_marks(self) -> bool:
        """Show the marks, and where the keys are, if they are here."""
        for mark in self._marks.get_children():
            mark.destroy()
        pixbuf = self._image.get_pixbuf()
        keys = [Mark(*self._at, "+", is_current=True, is_stale=False)] if self.has_focus() else []
        for mark in [*self._seen, *keys] if pixbuf else ():
            side = 17 if mark.text else 8
            place = round(mark.x * pixbuf.get_width() - side / 2), round(mark.y * pixbuf.get_height() - side / 2)
            self._marks.put(_shown(mark, side), *place)
        self._marks.show_all()
        return False

    def _press(self, event: Gdk.EventKey) -> bool:
        """Move to another place, or point to this one."""
        step = self.STEP / 5 if event.state & Gdk.ModifierType.SHIFT_MASK else self.STEP
        name = Gdk.keyval_name(event.keyval)
        steps = {"Left": (-step, 0.0), "Right": (step, 0.0), "Up": (0.0, -step), "Down": (0.0, step)}
        if name in steps:
            self._at = moved(self._at, steps[name])
            across, down = self._at
            self.get_accessible().set_description(words.POINTED_AT.format(across=across * 100, down=down * 100))
            self._show_marks()
        elif name in ("space", "Return", "KP_Enter") and self._picture is not None:
            self._pointed(*self._at)
        else:
            return False
        return True

    def _click(self, x: float, y: float) -> bool:
        pixbuf = self._image.get_pixbuf()
        if pixbuf and 0 <= x < pixbuf.get_width() and 0 <= y < pixbuf.get_height():
            self._at = x / pixbuf.get_width(), y / pixbuf.get_height()
            self._pointed(*self._at)
        return True


class GamutView(PictureView):
    """All colors of one lightness; green is left, red right, blue below, yellow above."""

    def __init__(self, width: int, height: int, picked: Callable[[RGB], object]) -> None:
        """Show within `width` and `height`; `picked` is called with the color that was clicked."""
        super().__init__(width, height, self._pick, words.GAMUT)
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
        self._choices: list[Choice] = []

    def show_choices(self, choices: Sequence[Choice], are_stale: bool) -> None:
        """Show these; pale if they are out of date."""
        style = self.get_style_context()
        (style.add_class if are_stale else style.remove_class)("huedot-stale")
        seen = [(id(each.picture), each.is_taken) for each in choices]
        if seen == [(id(each.picture), each.is_taken) for each in self._choices]:
            return
        self._choices = list(choices)
        for child in self.get_children():
            child.destroy()
        for i, choice in enumerate(choices):
            self.attach(self._button(i, choice), i % self.COLUMNS, i // self.COLUMNS, 1, 1)
        self.show_all()

    def _button(self, index: int, choice: Choice) -> Gtk.Widget:
        tip = words.VARIATION_TAKEN if choice.is_taken else words.VARIATIONS_TIP
        button = Gtk.Button(relief=Gtk.ReliefStyle.NONE, tooltip_text=tip)
        button.get_style_context().add_class("huedot-picture")
        picture = Gtk.Image.new_from_pixbuf(pixbuf_of(choice.picture, self._width, self._width * 2))
        button.add(_framed(picture) if choice.is_taken else picture)
        button.get_accessible().set_name(f"{words.VARIATIONS} {index + 1}")
        button.connect("clicked", lambda _: self._taken(index))
        return button


def show_text(label: Gtk.Label, text: str, is_error: bool) -> None:
    """Show a text; an error in a red that can be read in every theme."""
    escaped = GLib.markup_escape_text(text, -1)
    if is_error:
        red = words.name_of(warning_on(_background_at(label)))
        escaped = f'<span foreground="{red}">{escaped}</span>'
    label.set_markup(escaped)


def ask_by_verb(dialog: Gtk.MessageDialog) -> None:
    """Give a question whether to convert its buttons; to convert is what Return does."""
    dialog.add_button(words.CANCEL, Gtk.ResponseType.CANCEL)
    dialog.add_button(words.CONVERT, Gtk.ResponseType.OK)
    dialog.set_default_response(Gtk.ResponseType.OK)


def shorten(combo: Gtk.ComboBox) -> None:
    """Let a name that is too long end in dots, instead of widening the window."""
    for cell in combo.get_cells():
        if isinstance(cell, Gtk.CellRendererText):
            # Pango.EllipsizeMode.END.
            cell.set_property("ellipsize", 3)
            cell.set_property("width-chars", 12)


def leave_wheel_to_panel(widget: Gtk.Widget, name: str) -> None:
    """Let the mouse wheel change a widget only while it has the focus; `name` is for people who hear the panel."""
    widget.get_accessible().set_name(name)

    def scroll(_: Gtk.Widget, event: Gdk.EventScroll) -> bool:
        if widget.has_focus() or widget.get_focus_child() is not None:
            return False
        area = widget.get_ancestor(Gtk.ScrolledWindow)
        return bool(area is not None and area.event(event)) or True

    widget.connect("scroll-event", scroll)


class Percentage(Gtk.Box):
    """A share by its name, a slider, and the number; in two rows where something stands between."""

    def __init__(self, name: str, changed: Callable[[], object], *between: Gtk.Widget, most: float = 1.0) -> None:
        """Stand at 30 %; `changed` is called when the user moves it; `between` stands before the slider."""
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        self._slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, round(100 * most), 1)
        self._slider.set_value(30)
        self._slider.set_draw_value(False)
        self._slider.set_hexpand(True)
        self._slider.connect("value-changed", lambda *_: changed())
        leave_wheel_to_panel(self._slider, name)
        self._number = Gtk.Label(width_chars=5)
        named, sliding = Gtk.Box(spacing=6), Gtk.Box(spacing=6)
        for part in (Gtk.Label(label=name), *between):
            named.add(part)
        for part in (*([] if between else [named]), self._slider, self._number):
            sliding.add(part)
        for row in (named, sliding) if between else (sliding,):
            self.add(row)

    @property
    def share(self) -> float:
        """What the slider stands at, 1 for 100 %."""
        return float(self._slider.get_value()) / 100

    def show_share(self, share: float | None, number: str) -> None:
        """Show a share, and how it is written; None is none, which cannot be moved."""
        self._slider.set_sensitive(share is not None)
        self._number.set_text(number)
        if share is not None:
            self._slider.set_value(round(share * 100))


def _background_at(widget: Gtk.Widget) -> RGB:
    """Return the color behind a widget, as its theme has it."""
    window = widget.get_toplevel().get_style_context()
    is_known, color = window.lookup_color("theme_bg_color")
    if not is_known:
        return 255, 255, 255
    return round(color.red * 255), round(color.green * 255), round(color.blue * 255)


def _framed(picture: Gtk.Widget) -> Gtk.Widget:
    """Return a picture with a frame over it."""
    overlay, frame = Gtk.Overlay(), Gtk.Box()
    frame.get_style_context().add_class("huedot-taken")
    overlay.add(picture)
    overlay.add_overlay(frame)
    overlay.set_overlay_pass_through(frame, True)
    return overlay


def _shown(mark: Mark, side: int) -> Gtk.Widget:
    widget = Gtk.Label(label=mark.text) if mark.text else Gtk.Box()
    widget.set_size_request(side, side)
    style = widget.get_style_context()
    style.add_class("huedot-mark")
    for name, is_so in (("huedot-current", mark.is_current), ("huedot-stale", mark.is_stale)):
        if is_so:
            style.add_class(name)
    return widget


def _hand() -> Gdk.Cursor:
    return Gdk.Cursor.new_from_name(Gdk.Display.get_default(), "pointer")


def _shift_is_held() -> bool:
    _, state = Gtk.get_current_event_state()
    return bool(state & Gdk.ModifierType.SHIFT_MASK)
