"""The live panel: a window that shows what the controller knows, and tells it what the user does."""

from __future__ import annotations

import time
from collections.abc import Callable

from gi.repository import Gdk, GdkPixbuf, Gimp, GimpUi, GLib, Gtk

from .host import Host
from .image import Document
from .named import NamedView
from .panel import words
from .panel.controller import TICK_S, Controller
from .panel.host import Other
from .panel.settings import MOST_VIVID
from .panel.view import View
from .photograph import open_images
from .protocol.client import Client
from .protocol.launcher import installed_version
from .widgets import (
    GamutView,
    Percentage,
    PictureView,
    Swatches,
    Thumbnails,
    ask_by_verb,
    leave_wheel_to_panel,
    pixbuf_of,
    shorten,
    show_text,
    use_style,
)

# How often GIMP is asked whether something changed, while nothing is under way.
IDLE_S = 0.06
# How long the panel may work before it looks at its own window: GIMP is another process, and goes on.
SLICE_S = 0.05
# How often it is asked for the open images.
LIST_S = 1.0
# Pixels of the window.
WIDTH, HEIGHT = 300, 720
# Pixels of what is in it: nine swatches.
INSIDE = 9 * 27 + 8 * 3
OVERVIEW_HEIGHT, GAMUT_HEIGHT, ICON = 140, 112, 24
# How long the panel says that the diagnostics were copied.
COPIED_MS = 5000


