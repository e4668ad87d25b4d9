"""What a palette is: colors with names, in an order."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from ..errors import ArgumentError

# sRGB, 0..255.
RGB = tuple[int, int, int]
# Characters of a name.
LONGEST_NAME = 80
# What GIMP calls a color that has no name.
UNNAMED = "Untitled"


class NamedColor(NamedTuple):
    """A color of a palette; the name may be empty. `note` is what the file says of it, such as its source."""

    name: str
    rgb: RGB
    note: str = ""


class Palette(NamedTuple):
    """Colors with names, as a file has them."""

    # For people.
    name: str
    colors: tuple[NamedColor, ...]
    # In how many columns its editor shows it; 0 where it does not say.
    columns: int = 0
    # What the file says of the whole.
    note: str = ""
    # How many colors of the file were left out, since what they look like on a screen is not known.
    left_out: int = 0


def checked_name(text: str) -> str:
    """Return a name as it is kept: on one line, and no longer than a list can show. Raises ArgumentError."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ArgumentError("name", f"{text!r:.100} cannot be a color's name.", f"Write 1 to {LONGEST_NAME} letters.")
    if name.startswith("#"):
        raise ArgumentError("name", f"{name} would be taken for a color's code.", "Begin with another sign than #.")
    return name


def folded(name: str) -> str:
    """Return what two names that people take for the same have in common."""
    name = unicodedata.normalize("NFKC", name).replace("’", "'").replace("‘", "'")
    return re.sub(r"\s+", " ", name).strip().casefold()
