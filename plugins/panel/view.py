"""What the panel shows: all of it is worked out here, and the editors' widgets only show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..protocol.messages import knows_regions
from . import color, words
from .coloring import lacks_selection
from .context import Context
from .host import RGB, Picture
from .settings import BORROWED_VIVIDNESS, USUAL_VIVIDNESS
from .state import DocumentState, Painting, Swatch

# Lightness below and above which a photograph takes no color that one sees.
COLORLESS = 1.5, 98.5


class Status(NamedTuple):
    """A sentence on how things are; `remedy` says what to do if they are not well."""

    text: str
    remedy: str = ""
    is_error: bool = False


class Mark(NamedTuple):
    """A place on the overview, in 0..1 of its width and height, and what is written there."""

    x: float
    y: float
    text: str
    # Whether colors are suggested for it.
    is_current: bool
    is_stale: bool


class Color(NamedTuple):
    """A color to paint with: how it is shown, and what is said of it."""

    # The color that a click takes.
    color: RGB
    # As it is shown: lighter or darker, where it could not be told from others.
    shown: RGB
    # How likely it is beside the likeliest, 0..1; 0 where that is not known.
    share: float
    tip: str


class Choice(NamedTuple):
    """A variation to choose."""

    picture: Picture
    is_taken: bool


class View(NamedTuple):
    """What the panel shows of the document."""

    said: str
    is_error: bool
    # A stroke that went to the photograph.
    may_undo_stroke: bool
    # What the button says that fixes it; empty where nothing is to be fixed.
    action: str
    # Whether there are layers to paint on.
    is_ready: bool
    may_start: bool
    start: str
    start_tip: str
    # Which part of the result may change; empty if all of it.
    confined: str
    # Whether something is selected that could be a region.
    may_make_region: bool
    overview: Picture | None
    marks: list[Mark]
    # What stands above the suggested colors.
    heading: str
    suggested: list[Color]
    gamut: Picture | None
    recent: list[Color]
    choices: list[Choice]
    choices_heading: str
    choices_are_stale: bool
    live: bool
    selection_only: bool
    draft: bool
    saturation: float | None
    saturation_text: str
    vividness: float
    vividness_text: str
    hides_dots: bool
    # To choose from; the first, None, is the daemon's own.
    models: list[tuple[str | None, str]]
    model: str | None
    # The key of the document whose colors are borrowed.
    reference: str | None


def view_of(context: Context, gamut: Picture | None) -> View | None:
    """Return what the panel shows; None where there is no document."""
    state = context.state
    if state is None:
        return None
    status, document, proposals, settings = status_of(context), state.document, state.proposals, state.settings
    painting = Painting() if status.is_error else state.painting
    is_unfit = bool(document.why_not())
    usual = BORROWED_VIVIDNESS if state.reference.histogram is not None else USUAL_VIVIDNESS
    vividness = usual if settings.vividness is None else settings.vividness
    start, start_tip = _start(state)
    return View(
        said=painting.remark or " ".join([status.text, status.remedy if status.is_error else ""]).strip(),
        is_error=status.is_error,
        may_undo_stroke=bool(painting.remark) and painting.can_undo_stroke,
        action=words.CONVERT if is_unfit else words.RETRY if status.is_error else "",
        is_ready=not is_unfit and document.has_layers(),
        may_start=not is_unfit,
        start=start,
        start_tip=start_tip,
        confined=_confined(state),
        may_make_region=proposals.selected is not None,
        overview=state.result.overview,
        marks=_marks(state),
        heading=_heading(state),
        suggested=colors_of(proposals.swatches, proposals.lightness),
        gamut=gamut if proposals.swatches else None,
        recent=[Color(each, each, 0.0, words.RECENT_TIP.format(color=words.name_of(each))) for each in settings.recent],
        choices=[Choice(each.picture, i == proposals.taken) for i, each in enumerate(proposals.variations)],
        choices_heading=_choices_heading(state),
        choices_are_stale=proposals.are_stale,
        live=settings.live,
        selection_only=settings.selection_only,
        draft=settings.draft,
        saturation=settings.saturation,
        saturation_text="" if settings.saturation is None else words.percent(settings.saturation),
        vividness=vividness,
        vividness_text=words.percent(vividness),
        hides_dots=state.painting.hides_dots,
        models=[(model if i else None, words.model_of(model)) for i, model in enumerate(context.models)],
        model=model_of(context),
        reference=state.reference.lender.key if state.reference.lender else None,
    )


def colors_of(swatches: Sequence[Swatch], lightness: float) -> list[Color]:
    """Return suggested colors, likeliest first, for a place of a lightness, 0..100."""
    return [
        Color(
            swatch.color,
            color.readable(lightness, swatch.ab, swatch.color),
            swatch.probability / (swatches[0].probability or 1.0),
            words.SUGGESTED_TIP.format(color=words.name_of(swatch.color), percent=swatch.probability * 100),
        )
        for swatch in swatches
    ]


def status_of(context: Context) -> Status:
    """Return how things are, in words."""
    state = context.state
    if state is None:
        return Status(words.NO_IMAGE)
    if (error := state.trouble.error) is not None:
        return Status(error.message, error.remedy, is_error=True)
    if why := state.document.why_not():
        return Status(why, words.CONVERT)
    if not state.document.has_layers():
        return Status(_why_no_layers(state))
    return Status(state.questions.stage or _result_status(context, state))


def moved(place: tuple[float, float], step: tuple[float, float]) -> tuple[float, float]:
    """Return a place on a picture, in 0..1 of its width and height, after a step, which ends at the edge."""
    x, y = (min(0.999, max(0.0, at + by)) for at, by in zip(place, step, strict=True))
    return x, y


def model_of(context: Context) -> str | None:
    """Return the network that colors: what the user chose, if it is there; None is the daemon's own."""
    chosen = context.state.settings.model if context.state else None
    return chosen if chosen in context.models[1:] else None


