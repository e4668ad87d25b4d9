"""Regions in a document: paint layers with a transparency mask, by whose name they are told.

To hide one with its eye is to leave it out. So dots that are only not to be seen are made transparent instead, which
is no undo step.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from krita import Document as KritaDocument
from krita import Krita, Node

from .layers import Layers, descendants, id_of, mask_of
from .panel import words
from .panel.host import RegionLayer
from .panel.regions import free_name
from .photograph import SIDE, holders_of, looks_of
from .protocol.errors import HueDotError
from .protocol.messages import Rectangle
from .protocol.wire import Buffer
from .qt import QByteArray
from .spaces import SRGB

OPAQUE, TRANSPARENT = 255, 0
# What Krita's files begin with, and a document of one empty layer with an empty mask.
TYPE = "application/x-krita"
CONTENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE DOC PUBLIC '-//KDE//DTD krita 2.0//EN' 'http://www.calligra.org/DTD/krita-2.0.dtd'>
<DOC xmlns="http://www.calligra.org/DTD/krita" syntaxVersion="2.0" editor="Krita">
 <IMAGE mime="application/x-kra" name="{words.TITLE}" width="1" height="1" x-res="72" y-res="72"
        colorspacename="{SRGB[0]}" profile="{SRGB[2]}">
  <layers>
   <layer nodetype="paintlayer" name="layer" filename="layer" visible="1" opacity="255" compositeop="normal"
          colorspacename="{SRGB[0]}">
    <masks><mask nodetype="transparencymask" name="{words.REGION_MASK}" filename="mask" visible="1"/></masks>
   </layer>
  </layers>
 </IMAGE>
</DOC>
"""
EMPTY_LAYER = b"VERSION 2\nTILEWIDTH 64\nTILEHEIGHT 64\nPIXELSIZE 4\nDATA 0\n"


class Regions:
    """The regions of a document."""

    def __init__(self, document: KritaDocument, layers: Layers) -> None:
        """Find nothing yet."""
        self._document, self._layers = document, layers

    def visible(self) -> list[RegionLayer]:
        """Return the visible regions, bottom-up; Krita 5.1 does not tell where a mask is white."""
        whole = 0, 0, int(self._document.width()), int(self._document.height())
        _, result = self._layers.find()
        holders = {id_of(each) for each in holders_of(result)} if result is not None else set()
        shown = [each for each in self._layers.regions() if _is_visible(each, holders)]
        return [RegionLayer(id_of(each), looks_of(each), _look_of(mask_of(each)), whole) for each in shown]

    def find(self, key: str) -> Node | None:
        """Return a region's layer."""
        return next((each for each in self._layers.regions() if id_of(each) == key), None)

    def read_mask(self, key: str, area: Rectangle) -> bytes:
        """Return a region's mask, one byte each; black once it is gone."""
        node = self.find(key)
        mask = mask_of(node) if node is not None else None
        return bytes(mask.pixelData(*area)) if mask is not None else bytes(area[2] * area[3])

    def make(self, area: Rectangle, mask: Buffer) -> None:
        """Add a region above the others, or above the hints; one undo step."""
        hints, _ = self._layers.find()
        if hints is None:
            return
        name = free_name({each.name() for each in descendants(self._document.rootNode())})
        parent = hints.parentNode()
        beside = [each for each in parent.childNodes() if each == hints or mask_of(each) is not None]
        parent.addChildNode(_made(name, area, mask), beside[-1])

    def show_dots(self) -> bool:
        """Whether the dots of a region are to be seen."""
        return any(each.visible() and each.opacity() > TRANSPARENT for each in self._layers.regions())

    def hide_dots(self, hidden: bool) -> None:
        """Let no dots of regions be seen, or all; no undo step."""
        for each in self._layers.regions():
            each.setOpacity(TRANSPARENT if hidden else OPAQUE)


def _look_of(mask: Node) -> object:
    """Return what changes when a mask does; its bounds are those of its layer, which change with each dot."""
    return mask.thumbnail(SIDE, SIDE).cacheKey()


def _is_visible(node: Node, holders: set[str]) -> bool:
    """Whether a layer is visible, and so are the user's groups that hold it; HueDot's own may be hidden for a while."""
    return all(each.visible() for each in (node, *holders_of(node)) if id_of(each) not in holders)


def _made(name: str, area: Rectangle, mask: Buffer) -> Node:
    """Return a layer with a mask that belongs to no document, so that adding it is one undo step.

    Krita's API makes masks without pixels, and Krita 5.1 crashes when it saves one. So Krita opens a file that has one.
    """
    with tempfile.TemporaryDirectory() as folder:
        scratch = _opened(Path(folder) / "region.kra")
    layer = scratch.topLevelNodes()[0]
    layer.setName(name)
    layer.childNodes()[0].setPixelData(QByteArray(bytes(mask)), *area)
    free = layer.clone()
    free.setName(name)
    scratch.setModified(False)
    scratch.close()
    return free


def _opened(path: Path) -> KritaDocument:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", TYPE)
        file.writestr("maindoc.xml", CONTENT)
        file.writestr(f"{words.TITLE}/layers/layer", EMPTY_LAYER)
        file.writestr(f"{words.TITLE}/layers/layer.defaultpixel", bytes(4))
    was_batch = Krita.instance().batchmode()
    Krita.instance().setBatchmode(True)
    try:
        document = Krita.instance().openDocument(str(path))
    finally:
        Krita.instance().setBatchmode(was_batch)
    if document is None:
        raise HueDotError("Krita did not add a layer with a mask.", words.REPORT)
    document.waitForDone()
    return document
