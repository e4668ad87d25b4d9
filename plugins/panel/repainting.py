"""Changes of the hint layer that the panel makes itself: a dot in another color, the dots of a variation."""

from __future__ import annotations

from collections.abc import Callable, Generator

from ..protocol.errors import HueDotError
from . import words
from .desk import WAIT, Steps
from .host import Document
from .painted import Parts, looks_alike, scan
from .sheet import Sheet

ROUNDS = 8  # how often the hints are read again because the user painted meanwhile


def change_hints(sheet: Sheet, change: Callable[[Parts], Generator[None, None, Parts]]) -> Steps:
    """Let the hint layer be what `change` makes of it: of what is painted now, not when it was last read."""
    document = sheet.document
    for _ in range(ROUNDS):
        while document.is_open() and document.is_busy():
            yield WAIT
        if not document.is_open() or not document.has_layers():
            return
        parts = yield from scan(document)
        changed = yield from change(parts)
        new = {area: part for area, part in changed.items() if part != parts.get(area)}
        if not new:
            return  # nothing is to be undone, either
        if _is_untouched(document, parts, new):
            document.replace_hints(new)
            sheet.stamp, sheet.is_saved = None, False
            return
        yield None
    raise HueDotError(words.HINTS_CHANGING, words.WAIT_AND_TRY)


def _is_untouched(document: Document, parts: Parts, new: Parts) -> bool:
    """Whether nobody painted where something is new since the parts were read, nor is at it now."""
    same = all(looks_alike(document.read_hints(area), parts.get(area, bytes(len(new[area])))) for area in new)
    return same and not document.is_busy()
