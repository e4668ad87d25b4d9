"""The sets of named colors: those that come with HueDot, the user's files, and the colors that the user named."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import ArgumentError, FileError, HueDotError
from .files import ENDINGS, read_palette, write_palette
from .palette import LONGEST_NAME, RGB, NamedColor, Palette, checked_name, folded

# The set of the colors that the user named, and what it is called.
OWN, OWN_TITLE = "mine", "My colors"
# Those that come with HueDot, in the order in which they are shown.
SHIPPED = "skin", "hair", "eyes", "dyes", "uniforms", "denim", "foliage", "sky", "wood", "brick"
# How alike names are that one may have meant, 0..1, and how many of them are told.
ALIKE, TOLD = 0.5, 3


def palettes_folder() -> Path:
    """Return where the user's sets lie, which need not exist: HUEDOT_PALETTES, or a folder that every editor sees."""
    if chosen := os.environ.get("HUEDOT_PALETTES"):
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        roaming = os.environ.get("APPDATA")
        return (Path(roaming) if roaming else home / "AppData" / "Roaming") / "huedot" / "palettes"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "huedot" / "palettes"
    # Literally: Flatpak moves XDG_CONFIG_HOME, not the home.
    return home / ".config" / "huedot" / "palettes"


class Library:
    """All sets as they were when they were read, by their short names: the user's own first."""

    def __init__(self, sets: dict[str, Palette], problems: list[HueDotError]) -> None:
        self.sets = sets
        # What is wrong with files that could not be read.
        self.problems = problems

    @staticmethod
    def read() -> Library:
        """Read all sets. A file of the user's that cannot be read is a problem, and hides no other."""
        sets: dict[str, Palette] = {}
        problems: list[HueDotError] = []
        theirs = _files(palettes_folder())
        own = [path for path in theirs if path == own_file()]
        for path in dict.fromkeys([*own, *map(_shipped, SHIPPED), *theirs]):
            if path.stem not in sets:
                try:
                    sets[path.stem] = read_palette(path)
                except HueDotError as error:
                    problems.append(error)
        return Library(sets, problems)

    def palette(self, name: str) -> Palette:
        """Return a set; raises ArgumentError, which names those that are alike."""
        for key, palette in self.sets.items():
            if folded(name) in (folded(key), folded(palette.name)):
                return palette
        raise ArgumentError("palette", f"There is no set {name!r:.60}.", _meant(name, self.sets))

    def color(self, name: str) -> NamedColor:
        """Return a color by its name, alone or after that of its set, as in "skin/III".

        Case and the kinds of quotes and spaces do not matter. A name alone means the user's own color, if there is one,
        and must otherwise be in one set only. Raises ArgumentError, which names the nearest ones.
        """
        found = [(key, color) for key, color in self._colors() if folded(color.name) == folded(name)]
        own = [color for key, color in found if key == OWN]
        if own or len({color.rgb for _, color in found}) == 1:
            return (own or [color for _, color in found])[0]
        if found:
            these = ", ".join(f"{key}/{color.name}" for key, color in found)
            raise ArgumentError("color", f"{name!r:.60} may be {these}.", "Write one of these.")
        full = {f"{key}/{color.name}": color for key, color in reversed([*self._colors()])}
        for each, color in full.items():
            if folded(each) == folded(name):
                return color
        raise ArgumentError("color", f"There is no color {name!r:.60}.", _meant(name, full))

    def _colors(self) -> Iterator[tuple[str, NamedColor]]:
        for key, palette in self.sets.items():
            yield from ((key, color) for color in palette.colors if color.name)


def own_file() -> Path:
    """Return the file of the colors that the user named."""
    return palettes_folder() / f"{OWN}.gpl"


def stamp() -> object:
    """Return what changes when the user's files do; cheap."""
    try:
        return [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in _files(palettes_folder())]
    except OSError:
        # One went meanwhile.
        return None


