"""The mark on each of HueDot's layers: what the layer is for, and to whom it belongs.

GIMP copies a mark with its layer: to a duplicate, into another image, into a file, and onto what layers are merged
into. So the image keeps which layers were marked, by GIMP's numbers: by that the layer itself is told from all that
inherited its mark. Tattoos will not do: GIMP renumbers a duplicated image.
"""

from __future__ import annotations

import secrets
from functools import cache
from typing import NamedTuple

from gi.repository import Gimp

from . import parasite

HINTS, RESULT, GROUP, REGION = "hints", "result", "group", "region"
# A global parasite, which lasts as long as GIMP runs.
RUN = "huedot-run"


class Mark(NamedTuple):
    """What a layer carries."""

    # HINTS, RESULT, GROUP or REGION.
    role: str
    # What the image and all its layers share, also when they are copied.
    family: str


def new_family() -> str:
    """Return a name that no other image has."""
    return secrets.token_hex(8)


def home_of(image: Gimp.Image, layer: Gimp.Layer | None = None) -> str:
    """Return what tells this image, or a layer in it, from all others, in all runs of GIMP."""
    place = f"{_run()}/{image.get_id()}/"
    return place if layer is None else f"{place}{layer.get_id()}"


def read(layer: Gimp.Layer) -> Mark | None:
    """Return a layer's mark."""
    kept = parasite.read(layer)
    role, family = kept.get("role"), kept.get("family")
    return Mark(role, family) if isinstance(role, str) and isinstance(family, str) else None


def put(layer: Gimp.Layer, mark: Mark) -> None:
    """Mark a layer that is not in the image yet."""
    parasite.write(layer, mark._asdict())


def remove(layer: Gimp.Layer) -> None:
    """Take a layer's mark away; no undo step."""
    parasite.write(layer, {}, flags=0)


@cache
def _run() -> str:
    kept = Gimp.get_parasite(RUN)
    if kept is None:
        Gimp.attach_parasite(Gimp.Parasite.new(RUN, 0, list(secrets.token_hex(8).encode())))
        kept = Gimp.get_parasite(RUN)
    return bytes(kept.get_data()).decode()
