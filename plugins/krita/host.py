"""Krita as the docker of one of its windows sees it."""

from __future__ import annotations

from collections.abc import Callable

from krita import Document as KritaDocument
from krita import Krita, ManagedColor, View

from . import pixels
from .document import Document, name_of
from .history import History
from .open_documents import key_of
from .panel.host import RGB, Other, Picture
from .qt import QColor, QMainWindow, QWidget

# Pixels on a side of another document in a list.
THUMBNAIL = 32


class Host:
    """Krita, in one of its windows."""

    def __init__(self, docker: QWidget) -> None:
        self._docker = docker
        self.history = History()
        self.name = f"Krita {Krita.instance().version()}"

    def on_closing(self, then: Callable[[], None]) -> None:
        """Have something called when Krita closes."""
        notifier = Krita.instance().notifier()
        notifier.setActive(True)
        notifier.applicationClosing.connect(then)

    def active_document(self) -> Document | None:
        """Return the document that the user looks at in the docker's window."""
        view = self._view()
        document = view.document() if view else None
        return Document(document, self.history) if document is not None and document.rootNode() is not None else None

    def others(self, document: Document) -> list[Other]:
        """Return the other open documents."""
        there = [each for each in Krita.instance().documents() if each.rootNode() is not None]
        others = [each for each in there if key_of(each) != document.key]
        return [Other(key_of(each), name_of(each), _thumbnail(each)) for each in others]

    def read_other(self, key: str, side: int) -> Picture | None:
        """Return another document as it is shown, reduced."""
        for each in Krita.instance().documents():
            if key_of(each) == key:
                image = each.projection(0, 0, each.width(), each.height())
                return pixels.to_picture(image.scaled(side, side, *pixels.SMOOTH))
        return None

    def set_brush_color(self, color: RGB) -> None:
        """Make a color the foreground color."""
        if view := self._view():
            view.setForeGroundColor(ManagedColor.fromQColor(QColor(*color), view.canvas()))

    def watch(self) -> None:
        """Have the history counted."""
        if window := self._window():
            self.history.watch(window)

    def _view(self) -> View | None:
        own = self._window()
        window = next((each for each in Krita.instance().windows() if each.qwindow() is own), None)
        return window.activeView() if window is not None else None

    def _window(self) -> QMainWindow | None:
        """Return the window that the docker belongs to, also while it floats."""
        widget = self._docker
        while widget is not None and not isinstance(widget, QMainWindow):
            widget = widget.parentWidget()
        return widget


def _thumbnail(document: KritaDocument) -> Picture:
    return pixels.to_picture(document.rootNode().thumbnail(THUMBNAIL, THUMBNAIL))
