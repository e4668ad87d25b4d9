"""Where the user paints: what is painted elsewhere than on the hints does not count, or does harm."""

from __future__ import annotations

import time

from krita import Document as KritaDocument
from krita import Krita, Node

from .history import History
from .layers import Found, Layers, descendants, id_of, mask_of
from .panel import words
from .photograph import beneath, looks_of

# How often the active layer is asked for, though no step was done or undone.
LOOK_S = 0.25

# The looks of layers, by their ids.
Looks = dict[str, object]


class Painting:
    """The layer that the user paints on, and what the photograph's layers looked like before."""

    def __init__(self, document: KritaDocument, layers: Layers, history: History) -> None:
        """Look at nothing yet."""
        self._document, self._layers, self._history = document, layers, history
        self._looks: Looks = {}
        self._size = 0, 0
        self._done = 0
        # On the photograph, the latest last: the step, and the layer.
        self._strokes: list[tuple[int, str]] = []
        self._looked_at, self._remark = (0.0, -1), ""

    def remark(self) -> str:
        """Return what the user should know of where he paints; nothing where all is well."""
        now, count = time.monotonic(), self._history.count
        if self._looked_at[1] != count or now - self._looked_at[0] > LOOK_S:
            if not self._layers.is_settled():
                return self._remark
            found, self._looked_at = self._layers.find(), (now, count)
            self._remark = "" if None in found else self._remark_on(found)
        return self._remark

    def can_undo_stroke(self) -> bool:
        """Whether the latest step is a stroke on the photograph."""
        return bool(self._strokes) and self._strokes[-1][0] == self._history.done

    def undo_stroke(self) -> None:
        """Undo it."""
        if self.can_undo_stroke() and Krita.instance().activeDocument() == self._document:
            Krita.instance().action("edit_undo").trigger()

    def wrote(self) -> None:
        """Know that HueDot itself changes the result now."""
        _, result = self._layers.find()
        if result is not None:
            self._looks.pop(id_of(result), None)

    def _remark_on(self, found: Found) -> str:
        hints, result = found
        active = self._document.activeNode()
        self._see(found)
        on_photograph = words.ON_PHOTOGRAPH.format(layer=self._strokes[-1][1]) if self._strokes else ""
        if active is None or hints is None or result is None or active == hints or mask_of(active) is not None:
            return on_photograph
        if active == result:
            return words.ON_RESULT
        if active.type() == "paintlayer" and active.parentNode() == hints.parentNode() and _is_above(active, result):
            return words.NOT_READ.format(layer=active.name(), hints=hints.name())
        return on_photograph

    def _see(self, found: Found) -> None:
        """See which layer of the photograph was painted on, by itself; what changes all layers is no stroke.

        A stroke is forgotten when it is undone, or when the user goes on elsewhere.
        """
        done, size = self._history.done, (self._document.width(), self._document.height())
        nodes = _pixels_beneath(self._document.rootNode(), found)
        looks = {id_of(each): looks_of(each) for each in [*nodes, *[each for each in found if each is not None]]}
        changed = [name for name, look in looks.items() if name in self._looks and self._looks[name] != look]
        if changed and done == self._done:
            # A stroke's pixels are there a moment before its step.
            return
        painted = [each.name() for each in nodes if id_of(each) in changed]
        is_covered = found[1] is not None and found[1].visible()
        if done > self._done and changed and size == self._size and len(painted) == len(changed) and is_covered:
            self._strokes.append((done, painted[-1]))
        elif done > self._done and changed:
            self._strokes.clear()
        self._strokes = [each for each in self._strokes if each[0] <= done]
        self._looks, self._done, self._size = looks, done, size


def _pixels_beneath(root: Node, found: Found) -> list[Node]:
    """Return all layers with pixels of their own that are of the photograph, bottom up."""
    there = [inner for each in beneath(root, found) for inner in (each, *descendants(each))]
    return [each for each in there if each.type() == "paintlayer" and mask_of(each) is None]


def _is_above(node: Node, other: Node) -> bool:
    """Whether, of two layers in one group, the first lies above the second."""
    ids = [id_of(each) for each in node.parentNode().childNodes()]
    return id_of(other) in ids and ids.index(id_of(node)) > ids.index(id_of(other))
