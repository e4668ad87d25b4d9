"""The photograph: what lies beneath the result layer. What lies above is the user's grade, shown over the result.

Groups that hold the result, and what else is beneath it, act on the result as they do on the photograph: their masks,
opacity and blending mode are no part of it. Nor are clones of HueDot's layers, which would be colored again and again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from krita import Document as KritaDocument
from krita import Node

from . import pixels
from .layers import Found, descendants, id_of, mask_of
from .panel import words
from .protocol.errors import HueDotError
from .protocol.messages import Rectangle

# Rows that are hashed at a time.
BAND = 256
# Rows of a layer that Krita composes, which are hashed at a time.
ROWS = 64
# Pixels on a side of a thumbnail.
SIDE = 64


class Photograph:
    """The photograph of a document."""

    def __init__(self, document: KritaDocument) -> None:
        self._document = document
        self._copy: KritaDocument | None = None
        self._hashed: dict[str, tuple[object, int]] = {}

    def begin(self, found: Found) -> None:
        """Copy the document (Krita's copies share their pixels), and leave in the copy what lies beneath the result.

        Raises HueDotError if nothing does.
        """
        hints, result = found
        root = self._document.rootNode()
        if result is None or not any(each.visible() for each in beneath(root, found)):
            raise HueDotError(words.NOTHING_BENEATH, words.MOVE_ABOVE)
        self.end()
        copy = self._document.clone()
        holders, ours = [id_of(each) for each in holders_of(result)], _ours(root, found)
        for node in descendants(copy.rootNode()):
            is_hints = hints is not None and id_of(node) == id_of(hints)
            if is_hints or mask_of(node) is not None or _is_clone_of(node, ours):
                node.remove()
        _uncover(copy.rootNode(), holders, id_of(result))
        copy.waitForDone()
        self._copy = copy

    def read(self, area: Rectangle) -> bytes:
        """Return the copy's pixels in sRGB, RGBA."""
        if self._copy is None:
            return bytes(area[2] * area[3] * 4)
        return pixels.to_rgba(self._copy.projection(*area))

    def end(self) -> None:
        """Close the copy."""
        if self._copy is not None:
            self._copy.setModified(False)
            self._copy.close()
            self._copy = None

    def fingerprint(self, found: Found) -> int:
        """Return a number that another photograph has not: of the layers beneath the result, what is in sight."""
        ours = _ours(self._document.rootNode(), found)
        shown = [self._seen(each, ours) for each in beneath(self._document.rootNode(), found) if each.visible()]
        return zlib.crc32(repr((self._document.width(), self._document.height(), shown)).encode())

    def _seen(self, node: Node, ours: set[str]) -> object:
        """Return what makes a layer look as it does; with all that it holds, but what is HueDot's."""
        shown = [each for each in node.childNodes() if each.visible() and id_of(each) not in ours]
        held = [self._seen(each, ours) for each in shown if not _is_clone_of(each, ours)]
        looks = node.type(), node.opacity(), node.blendingMode(), node.inheritAlpha(), node.bounds().getRect()
        return looks, self._pixels_of(node, bool(held)), _settings_of(node), held

    def _pixels_of(self, node: Node, is_composed: bool) -> int:
        """Hash a layer's pixels, if they changed."""
        if node.type() == "grouplayer" or (node.type() == "clonelayer" and not _tells_source(node)):
            return 0  # a clone that may be the result's would change with each result
        if node.type() != "paintlayer":
            return zlib.crc32(pixels.bytes_of(node.thumbnail(SIDE, SIDE)))
        key = looks_of(node)
        if self._hashed.get(id_of(node), ((), 0))[0] != key:
            self._hashed[id_of(node)] = key, _hash(node)
        masked = _hash_masked(node) if is_composed else 0
        return zlib.crc32(repr((self._hashed[id_of(node)][1], masked)).encode())


def looks_of(node: Node) -> object:
    """Return what changes when a layer's pixels do: Krita keeps the thumbnail that it made as long as they do not."""
    return node.thumbnail(SIDE, SIDE).cacheKey(), node.bounds().getRect()


def beneath(root: Node, found: Found) -> list[Node]:
    """Return the layers beneath the result, bottom up; not what they hold."""
    _, result = found
    if result is None:
        return []
    holders, ours = [id_of(each) for each in holders_of(result)], _ours(root, found)
    there = _below(root, holders, id_of(result))
    return [each for each in there if id_of(each) not in ours and not _is_clone_of(each, ours)]


def _ours(root: Node, found: Found) -> set[str]:
    """Return the ids of HueDot's layers, and of the groups that hold the result."""
    _, result = found
    holders = holders_of(result) if result is not None else ()
    regions = [each for each in descendants(root) if mask_of(each) is not None]
    return {id_of(each) for each in (*found, *holders, *regions) if each is not None}


def _is_clone_of(node: Node, ids: set[str]) -> bool:
    """Whether a layer is Krita's clone of one of these, or a clone of such a clone, as far as Krita tells."""
    while node is not None and _tells_source(node):
        node = node.sourceNode()
        if node is not None and id_of(node) in ids:
            return True
    return False


def _tells_source(node: Node) -> bool:
    """Whether a layer is a clone, and Krita says of what: 5.1 does not."""
    return str(node.type()) == "clonelayer" and hasattr(node, "sourceNode")


def _below(parent: Node, holders: list[str], result: str) -> Iterator[Node]:
    for child in _layers_of(parent):
        if id_of(child) == result:
            return
        if id_of(child) in holders:
            yield from _below(child, holders, result)
            return
        yield child


def _uncover(parent: Node, holders: list[str], result: str) -> None:
    """Remove the result and all above it, and what acts on them."""
    is_above = False
    for child in parent.childNodes():
        is_holder = id_of(child) in holders
        if is_above or _is_mask(child) or id_of(child) == result:
            child.remove()
        elif is_holder:
            _let_through(child)
            _uncover(child, holders, result)
        is_above |= is_holder or id_of(child) == result


def _let_through(group: Node) -> None:
    """Show a group as what it holds."""
    group.setVisible(True)
    group.setOpacity(255)
    group.setBlendingMode("normal")
    group.setInheritAlpha(False)


def holders_of(node: Node) -> Iterator[Node]:
    """Return the groups that hold a layer, the innermost first, the root not among them."""
    parent = node.parentNode()
    while parent is not None and parent.parentNode() is not None:
        yield parent
        parent = parent.parentNode()


def _layers_of(parent: Node) -> list[Node]:
    return [each for each in parent.childNodes() if not _is_mask(each)]


def _is_mask(node: Node) -> bool:
    return str(node.type()).endswith("mask")


def _settings_of(node: Node) -> object:
    """Return the settings of a filter or a transformation, as far as Krita's API tells them."""
    for name in ("filter", "generator"):
        if hasattr(node, name) and (made := getattr(node, name)()) is not None:
            return made.name(), sorted(made.configuration().properties().items(), key=str)
    return node.toXML() if hasattr(node, "toXML") else None


def _hash(node: Node) -> int:
    """Hash all pixels of a layer: 50 ms for 12 megapixels."""
    x, y, width, height = node.bounds().getRect()
    crc = 0
    for top in range(y, y + height, BAND):
        crc = zlib.crc32(node.pixelData(x, top, width, min(BAND, y + height - top)), crc)
    return crc


def _hash_masked(node: Node) -> int:
    """Hash some rows of a layer, as its masks let it show."""
    x, y, width, height = node.bounds().getRect()
    rows = range(y, y + height, max(1, height // ROWS))
    crc = 0
    for row in rows:
        crc = zlib.crc32(node.projectionPixelData(x, row, width, 1), crc)
    return crc
