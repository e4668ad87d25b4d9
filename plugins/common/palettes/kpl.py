"""Krita's palettes, .kpl: a ZIP archive of an XML file with the colors, and of the profiles that they need."""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from io import BytesIO
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from ..errors import FileError, TooLarge
from .colorimetry import D50, rgb_of_linear, rgb_of_xyz, xyz_of_lab
from .palette import RGB, UNNAMED, NamedColor, Palette
from .profile import ToXYZ, UnknownProfile, to_xyz

MIME = b"krita/x-colorset"
COLORS, PROFILES = "colorset.xml", "profiles.xml"
# Bytes of a part when unpacked.
MOST_BYTES = 8 << 20
# Of its lists: some three for each color.
MOST_ELEMENTS = 50_000
USUAL_COLUMNS = 8
# How the built-in profiles whose curve is sRGB's are named, and the space of screens that has none.
SRGB = re.compile(r"(?i)sRGB(-elle-V\d-srgbtrc\.icc|.*built-?in)?|")
LINEAR = re.compile(r"(?i)(sRGB-elle-V\d-g10|scRGB.*|lin_sRGB.*)\.icc")
SRGB_GRAY = re.compile(r"(?i)Gray-D50-elle-V\d-srgbtrc\.icc|")
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, KeyError)


def parse(data: bytes, place: str, name: str) -> Palette:
    """Return the palette that an archive holds.

    place: the file, for errors; name: the palette's, if the archive has none. Colors of one group follow those of the
    one before it, each group's as they lie, row by row. Those in inks, and in spaces that curves and a matrix do not
    describe, are left out and counted. Raises FileError and TooLarge.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            about, colors, left_out = _colors(_part(archive, COLORS, place), _Spaces(archive, place))
    except DAMAGED as error:
        raise FileError(f"{place} is not a palette of Krita's, or is damaged ({error}).", "Save it again.") from error
    except (expat.ExpatError, ValueError) as error:
        raise FileError(f"The list of colors in {place} is damaged ({error}).", "Save it again, in Krita.") from error
    columns = about.get("columns", "")
    shown = int(columns) if columns.isdecimal() and len(columns) < 5 else 0
    return Palette(about.get("name") or name, tuple(colors), shown, about.get("comment", ""), left_out)


def _part(archive: zipfile.ZipFile, name: str, place: str) -> bytes:
    """Return a part of an archive, of which no more is unpacked than is allowed."""
    with archive.open(name) as part:
        data = part.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise TooLarge(f"{name} in {place} is larger than {MOST_BYTES >> 20} MiB.", "Use a palette of fewer colors.")
    return data


class _Spaces:
    """The spaces of an archive's colors."""

    def __init__(self, archive: zipfile.ZipFile, place: str) -> None:
        self._archive, self._place = archive, place
        self._known: dict[str, ToXYZ | None] = {}

    def rgb(self, kind: str, numbers: dict[str, str]) -> RGB | None:
        """Return the sRGB color that an element describes; None if that takes more than is known here."""
        space = numbers.get("space", "")
        if kind == "Lab":
            return rgb_of_xyz(xyz_of_lab(_floats(numbers, "L", "a", "b"), D50))
        if kind == "XYZ":
            return rgb_of_xyz(_floats(numbers, "x", "y", "z"))
        if kind == "sRGB" or (kind == "RGB" and SRGB.fullmatch(space)):
            red, green, blue = (_whole(value) for value in _floats(numbers, "r", "g", "b"))
            return red, green, blue
        if kind == "RGB" and LINEAR.fullmatch(space):
            return rgb_of_linear(_floats(numbers, "r", "g", "b"))
        if kind == "Gray" and SRGB_GRAY.fullmatch(space):
            gray = _whole(*_floats(numbers, "g"))
            return gray, gray, gray
        if kind in ("RGB", "Gray") and (xyz := self._profile(space)) is not None:
            return rgb_of_xyz(xyz(_floats(numbers, *("rgb" if kind == "RGB" else "g"))))
        return None

    def _profile(self, space: str) -> ToXYZ | None:
        if space not in self._known:
            try:
                self._known[space] = to_xyz(_part(self._archive, self._files().get(space, space), self._place))
            except (UnknownProfile, KeyError):
                self._known[space] = None
        return self._known[space]

    def _files(self) -> dict[str, str]:
        """Return the archive's names of profiles, by the profiles' own."""
        found: dict[str, str] = {}
        if PROFILES in self._archive.namelist():
            for _, kind, said in _elements(_part(self._archive, PROFILES, self._place)):
                if kind == "Profile":
                    found[said.get("name", "")] = said.get("filename", "")
        return found