def _result_status(context: Context, state: DocumentState) -> str:
    if state.result.is_saved:
        return words.SAVED
    if state.result.is_due and lacks_selection(state):
        return words.NOTHING_IS_SELECTED
    if state.result.is_due and not state.settings.live:
        return words.PAUSED
    device = words.device_of(context.device)
    if state.result.times:
        colored = words.COLORED.format(device=device, time=words.duration(state.result.times[-1]))
        is_old = bool(state.regions) and not knows_regions(context.protocol)
        return " ".join([colored, *context.warnings, *([words.REGIONS_UNKNOWN] if is_old else [])])
    return words.READY.format(device=device) if context.device else words.CONNECTING


def _why_no_layers(state: DocumentState) -> str:
    if doubt := state.document.doubt():
        return doubt
    if state.document.can_redo():
        return words.LAYERS_UNDONE
    return words.LAYERS_GONE if state.photograph.image else words.NOT_STARTED


def _start(state: DocumentState) -> tuple[str, str]:
    """Return what the button says that sets the layers up, and its tip."""
    if state.document.can_redo():
        return words.BRING_BACK, words.BRING_BACK_TIP
    is_gone = state.photograph.image is not None and not state.document.has_layers()
    return (words.START_EMPTY, words.START_EMPTY_TIP) if is_gone else (words.START, words.START_TIP)


def _confined(state: DocumentState) -> str:
    if not state.settings.selection_only:
        return ""
    if state.proposals.selected is not None:
        return words.CONFINED
    return words.NOTHING_SELECTED if lacks_selection(state) else words.CONFINED_LAST


def _heading(state: DocumentState) -> str:
    if not state.proposals.swatches:
        return words.NO_PLACE
    darkest, lightest = COLORLESS
    if state.proposals.lightness < darkest:
        return words.PLACE_IS_BLACK
    return words.PLACE_IS_WHITE if state.proposals.lightness > lightest else words.SUGGESTED


def _choices_heading(state: DocumentState) -> str:
    if not state.proposals.variations:
        return ""
    return words.VARIATIONS_STALE if state.proposals.are_stale else words.VARIATIONS_FOUND


def _marks(state: DocumentState) -> list[Mark]:
    """Return the places where dots would help, and the one whose colors are suggested."""
    proposals, width, height = state.proposals, state.document.width, state.document.height
    numbered = {place: str(number) for number, place in enumerate(proposals.places, 1)}
    places = {**numbered, **({proposals.place: numbered.get(proposals.place, "")} if proposals.place else {})}
    return [
        Mark((x + 0.5) / width, (y + 0.5) / height, text, (x, y) == proposals.place, bool(text) and proposals.are_stale)
        for (x, y), text in places.items()
    ]
