"""What the procedures ask the user, and show him."""

from __future__ import annotations

from gi.repository import Gimp, GimpUi, Gtk

from .host import Host
from .panel import words
from .panel.view import Color
from .widgets import Swatches, ask_by_verb, use_style

COLUMNS = 9


def agreed(question: str) -> bool:
    """Ask, and return whether the user agreed."""
    GimpUi.init(words.TITLE)
    dialog = Gtk.MessageDialog(message_type=Gtk.MessageType.QUESTION, text=question, title=words.TITLE)
    ask_by_verb(dialog)
    GimpUi.window_set_transient(dialog)
    answer = dialog.run()
    dialog.destroy()
    return bool(answer == Gtk.ResponseType.OK)


def choose_image(beside: Gimp.Image) -> Gimp.Image | None:
    """Let the user choose another open image; None if he does not."""
    GimpUi.init(words.TITLE)
    dialog = GimpUi.Dialog(title=words.TITLE, role="huedot-transfer")
    dialog.add_button("_Cancel", Gtk.ResponseType.CANCEL)
    transfer = dialog.add_button("_Transfer", Gtk.ResponseType.OK)
    GimpUi.window_set_transient(dialog)
    images = GimpUi.ImageComboBox.new(lambda image, *_: image.get_id() != beside.get_id(), None)
    row = Gtk.Box(spacing=8, margin=12)
    row.add(Gtk.Label(label=words.COLORS_FROM))
    row.pack_start(images, True, True, 0)
    dialog.get_content_area().add(row)
    dialog.show_all()
    # Otherwise Return would open the list.
    transfer.grab_focus()
    is_chosen = dialog.run() == Gtk.ResponseType.OK
    found, chosen = images.get_active()
    dialog.destroy()
    return Gimp.Image.get_by_id(chosen) if is_chosen and found else None


def show_suggestions(swatches: list[Color]) -> None:
    """Show colors; the one that is clicked becomes the foreground color."""
    GimpUi.init(words.TITLE)
    use_style()
    dialog = GimpUi.Dialog(title=words.SUGGESTED, role="huedot-suggest")
    dialog.add_button("_Close", Gtk.ResponseType.CLOSE)
    GimpUi.window_set_transient(dialog)
    colors = Swatches(COLUMNS, lambda color, _: Host().set_brush_color(color), words.SUGGESTED)
    colors.set_property("margin", 12)
    colors.set_halign(Gtk.Align.CENTER)
    colors.show_colors(swatches)
    dialog.get_content_area().add(colors)
    dialog.show_all()
    dialog.run()
    dialog.destroy()
