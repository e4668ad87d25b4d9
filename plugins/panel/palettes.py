"""The sets of named colors that the panel offers, and the color that the user gives a name."""

from __future__ import annotations

from typing import NamedTuple

from ..protocol.errors import HueDotError
from ..protocol.palettes import library
from ..protocol.palettes.colorimetry import lab_of_rgb
from ..protocol.palettes.library import Library
from ..protocol.palettes.palette import NamedColor
from . import color, words
from .host import RGB
from .state import DocumentState
from .view import Color

# How often the user's files are looked at: another editor, or a command, may have changed them.
LOOK_S = 2.0
# Colors of a set that are shown.
MOST_SHOWN = 180


class NamedColors(NamedTuple):
    """What the panel shows of named colors."""

    # To choose from: a short name, and one for people.
    sets: list[tuple[str, str]]
    # The short name of the one that is chosen.
    chosen: str
    # Its colors, at the lightness of the place that is pointed to.
    colors: list[Color]
    # The color that would get a name; None if there is none yet.
    unnamed: RGB | None
    said: str

    @property
    def keep_tip(self) -> str:
        """What the user is told of keeping that color under a name."""
        if self.unnamed is None:
            return words.NOTHING_TO_KEEP
        return words.KEEP_TIP.format(color=words.name_of(self.unnamed))


class Palettes:
    """The sets, of which one is chosen for all photographs."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._library = Library({}, [])
        self._chosen = ""
        self._said = ""
        self._stamp: object = None
        self._looked_at = -LOOK_S
        # What the colors were shown for, and they.
        self._shown: tuple[object, list[Color]] = None, []

    def look(self, now: float) -> bool:
        """Read the sets again if the user's files have changed; returns whether they have. Cheap if called often."""
        if now - self._looked_at < LOOK_S:
            return False
        self._looked_at = now
        return self._read()

    def choose(self, key: str) -> None:
        """Show another set."""
        self._chosen, self._said = key, ""

    def name(self, name: str, rgb: RGB) -> None:
        """Give a color a name, and show it among the user's own; what is wrong with the name is said."""
        try:
            before = library.keep_color(name, rgb)
        except HueDotError as error:
            self._said = str(error)
            return
        kept = words.KEPT if before in (None, rgb) else words.KEPT_INSTEAD
        self._read()
        self.choose(library.OWN)
        self._said = kept.format(name=name.strip(), color=words.name_of(rgb), before=words.name_of(before or rgb))

    def view(self, state: DocumentState) -> NamedColors:
        """Return what is shown for a document."""
        sets = self._library.sets
        chosen = self._chosen if self._chosen in sets else next(iter(sets), "")
        problem = str(self._library.problems[0]) if self._library.problems else ""
        return NamedColors(
            sets=[(key, palette.name) for key, palette in sets.items()],
            chosen=chosen,
            colors=self._colors(chosen, round(state.proposals.lightness)),
            unnamed=color_to_name(state),
            said=self._said or problem,
        )

    def _read(self) -> bool:
        stamp = library.stamp()
        if stamp == self._stamp:
            return False
        self._stamp, self._library = stamp, Library.read()
        return True

    def _colors(self, chosen: str, lightness: int) -> list[Color]:
        palette = self._library.sets.get(chosen)
        named = palette.colors[:MOST_SHOWN] if palette else ()
        wanted = named, lightness
        if self._shown[0] != wanted:
            self._shown = wanted, [_shown(each, lightness) for each in named]
        return self._shown[1]


def color_to_name(state: DocumentState) -> RGB | None:
    """Return the color of the dot at the place that is pointed to, or of the newest dot."""
    place, recent = state.proposals.place, state.settings.recent
    painted = state.color_at(place) if place else None
    return painted or (recent[0] if recent else None)


def _shown(named: NamedColor, lightness: float) -> Color:
    _, a, b = lab_of_rgb(named.rgb)
    seen = color.readable(lightness, (a, b), color.at_lightness(named.rgb, lightness))
    code = words.name_of(named.rgb)
    return Color(named.rgb, seen, 0.0, words.NAMED_TIP.format(name=named.name or code, color=code))