def keep_color(name: str, rgb: RGB) -> RGB | None:
    """Give a color a name, under which all editors and commands know it; returns what had that name before.

    Raises ArgumentError where it cannot be a name, FileError where it cannot be kept.
    """
    name, palette = checked_name(name), _own()
    before = [color for color in palette.colors if folded(color.name) == folded(name)]
    others = tuple(color for color in palette.colors if color not in before)
    _write_own(palette._replace(colors=(*others, NamedColor(name, rgb))))
    return before[0].rgb if before else None


def forget_color(name: str) -> None:
    """Remove one of the user's named colors; raises ArgumentError and FileError."""
    palette = _own()
    kept = tuple(color for color in palette.colors if folded(color.name) != folded(name))
    if len(kept) == len(palette.colors):
        remedy = _meant(name, [color.name for color in palette.colors])
        raise ArgumentError("color", f"You named no color {name!r:.60}.", remedy)
    if kept:
        _write_own(palette._replace(colors=kept))
    else:
        _delete(own_file())


def add_set(path: Path, name: str | None = None) -> tuple[str, Palette]:
    """Make a file of the user's a set, under its own name or another; returns the short name, and the set.

    Raises ArgumentError where there is a set of that name, and what read_palette and write_palette raise.
    """
    palette = read_palette(path)
    key = _short(name or path.stem)
    if key in (OWN, *SHIPPED):
        raise ArgumentError("palette", f"The set {key!r} is HueDot's own.", "Choose another name: --name NAME.")
    if key in [each.stem for each in _files(palettes_folder())]:
        raise ArgumentError("palette", f"You have a set {key!r} already.", "Remove it first, or give --name NAME.")
    _make_folder()
    write_palette(palettes_folder() / f"{key}.gpl", palette._replace(name=name or palette.name))
    return key, palette


def remove_set(name: str) -> str:
    """Remove a set of the user's; returns its short name. Raises ArgumentError and FileError."""
    mine = {path.stem: path for path in _files(palettes_folder()) if path.stem != OWN}
    for key, path in mine.items():
        if folded(name) == folded(key):
            _delete(path)
            return key
    raise ArgumentError("palette", f"There is no set {name!r:.60} of yours.", _meant(name, mine))


def _own() -> Palette:
    is_there = own_file() in _files(palettes_folder())
    return read_palette(own_file()) if is_there else Palette(OWN_TITLE, ())


def _write_own(palette: Palette) -> None:
    _make_folder()
    write_palette(own_file(), palette)


def _make_folder() -> None:
    try:
        palettes_folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError.unwritable(palettes_folder(), error, "Make room, or set HUEDOT_PALETTES.") from error


def _delete(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise FileError(f"{path} cannot be removed: {error.strerror}.", "Fix its permissions.") from error


def _shipped(name: str) -> Path:
    return Path(__file__).parent / "sets" / f"{name}.gpl"


def _files(folder: Path) -> list[Path]:
    """Return the palettes in a folder; what begins with a dot is being written."""
    try:
        found = [path for path in folder.iterdir() if path.suffix.lower() in ENDINGS]
    except OSError:
        return []
    return sorted(path for path in found if not path.name.startswith("."))


def _short(name: str) -> str:
    """Return the short name of a set: one that can be a file's anywhere, and be typed."""
    short = re.sub(r"[^\w-]+", "-", folded(name)).strip("-_")
    if not short:
        raise ArgumentError("palette", f"{name!r:.60} cannot be the name of a set.", "Use letters and digits.")
    return short[:40]


def _meant(name: str, known: Iterable[str]) -> str:
    """Return which names one may have meant instead."""
    by_fold = {folded(part): each for each in known for part in (each.rpartition("/")[2], each)}
    near = difflib.get_close_matches(folded(name[: 2 * LONGEST_NAME]), by_fold, TOLD, ALIKE)
    meant = " or ".join(dict.fromkeys(by_fold[each] for each in near))
    return f"Did you mean {meant}?" if meant else "huedot palettes lists all there are."
