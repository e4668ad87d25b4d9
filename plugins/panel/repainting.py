"""Changes of the hint layer that the panel makes itself: a dot in another color, the dots of a variation."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

from ..protocol.errors import HueDotError
from . import words
from .context import WAIT
from .hint_parts import Parts, looks_alike, scan
from .host import Document
from .state import DocumentState

# How often the hints are read again because the user painted meanwhile.
ROUNDS = 8


class Change(NamedTuple):
    """The painted parts of the hint layer before a change of our own, and after it."""

    before: Parts
    after: Parts


def change_hints(
    state: DocumentState, change: Callable[[Parts], Generator[None, None, Parts]]
) -> Generator[object, None, Change | None]:
    """Let the hint layer be what `change` makes of it: of what is painted now, not when it was last read.

    Returns None if nothing was to be changed.
    """
    document = state.document
    for _ in range(ROUNDS):
        while document.is_open() and document.is_busy():
            yield WAIT
        if not document.is_open() or not document.has_layers():
            return None
        parts = yield from scan(document)
        changed = yield from change(parts)
        new = {area: part for area, part in changed.items() if part != parts.get(area)}
        if not new:
            # Nothing is to be undone, either.
            return None
        if _is_untouched(document, parts, new):
            document.replace_hints(new)
            state.hints.read_again()
            state.result.want()
            return Change(parts, changed)
        yield None
    raise HueDotError(words.HINTS_CHANGING, words.WAIT_AND_TRY)


def _is_untouched(document: Document, parts: Parts, new: Parts) -> bool:
    """Whether nobody painted where something is new since the parts were read, nor is at it now."""
    same = all(looks_alike(document.read_hints(area), parts.get(area, bytes(len(new[area])))) for area in new)
    return same and not document.is_busy()