class Panel:
    """The window, for as long as it is open."""

    def __init__(self, closed: Callable[[], None]) -> None:
        """Build the window; `closed` is called when the user closes it."""
        use_style()
        self._host = Host()
        self.controller = Controller(self._host, Client("huedot-gimp", installed_version() or "0"), self._note)
        self._stale, self._quiet, self._closed = True, False, closed
        self._ticked = self._listed = 0.0
        self._images: list[tuple[str, str]] = []
        # Layers, by GIMP's numbers.
        self._selected: list[int] = []
        self._build()
        GLib.timeout_add(round(TICK_S * 1000), self._safely(self._tick))

    def show(self) -> None:
        """Come to the front."""
        self.window.present()

    def turn_to(self, image: Gimp.Image) -> None:
        """Show another image."""
        self.controller.show_document(Document(image))
        self._images, self._listed = [], 0.0

    def _tick(self) -> None:
        now = time.monotonic()
        if self.controller.is_idle() and now < self._ticked + IDLE_S:
            return
        self._ticked = now
        if now > self._listed + LIST_S:
            self._listed = now
            self._see_images()
        self.controller.tick(SLICE_S)
        self._see_selected()
        if self._stale:
            self._stale = False
            self._show()

    def _see_images(self) -> None:
        """Turn to another image if the one that was shown is closed, and list what is open."""
        images = open_images()
        state = self.controller.state
        if state is None or not state.document.is_open():
            self.controller.show_document(Document(images[0]) if images else None)
        listed = [(document.key, document.name) for document in map(Document, images)]
        if listed != self._images:
            self._images = listed
            self._quietly(self._fill_images)
        self.controller.look_at_painting()
        self._note()

    def _see_selected(self) -> None:
        """See which layers the user selected at once: what the photograph was like before a stroke must be known."""
        document = self.controller.state.document if self.controller.state else None
        selected = document.selected() if isinstance(document, Document) else []
        if selected != self._selected:
            self._selected = selected
            self.controller.look_at_painting()

    def _note(self) -> None:
        self._stale = True

    def _leave(self) -> None:
        self.controller.close()
        self._closed()

    # What the user sees

    def _build(self) -> None:
        """Lay the widgets out, from top to bottom as they are used."""
        self.window = Gtk.Window(title=words.TITLE, role="huedot", default_width=WIDTH, default_height=HEIGHT)
        GimpUi.window_set_transient(self.window)
        self.window.connect("destroy", lambda _: self._leave())
        parts = self._status(), self._suggestions(), self._ideas(), self._running_it(), self._global_hints()
        inside = _column(*parts, spacing=10)
        inside.set_property("margin", 10)
        self._copied = _text()
        inside.pack_end(self._copied, False, False, 0)
        inside.pack_end(self._button(words.DIAGNOSTICS, self._copy_diagnostics), False, False, 0)
        area = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        area.add(inside)
        self.window.add(area)
        area.show_all()

    def _status(self) -> Gtk.Widget:
        self._shown = Gtk.ComboBoxText(hexpand=True)
        self._shown.connect("changed", self._safely(lambda *_: self._choose_image()))
        shorten(self._shown)
        leave_wheel_to_panel(self._shown, words.IMAGE)
        self._showing = _row(Gtk.Label(label=words.IMAGE), self._shown)
        self._said = _text()
        self._said.set_selectable(True)
        self._said.set_can_focus(False)
        self._mend = self._button(words.RETRY, lambda: self.controller.act(self._agreed))
        self._undo_stroke = self._button(words.UNDO_STROKE, self.controller.undo_stroke, words.UNDO_STROKE_TIP)
        self._start = self._button(words.START, self.controller.start, words.START_TIP)
        return _column(self._showing, self._said, self._mend, self._undo_stroke, self._start)

    def _running_it(self) -> Gtk.Widget:
        self._refresh = self._button(words.REFRESH, self.controller.refresh, words.REFRESH_TIP)
        self._refresh.set_hexpand(True)
        self._live = self._check(words.LIVE, words.LIVE_TIP, "live")
        self._selection_only = self._check(words.SELECTION_ONLY, words.SELECTION_ONLY_TIP, "selection_only")
        self._confined = _text()
        self._draft = self._check(words.DRAFT, words.DRAFT_TIP, "draft")
        self._hidden = Gtk.CheckButton(
            label=f"_{words.HIDE_DOTS}", use_underline=True, tooltip_text=words.HIDE_DOTS_TIP
        )
        self._hidden.connect("toggled", self._safely(lambda *_: self._hide_dots()))
        self._new_region = self._button(words.NEW_REGION, self.controller.new_region)
        refreshing = _row(self._refresh, self._live)
        parts = self._selection_only, self._confined, self._draft, self._hidden
        self._running = _column(refreshing, self._new_region, *parts)
        return self._running

    def _suggestions(self) -> Gtk.Widget:
        take = self._safely(self.controller.take_color)
        self._where = _text()
        self._colors = Swatches(9, take, words.SUGGESTED)
        about = self._safely(self.controller.ask_about_share)
        self._overview = PictureView(INSIDE, OVERVIEW_HEIGHT, about, words.OVERVIEW)
        self._overview.set_tooltip_text(words.OVERVIEW_TIP)
        self._gamut = GamutView(INSIDE - 3 * 30 - 8, GAMUT_HEIGHT, take)
        self._recent = Swatches(3, take, words.RECENT, with_bars=False)
        beside = _column(_text(words.RECENT), self._recent)
        gamut = _row(self._gamut, beside)
        gamut.set_child_packing(beside, False, False, 0, Gtk.PackType.END)
        self._named = NamedView(self.controller, self._safely, INSIDE)
        self._suggesting = _column(self._where, self._colors, self._overview, gamut, self._named)
        return self._suggesting

    def _global_hints(self) -> Gtk.Widget:
        # Picture, name, key.
        self._listing = Gtk.ListStore(GdkPixbuf.Pixbuf, str, str)
        self._others = Gtk.ComboBox(model=self._listing, hexpand=True, id_column=2)
        self._others.pack_start(picture := Gtk.CellRendererPixbuf(), False)
        self._others.add_attribute(picture, "pixbuf", 0)
        self._others.pack_start(name := Gtk.CellRendererText(), True)
        self._others.add_attribute(name, "text", 1)
        shorten(self._others)
        self._others.connect("changed", self._safely(lambda *_: self._borrow()))
        leave_wheel_to_panel(self._others, words.COLORS_FROM)
        self._models = Gtk.ComboBoxText(hexpand=True, tooltip_text=words.MODEL_TIP)
        self._models.connect("changed", self._safely(lambda *_: self._choose_model()))
        shorten(self._models)
        leave_wheel_to_panel(self._models, words.MODEL)
        self._offered: list[tuple[str | None, str]] = []
        self._choosing = _row(Gtk.Label(label=words.MODEL), self._models)
        self._automatic = Gtk.CheckButton(label=words.AUTOMATIC)
        self._automatic.connect("toggled", self._safely(lambda *_: self._saturate()))
        self._saturation = Percentage(words.SATURATION, self._safely(self._saturate), self._automatic)
        self._vividness = Percentage(words.VIVIDNESS, self._safely(self._enliven), most=MOST_VIVID)
        self._vividness.set_tooltip_text(words.VIVIDNESS_TIP)
        reference = _row(Gtk.Label(label=words.COLORS_FROM), self._others)
        self._coloring = _column(reference, self._saturation, self._vividness, self._choosing)
        return self._coloring

    def _ideas(self) -> Gtk.Widget:
        where_next = self._button(words.WHERE_NEXT, self.controller.where_next, words.WHERE_NEXT_TIP)
        vary = self._button(words.VARIATIONS, self.controller.vary, words.VARIATIONS_TIP)
        buttons = _row(where_next, vary)
        buttons.set_homogeneous(True)
        for button in (where_next, vary):
            button.set_hexpand(True)
        self._choices_heading = _text()
        self._variations = Thumbnails(INSIDE, self._safely(self.controller.take_variation))
        self._having_ideas = _column(buttons, self._choices_heading, self._variations)
        return self._having_ideas

    def _show(self) -> None:
        """Show what the controller knows."""
        view = self.controller.view
        is_error, is_ready = bool(view and view.is_error), bool(view and view.is_ready)
        show_text(self._said, view.said if view else words.NO_IMAGE, is_error)
        self._undo_stroke.set_visible(bool(view and view.may_undo_stroke))
        self._mend.set_visible(bool(view and view.action))
        self._mend.set_label(view.action if view else "")
        self._start.set_visible(not is_ready)
        self._start.set_sensitive(bool(view and view.may_start))
        self._start.set_label(view.start if view else words.START)
        self._start.set_tooltip_text(view.start_tip if view else words.START_TIP)
        self._showing.set_visible(len(self._images) > 1)
        for part in (self._running, self._suggesting, self._coloring, self._having_ideas):
            part.set_visible(is_ready)
        if view and is_ready:
            self._show_proposals(view)
            self._quietly(lambda: self._others.set_active_id(view.reference or ""))
            self._quietly(lambda: self._show_settings(view))
            self._quietly(lambda: self._show_models(view))
            self._quietly(lambda: self._hidden.set_active(view.hides_dots))

    def _show_proposals(self, view: View) -> None:
        self._where.set_text(view.heading)
        self._colors.show_colors(view.suggested)
        self._overview.show_picture(view.overview, view.marks)
        self._gamut.show_picture(view.gamut)
        self._recent.show_colors(view.recent)
        if named := self.controller.named:
            self._named.show_named(named)
        self._choices_heading.set_text(view.choices_heading)
        self._choices_heading.set_visible(bool(view.choices_heading))
        self._variations.show_choices(view.choices, view.choices_are_stale)

    def _show_settings(self, view: View) -> None:
        self._live.set_active(view.live)
        self._selection_only.set_active(view.selection_only)
        self._new_region.set_sensitive(view.may_make_region)
        self._new_region.set_tooltip_text(words.NEW_REGION_TIP if view.may_make_region else words.NEW_REGION_WHY_NOT)
        self._confined.set_text(view.confined)
        self._confined.set_visible(bool(view.confined))
        self._draft.set_active(view.draft)
        self._automatic.set_active(view.saturation is None)
        self._saturation.show_share(view.saturation, view.saturation_text)
        self._vividness.show_share(view.vividness, view.vividness_text)

    def _show_models(self, view: View) -> None:
        """Offer the networks that are there, if there is a choice."""
        if view.models != self._offered:
            self._offered = view.models
            self._models.remove_all()
            for model, name in view.models:
                self._models.append(model or "", name)
        self._models.set_active_id(view.model or "")
        self._choosing.set_visible(len(view.models) > 1)

    def _fill_images(self) -> None:
        self._shown.remove_all()
        for key, name in self._images:
            self._shown.append(key, name)
        state, view = self.controller.state, self.controller.view
        self._shown.set_active_id(state.document.key if state else None)
        self._listing.clear()
        for other in [Other("", words.NO_OTHER), *self.controller.others()]:
            picture = pixbuf_of(other.thumbnail, ICON, ICON) if other.thumbnail else None
            self._listing.append([picture, other.name, other.key])
        if not self._others.set_active_id((view.reference if view else None) or ""):
            self._others.set_active_id("")

    # What the user does

    def _choose_image(self) -> None:
        chosen = [image for image in open_images() if Document(image).key == self._shown.get_active_id()]
        if chosen and not self._quiet:
            self.controller.show_document(Document(chosen[0]))
            self._quietly(self._fill_images)

    def _agreed(self, question: str) -> bool:
        dialog = Gtk.MessageDialog(
            transient_for=self.window,
            modal=True,
            message_type=Gtk.MessageType.QUESTION,
            text=question,
        )
        ask_by_verb(dialog)
        answer = dialog.run()
        dialog.destroy()
        return bool(answer == Gtk.ResponseType.OK)

    def _borrow(self) -> None:
        if not self._quiet:
            self.controller.use_reference(self._others.get_active_id() or None)

    def _choose_model(self) -> None:
        if not self._quiet:
            self.controller.choose_model(self._models.get_active_id() or None)

    def _hide_dots(self) -> None:
        if not self._quiet:
            self.controller.hide_dots(self._hidden.get_active())

    def _saturate(self) -> None:
        if not self._quiet:
            self.controller.choose(saturation=None if self._automatic.get_active() else self._saturation.share)

    def _enliven(self) -> None:
        if not self._quiet:
            self.controller.choose(vividness=self._vividness.share)

    def _copy_diagnostics(self) -> None:
        Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).set_text(self.controller.diagnostics(), -1)
        self._copied.set_text(words.DIAGNOSTICS_COPIED)
        GLib.timeout_add(COPIED_MS, lambda: self._copied.set_text(""))

    def _quietly(self, change: Callable[[], None]) -> None:
        """Change widgets without their telling that the user did."""
        self._quiet = True
        try:
            change()
        finally:
            self._quiet = False

    def _safely(self, then: Callable[..., None]) -> Callable[..., bool]:
        """Return a handler that never raises, for nobody would see it, and that a timer calls again."""

        def handler(*arguments: object) -> bool:
            self.controller.safely(then, *arguments)
            return True

        return handler

    def _button(self, text: str, then: Callable[[], None], tip: str = "") -> Gtk.Button:
        button = Gtk.Button(label=text, tooltip_text=tip)
        button.connect("clicked", self._safely(lambda *_: then()))
        return button

    def _check(self, text: str, tip: str, setting: str) -> Gtk.CheckButton:
        box = Gtk.CheckButton(label=text, tooltip_text=tip)

        def toggled(*_: object) -> None:
            if not self._quiet:
                self.controller.choose(**{setting: box.get_active()})

        box.connect("toggled", self._safely(toggled))
        return box


def _column(*parts: Gtk.Widget, spacing: int = 4) -> Gtk.Box:
    return _box(Gtk.Orientation.VERTICAL, parts, spacing)


def _row(*parts: Gtk.Widget) -> Gtk.Box:
    return _box(Gtk.Orientation.HORIZONTAL, parts, 6)


def _box(orientation: Gtk.Orientation, parts: tuple[Gtk.Widget, ...], spacing: int) -> Gtk.Box:
    box = Gtk.Box(orientation=orientation, spacing=spacing)
    for part in parts:
        box.add(part)
    return box


def _text(text: str = "") -> Gtk.Label:
    return Gtk.Label(label=text, wrap=True, xalign=0)
