"""The docker: widgets that show what the controller knows, and tell it what the user does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from krita import DockWidget

from . import pixels
from .host import Host
from .panel import words
from .panel.controller import TICK_S, Controller
from .panel.sheet import Settings, Sheet, Swatch
from .protocol.client import Client
from .protocol.launcher import installed_version
from .qt import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QIcon,
    QImage,
    QLabel,
    QMessageBox,
    QPixmap,
    QPushButton,
    QScrollArea,
    QSlider,
    Qt,
    QTimer,
    QVBoxLayout,
    QWidget,
)
from .widgets import GamutView, PictureView, Swatches, Thumbnails

OVERVIEW_HEIGHT, GAMUT_HEIGHT = 130, 110

_WORKING: list[Controller] = []  # the one whose window the user works in, or did last


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
        self.destroyed.connect(lambda *_: self._end())  # with its window

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
        shown = self.controller.sheet.document if self.controller.sheet else None
        if document is None or shown is None or not shown.is_open() or document.key != shown.key:
            self.controller.show_document(document)
        self._fill_others()

    def _tick(self) -> None:
        sheet = self.controller.sheet
        if sheet is not None and not sheet.document.is_open():
            self._turn()
        if self._is_working():
            self.controller.tick()
        if self._stale:
            self._stale = False
            self._show()

    def _is_working(self) -> bool:
        """Return whether this is the docker that works; it stays so while the user is in a dialog or elsewhere."""
        if not _WORKING or (self.isActiveWindow() and self.controller not in _WORKING):
            _WORKING[:] = [self.controller]
            self._catch_up()
        return self.controller in _WORKING

    def _catch_up(self) -> None:
        """Go on with the settings of another window, if its docker has colored this document meanwhile."""
        sheet = self.controller.sheet
        if sheet is None or not sheet.document.has_layers():
            return
        if sheet.document.others_wrote() != sheet.others_wrote:
            sheet.settings = Settings.of(sheet.document.load_state())
            self.controller.retry()

    def _note(self) -> None:
        self._stale = True

    # What the user sees

    def _build(self) -> None:
        """Lay the widgets out, from top to bottom as they are used."""
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(6)
        for part in (self._status(), self._first(), self._suggestions(), self._global_hints(), self._ideas()):
            column.addWidget(part)
        column.addStretch(1)
        column.addWidget(self._button(words.DIAGNOSTICS, self._copy_diagnostics))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self.setWidget(area)

    def _status(self) -> QWidget:
        self._said = QLabel()
        self._said.setWordWrap(True)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._mend = self._button(words.RETRY, self._mend_it)
        return _column(self._said, self._mend)

    def _first(self) -> QWidget:
        controller = self.controller
        self._start = self._button(words.START, controller.start, words.START_TIP)
        self._refresh = self._button(words.REFRESH, controller.refresh, words.REFRESH_TIP)
        self._live = self._check(words.LIVE, words.LIVE_TIP, "live")
        self._selection_only = self._check(words.SELECTION_ONLY, words.SELECTION_ONLY_TIP, "selection_only")
        self._draft = self._check(words.DRAFT, words.DRAFT_TIP, "draft")
        self._running = _column(_row(self._refresh, self._live), self._selection_only, self._draft)
        return _column(self._start, self._running)

    def _suggestions(self) -> QWidget:
        self._overview = PictureView(OVERVIEW_HEIGHT)
        self._overview.setToolTip(words.OVERVIEW_TIP)
        self._overview.pointed.connect(self._safely(self.controller.ask_about_share))
        self._colors = Swatches(9)
        self._colors.taken.connect(self._safely(self.controller.take_color))
        self._gamut = GamutView(GAMUT_HEIGHT)
        self._gamut.picked.connect(self._safely(self.controller.take_color))
        self._recent = Swatches(3, with_bars=False)
        self._recent.taken.connect(self._safely(self.controller.take_color))
        self._where = QLabel()
        self._where.setWordWrap(True)
        beside = _column(QLabel(words.RECENT), self._recent, QWidget())
        self._suggesting = _column(self._overview, self._where, self._colors, _row(self._gamut, beside))
        return self._suggesting

    def _global_hints(self) -> QWidget:
        self._others = QComboBox()
        self._others.activated.connect(self._safely(self._borrow))
        self._models = QComboBox()
        self._models.setToolTip(words.MODEL_TIP)
        self._models.activated.connect(
            self._safely(lambda index: self.controller.choose_model(self._offered[index][0]))
        )
        self._offered: list[tuple[str | None, str]] = []
        self._choosing = _row(QLabel(words.MODEL), self._models)
        self._automatic = QCheckBox(words.AUTOMATIC)
        self._automatic.toggled.connect(self._safely(self._saturate))
        self._saturation = _slider()
        self._saturation.valueChanged.connect(self._safely(self._saturate))
        saturation = _row(QLabel(words.SATURATION), self._automatic, self._saturation)
        self._coloring = _column(_row(QLabel(words.COLORS_FROM), self._others), saturation, self._choosing)
        return self._coloring

    def _ideas(self) -> QWidget:
        self._where_next = self._button(words.WHERE_NEXT, self.controller.where_next, words.WHERE_NEXT_TIP)
        self._vary = self._button(words.VARIATIONS, self.controller.vary, words.VARIATIONS_TIP)
        self._variations = Thumbnails()
        self._variations.taken.connect(self._safely(self.controller.take_variation))
        self._having_ideas = _column(_row(self._where_next, self._vary), self._variations)
        return self._having_ideas

    def _show(self) -> None:
        """Show what the controller knows."""
        sheet, view = self.controller.sheet, self.controller.view
        self._said.setText(view.said)
        self._said.setStyleSheet("color: #e06c5a;" if view.is_error else "")
        self._mend.setVisible(bool(view.mending))
        self._mend.setText(view.mending)
        self._start.setVisible(not view.ready)
        self._start.setEnabled(view.may_start)
        for part in (self._running, self._suggesting, self._coloring, self._having_ideas):
            part.setVisible(view.ready)
        if sheet is not None and view.ready:
            self._show_sheet(sheet)
            self._show_settings(sheet.settings)
            self._show_models()

    def _show_sheet(self, sheet: Sheet) -> None:
        self._overview.show_picture(sheet.overview, sheet.marks())
        self._where.setText(words.SUGGESTED if sheet.swatches else words.NO_PLACE)
        self._colors.show_colors(sheet.swatches)
        self._gamut.show_picture(self.controller.gamut if sheet.swatches else None)
        self._recent.show_colors([Swatch(color, 0) for color in sheet.settings.recent])
        self._variations.show_pictures([each.picture for each in sheet.variations])

    def _show_settings(self, settings: Settings) -> None:
        for box, value in (
            (self._live, settings.live),
            (self._selection_only, settings.selection_only),
            (self._draft, settings.draft),
            (self._automatic, settings.saturation is None),
        ):
            _quietly(box, partial(box.setChecked, value))
        self._saturation.setEnabled(settings.saturation is not None)
        if settings.saturation is not None:
            _quietly(self._saturation, partial(self._saturation.setValue, round(settings.saturation * 100)))

    def _show_models(self) -> None:
        """Offer the networks that are there, if there is a choice."""
        offered = self.controller.models
        if offered != self._offered:
            self._offered = offered
            self._models.clear()
            self._models.addItems([name for _, name in offered])
        if offered:
            self._models.setCurrentIndex([model for model, _ in offered].index(self.controller.model))
        self._choosing.setVisible(len(offered) > 1)

    def _fill_others(self) -> None:
        sheet = self.controller.sheet
        others = self.controller.others()
        self._others.clear()
        self._others.addItem(words.NO_OTHER, None)
        for other in others:
            image = pixels.of_picture(other.thumbnail) if other.thumbnail else QImage()
            self._others.addItem(QIcon(QPixmap.fromImage(image)), other.name, other.key)
        keys = [None, *[other.key for other in others]]
        chosen = sheet.colors_from if sheet else None
        self._others.setCurrentIndex(keys.index(chosen) if chosen in keys else 0)

    # What the user does

    def _mend_it(self) -> None:
        sheet = self.controller.sheet
        if self.controller.view.mending != words.CONVERT:
            self.controller.retry()
        elif self._agreed(words.CONVERT_ASK) and sheet is self.controller.sheet:  # not another that came meanwhile
            self.controller.convert()
            self.controller.retry()

    def _agreed(self, question: str) -> bool:
        asked = QMessageBox.question(self, words.TITLE, question)
        return bool(asked == QMessageBox.StandardButton.Yes)

    def _borrow(self, index: int) -> None:
        self.controller.borrow_colors(self._others.itemData(index))

    def _saturate(self, *_: object) -> None:
        automatic = self._automatic.isChecked()
        self.controller.choose(saturation=None if automatic else self._saturation.value() / 100)

    def _copy_diagnostics(self) -> None:
        QApplication.clipboard().setText(self.controller.diagnostics())

    def _safely(self, then: Callable[..., None]) -> Callable[..., None]:
        """Return a slot that never raises: Krita would answer with a modal dialog, at every tick."""

        def slot(*arguments: object) -> None:
            try:
                then(*arguments)
            except Exception as error:  # noqa: BLE001 - whatever it is, the panel says it
                self.controller.stumbled(error)

        return slot

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


def _slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 100)
    slider.setValue(30)
    return slider


def _quietly(widget: QWidget, change: Callable[[], None]) -> None:
    """Change a widget without its telling that the user did."""
    widget.blockSignals(True)
    change()
    widget.blockSignals(False)