def _colors(xml: bytes, spaces: _Spaces) -> tuple[dict[str, str], list[NamedColor], int]:
    """Return what the list says of the whole, its colors as they lie, and how many of them are not understood."""
    about: dict[str, str] = {}
    group = 0
    # Each with its group, row and column, which the file may leave out.
    placed: list[tuple[tuple[int, int, int], str, RGB | None]] = []
    for depth, kind, said in _elements(xml):
        if kind == "ColorSet" and depth == 0:
            about = said
        elif kind == "Group":
            group += 1
        elif kind == "ColorSetEntry":
            placed.append(((group if depth > 1 else 0, len(placed), 0), said.get("name", ""), None))
        elif placed and kind == "Position":
            (its_group, _, _), name, rgb = placed[-1]
            placed[-1] = (its_group, int(said["row"]), int(said["column"])), name, rgb
        elif placed and placed[-1][2] is None and not (kind == "Lab" and about.get("version") == "1.0"):
            # Krita 4.0 wrote Lab in a scale of its own.
            placed[-1] = (*placed[-1][:2], spaces.rgb(kind, said))
    placed.sort(key=lambda each: each[0])
    known = [NamedColor("" if name == UNNAMED else name, rgb) for _, name, rgb in placed if rgb is not None]
    return about, known, len(placed) - len(known)


def _elements(xml: bytes) -> list[tuple[int, str, dict[str, str]]]:
    """Return the depth, name and attributes of every element; raises ExpatError, TooLarge, and ValueError."""
    found: list[tuple[int, str, dict[str, str]]] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if len(found) == MOST_ELEMENTS:
            raise TooLarge(f"A list of colors has more than {MOST_ELEMENTS} parts.", "Use a palette of fewer colors.")
        found.append((depth, name, attributes))
        depth += 1

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        # Its entities may grow without end.
        raise ValueError("it declares a type of its own")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, refuse
    parser.Parse(xml, True)
    return found


def written(palette: Palette) -> bytes:
    """Return an archive that Krita reads, of colors in sRGB."""
    columns = palette.columns or USUAL_COLUMNS
    rows = -(-len(palette.colors) // columns)
    head = _attributes(version="2.0", name=palette.name, comment=palette.note, columns=columns, rows=max(rows, 1))
    lines = [f"<ColorSet {head}>"]
    for i, color in enumerate(palette.colors):
        red, green, blue = (f"{value / 255:.9f}" for value in color.rgb)
        name = _attributes(name=color.name or UNNAMED, id=str(i + 1), spot="false", bitdepth="U8")
        place = _attributes(row=i // columns, column=i % columns)
        numbers = _attributes(r=red, g=green, b=blue)
        lines += [f" <ColorSetEntry {name}>", f"  <sRGB {numbers}/>", f"  <Position {place}/>", " </ColorSetEntry>"]
    xml = "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', *lines, "</ColorSet>", ""]).encode()
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        # First and plain: by that the kind of such an archive is known.
        archive.writestr(zipfile.ZipInfo("mimetype"), MIME, zipfile.ZIP_STORED)
        archive.writestr(zipfile.ZipInfo(COLORS), xml, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(PROFILES), b"<Profiles/>\n", zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _attributes(**values: object) -> str:
    return " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items())


def _floats(numbers: dict[str, str], *names: str) -> list[float]:
    """Return numbers of an element; raises ValueError where they are none."""
    found = [float(numbers[name]) for name in names]
    if not all(map(math.isfinite, found)):
        raise ValueError(f"{numbers} is no color")
    return found


def _whole(value: float) -> int:
    return round(min(max(value, 0.0), 1.0) * 255)
