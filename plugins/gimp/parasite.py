"""What HueDot keeps in an image or on a layer: JSON in a parasite, which is saved with it.

An image takes it without a step of undo. A layer does so only before it is in the image, or where it is not saved: else
GIMP adds a step that cannot be undone, and blocks all that is beneath it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gi.repository import Gimp

NAME = "huedot"
PERSISTENT, UNDOABLE = 1, 2


def read(holder: Gimp.Image | Gimp.Item, name: str = NAME) -> dict[str, Any]:
    """Return what is kept; empty if nothing is, or nothing that can be read."""
    parasite = holder.get_parasite(name)
    try:
        kept = json.loads(bytes(parasite.get_data())) if parasite is not None else {}
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def write(holder: Gimp.Image | Gimp.Item, kept: Mapping[str, Any], name: str = NAME, flags: int = PERSISTENT) -> None:
    """Keep JSON values instead of all that is kept."""
    holder.attach_parasite(Gimp.Parasite.new(name, flags, list(json.dumps(dict(kept)).encode())))


def update(image: Gimp.Image, new: Mapping[str, Any]) -> None:
    """Keep JSON values beside, or instead of, those that are kept; no undo step."""
    write(image, {**read(image), **new})
