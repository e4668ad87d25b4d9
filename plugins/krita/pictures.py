"""Pictures of the docker on which one points to a place: the overview, and the gamut."""

from __future__ import annotations

from collections.abc import Sequence

from . import pixels
from .panel import words
from .panel.host import RGB, Picture
from .panel.view import Mark, moved
from .qt import QImage, QPainter, QPen, QPoint, QRect, QSizePolicy, Qt, QToolTip, QWidget, pyqtSignal
from .widgets import BLACK, CHOOSING, STALE, WHITE, has_shift


class PictureView(QWidget):
    """A picture, as large as its place allows, on which one can click, or point with the arrow keys and Space."""

    # The share of its width or height that an arrow key moves by; with Shift a fifth of that.
    STEP = 0.05

    # The place, as a part of the picture's width and height.
    pointed = pyqtSignal(float, float)

    def __init__(self, height: int, name: str, tip: str) -> None:
        """Be at most `height` pixels high; `name` is for people who hear the panel."""
        super().__init__()
        self._highest = height
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._marks: list[Mark] = []
        # Where the keys are.
        self._at = 0.5, 0.5
        self.setAccessibleName(name)
        self.setToolTip(tip)
        # not by a click: the space bar is to go on panning the canvas
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_picture(self, picture: Picture | None, marks: Sequence[Mark] = ()) -> None:
        """Show a picture, with marks on it."""
        if picture is not self._picture:
            self._picture, self._image = picture, pixels.of_picture(picture) if picture else None
            self._fit()
        self._marks = list(marks)
        self.update()

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Leave no room empty above and beneath the picture."""
        self._fit()

    def paintEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Paint the picture and its marks."""
        painter = QPainter(self)
        if self._image is not None:
            place = self._place()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for mark in self._marks:
                self._paint_mark(painter, _point(place, mark.x, mark.y), mark)
            if self.hasFocus():
                self._paint_focus(painter, place)
        painter.end()

    def mousePressEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Tell where it was clicked."""
        place, point = self._place(), event.pos()  # type: ignore[attr-defined]
        if self._image is not None and place.contains(point):
            x, y = point.x() - place.left() + 0.5, point.y() - place.top() + 0.5
            self._at = x / place.width(), y / place.height()
            self.pointed.emit(*self._at)

    def keyPressEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Move to another place, or point to this one."""
        key = event.key()  # type: ignore[attr-defined]
        step = self.STEP / 5 if has_shift(event) else self.STEP
        steps = {
            Qt.Key.Key_Left: (-step, 0.0),
            Qt.Key.Key_Right: (step, 0.0),
            Qt.Key.Key_Up: (0.0, -step),
            Qt.Key.Key_Down: (0.0, step),
        }
        if key in CHOOSING and self._image is not None:
            self.pointed.emit(*self._at)
        elif key in steps:
            self._at = moved(self._at, steps[key])
            self.setAccessibleDescription(words.POINTED_AT.format(across=self._at[0] * 100, down=self._at[1] * 100))
            self.update()
        else:
            event.ignore()  # type: ignore[attr-defined]

    def _paint_focus(self, painter: QPainter, place: QRect) -> None:
        """Show where the keys are, and that they are here."""
        center, arm = _point(place, *self._at), 7
        for color, width in ((BLACK, 4), (WHITE, 2)):
            painter.setPen(QPen(color, width))
            painter.drawLine(center.x() - arm, center.y(), center.x() + arm, center.y())
            painter.drawLine(center.x(), center.y() - arm, center.x(), center.y() + arm)
        painter.setPen(QPen(self.palette().color(self.palette().ColorRole.Highlight), 2))
        painter.drawRect(place.adjusted(1, 1, -2, -2))

    @staticmethod
    def _paint_mark(painter: QPainter, center: QPoint, mark: Mark) -> None:
        radius = 9 if mark.text else 4
        painter.setOpacity(STALE if mark.is_stale else 1.0)
        painter.setPen(QPen(BLACK, 4 if mark.is_current else 3))
        painter.drawEllipse(center, radius, radius)
        painter.setPen(QPen(WHITE, 2.5 if mark.is_current else 1.5))
        painter.drawEllipse(center, radius, radius)
        box = QRect(center.x() - 9, center.y() - 9, 19, 19)
        for shift, color in ((1, BLACK), (0, WHITE)):
            painter.setPen(color)
            painter.drawText(box.translated(shift, shift), Qt.AlignmentFlag.AlignCenter, mark.text)
        painter.setOpacity(1.0)

    def _fit(self) -> None:
        image = self._image
        if image is not None:
            self.setFixedHeight(max(1, min(self._highest, round(self.width() * image.height() / image.width()))))

    def _place(self) -> QRect:
        if self._image is None:
            return QRect()
        scale = min(self.width() / self._image.width(), self.height() / self._image.height())
        width, height = max(1, round(self._image.width() * scale)), max(1, round(self._image.height() * scale))
        return QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height)


class GamutView(PictureView):
    """All colors of one lightness; green is left, red right, blue below, yellow above."""

    picked = pyqtSignal(tuple)

    def __init__(self, height: int) -> None:
        """Be at most `height` pixels high."""
        super().__init__(height, words.GAMUT, words.GAMUT_TIP)
        self.pointed.connect(self._pick)

    def _pick(self, x: float, y: float) -> None:
        if self._image is None:
            return
        color = self._image.pixelColor(int(x * self._image.width()), int(y * self._image.height()))
        if color.alpha():
            picked: RGB = (color.red(), color.green(), color.blue())
            self.picked.emit(picked)
        else:
            QToolTip.showText(self.mapToGlobal(QPoint(0, 0)), words.OUT_OF_GAMUT, self)


def _point(place: QRect, x: float, y: float) -> QPoint:
    """Return a place in 0..1 of a rectangle's width and height, in pixels."""
    return QPoint(round(place.left() + x * place.width()), round(place.top() + y * place.height()))
