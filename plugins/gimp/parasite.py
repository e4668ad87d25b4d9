"""What HueDot keeps in an image: JSON in a parasite, which is saved with the image and is no undo step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gi.repository import Gimp

NAME, PERSISTENT = "huedot", 1


def read(image: Gimp.Image) -> dict[str, Any]:
    """Return what is kept; empty if nothing is, or nothing that can be read."""
    parasite = image.get_parasite(NAME)
    try:
        kept = json.loads(bytes(parasite.get_data())) if parasite is not None else {}
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def update(image: Gimp.Image, new: Mapping[str, Any]) -> None:
    """Keep JSON values beside, or instead of, those that are kept."""
    data = json.dumps({**read(image), **new}).encode()
    image.attach_parasite(Gimp.Parasite.new(NAME, PERSISTENT, list(data)))
