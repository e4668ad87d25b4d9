"""Changes of the hint layer that the panel makes itself: a dot in another color, the dots of a variation."""

from __future__ import annotations

from collections.abc import Callable

from .desk import WAIT, Steps
from .painted import Parts, scan
from .sheet import Sheet


def change_hints(sheet: Sheet, change: Callable[[Parts], Parts]) -> Steps:
    """Let the hint layer be what `change` makes of it: of what is painted now, not when it was last read."""
    document = sheet.document
    while True:
        while document.is_open() and document.is_busy():
            yield WAIT
        if not document.is_open() or not document.has_layers():
            return
        parts = yield from scan(document)
        new = {area: part for area, part in change(parts).items() if part != parts.get(area)}
        if all(bytes(document.read_hints(area)) == parts.get(area, bytes(len(new[area]))) for area in new):
            break  # nobody painted there meanwhile
    if new:  # else nothing is to be undone, either
        document.replace_hints(new)
        sheet.stamp = None
