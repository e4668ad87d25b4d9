"""HueDot's own layers in an image: two in a group, hints above, the result beneath, found by their marks.

Nothing is written to a layer that does not carry the mark, nor to one that inherited it: a copy, or what the result was
merged into, holds what the user made of it. The image keeps which layers were marked in it. In a copy of the image, or
in one that was opened again, all layers are new to GIMP; there the result is the one marked layer that still looks as
HueDot left it.
"""

from __future__ import annotations

import time

from gi.repository import Gimp

from . import drawables, marks, parasite
from .marks import GROUP, HINTS, REGION, RESULT, Mark
from .panel import words
from .protocol.errors import HueDotError

# The parasite that says what the result looks like, as HueDot left it, and of what it was made.
LOOKS = "huedot-looks"
# Layers of HueDot's that undo could bring back.
MAX_MADE = 256
# How often a layer that was refused is looked at again.
LOOK_S = 0.5
Marked = list[tuple[Gimp.Layer, Mark]]


class Layers:
    """HueDot's layers in one open image."""

    def __init__(self, image: Gimp.Image) -> None:
        """Look at nothing yet."""
        self._image = image
        # The marks, by GIMP's numbers of the layers.
        self._seen: dict[int, Mark | None] = {}
        # The result of an image that was copied or opened again, by GIMP's number.
        self._adopted: int | None = None
        # Layers that carry the result's mark, but hold what the user made of it, and when they were looked at last.
        self._refused: dict[int, float] = {}
        # Why a layer that seems to be the result is not written to.
        self.doubt = ""

    def find(self) -> tuple[Gimp.Layer | None, Gimp.Layer | None]:
        """Return the hint layer and the result layer, as far as they are there.

        Of several hint layers it is the uppermost that is visible.
        """
        kept, marked = parasite.read(self._image), self._all()
        results = _of(marked, RESULT)
        hints = self._uppermost(_of(marked, HINTS)) or self._old(kept.get(HINTS), words.HINT_LAYER)
        return hints, self._own_result(results) or (None if results else self._old_result(kept.get(RESULT)))

    def hints(self) -> list[Gimp.Layer]:
        """Return all hint layers, of which one is read: the others are copies of the user's."""
        read, _ = self.find()
        return [layer for layer, _ in _of(self._all(), HINTS)] or ([read] if read is not None else [])

    def regions(self) -> list[Gimp.Layer]:
        """Return all regions, the uppermost first: layers with their mark, and a mask."""
        return [layer for layer, _ in _of(self._all(), REGION) if layer.get_mask() is not None]

    def unmasked(self) -> list[Gimp.Layer]:
        """Return what was a region, until the user took its mask away."""
        return [layer for layer, _ in _of(self._all(), REGION) if layer.get_mask() is None]

    def make_missing(self) -> None:
        """Add what is missing, both in a group, or the one beside the other, and select the hints."""
        hints, result = self.find()
        if result is None:
            self._let_go()
        if hints is None and result is None:
            group = self._group()
            result = self._insert(self._made(words.RESULT_LAYER, RESULT), group, 0)
            hints = self._insert(self._made(words.HINT_LAYER, HINTS), group, 0)
        elif result is None and hints is not None:
            beneath = self._image.get_item_position(hints) + 1
            result = self._insert(self._made(words.RESULT_LAYER, RESULT), hints.get_parent(), beneath)
        elif hints is None and result is not None:
            above = self._image.get_item_position(result)
            hints = self._insert(self._made(words.HINT_LAYER, HINTS), result.get_parent(), above)
        self._image.set_selected_layers([hints])

    def add_region(self, hints: Gimp.Layer, name: str) -> Gimp.Layer:
        """Add a region above those that are beside the hints, masked by the selection, and select it."""
        region, parent = self._made(name, REGION), hints.get_parent()
        beside = [each for each in (hints, *self.regions()) if _are_same(each.get_parent(), parent)]
        region.add_mask(region.create_mask(Gimp.AddMaskType.SELECTION))
        self._insert(region, parent, min(self._image.get_item_position(each) for each in beside))
        region.set_edit_mask(False)
        self._image.set_selected_layers([region])
        return region

    def put_in_place(self, new: Gimp.Layer, hints: Gimp.Layer) -> None:
        """Let a copy of the hint layer take its place and its name."""
        name = hints.get_name()
        self._mark(new, HINTS)
        self._insert(new, hints.get_parent(), self._image.get_item_position(hints))
        self._image.remove_layer(hints)
        new.set_name(name)

    def begin_writing(self, result: Gimp.Layer, photograph: str) -> None:
        """Prepare to write to the result; raises HueDotError if the user painted on it.

        It may look otherwise than HueDot left it where the photograph does, too: all of the image was flipped, say.
        """
        left = parasite.read(self._image, LOOKS)
        is_known = left.get("photograph") == photograph and not result.get_filters()
        if is_known and left["looks"] not in ("", drawables.looks_of(result)):
            self._refuse(result)
            raise HueDotError(words.RESULT_PAINTED.format(layer=result.get_name()), words.UNDO_OR_START)
        self._note_made(result, RESULT)
        self._leave("", photograph)

    def end_writing(self, result: Gimp.Layer, photograph: str, undoable: bool = False) -> None:
        """Keep what the result looks like, and of what it was made; may be part of an undo step."""
        self._note_made(result, RESULT)
        self._leave(drawables.looks_of(result), photograph, undoable)

    def _leave(self, looks: str, photograph: str, undoable: bool = False) -> None:
        flags = parasite.PERSISTENT | (parasite.UNDOABLE if undoable else 0)
        parasite.write(self._image, {"looks": looks, "photograph": photograph}, LOOKS, flags)

    def _all(self) -> Marked:
        family = parasite.read(self._image).get("family")
        found = [(layer, self._mark_of(layer)) for layer in drawables.flat(self._image.get_layers())]
        return [(layer, mark) for layer, mark in found if mark is not None and mark.family == family]

    def _mark_of(self, layer: Gimp.Layer) -> Mark | None:
        number = layer.get_id()
        if number not in self._seen:
            self._seen[number] = marks.read(layer)
        return self._seen[number]

    def _mark(self, layer: Gimp.Layer, role: str) -> None:
        """Mark a layer that is not in the image yet."""
        family = str(parasite.read(self._image).get("family") or marks.new_family())
        marks.put(layer, Mark(role, family))
        parasite.update(self._image, {"family": family})
        self._note_made(layer, role)

    def _note_made(self, layer: Gimp.Layer, role: str) -> None:
        home, made = marks.home_of(self._image, layer), self._made_here(role)
        if home not in made:
            parasite.update(self._image, {f"own {role}": [*made, home][-MAX_MADE:]})

    def _made_here(self, role: str) -> list[str]:
        """Return the layers that are HueDot's own, whether they are in the image or undo could bring them back."""
        made, here = parasite.read(self._image).get(f"own {role}"), marks.home_of(self._image)
        return [each for each in made if str(each).startswith(here)] if isinstance(made, list) else []

    def _uppermost(self, marked: Marked) -> Gimp.Layer | None:
        """Return the uppermost layer of those that are visible; if none is, the one that was marked before others."""
        if len(marked) < 2:
            return next((layer for layer, _ in marked), None)
        visible = [layer for layer, _ in marked if drawables.is_visible(layer)]
        made = self._made_here(HINTS)
        own = [layer for layer, _ in marked if marks.home_of(self._image, layer) in made]
        return (visible or own or [layer for layer, _ in marked])[0]

    def _own_result(self, marked: Marked) -> Gimp.Layer | None:
        """Return the result, but no layer that inherited its mark: those of this image lose it."""
        self.doubt, made = "", self._made_here(RESULT)
        own = [layer for layer, _ in marked if marks.home_of(self._image, layer) in made]
        others = [layer for layer, _ in marked if layer not in own]
        if not made:
            return self._adopt(others)
        for layer in others:
            marks.remove(layer)
            self._seen[layer.get_id()] = None
        return next((layer for layer in own if not self._is_refused(layer)), None)

    def _adopt(self, results: list[Gimp.Layer]) -> Gimp.Layer | None:
        """Return the result of a copied image, or of one that was opened again, if it is as HueDot left it.

        It is noted when it is written to: an image that is only looked at stays as it was saved.
        """
        if self._adopted is not None:
            results = [each for each in results if each.get_id() == self._adopted]
        if len(results) > 1:
            self.doubt = words.SEVERAL_RESULTS
        if len(results) != 1 or self._is_refused(results[0]):
            return None
        if results[0].get_id() == self._adopted or self._is_as_left(results[0]):
            self._adopted = results[0].get_id()
            return results[0]
        self._refuse(results[0])
        return None

    def _is_as_left(self, result: Gimp.Layer) -> bool:
        """Whether a result holds nothing of the user's: what it was merged into, say, is not locked in its place."""
        looks = parasite.read(self._image, LOOKS).get("looks")
        return bool(result.get_lock_position()) and drawables.looks_of(result) == looks

    def _is_refused(self, layer: Gimp.Layer) -> bool:
        """Whether a layer is not HueDot's any more; undo may make it so again."""
        last, now = self._refused.get(layer.get_id()), time.monotonic()
        if last is None:
            return False
        if now - last > LOOK_S and self._is_as_left(layer):
            del self._refused[layer.get_id()]
            return False
        self._refuse(layer, last if now - last <= LOOK_S else now)
        return True

    def _refuse(self, layer: Gimp.Layer, seen: float | None = None) -> None:
        self._refused[layer.get_id()] = time.monotonic() if seen is None else seen
        self.doubt = f"{words.RESULT_PAINTED.format(layer=layer.get_name())} {words.UNDO_OR_START}"

    def _let_go(self) -> None:
        """Leave all layers to the user that carry the result's mark."""
        for layer, _ in _of(self._all(), RESULT):
            marks.remove(layer)
        self._seen.clear()

    def _old(self, tattoo: object, name: str) -> Gimp.Layer | None:
        """Return a layer of an older HueDot, which did not mark them, but kept their tattoos.

        Not where a copy's new numbers may have led to another: the name tells.
        """
        # GIMP shows a message for 0.
        layer = self._image.get_layer_by_tattoo(tattoo) if isinstance(tattoo, int) and tattoo > 0 else None
        return layer if layer is not None and layer.get_name() == name else None

    def _old_result(self, tattoo: object) -> Gimp.Layer | None:
        """Return the result of an older HueDot; what it was merged into is not locked in its place."""
        layer = self._old(tattoo, words.RESULT_LAYER)
        is_own = layer is not None and layer.get_lock_position() and layer.get_id() not in self._refused
        return layer if is_own else None

    def _group(self) -> Gimp.Layer:
        """Return the group, which is added if it is not there."""
        groups = [layer for layer, _ in _of(self._all(), GROUP) if layer.is_group()]
        if groups:
            return groups[0]
        group = Gimp.GroupLayer.new(self._image, words.GROUP)
        self._mark(group, GROUP)
        return self._insert(group, None, 0)

    def _made(self, name: str, role: str) -> Gimp.Layer:
        """Return a transparent layer as large as the image, that is not in it yet."""
        size = self._image.get_width(), self._image.get_height()
        kind, mode = Gimp.ImageType.RGBA_IMAGE, Gimp.LayerMode.NORMAL
        layer = Gimp.Layer.new(self._image, name, *size, kind, 100.0, mode)
        layer.set_lock_position(role == RESULT)
        self._mark(layer, role)
        if role == RESULT:
            self._leave(drawables.looks_of(layer), "")
        return layer

    def _insert(self, layer: Gimp.Layer, parent: Gimp.Layer | None, position: int) -> Gimp.Layer:
        if not self._image.insert_layer(layer, parent, position):
            said = Gimp.get_pdb().get_last_error()
            raise HueDotError(f"GIMP did not add the layer “{layer.get_name()}”: {said}", "Fix that, and try again.")
        return layer


def _of(marked: Marked, role: str) -> Marked:
    return [(layer, mark) for layer, mark in marked if mark.role == role]


def _are_same(one: Gimp.Layer | None, other: Gimp.Layer | None) -> bool:
    return (one.get_id() if one is not None else None) == (other.get_id() if other is not None else None)
