"""Krita's documents as the panel needs them: the only room that knows Krita's API.

Two layers in a group of their own: hints above, the result beneath, locked. Both are made as 8-bit sRGB whatever the
document is, so that their pixels are what the user sees; if the user converts the document, they are converted with it,
and pixels are converted as they are read and written. The result is written without undo steps (nobody paints on it);
layers come and go with them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from krita import Document as KritaDocument
from krita import Krita, ManagedColor, Node, View

from . import pixels
from .history import History
from .known import key_of, known
from .panel import words
from .panel.host import RGB, Other, Picture
from .protocol.errors import HueDotError
from .protocol.messages import Rectangle
from .protocol.wire import Buffer
from .qt import QByteArray, QColor, QImage, QMainWindow, QTimer, QWidget
from .spaces import SRGB, converted, space_of

ANNOTATION = "huedot"
NEVER = (0.0, -1)
FIND_S = 1.0  # how long the layers that were found are taken to be there, if nothing says otherwise
THUMBNAIL = 32  # pixels on a side, of another document in a list
ACTIVATE_MS = (100, 400)  # Krita makes a new layer the active one a while after it was added


class Document:
    """One open document."""

    def __init__(self, document: KritaDocument, history: History) -> None:
        """Wrap Krita's document; `history` counts what the user does."""
        self._document, self._history, self._known = document, history, known(document)
        self._copy: KritaDocument | None = None
        self._alpha: QImage | None = None
        self._found: tuple[Node | None, Node | None] = (None, None)
        self._found_at = NEVER

    @property
    def width(self) -> int:
        """Its width in pixels."""
        return int(self._document.width())

    @property
    def height(self) -> int:
        """Its height in pixels."""
        return int(self._document.height())

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return self._known.key

    @property
    def name(self) -> str:
        """Its file's name, or the one that Krita shows."""
        return name_of(self._document)

    def is_open(self) -> bool:
        """Whether the user has not closed it."""
        return self._document.rootNode() is not None

    def is_busy(self) -> bool:
        """Whether a stroke is under way."""
        if self._document.tryBarrierLock():
            self._document.unlock()
            return False
        return True

    def why_not(self) -> str:
        """Return why it cannot be colored as it is: a grayscale document shows no color."""
        return words.IS_GRAY if self._document.colorModel() == "GRAYA" else ""

    def convert(self) -> None:
        """Make it RGB, at its own depth; one undo step."""
        self._document.setColorSpace("RGBA", self._document.colorDepth(), SRGB[2])
        self._document.waitForDone()

    # The layers

    def has_layers(self) -> bool:
        """Whether both layers are there, in a document that can be colored."""
        return not self.why_not() and None not in self._layers()

    def make_layers(self) -> None:
        """Add what is missing: both in a group, as one undo step, or the one beside the other."""
        hints, result = self._layers()
        if hints is None and result is None:
            group = self._made(words.HINT_LAYER, words.RESULT_LAYER)
            self._document.rootNode().addChildNode(group, None)
            result, hints = group.childNodes()
        elif result is None and hints is not None:
            result = self._made(words.RESULT_LAYER).childNodes()[0].clone()
            hints = self._add_beneath(result, hints)
        elif hints is None and result is not None:
            hints = self._made(words.HINT_LAYER).childNodes()[0].clone()
            result.parentNode().addChildNode(hints, result)
        self._remember(hints, result)
        self._activate()

    def replace_hints(self, parts: Mapping[Rectangle, Buffer]) -> None:
        """Put a copy of the hint layer, with these pixels painted anew, in its place: two undo steps."""
        old, result = self._layers()
        if old is None:
            return
        new = old.clone()
        new.setName(old.name())
        for area, rgba in parts.items():
            image = QImage(bytes(rgba), area[2], area[3], area[2] * 4, pixels.RGBA).convertToFormat(pixels.ARGB)
            _write(new, area, image)
        old.parentNode().addChildNode(new, old)
        old.remove()
        self._remember(new, result)
        self._document.refreshProjection()
        self._activate()

    def _made(self, *names: str) -> Node:
        """Return a group that belongs to no document, so that adding it is one undo step, whatever it holds."""
        scratch = Krita.instance().createDocument(1, 1, words.GROUP, *SRGB, 72.0)
        group = scratch.createGroupLayer(words.GROUP)
        scratch.rootNode().addChildNode(group, None)
        for name in reversed(names):
            node = scratch.createNode(name, "paintlayer")
            node.setLocked(name == words.RESULT_LAYER)
            group.addChildNode(node, None)
        scratch.waitForDone()
        free = group.clone()
        scratch.setModified(False)
        scratch.close()
        return free

    def _add_beneath(self, node: Node, hints: Node) -> Node:
        """Add a layer beneath the hints. Krita's API can only add above: so the hints' copy takes their place."""
        copy = hints.clone()
        hints.parentNode().addChildNode(node, hints)
        hints.parentNode().addChildNode(copy, node)
        hints.remove()
        return copy

    def _layers(self) -> tuple[Node | None, Node | None]:
        """Return the hint layer and the result layer, by the ids kept in the document, or by where they are."""
        now = time.monotonic()
        if self._found_at[1] == self._history.count and now - self._found_at[0] < FIND_S:
            return self._found
        kept = self._kept()
        nodes = _descendants(self._document.rootNode()) if self.is_open() else []
        by_id = {node.uniqueId().toString(): node for node in nodes}
        hints, result = by_id.get(kept.get("hints", "")), by_id.get(kept.get("result", ""))
        if hints is None and result is not None:  # undone to another hint layer
            beside = [node for node in result.parentNode().childNodes() if node.name() == words.HINT_LAYER]
            hints = beside[-1] if beside else None
        self._found, self._found_at = (hints, result), (now, self._history.count)
        return self._found

    def _remember(self, hints: Node | None, result: Node | None) -> None:
        """Keep the ids, and find the layers anew: nodes that came from a clone crash Krita when they are used."""
        ids = {"hints": hints, "result": result}
        self._keep({name: node.uniqueId().toString() for name, node in ids.items() if node is not None})
        self._found_at = NEVER

    def _activate(self) -> None:
        """Make the hint layer the one that the user paints on, once Krita has activated the new one."""
        for wait in ACTIVATE_MS:
            QTimer.singleShot(wait, self._activate_now)

    def _activate_now(self) -> None:
        hints, _ = self._layers()
        if hints is not None and self._document.activeNode() != hints:
            self._document.setActiveNode(hints)

    # What the user painted

    def stamp(self) -> object:
        """Return how often Krita's undo history changed."""
        return self._history.count

    def hint_bounds(self) -> Rectangle | None:
        """Return the painted part of the hint layer inside the image."""
        hints, _ = self._layers()
        if hints is None:
            return None
        inside = hints.bounds().intersected(self._document.bounds())
        return None if inside.isEmpty() else (inside.x(), inside.y(), inside.width(), inside.height())

    def read_hints(self, area: Rectangle) -> bytes:
        """Return the hint layer's pixels, RGBA."""
        hints, _ = self._layers()
        if hints is None:
            return bytes(area[2] * area[3] * 4)
        return pixels.to_rgba(_read(hints, area))

    # The photograph

    def begin_photograph(self) -> None:
        """Copy the document (Krita's copies share their pixels), and take our layers out of the copy."""
        self._copy = self._document.clone()
        self._alpha = None
        ours = {node.uniqueId() for node in self._layers() if node is not None}
        for node in _descendants(self._copy.rootNode()):
            if node.uniqueId() in ours:
                node.remove()
        self._copy.waitForDone()

    def read_photograph(self, area: Rectangle) -> bytes:
        """Return the copy's pixels in sRGB, RGBA; keeps what is not opaque, for the result."""
        if self._copy is None:
            return bytes(area[2] * area[3] * 4)
        image = self._copy.projection(*area)
        rgba = pixels.to_rgba(image)
        alpha = rgba[3::4]
        if alpha.count(255) != len(alpha):
            self._keep_alpha(area, alpha)
        return rgba

    def end_photograph(self) -> None:
        """Close the copy."""
        if self._copy is not None:
            self._copy.setModified(False)
            self._copy.close()
            self._copy = None

    def _keep_alpha(self, area: Rectangle, alpha: bytes) -> None:
        if self._alpha is None:
            self._alpha = QImage(self.width, self.height, pixels.ALPHA)
            self._alpha.fill(255)
        x, y, width, height = area
        bits, stride = self._alpha.bits(), self._alpha.bytesPerLine()
        bits.setsize(self._alpha.sizeInBytes())
        for row in range(height):
            begin = (y + row) * stride + x
            bits[begin : begin + width] = alpha[row * width : (row + 1) * width]

    # The result

    def selection(self, area: Rectangle) -> bytes | None:
        """Return how much each pixel is selected; None if nothing is."""
        selection = self._document.selection()
        return bytes(selection.pixelData(*area)) if selection is not None else None

    def selection_bounds(self) -> Rectangle | None:
        """Return the selection's bounds inside the image."""
        selection = self._document.selection()
        if selection is None:
            return None
        left, top = max(0, selection.x()), max(0, selection.y())
        right = min(self.width, selection.x() + selection.width())
        bottom = min(self.height, selection.y() + selection.height())
        return (left, top, right - left, bottom - top) if right > left and bottom > top else None

    def write_result(self, area: Rectangle, rgb: Buffer, mask: Buffer | None) -> None:
        """Write to the result layer; with a mask, over what is there. Raises HueDotError if it cannot hold colors."""
        _, result = self._layers()
        if result is None:
            return
        if result.colorModel() == "GRAYA":
            raise HueDotError(words.RESULT_IS_GRAY, words.UNDO_OR_DELETE)
        x, y, width, height = area
        image = pixels.from_rgb(rgb, width, height)
        if self._alpha is not None:
            image.setAlphaChannel(self._alpha.copy(x, y, width, height))
        if mask is not None:
            image.setAlphaChannel(pixels.from_alpha(mask, width, height))
            image = pixels.over(image, _read(result, area))
        _write(result, area, image)
        self._known.wrote(self._history)

    def others_wrote(self) -> object:
        """Return what changes when another window's docker wrote to the result, or when it was converted, or back."""
        _, result = self._layers()
        return self._known.others_wrote(self._history), space_of(result) if result is not None else None

    def show_result(self) -> None:
        """Compose the image anew. Of all calls that do, this one alone leaves no undo step."""
        self._document.refreshProjection()

    def thumbnail(self, side: int) -> Picture | None:
        """Return the result, small."""
        _, result = self._layers()
        return pixels.to_picture(result.thumbnail(side, side)) if result is not None else None

    # What is kept in the document

    def load_state(self) -> Mapping[str, Any]:
        """Return the panel's settings."""
        settings = self._kept().get("settings")
        return settings if isinstance(settings, dict) else {}

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Keep the panel's settings."""
        self._keep({"settings": dict(state)})

    def _kept(self) -> dict[str, Any]:
        if not self.is_open():  # to ask a closed document for its annotations crashes Krita 5.1
            return {}
        try:
            kept = json.loads(bytes(self._document.annotation(ANNOTATION)) or b"{}")
        except ValueError:
            return {}
        return kept if isinstance(kept, dict) else {}

    def _keep(self, new: Mapping[str, Any]) -> None:
        if not self.is_open():
            return
        data = json.dumps({**self._kept(), **new}).encode()
        self._document.setAnnotation(ANNOTATION, "HueDot's layers and settings", QByteArray(data))


class Host:
    """Krita, as the docker of one of its windows sees it."""

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


def name_of(document: KritaDocument) -> str:
    """Return a document's name for people."""
    path = document.fileName()
    return path.replace("\\", "/").rsplit("/", 1)[-1] if path else (document.name() or "Untitled")


def _read(node: Node, area: Rectangle) -> QImage:
    """Return a layer's pixels in sRGB."""
    data = converted(node.pixelData(*area), area[2] * area[3], space_of(node), SRGB)
    return pixels.from_krita(data, area[2], area[3])


def _write(node: Node, area: Rectangle, image: QImage) -> None:
    """Write sRGB to a layer."""
    data = converted(pixels.bytes_of(image), area[2] * area[3], SRGB, space_of(node))
    node.setPixelData(QByteArray(data), *area)


def _thumbnail(document: KritaDocument) -> Picture:
    return pixels.to_picture(document.rootNode().thumbnail(THUMBNAIL, THUMBNAIL))


def _descendants(node: Node) -> list[Node]:
    found: list[Node] = []
    for child in node.childNodes():
        found += [child, *_descendants(child)]
    return found
