"""HueDot's two layers in a document: what tells them from the user's own, and how they come and go.

Krita gives each layer an id that no other has: no duplicate of it, nothing that it is pasted, converted or merged to.
It is saved with the document, and stays in a copy of the whole document. So the ids that a document keeps are the mark
of HueDot's layers, and nothing is written to a layer whose id is not among them.

Both are made as 8-bit sRGB whatever the document is, so that their pixels are what the user sees; if the user converts
the document, they are converted with it. Layers come and go with undo steps. To replace a layer takes more than one in
Krita's API: between them, the old one and the new are both there, and an undo or redo that stops there is continued.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from krita import Document as KritaDocument
from krita import Krita, Node

from . import kept, pixels
from .history import History
from .panel import words
from .panel.host import Picture
from .protocol.errors import HueDotError
from .protocol.messages import Rectangle
from .protocol.wire import Buffer
from .qt import QTimer
from .spaces import SRGB, write

# The hint layer and the result layer.
Found = tuple[Node | None, Node | None]

# Ids of layers that undo could bring back; Krita undoes 200 steps.
MAX_KEPT = 256
# How long the layers that were found are taken to be there, if nothing says otherwise.
FIND_S = 1.0
# Krita makes a new layer the active one a while after it was added.
ACTIVATE_MS = (100, 400)


class Layers:
    """The hint layer and the result layer of a document."""

    def __init__(self, document: KritaDocument, history: History) -> None:
        """Find nothing yet; `history` tells what is done and undone."""
        self._document, self._history = document, history
        self._activations = 0
        self._found: Found = None, None
        self._regions: list[Node] = []
        self._found_at = (0.0, -1)
        # The ids of the layers that were there last.
        self._ids = ("", "")
        # The steps when they were there.
        self._done = 0
        # They went by undo.
        self._is_undone = False
        # The history's count when an undo or redo was continued last.
        self._finished_at = -1

    def find(self) -> Found:
        """Return the hint layer and the result layer, as far as they are there."""
        now, count = time.monotonic(), self._history.count
        if self._found_at[1] == count and now - self._found_at[0] < FIND_S:
            return self._found
        is_settled = self.is_settled()
        self._found = self._find(is_settled)
        self._found_at = (now, count) if is_settled else (0.0, -1)
        return self._found

    def regions(self) -> list[Node]:
        """Return all regions, bottom-up."""
        self.find()
        return self._regions

    def is_busy(self) -> bool:
        """Whether a stroke, or an undo of one, is under way."""
        if self._document.tryBarrierLock():
            self._document.unlock()
            return False
        return True

    def is_settled(self) -> bool:
        """Whether all that was done, undone or redone shows in the layers."""
        return self._history.is_settled and not self.is_busy()

    def can_redo(self) -> bool:
        """Whether the layers went by undo, so that redo brings them back, with all that was on them."""
        return self._is_undone and None in self.find() and self._history.undone > 0

    def make(self) -> None:
        """Bring back what undo took, or else add what is missing; one undo step."""
        if self.can_redo():
            self._redo()
            return
        hints, result = self.find()
        if hints is None and result is None:
            group = _made(words.HINT_LAYER, words.RESULT_LAYER)
            self._document.rootNode().addChildNode(group, None)
            result, hints = group.childNodes()
        elif result is None and hints is not None:
            hints, result = self._add_beneath(hints)
        elif hints is None and result is not None:
            hints = _made(words.HINT_LAYER).childNodes()[0].clone()
            result.parentNode().addChildNode(hints, result)
        self._keep(hints, result)
        self.activate()

    def replace_hints(self, parts: Mapping[Rectangle, Buffer]) -> None:
        """Put a copy of the hint layer, with these RGBA parts repainted, in its place. Raises if it is locked."""
        old, result = self.find()
        if old is None:
            return
        if old.locked():
            raise HueDotError(words.HINTS_LOCKED, words.UNLOCK_HINTS)
        new = old.clone()
        new.setName(old.name())
        for area, rgba in parts.items():
            write(new, area, pixels.of_picture(Picture(*area[2:], 4, rgba)))
        old.parentNode().addChildNode(new, old)
        old.remove()
        self._keep(new, result)
        self._document.refreshProjection()
        self.activate()

    def activate(self) -> None:
        """Make the hint layer the one that the user paints on, once Krita has activated the new one."""
        for wait in ACTIVATE_MS:
            self._activations += 1
            QTimer.singleShot(wait, self._activate_now)

    def is_activating(self) -> bool:
        """Whether the hint layer is still to be made the active one."""
        return self._activations > 0

    def _activate_now(self) -> None:
        self._activations -= 1
        hints, _ = self.find()
        active = self._document.activeNode()
        if hints is None or active == hints:
            return
        # What lies elsewhere was chosen by the user meanwhile
        ours = [id_of(each) for each in (hints.parentNode(), *hints.parentNode().childNodes())]
        if active is None or id_of(active) in ours:
            self._document.setActiveNode(hints)

    def _add_beneath(self, hints: Node) -> Found:
        """Add a result beneath the hints. Krita's API can only add above: so the hints' copy takes their place."""
        copy, result = hints.clone(), _made(words.RESULT_LAYER).childNodes()[0].clone()
        copy.setName(hints.name())
        hints.parentNode().addChildNode(copy, hints)
        hints.parentNode().addChildNode(result, hints)
        hints.remove()
        return copy, result

    def _find(self, is_settled: bool) -> Found:
        nodes = descendants(self._document.rootNode()) if self._document.rootNode() is not None else []
        by_id = {id_of(node): node for node in nodes}
        self._regions = [node for node in nodes if mask_of(node) is not None]
        ours = [[each for each in self._kept(kind) if each in by_id] for kind in ("hints", "result")]
        if is_settled and any(len(each) > 1 for each in ours):
            self._finish(ours[0])
        ids = ours[0][-1] if ours[0] else "", ours[1][-1] if ours[1] else ""
        if is_settled:
            self._see(ids)
        return by_id.get(ids[0]), by_id.get(ids[1])

    def _see(self, ids: tuple[str, str]) -> None:
        """Note what is there, and whether it was undo that took what is not."""
        if all(ids):
            self._ids, self._is_undone, self._done = ids, False, self._history.done
        elif all(self._ids):
            self._is_undone, self._ids = self._history.done < self._done, ("", "")

    def _finish(self, there: list[str]) -> None:
        """Continue an undo or redo that stopped between the steps of one replacement."""
        if self._finished_at == self._history.count or Krita.instance().activeDocument() != self._document:
            # It did not help, or it would undo another document's step.
            return
        self._finished_at = self._history.count
        name = "edit_undo" if self._ids[0] == there[-1] else "edit_redo"
        QTimer.singleShot(0, Krita.instance().action(name).trigger)
        self.activate()

    def _redo(self) -> None:
        """Redo until both layers are there."""
        for _ in range(self._history.undone):
            Krita.instance().action("edit_redo").trigger()
            self._document.waitForDone()
            self._found_at = (0.0, -1)
            if None not in self.find():
                self.activate()
                return

    def _kept(self, kind: str) -> list[str]:
        """Return the ids of all layers that were the hint layer, or the result layer, in this document; latest last."""
        ids = kept.read(self._document).get(kind)
        # As HueDot 0.1 kept it.
        if isinstance(ids, str):
            return [ids]
        return [each for each in ids if isinstance(each, str)] if isinstance(ids, list) else []

    def _keep(self, hints: Node | None, result: Node | None) -> None:
        """Mark the layers, and find them again: nodes that came from a clone crash Krita when they are used."""
        for kind, node in (("hints", hints), ("result", result)):
            if node is not None and (id_ := id_of(node)) not in (ids := self._kept(kind)):
                kept.update(self._document, {kind: [*ids, id_][-MAX_KEPT:]})
        self._found_at = (0.0, -1)


def id_of(node: Node) -> str:
    """Return a layer's id, which no other layer has."""
    return str(node.uniqueId().toString())


def descendants(node: Node) -> list[Node]:
    """Return all layers and masks inside another, bottom up."""
    return [each for child in node.childNodes() for each in [child, *descendants(child)]]


def mask_of(node: Node) -> Node | None:
    """Return a region's mask; None if a layer is no region.

    The mask's name tells: it is saved, and goes with the layer wherever it is moved, grouped, duplicated or pasted.
    """
    if node.type() != "paintlayer":
        return None
    masks = (each for each in node.childNodes() if each.type() == "transparencymask")
    return next((each for each in masks if each.name() == words.REGION_MASK), None)


def _made(*names: str) -> Node:
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
