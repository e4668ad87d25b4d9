"""What the docker is made of: pictures and colors to click on, painted by ourselves, since styles tint buttons."""

from __future__ import annotations

from collections.abc import Sequence

from . import pixels
from .panel import words
from .panel.host import RGB, Picture
from .panel.sheet import Swatch
from .qt import QColor, QImage, QPainter, QPen, QPoint, QRect, QSizePolicy, Qt, QToolTip, QWidget, pyqtSignal

GAP = 3  # pixels between swatches


class Swatches(QWidget):
    """Rows of colors, most likely first; a bar beneath each says how likely it is beside the first."""

    taken = pyqtSignal(tuple, bool)  # the color, and whether Shift was held

    def __init__(self, columns: int, with_bars: bool = True) -> None:
        """Show up to `columns` colors a row."""
        super().__init__()
        self._columns, self._with_bars = columns, with_bars
        self._swatches: list[Swatch] = []
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_colors(self, swatches: Sequence[Swatch]) -> None:
        """Show these."""
        if list(swatches) != self._swatches:
            self._swatches = list(swatches)
            self._fit()
            self.update()

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Keep the swatches square."""
        self._fit()

    def paintEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Paint the swatches."""
        painter = QPainter(self)
        outline = QPen(self.palette().color(self.palette().ColorRole.Dark))
        for i in range(max(len(self._swatches), self._columns)):
            place = self._place(i)
            painter.setPen(outline)
            if i < len(self._swatches):
                painter.fillRect(place, QColor(*self._swatches[i].color))
            painter.drawRect(place.adjusted(0, 0, -1, -1))
            if self._with_bars and i < len(self._swatches):
                likeliest = self._swatches[0].probability or 1.0
                width = max(1, round(place.width() * self._swatches[i].probability / likeliest))
                bar = self.palette().color(self.palette().ColorRole.Highlight)
                painter.fillRect(QRect(place.left(), place.bottom() + 2, width, 3), bar)
        painter.end()

    def mousePressEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Take the color that was clicked."""
        swatch = self._at(event.pos())  # type: ignore[attr-defined]
        if swatch is not None:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)  # type: ignore[attr-defined]
            self.taken.emit(swatch.color, shift)

    def mouseMoveEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Say which color this is."""
        swatch = self._at(event.pos())  # type: ignore[attr-defined]
        if swatch is None:
            self.setToolTip("")
        elif self._with_bars:
            name = words.name_of(swatch.color)
            self.setToolTip(words.SUGGESTED_TIP.format(color=name, percent=swatch.probability * 100))
        else:
            self.setToolTip(words.name_of(swatch.color))

    def _side(self) -> int:
        return max(8, min(34, (int(self.width()) - GAP * (self._columns - 1)) // self._columns))

    def _row(self) -> int:
        return self._side() + GAP + (5 if self._with_bars else 0)

    def _place(self, index: int) -> QRect:
        column, row = index % self._columns, index // self._columns
        return QRect(column * (self._side() + GAP), row * self._row(), self._side(), self._side())

    def _at(self, point: QPoint) -> Swatch | None:
        hit = [swatch for i, swatch in enumerate(self._swatches) if self._place(i).contains(point)]
        return hit[0] if hit else None

    def _fit(self) -> None:
        rows = max(1, -(-len(self._swatches) // self._columns))
        self.setFixedHeight(rows * self._row() + 1)


class PictureView(QWidget):
    """A picture, as large as its place allows, on which one can click."""

    pointed = pyqtSignal(float, float)  # where, as a part of the picture's width and height

    def __init__(self, height: int) -> None:
        """Reserve `height` pixels."""
        super().__init__()
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._marks: list[tuple[float, float, str]] = []
        self.setFixedHeight(height)
        self.setMinimumWidth(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_picture(self, picture: Picture | None, marks: Sequence[tuple[float, float, str]] = ()) -> None:
        """Show a picture, with marks on it: places, as parts of its width and height, and what to write there."""
        if picture is not self._picture:
            self._picture, self._image = picture, pixels.of_picture(picture) if picture else None
        self._marks = list(marks)
        self.update()

    def paintEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Paint the picture and its marks."""
        painter = QPainter(self)
        if self._image is not None:
            place = self._place()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for x, y, text in self._marks:
                self._mark(painter, place.left() + x * place.width(), place.top() + y * place.height(), text)
        painter.end()

    def mousePressEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Tell where it was clicked."""
        place, point = self._place(), event.pos()  # type: ignore[attr-defined]
        if self._image is not None and place.contains(point):
            x, y = point.x() - place.left() + 0.5, point.y() - place.top() + 0.5
            self.pointed.emit(x / place.width(), y / place.height())

    @staticmethod
    def _mark(painter: QPainter, x: float, y: float, text: str) -> None:
        radius = 9 if text else 4
        center = QPoint(round(x), round(y))
        painter.setPen(QPen(QColor(0, 0, 0), 3))
        painter.drawEllipse(center, radius, radius)
        painter.setPen(QPen(QColor(255, 255, 255), 1.5))
        painter.drawEllipse(center, radius, radius)
        painter.drawText(QRect(center.x() - 9, center.y() - 9, 19, 19), Qt.AlignmentFlag.AlignCenter, text)

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
        """Reserve `height` pixels."""
        super().__init__(height)
        self.setToolTip(words.GAMUT_TIP)
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


class Thumbnails(QWidget):
    """Pictures in a grid, one of which is taken by a click."""

    taken = pyqtSignal(int)
    COLUMNS = 3

    def __init__(self) -> None:
        super().__init__()
        self._pictures: list[Picture] = []
        self._images: list[QImage] = []
        self.setToolTip(words.VARIATIONS_TIP)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_pictures(self, pictures: Sequence[Picture]) -> None:
        """Show these."""
        if [id(each) for each in pictures] != [id(each) for each in self._pictures]:
            self._pictures = list(pictures)
            self._images = [pixels.of_picture(each) for each in self._pictures]
            self._fit()
        self.setVisible(bool(self._images))
        self.update()

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Keep the pictures' shape."""
        self._fit()

    def paintEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Paint the pictures."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for i, image in enumerate(self._images):
            painter.drawImage(self._place(i), image)
        painter.end()

    def mousePressEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Take the picture that was clicked."""
        for i in range(len(self._images)):
            if self._place(i).contains(event.pos()):  # type: ignore[attr-defined]
                self.taken.emit(i)
                return

    def _place(self, index: int) -> QRect:
        width = (self.width() - GAP * (self.COLUMNS - 1)) // self.COLUMNS
        height = round(width * self._images[0].height() / self._images[0].width())
        return QRect(index % self.COLUMNS * (width + GAP), index // self.COLUMNS * (height + GAP), width, height)

    def _fit(self) -> None:
        height = self._place(len(self._images) - 1).bottom() + 1 if self._images else 0
        self.setFixedHeight(height)
