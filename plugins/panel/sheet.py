"""What the panel knows of one document, and what of it is kept in the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..protocol.errors import HueDotError, ImageUnknown
from ..protocol.messages import Hints, Rectangle
from . import words
from .host import RGB, Document, Other, Picture
from .painted import Parts, hints_of

RECENT = 9  # colors
MAX_NAME = 4096  # characters of a model's name, as the protocol has it


class Swatch(NamedTuple):
    """A suggested color and how likely the network holds it, 0..1."""

    color: RGB
    probability: float


class Variation(NamedTuple):
    """One of several colorings: its picture, and the dots that make it."""

    picture: Picture
    dots: list[Mapping[str, Any]]


@dataclass
class Settings:
    """What the user chose for a document; kept in it."""

    live: bool = True
    selection_only: bool = False
    draft: bool = False
    saturation: float | None = None
    model: str | None = None  # the network; None is the daemon's default
    recent: list[RGB] = field(default_factory=list)

    @staticmethod
    def of(state: Mapping[str, Any]) -> Settings:
        """Read what a document kept; what cannot be read falls back to the default."""
        settings = Settings()
        for name in ("live", "selection_only", "draft"):
            if isinstance(state.get(name), bool):
                setattr(settings, name, state[name])
        saturation = state.get("saturation")
        if isinstance(saturation, (int, float)) and 0 <= saturation <= 1:
            settings.saturation = float(saturation)
        model = state.get("model")
        settings.model = model if isinstance(model, str) and 0 < len(model) <= MAX_NAME else None
        recent = state.get("recent")
        if isinstance(recent, list):
            settings.recent = [color for each in recent[:RECENT] if (color := _color(each))]
        return settings

    def state(self) -> dict[str, Any]:
        """Return JSON values, as `of` reads them."""
        return {**vars(self), "recent": [list(color) for color in self.recent]}


def _color(value: object) -> RGB | None:
    if isinstance(value, list) and len(value) == 3 and all(isinstance(v, int) and 0 <= v <= 255 for v in value):
        return value[0], value[1], value[2]
    return None


@dataclass(eq=False)
class Sheet:
    """A document with HueDot's layers on it."""

    document: Document
    settings: Settings
    image: str | None = None  # as the daemon knows the photograph
    model: str | None = None  # the network that it was opened with
    size: tuple[int, int] = (0, 0)  # of the photograph that the daemon knows, width and height
    is_reopened: bool = False  # since the last result, because the daemon had forgotten it
    parts: Parts = field(default_factory=dict)
    seen: tuple[bool, str] = (False, "")  # whether the layers were there, and why the image cannot be colored
    stamp: object = None
    scanned: float = 0.0  # when the hints were last looked at
    is_saved: bool = False  # the result came with the document, and stands until the user changes something
    due: bool = False  # something changed that the result does not show yet
    changed: float = 0.0  # when
    error: HueDotError | None = None  # what went wrong, until another try
    stage: str = ""  # what the user waits for
    retry_at: float = 0.0  # when the daemon, which had too much to do, may be asked again
    wanted_once: bool = False  # the user pressed Refresh
    is_draft: bool = False  # only the neighborhood of the newest dot is up to date
    result: str | None = None  # what the result layer shows, as the daemon knows it
    others_wrote: object = None  # see Document.others_wrote
    place: tuple[int, int] | None = None  # where colors are suggested
    selected: Rectangle | None = None  # the selection's bounds, when last seen
    lightness: float = 50.0  # there
    swatches: list[Swatch] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)  # where a dot would help
    variations: list[Variation] = field(default_factory=list)
    overview: Picture | None = None
    lender: Other | None = None  # the document whose colors are borrowed
    histogram: str | None = None  # of it, as the daemon knows it

    @property
    def colors_from(self) -> str | None:
        """The key of the document whose colors are borrowed."""
        return self.lender.key if self.lender else None

    def hints(self) -> Hints:
        """Return what the user wants, as a request takes it."""
        painted = hints_of(self.parts)
        return painted._replace(histogram=self.histogram, saturation=self.settings.saturation, model=self.model)

    def marks(self) -> list[tuple[float, float, str]]:
        """Return what the overview marks: places, in 0..1 of its width and height, and what stands at them."""
        places = [(place, str(number)) for number, place in enumerate(self.places, 1)]
        if self.place and not places:
            places = [(self.place, "")]
        width, height = self.document.width, self.document.height
        return [((x + 0.5) / width, (y + 0.5) / height, label) for (x, y), label in places]

    def used(self, color: RGB) -> None:
        """Remember a color among those lately used."""
        recent = [each for each in self.settings.recent if each != color]
        self.settings.recent = [color, *recent][:RECENT]

    def forget_photograph(self) -> None:
        """Know nothing of the pixels any more, so that all is read and colored anew."""
        self.image = self.result = None
        self.is_draft = False
        self.parts, self.stamp, self.due = {}, None, True
        self.swatches, self.places, self.variations, self.overview = [], [], [], None

    def was_forgotten(self, error: ImageUnknown) -> None:
        """Have the photograph opened anew; where that did not help, borrowed colors are what is not there any more."""
        if not self.is_reopened:
            self.forget_photograph()
            self.is_reopened = True
        elif self.lender:
            self.lender = self.histogram = None
            self.error = HueDotError(words.LENDER_FORGOTTEN, words.LEND_AGAIN)
        else:
            self.error = self.error or error

    def is_resized(self) -> bool:
        """Whether the document was cropped or scaled since its photograph was read."""
        return self.size != (self.document.width, self.document.height)

    def can_show(self, image: str | None) -> bool:
        """Whether what was asked for this photograph can be laid over the document as it is now."""
        document = self.document
        return document.is_open() and document.has_layers() and self.image == image and not self.is_resized()

    def whole(self) -> Rectangle:
        """Return the image's rectangle."""
        return 0, 0, self.document.width, self.document.height
