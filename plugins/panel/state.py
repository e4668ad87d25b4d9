"""What the panel knows of one document. Each part of it is changed by its own methods alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from ..protocol.client import Client
from ..protocol.errors import HueDotError
from ..protocol.messages import Hints, Rectangle
from . import words
from .areas import Pixels
from .confinement import Confinement
from .hint_parts import Parts, color_at, hints_of, newest
from .host import RGB, Document, Other, Picture
from .questions import Questions
from .regions import Regions
from .settings import Settings
from .trouble import Trouble

# How often the hint layer is read although the editor reports no change.
LOOK_S = 2.0
KEPT_TIMES = 1000
# Pixels by which a variation's dots are known to be there.
SAMPLE = 20
T = TypeVar("T")


class Swatch(NamedTuple):
    """A suggested color, its ab in Lab units, and how likely the network holds it, 0..1."""

    color: RGB
    probability: float
    ab: tuple[float, float] = (0.0, 0.0)


class Variation(NamedTuple):
    """One of several colorings: its picture, and the dots that make it."""

    picture: Picture
    dots: Sequence[Mapping[str, Any]]


class Photograph:
    """The photograph as it was last read, and as the daemon knows it."""

    def __init__(self) -> None:
        # The daemon's name for it; None while it is not open there.
        self.image: str | None = None
        # The network that it was opened with.
        self.model: str | None = None
        # Width and height in pixels.
        self.size = 0, 0
        # How opaque it is, unless all of it is opaque.
        self.alpha: Pixels | None = None
        self.fingerprint: object = None  # see Document.fingerprint
        # Whether it was since the last result, because the daemon had forgotten it.
        self.was_reopened = False

    def read(self, size: tuple[int, int], fingerprint: object) -> None:
        """Note what is read from now on."""
        self.image, self.size, self.fingerprint = None, size, fingerprint

    def opened(self, image: str, model: str | None) -> None:
        """Note that the daemon has it."""
        self.image, self.model = image, model

    def forget(self, was_lost: bool = False) -> None:
        """Have it reread; `was_lost` if the daemon forgot it."""
        self.image, self.was_reopened = None, self.was_reopened or was_lost

    def keep_alpha(self, alpha: Pixels | None) -> None:
        """Keep how opaque it is."""
        self.alpha = alpha

    def served(self) -> None:
        """Note that the daemon knows it, or that the user wants another try."""
        self.was_reopened = False

    def differs_from(self, document: Document) -> bool:
        """Return whether the document's size is another by now."""
        return self.size != (document.width, document.height)


class PaintedHints:
    """What is painted on the hint layer, as it was last read."""

    def __init__(self) -> None:
        self.parts: Parts = {}
        self.read_at = 0.0
        self._stamp: object = None
        self._is_known = False

    @property
    def is_known(self) -> bool:
        """Whether the layer was read since the photograph was."""
        return self._is_known

    def should_be_read(self, stamp: object, now: float) -> bool:
        """Return whether the layer may hold something new; the stamp is Document.stamp's."""
        return stamp != self._stamp or now - self.read_at > LOOK_S

    def begin(self, stamp: object, now: float) -> None:
        """Note that it is read."""
        self._stamp, self.read_at = stamp, now

    def take(self, parts: Parts) -> tuple[bool, tuple[int, int] | None]:
        """Keep what was read; returns whether it is new, and the middle of what was painted since, if anything was."""
        before, self.parts, self._is_known = self.parts, parts, True
        return (False, None) if parts == before else (True, newest(before, parts))

    def read_again(self) -> None:
        """Have the layer read although the editor reports no change."""
        self._stamp = None

    def forget(self) -> None:
        """Know nothing of it."""
        self.parts, self._stamp, self._is_known = {}, None, False


