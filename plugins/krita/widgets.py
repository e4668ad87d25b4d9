"""What the docker is made of: colors and choices to click on, painted by ourselves, since styles tint buttons."""

from __future__ import annotations

from collections.abc import Sequence

from . import pixels
from .panel import words
from .panel.view import Choice, Color
from .qt import (
    QColor,
    QComboBox,
    QImage,
    QPainter,
    QPen,
    QPoint,
    QRect,
    QSizePolicy,
    QSlider,
    Qt,
    QWidget,
    pyqtSignal,
)

# Pixels between swatches.
GAP = 3
# How opaque what is out of date is shown.
STALE = 0.4
CHOOSING = Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter
WHITE, BLACK = QColor(255, 255, 255), QColor(0, 0, 0)


class Grid(QWidget):
    """Cells in rows, one of which is chosen by a click, or by the arrow keys and Space or Return."""

    def __init__(self, columns: int, name: str) -> None:
        """Show up to `columns` cells a row; `name` is for people who hear the panel."""
        super().__init__()
        self._columns, self._current = columns, 0
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        # not by a click: the space bar is to go on panning the canvas
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def count(self) -> int:
        """Return how many cells can be chosen."""
        raise NotImplementedError

    def place(self, index: int) -> QRect:
        """Return where a cell is."""
        raise NotImplementedError

    def tip(self, index: int) -> str:
        """Return what is said of a cell."""
        raise NotImplementedError

    def choose(self, index: int, with_shift: bool) -> None:
        """Do what a click on a cell does."""
        raise NotImplementedError

    def mousePressEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Choose the cell that was clicked."""
        index = self._at(event.pos())  # type: ignore[attr-defined]
        if index is not None:
            self._current = index
            self.choose(index, has_shift(event))

    def mouseMoveEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Say what this cell is."""
        index = self._at(event.pos())  # type: ignore[attr-defined]
        self.setToolTip("" if index is None else self.tip(index))

    def keyPressEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Move to another cell, or choose this one."""
        key = event.key()  # type: ignore[attr-defined]
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
        }
        if key in CHOOSING and self._current < self.count():
            self.choose(self._current, has_shift(event))
        elif key in steps and 0 <= self._current + steps[key] < self.count():
            self._current += steps[key]
            self.setAccessibleDescription(self.tip(self._current))
            self.update()
        else:
            event.ignore()  # type: ignore[attr-defined]

    def paint_focus(self, painter: QPainter) -> None:
        """Show which cell the keys are at."""
        if self.hasFocus() and self._current < self.count():
            painter.setPen(QPen(self.palette().color(self.palette().ColorRole.Highlight), 2))
            painter.drawRect(self.place(self._current).adjusted(1, 1, -2, -2))

    def _at(self, point: QPoint) -> int | None:
        return next((i for i in range(self.count()) if self.place(i).contains(point)), None)


class Swatches(Grid):
    """Rows of colors, most likely first; a bar beneath each says how likely it is beside the first."""

    # The color, and whether Shift was held.
    taken = pyqtSignal(tuple, bool)

    def __init__(self, columns: int, name: str, with_bars: bool = True) -> None:
        """Show up to `columns` colors a row."""
        super().__init__(columns, name)
        self._with_bars = with_bars
        self._colors: list[Color] = []

    def show_colors(self, colors: Sequence[Color]) -> None:
        """Show these."""
        if list(colors) != self._colors:
            self._colors = list(colors)
            self._fit()
            self.update()

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Keep the swatches square."""
        self._fit()

    def paintEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Paint the swatches."""
        painter = QPainter(self)
        outline = QPen(self.palette().color(self.palette().ColorRole.Dark))
        for i in range(max(len(self._colors), self._columns)):
            place = self.place(i)
            if i < len(self._colors):
                self._paint(painter, place, self._colors[i])
            painter.setPen(outline)
            painter.drawRect(place.adjusted(0, 0, -1, -1))
        self.paint_focus(painter)
        painter.end()

    def _paint(self, painter: QPainter, place: QRect, color: Color) -> None:
        painter.fillRect(place, QColor(*color.shown))
        # The true one beside it.
        if color.shown != color.color:
            painter.fillRect(place.adjusted(place.width() * 2 // 3, 0, 0, 0), QColor(*color.color))
        if self._with_bars:
            width = max(1, round(place.width() * color.share))
            bar = self.palette().color(self.palette().ColorRole.Highlight)
            painter.fillRect(QRect(place.left(), place.bottom() + 2, width, 3), bar)

    def count(self) -> int:
        """Return how many colors there are."""
        return len(self._colors)

    def tip(self, index: int) -> str:
        """Return what is said of a color."""
        return self._colors[index].tip

    def choose(self, index: int, with_shift: bool) -> None:
        """Take a color."""
        self.taken.emit(self._colors[index].color, with_shift)

    def place(self, index: int) -> QRect:
        """Return where a color is."""
        column, row = index % self._columns, index // self._columns
        return QRect(column * (self._side() + GAP), row * self._row(), self._side(), self._side())

    def _side(self) -> int:
        return max(8, min(34, (int(self.width()) - GAP * (self._columns - 1)) // self._columns))

    def _row(self) -> int:
        return self._side() + GAP + (5 if self._with_bars else 0)

    def _fit(self) -> None:
        rows = max(1, -(-len(self._colors) // self._columns))
        self.setFixedHeight(rows * self._row() + 1)


class Thumbnails(Grid):
    """Pictures in a grid, one of which is taken by a click."""

    taken = pyqtSignal(int)
    COLUMNS = 3

    def __init__(self) -> None:
        super().__init__(self.COLUMNS, words.VARIATIONS)
        self._choices: list[Choice] = []
        self._images: list[QImage] = []
        self._are_stale = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_choices(self, choices: Sequence[Choice], are_stale: bool) -> None:
        """Show these; pale if they are out of date."""
        if [id(each.picture) for each in choices] != [id(each.picture) for each in self._choices]:
            self._images = [pixels.of_picture(each.picture) for each in choices]
            self._fit()
        self._choices, self._are_stale = list(choices), are_stale
        self.setVisible(bool(choices))
        self.update()

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Keep the pictures' shape."""
        self._fit()

    def paintEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Paint the pictures, with a frame around the one that was taken."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for i, (choice, image) in enumerate(zip(self._choices, self._images)):  # noqa: B905 - of one length
            painter.setOpacity(STALE if self._are_stale else 1.0)
            painter.drawImage(self.place(i), image)
            painter.setOpacity(1.0)
            if choice.is_taken:
                for color, width in ((BLACK, 5), (WHITE, 3)):
                    painter.setPen(QPen(color, width))
                    painter.drawRect(self.place(i).adjusted(2, 2, -3, -3))
        self.paint_focus(painter)
        painter.end()

    def count(self) -> int:
        """Return how many pictures there are."""
        return len(self._images)

    def tip(self, index: int) -> str:
        """Return what is said of a picture."""
        return words.VARIATION_TAKEN if self._choices[index].is_taken else words.VARIATIONS_TIP

    def choose(self, index: int, with_shift: bool) -> None:
        """Take a picture."""
        self.taken.emit(index)

    def place(self, index: int) -> QRect:
        """Return where a picture is."""
        width = (self.width() - GAP * (self.COLUMNS - 1)) // self.COLUMNS
        height = round(width * self._images[0].height() / self._images[0].width())
        return QRect(index % self.COLUMNS * (width + GAP), index // self.COLUMNS * (height + GAP), width, height)

    def _fit(self) -> None:
        height = self.place(len(self._images) - 1).bottom() + 1 if self._images else 0
        self.setFixedHeight(height)


class _LeavesWheel:
    """A widget that leaves the wheel to what scrolls the panel, unless it has the focus."""

    def wheelEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Take the wheel only where the user is at this widget."""
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()  # type: ignore[attr-defined]


class QuietComboBox(_LeavesWheel, QComboBox):
    """A list to choose from that the mouse wheel changes only while it has the focus."""

    def __init__(self, name: str) -> None:
        """Show nothing yet; `name` is for people who hear the panel."""
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class QuietSlider(_LeavesWheel, QSlider):
    """A slider from 0 percent that the mouse wheel changes only while it has the focus."""

    def __init__(self, name: str, value: int, most: int = 100) -> None:
        """Stand at a value; `name` is for people who hear the panel."""
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, most)
        self.setValue(value)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


def has_shift(event: object) -> bool:
    """Return whether Shift is held."""
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)  # type: ignore[attr-defined]
