"""The docker: widgets that show what the controller knows, and tell it what the user does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from krita import DockWidget

from . import pixels
from .host import Host
from .named import NamedView
from .panel import words
from .panel.color import warning_on
from .panel.controller import TICK_S, Controller
from .panel.settings import MOST_VIVID, USUAL_VIVIDNESS
from .panel.view import View
from .pictures import GamutView, PictureView
from .protocol.client import Client
from .protocol.launcher import installed_version
from .qt import (
    QApplication,
    QCheckBox,
    QColor,
    QFrame,
    QHBoxLayout,
    QIcon,
    QImage,
    QLabel,
    QMessageBox,
    QPalette,
    QPixmap,
    QPushButton,
    QScrollArea,
    Qt,
    QTimer,
    QVBoxLayout,
    QWidget,
)
from .widgets import QuietComboBox, QuietSlider, Swatches, Thumbnails

# Pixels, at most.
OVERVIEW_HEIGHT, GAMUT_HEIGHT = 130, 110
# How long the panel says that the diagnostics were copied.
COPIED_MS = 5000

# The one whose window the user works in, or did last.
_WORKING: list[Controller] = []


class HueDotDocker(DockWidget):
    """HueDot's docker. Each of Krita's windows has one; of all, only the one where the user works does something."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle(words.TITLE)
        self._host = Host(self)
        self._stale, self._left = True, False
        self.controller = Controller(self._host, Client("huedot-krita", installed_version() or "0"), self._note)
        self._build()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._safely(self._tick))
        self._timer.start(round(TICK_S * 1000))
        self._host.on_closing(self._leave)
        # It goes with its window.
        self.destroyed.connect(lambda *_: self._end())

    def canvasChanged(self, canvas: object) -> None:  # noqa: N802 - Krita's name
        """Turn to the document that is shown now. Krita calls this often, also too early: so, a moment later."""
        QTimer.singleShot(0, self._safely(self._turn))

    def _leave(self) -> None:
        """Do nothing more: Krita is taking its windows apart."""
        self._timer.stop()
        self._end()

    def _end(self) -> None:
        self._left = True
        self.controller.close()
        if self.controller in _WORKING:
            _WORKING.remove(self.controller)

    def _turn(self) -> None:
        if self._left:
            return
        self._host.watch()
        document = self._host.active_document()
        shown = self.controller.state.document if self.controller.state else None
        if document is None or shown is None or not shown.is_open() or document.key != shown.key:
            self.controller.show_document(document)
        self._fill_others()

    def _tick(self) -> None:
        state = self.controller.state
        if state is not None and not state.document.is_open():
            self._turn()
        if self._is_working():
            self.controller.tick()
            self.controller.look_at_painting()
        if self._stale:
            self._stale = False
            self._show()

    def _is_working(self) -> bool:
        """Return whether this is the docker that works; it stays so while the user is in a dialog or elsewhere."""
        if not _WORKING or (self.isActiveWindow() and self.controller not in _WORKING):
            _WORKING[:] = [self.controller]
            self.controller.reload_settings()
        return self.controller in _WORKING

    def _note(self) -> None:
        self._stale = True

    # What the user sees

    def _build(self) -> None:
        """Lay the widgets out, from top to bottom as they are used."""
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(6)
        for part in (self._status(), self._suggestions(), self._ideas(), self._running_it(), self._global_hints()):
            column.addWidget(part)
        column.addStretch(1)
        column.addWidget(self._button(words.DIAGNOSTICS, self._copy_diagnostics))
        self._copied = _text()
        column.addWidget(self._copied)
        area = QScrollArea()
        # As its words are read, in every language of Krita.
        area.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self.setWidget(area)

    def _status(self) -> QWidget:
        self._said = _text()
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._mend = self._button(words.RETRY, lambda: self.controller.act(self._agreed))
        self._undo_stroke = self._button(words.UNDO_STROKE, self.controller.undo_stroke, words.UNDO_STROKE_TIP)
        self._start = self._button(words.START, self.controller.start, words.START_TIP)
        return _column(self._said, self._mend, self._undo_stroke, self._start)

    def _running_it(self) -> QWidget:
        self._refresh = self._button(words.REFRESH, self.controller.refresh, words.REFRESH_TIP)
        self._live = self._check(words.LIVE, words.LIVE_TIP, "live")
        self._hidden = QCheckBox(words.HIDE_DOTS.replace("dots", "&dots"))
        self._hidden.setToolTip(words.HIDE_DOTS_TIP)
        self._hidden.toggled.connect(self._safely(self.controller.hide_dots))
        self._selection_only = self._check(words.SELECTION_ONLY, words.SELECTION_ONLY_TIP, "selection_only")
        self._confined = _text()
        self._draft = self._check(words.DRAFT, words.DRAFT_TIP, "draft")
        self._new_region = self._button(words.NEW_REGION, self.controller.new_region)
        first = _row(self._refresh, self._live, self._hidden)
        self._running = _column(first, self._new_region, self._selection_only, self._confined, self._draft)
        return self._running

    def _suggestions(self) -> QWidget:
        take = self._safely(self.controller.take_color)
        self._where = _text()
        self._colors = Swatches(9, words.SUGGESTED)
        self._colors.taken.connect(take)
        self._overview = PictureView(OVERVIEW_HEIGHT, words.OVERVIEW, words.OVERVIEW_TIP)
        self._overview.pointed.connect(self._safely(self.controller.ask_about_share))
        self._gamut = GamutView(GAMUT_HEIGHT)
        self._gamut.picked.connect(take)
        self._recent = Swatches(3, words.RECENT, with_bars=False)
        self._recent.taken.connect(take)
        beside = _column(QLabel(words.RECENT), self._recent, QWidget())
        self._named = NamedView(self.controller, self._safely)
        self._suggesting = _column(self._where, self._colors, self._overview, _row(self._gamut, beside), self._named)
        return self._suggesting

    def _ideas(self) -> QWidget:
        self._where_next = self._button(words.WHERE_NEXT, self.controller.where_next, words.WHERE_NEXT_TIP)
        self._vary = self._button(words.VARIATIONS, self.controller.vary, words.VARIATIONS_TIP)
        self._choices_heading = _text()
        self._variations = Thumbnails()
        self._variations.taken.connect(self._safely(self.controller.take_variation))
        self._having_ideas = _column(_row(self._where_next, self._vary), self._choices_heading, self._variations)
        return self._having_ideas

    def _global_hints(self) -> QWidget:
        self._others = QuietComboBox(words.COLORS_FROM)
        self._others.activated.connect(self._safely(self._borrow))
        self._models = QuietComboBox(words.MODEL)
        self._models.setToolTip(words.MODEL_TIP)
        self._models.activated.connect(
            self._safely(lambda index: self.controller.choose_model(self._offered[index][0]))
        )
        self._offered: list[tuple[str | None, str]] = []
        self._choosing = _row(QLabel(words.MODEL), self._models)
        self._automatic = QCheckBox(words.AUTOMATIC)
        self._automatic.toggled.connect(self._safely(self._saturate))
        self._saturation = QuietSlider(words.SATURATION, 30)
        self._saturation.valueChanged.connect(self._safely(self._saturate))
        self._saturation_text = QLabel()
        saturation = _row(QLabel(words.SATURATION), self._automatic, self._saturation, self._saturation_text)
        reference = _row(QLabel(words.COLORS_FROM), self._others)
        self._coloring = _column(reference, saturation, self._vividly(), self._choosing)
        return self._coloring

    def _vividly(self) -> QWidget:
        self._vividness = QuietSlider(words.VIVIDNESS, round(100 * USUAL_VIVIDNESS), round(100 * MOST_VIVID))
        self._vividness.setToolTip(words.VIVIDNESS_TIP)
        self._vividness.valueChanged.connect(self._safely(lambda value: self.controller.choose(vividness=value / 100)))
        self._vividness_text = QLabel()
        return _row(QLabel(words.VIVIDNESS), self._vividness, self._vividness_text)

    def _show(self) -> None:
        """Show what the controller knows."""
        view = self.controller.view
        self._said.setText(view.said if view else words.NO_IMAGE)
        self._said.setPalette(_error_palette(self.palette()) if view and view.is_error else QPalette())
        self._undo_stroke.setVisible(bool(view and view.may_undo_stroke))
        self._mend.setVisible(bool(view and view.action))
        self._mend.setText(view.action if view else "")
        self._start.setVisible(not (view and view.is_ready))
        self._start.setEnabled(bool(view and view.may_start))
        self._start.setText(view.start if view else words.START)
        self._start.setToolTip(view.start_tip if view else words.START_TIP)
        for part in (self._running, self._suggesting, self._coloring, self._having_ideas):
            part.setVisible(bool(view and view.is_ready))
        if view and view.is_ready:
            self._show_proposals(view)
            self._show_settings(view)
            self._show_models(view)

    def _show_proposals(self, view: View) -> None:
        self._overview.show_picture(view.overview, view.marks)
        self._where.setText(view.heading)
        self._colors.show_colors(view.suggested)
        self._gamut.show_picture(view.gamut)
        self._recent.show_colors(view.recent)
        if named := self.controller.named:
            self._named.show_named(named)
        self._choices_heading.setText(view.choices_heading)
        self._choices_heading.setVisible(bool(view.choices_heading))
        self._variations.show_choices(view.choices, view.choices_are_stale)

    def _show_settings(self, view: View) -> None:
        for box, value in (
            (self._live, view.live),
            (self._selection_only, view.selection_only),
            (self._draft, view.draft),
            (self._hidden, view.hides_dots),
            (self._automatic, view.saturation is None),
        ):
            _quietly(box, partial(box.setChecked, value))
        self._new_region.setEnabled(view.may_make_region)
        self._new_region.setToolTip(words.NEW_REGION_TIP if view.may_make_region else words.NEW_REGION_WHY_NOT)
        self._confined.setText(view.confined)
        self._confined.setVisible(bool(view.confined))
        self._saturation.setEnabled(view.saturation is not None)
        self._saturation_text.setText(view.saturation_text)
        if view.saturation is not None:
            _quietly(self._saturation, partial(self._saturation.setValue, round(view.saturation * 100)))
        _quietly(self._vividness, partial(self._vividness.setValue, round(view.vividness * 100)))
        self._vividness_text.setText(view.vividness_text)

    def _show_models(self, view: View) -> None:
        """Offer the networks that are there, if there is a choice."""
        if view.models != self._offered:
            self._offered = view.models
            self._models.clear()
            self._models.addItems([name for _, name in view.models])
        if view.models:
            self._models.setCurrentIndex([model for model, _ in view.models].index(view.model))
        self._choosing.setVisible(len(view.models) > 1)

    def _fill_others(self) -> None:
        view, others = self.controller.view, self.controller.others()
        self._others.clear()
        self._others.addItem(words.NO_OTHER, None)
        for other in others:
            image = pixels.of_picture(other.thumbnail) if other.thumbnail else QImage()
            self._others.addItem(QIcon(QPixmap.fromImage(image)), other.name, other.key)
        keys = [None, *[other.key for other in others]]
        self._others.setCurrentIndex(keys.index(view.reference) if view and view.reference in keys else 0)

    # What the user does

    def _agreed(self, question: str) -> bool:
        """Ask, and return whether the user agreed, which is what Return does."""
        box = QMessageBox(QMessageBox.Icon.Question, words.TITLE, question, QMessageBox.StandardButton.Cancel, self)
        convert = box.addButton(words.CONVERT, QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(convert)
        box.exec()
        return bool(box.clickedButton() == convert)

    def _borrow(self, index: int) -> None:
        self.controller.use_reference(self._others.itemData(index))

    def _saturate(self, *_: object) -> None:
        automatic = self._automatic.isChecked()
        self.controller.choose(saturation=None if automatic else self._saturation.value() / 100)

    def _copy_diagnostics(self) -> None:
        QApplication.clipboard().setText(self.controller.diagnostics())
        self._copied.setText(words.DIAGNOSTICS_COPIED)
        QTimer.singleShot(COPIED_MS, lambda: self._copied.setText(""))

    def _safely(self, then: Callable[..., None]) -> Callable[..., None]:
        """Return a slot that never raises: Krita would answer with a modal dialog, at every tick."""
        return lambda *arguments: self.controller.safely(then, *arguments)

    def _button(self, text: str, then: Callable[[], None], tip: str = "") -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(self._safely(lambda *_: then()))
        return button

    def _check(self, text: str, tip: str, setting: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setToolTip(tip)
        box.toggled.connect(self._safely(lambda on: self.controller.choose(**{setting: on})))
        return box


def _column(*parts: QWidget) -> QWidget:
    return _box(QVBoxLayout(), parts)


def _row(*parts: QWidget) -> QWidget:
    return _box(QHBoxLayout(), parts)


def _box(layout: QVBoxLayout | QHBoxLayout, parts: tuple[QWidget, ...]) -> QWidget:
    box = QWidget()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for part in parts:
        layout.addWidget(part)
    box.setLayout(layout)
    return box


def _text() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    return label


def _error_palette(palette: QPalette) -> QPalette:
    """Return the colors of an error, which can be read in every theme: a style sheet would change the font."""
    background, colors = palette.color(QPalette.ColorRole.Window), QPalette(palette)
    shade = warning_on((background.red(), background.green(), background.blue()))
    colors.setColor(QPalette.ColorRole.WindowText, QColor(*shade))
    return colors


def _quietly(widget: QWidget, change: Callable[[], None]) -> None:
    """Change a widget without its telling that the user did."""
    widget.blockSignals(True)
    change()
    widget.blockSignals(False)