class Result:
    """What the result layer shows, and whether that is what the user wants."""

    def __init__(self, is_saved: bool) -> None:
        # The daemon's name for what it shows.
        self.identity: str | None = None
        # Something changed that it does not show yet.
        self.is_due = False
        # Only the neighborhood of the newest dot is up to date.
        self.is_draft = False
        # It came with the document, and stands until the user changes something.
        self.is_saved = is_saved
        # The user asked for it, though Live may be off.
        self.is_refresh = False
        self.overview: Picture | None = None
        self.confinement: Confinement | None = None
        # Milliseconds from the user's change to its result, the latest last.
        self.times: list[float] = []
        self.due_since = 0.0
        self._others_wrote: object = None

    def want(self, fresh: bool = True) -> None:
        """Note that something changed; `fresh` if the user did something else than to go on painting."""
        if fresh or not self.is_due:
            self.due_since = time.monotonic()
        self.is_due, self.is_saved = True, False

    def refresh(self) -> None:
        """Note that the user wants it now."""
        self.want()
        self.is_refresh = True

    def ask_again(self) -> None:
        """Note that an answer did not serve, so that it has to be asked for again."""
        self.still_due()
        self.is_refresh = True

    def still_due(self) -> None:
        """Note that it is wanted, though the user did nothing."""
        if not self.is_due:
            self.due_since = time.monotonic()
        self.is_due = True

    def asked(self, is_draft: bool) -> float:
        """Note that it is asked for; returns since when the user waits."""
        self.is_due = self.is_refresh = False
        self.is_draft = is_draft
        return self.due_since

    def confine(self, confinement: Confinement | None) -> None:
        """Let only a part of it change from now on, or all of it again."""
        self.confinement = confinement

    def writing(self) -> None:
        """Know nothing of what it shows until the last tile is written."""
        self.identity = None

    def written(self, identity: str | None, since: float) -> None:
        """Note what it shows."""
        self.identity = identity
        self.times = [*self.times, (time.monotonic() - since) * 1000][-KEPT_TIMES:]

    def show(self, overview: Picture | None) -> None:
        """Keep a small picture of it."""
        self.overview = overview

    def lost(self) -> None:
        """Know nothing of what it shows: whatever changes next has to be painted in full."""
        self.identity, self.is_draft = None, False

    def see_others(self, wrote: object) -> bool:
        """Return whether others have written to it since the last look; see Document.others_wrote."""
        is_new, self._others_wrote = wrote != self._others_wrote, wrote
        if is_new:
            self.lost()
            self.confinement = None
        return is_new

    def others_wrote(self, wrote: object) -> bool:
        """Return whether others have written to it, without taking note of it."""
        return wrote != self._others_wrote


