"""GIMP's palettes, .gpl: lines of text, which many programs read and write."""

from __future__ import annotations

import re

from ..errors import FileError
from .palette import UNNAMED, NamedColor, Palette

SIGNATURE = "GIMP Palette"
FIELD = re.compile(r"(Name|Columns|Channels):\s*(.*)", re.IGNORECASE)
COLOR = re.compile(r"\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})(?:\s+(.*))?")
# As Aseprite writes it: the fourth number is the opacity.
WITH_ALPHA = re.compile(r"(\s*\d{1,3}\s+\d{1,3}\s+\d{1,3})\s+\d{1,3}(?=\s|$)")
MOST_COLUMNS = 256


def parse(text: str, place: str, name: str) -> Palette:
    """Return the palette that a text holds.

    place: the file, for errors; name: the palette's, if the text has none. What a comment right above a color says is
    the color's note; what comments above the first color say, up to an empty one, is the palette's. Raises FileError.
    """
    first, *lines = re.split("\r\n|\r|\n", text)
    if first.strip() != SIGNATURE:
        raise FileError(f"{place} is not a palette of GIMP's: its first line is {first!r:.40}.", "Check the file.")
    fields: dict[str, str] = {}
    colors: list[NamedColor] = []
    notes: list[str] = []
    about = ""
    for number, line in enumerate(lines, 2):
        if line.startswith("#"):
            said = line[1:].strip()
            if said:
                notes.append(said)
            elif not colors and not about:
                about, notes = "\n".join(notes), []
        elif not colors and (field := FIELD.fullmatch(line.strip())):
            fields[field[1].lower()] = field[2].strip()
        elif line.strip():
            with_alpha = fields.get("channels", "").upper() == "RGBA"
            colors.append(_color(line, with_alpha, "\n".join(notes), f"Line {number} of {place}"))
            notes = []
    columns = fields.get("columns", "")
    shown = int(columns) if columns.isdecimal() and len(columns) < 5 and int(columns) <= MOST_COLUMNS else 0
    return Palette(fields.get("name") or name, tuple(colors), shown, about)


def _color(line: str, with_alpha: bool, note: str, place: str) -> NamedColor:
    found = COLOR.fullmatch(WITH_ALPHA.sub(r"\1", line, count=1) if with_alpha else line)
    if found is None or max(map(int, found.groups()[:3])) > 255:
        raise FileError(f"{place} is not a color: {line!r:.60}.", "Write red, green and blue, 0 to 255, and a name.")
    name = " ".join((found[4] or "").split())
    return NamedColor("" if name == UNNAMED else name, (int(found[1]), int(found[2]), int(found[3])), note)


def written(palette: Palette) -> str:
    """Return the text of a palette, as `parse` reads it."""
    lines = [SIGNATURE, f"Name: {_on_one_line(palette.name)}"]
    if palette.columns:
        lines.append(f"Columns: {palette.columns}")
    lines += [*_comments(palette.note), "#"]
    for color in palette.colors:
        red, green, blue = color.rgb
        lines += [*_comments(color.note), f"{red:3} {green:3} {blue:3}\t{_on_one_line(color.name) or UNNAMED}"]
    return "\n".join([*lines, ""])


def _comments(note: str) -> list[str]:
    return [f"# {line}" for line in note.splitlines() if line.strip()]


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