class Proposals:
    """What the network proposes: colors of a place, places for the next dots, variations."""

    def __init__(self) -> None:
        # The place whose colors are suggested.
        self.place: tuple[int, int] | None = None
        # The selection's bounds, when last seen.
        self.selected: Rectangle | None = None
        # The place's lightness, 0..100.
        self.lightness = 50.0
        self.swatches: list[Swatch] = []
        # Places where a dot would help.
        self.places: list[tuple[int, int]] = []
        self.variations: list[Variation] = []
        # The variation whose dots are on the hint layer.
        self.taken: int | None = None
        # The user painted after the places or variations were found.
        self.are_stale = False
        # What the taken variation painted.
        self.added: dict[tuple[int, int], RGB] = {}
        # The opacities of the hints after a change of our own.
        self._expected: Parts | None = None

    def point_to(self, place: tuple[int, int]) -> None:
        """Suggest colors for another place."""
        self.place = place

    def select(self, bounds: Rectangle | None) -> bool:
        """Note the selection's bounds, and point to the middle of a new one; returns whether it is new."""
        if bounds == self.selected:
            return False
        self.selected = bounds
        if bounds is not None:
            self.point_to((bounds[0] + bounds[2] // 2, bounds[1] + bounds[3] // 2))
        return True

    def suggest(self, swatches: list[Swatch], lightness: float) -> None:
        """Show the likely colors of the place, which is that light."""
        self.swatches, self.lightness = swatches, lightness

    def found_places(self, places: list[tuple[int, int]]) -> None:
        """Show where dots would help."""
        self.places, self.are_stale = places, False

    def found_variations(self, variations: list[Variation]) -> None:
        """Show colorings to choose from."""
        self.variations, self.taken, self.added, self.are_stale = variations, None, {}, False

    def take(self, index: int) -> None:
        """Note which variation the user took."""
        self.taken = index

    def painted(self, added: dict[tuple[int, int], RGB], parts: Parts) -> None:
        """Note what a variation added to the hints, which are now these."""
        self.added = added
        self.changed_hints(parts)

    def changed_hints(self, parts: Parts) -> None:
        """Note the hints after a change of our own, which is none of the user's."""
        self._expected = _alphas(parts)

    def hints_changed(self, parts: Parts) -> bool:
        """Let what was found before the user painted go stale; returns whether the change is the user's."""
        is_users = self._expected is None or _alphas(parts) != self._expected
        self._expected = None
        if is_users:
            self.are_stale = bool(self.variations or self.places)
            if not any(color_at(parts, place) for place in [*self.added][:SAMPLE]):
                # It was undone, or erased.
                self.taken, self.added = None, {}
        self.places = [place for place in self.places if color_at(parts, place) is None]
        return is_users

    def regions_changed(self, regions: Regions) -> None:
        """Let what was found before go stale."""
        self.are_stale = bool(self.variations or self.places)
        self.places = [place for place in self.places if regions.color_at(place) is None]

    def forget(self) -> None:
        """Know nothing: the photograph is another."""
        self.swatches, self.places, self.variations = [], [], []
        self.taken, self.added, self.are_stale = None, {}, False


def _alphas(parts: Parts) -> Parts:
    """Return the opacities of parts where something is painted; colors change a little on their way through a layer."""
    return {area: alpha for area, part in parts.items() if any(alpha := part[3::4])}


class Reference:
    """The picture whose colors are borrowed."""

    def __init__(self) -> None:
        self.lender: Other | None = None
        # The daemon's name for its colors.
        self.histogram: str | None = None

    def choose(self, lender: Other | None) -> None:
        """Borrow another picture's colors, or none; they are not known yet."""
        self.lender, self.histogram = lender, None

    def known(self, histogram: str) -> None:
        """Note the daemon's name for its colors."""
        self.histogram = histogram


class Painting(NamedTuple):
    """Where the user paints, and whether the dots are in sight."""

    remark: str = ""
    can_undo_stroke: bool = False
    hides_dots: bool = False


class DocumentState:
    """A document with HueDot's layers, and all that is known of it."""

    def __init__(self, document: Document, settings: Settings, is_saved: bool) -> None:
        """Know nothing yet; `is_saved` if it came with a result."""
        self.document, self.settings = document, settings
        self.photograph, self.hints, self.result = Photograph(), PaintedHints(), Result(is_saved)
        self.regions, self.proposals, self.reference = Regions(), Proposals(), Reference()
        self.questions, self.trouble = Questions(), Trouble()
        self.painting = Painting()
        self._layers: tuple[bool, str] = (False, "")

    def request_hints(self) -> Hints:
        """Return what the user wants, as a request takes it."""
        painted, settings = hints_of(self.hints.parts), self.settings
        return painted._replace(
            histogram=self.reference.histogram,
            saturation=settings.saturation,
            vividness=settings.vividness,
            model=self.photograph.model,
            regions=self.regions.as_hints(),
        )

    def asking(self, ask: Callable[[Client, Hints], T]) -> Callable[[Client], T]:
        """Return work for the client: to ask something with what the user wants."""
        return self.regions.work(self.request_hints(), ask)

    def color_at(self, place: tuple[int, int]) -> RGB | None:
        """Return the color painted at a place, in a region or outside of them."""
        return self.regions.color_at(place) or color_at(self.hints.parts, place)

    def see_layers(self) -> tuple[bool, bool]:
        """Return whether the layers are there, and whether that, or why not, is new."""
        seen = self.document.has_layers(), self.document.why_not()
        is_new, self._layers = seen != self._layers, seen
        return seen[0], is_new

    def see_painting(self) -> bool:
        """See where the user paints; returns whether that is new."""
        document, before = self.document, self.painting
        self.painting = Painting(document.remark(), document.can_undo_stroke(), document.hides_dots())
        return self.painting != before

    def forget_photograph(self, was_lost: bool = False) -> None:
        """Have all read and recolored; answers under way are of no use."""
        if self.photograph.differs_from(self.document):
            self.result.confine(None)
        self.questions.withdraw("read", "open", "colorize", "write", "palette", "suggest", "variations")
        self.photograph.forget(was_lost)
        self.hints.forget()
        self.regions.forget()
        self.result.lost()
        self.result.still_due()
        self.proposals.forget()

    def lost_by_daemon(self, error: HueDotError) -> None:
        """Open the photograph again; where that did not help, the borrowed colors are what is not there any more."""
        if not self.photograph.was_reopened:
            self.forget_photograph(was_lost=True)
        elif self.reference.lender:
            self.reference.choose(None)
            self.trouble.meet(HueDotError(words.REFERENCE_FORGOTTEN, words.CHOOSE_AGAIN))
        elif self.trouble.error is None:
            self.trouble.meet(error)

    def can_show(self, image: str | None) -> bool:
        """Return whether what was asked for this photograph can be laid over the document as it is now."""
        document, photograph = self.document, self.photograph
        if not document.is_open() or not document.has_layers():
            return False
        return photograph.image == image and not photograph.differs_from(document)

    def whole(self) -> Rectangle:
        """Return the image's rectangle."""
        return 0, 0, self.document.width, self.document.height
