"""From the photograph and the painted hints to the result layer: photograph → hints → daemon → tiles."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from functools import partial

from ..protocol.messages import Colorization, Rectangle
from . import words
from .confinement import Confinement, confine, feathered
from .context import WAIT, Context, Task
from .hint_parts import scan
from .photograph import open_photograph, read_photograph
from .questions import Question
from .state import DocumentState
from .writing import write_tiles

OVERVIEW = 256  # pixels on its longer side
# Side of the square around the newest dot that a draft colors.
DRAFT_SIDE = 1024
# Seconds without a new dot, after which a draft is completed.
PAUSE_S = 0.7


class Coloring:
    """Watches a document, and keeps its result layer up to date."""

    def __init__(self, context: Context, placed: Callable[[DocumentState], None]) -> None:
        """Prepare; `placed` is called when the place of the suggestions, or what is likely there, has changed."""
        self._context, self._placed = context, placed

    def look(self, state: DocumentState) -> None:
        """See what the user did since the last time, and what follows from it."""
        document = state.document
        if not document.is_open() or not self._see_layers(state) or document.is_busy():
            return
        state.result.see_others(document.others_wrote())
        now, stamp = time.monotonic(), document.stamp()
        if self._must_read(state, now):
            self.read_all(state)
        elif state.hints.should_be_read(stamp, now):
            state.hints.begin(stamp, now)
            self._context.run(state, self._read_hints(state, now))
        elif state.result.is_due and self.may_color(state) and state.trouble.may_try(now):
            self._context.run(state, self._color(state, _draft_region(state)))
        elif state.result.is_draft and self.may_color(state) and now > state.result.due_since + PAUSE_S:
            self._context.run(state, self._color(state, None))

    def may_color(self, state: DocumentState) -> bool:
        """Return whether a result may be asked for now."""
        if state.trouble.error is not None or state.photograph.image is None or state.questions.is_open("colorize"):
            return False
        result = state.result
        return not lacks_selection(state) and (result.is_refresh or (state.settings.live and not result.is_saved))

    def read_all(self, state: DocumentState) -> None:
        """Read the photograph and the hints again, and color."""
        state.forget_photograph()
        self._context.connect(state)
        question = state.questions.ask("read", words.READING if self._context.daemon else words.CONNECTING)
        self._context.run(state, self._read_photograph(state, question))
        self._context.changed()

    def _must_read(self, state: DocumentState, now: float) -> bool:
        """Return whether the photograph is new, or was forgotten, cropped or scaled."""
        photograph, questions = state.photograph, state.questions
        is_known = photograph.image or questions.is_open("read") or questions.is_open("open")
        return state.trouble.may_try(now) and (not is_known or photograph.differs_from(state.document))

    def _see_layers(self, state: DocumentState) -> bool:
        """Return whether the layers are there; when they come back, by redo say, what they show is not known."""
        are_there, is_new = state.see_layers()
        if is_new:
            state.result.lost()
            state.result.still_due()
            self._context.changed()
        return are_there

    def _read_photograph(self, state: DocumentState, question: Question) -> Task:
        """Read the photograph; what comes of it counts unless it has to be read again meanwhile."""
        document, context = state.document, self._context
        try:
            state.photograph.read((document.width, document.height), document.fingerprint())
            read = yield from read_photograph(document)
        finally:
            is_wanted = state.questions.close(question)
        if read is None or not is_wanted:
            return
        state.photograph.keep_alpha(read.alpha)
        wanted = state.settings.model
        stage = words.OPENING if context.daemon else words.CONNECTING
        work = partial(open_photograph, read=read, wanted=wanted)
        context.ask(state, "open", work, partial(self._opened, state), stage)
        context.changed()

    def _opened(self, state: DocumentState, opened: tuple[str, str | None]) -> None:
        state.photograph.opened(*opened)
        state.result.still_due()
        if state.result.is_saved:
            self._show_saved(state)
        self._context.changed()

    def _read_hints(self, state: DocumentState, now: float) -> Task:
        is_first = not state.hints.is_known
        self._see_selection(state)
        if state.photograph.fingerprint != state.document.fingerprint():
            self._context.want(state)
            self.read_all(state)
            return
        is_new, place = state.hints.take((yield from scan(state.document)))
        are_regions_new, inside = yield from state.regions.read(state.document)
        if not (is_new or are_regions_new):
            return
        is_users = not is_new or state.proposals.hints_changed(state.hints.parts)
        if are_regions_new:
            state.proposals.regions_changed(state.regions)
        if is_users:
            _point_to(state, inside or place, is_first)
        if state.result.is_saved and is_first:
            self._show_saved(state)
        else:
            self._context.want(state, fresh=False)

    def _show_saved(self, state: DocumentState) -> None:
        """Show what is known of a document that came with its result."""
        state.result.show(state.document.thumbnail(OVERVIEW))
        self._placed(state)
        self._context.changed()

    def _see_selection(self, state: DocumentState) -> None:
        """Suggest colors for the middle of a new selection; and color inside it, if that is what the user wants."""
        if not state.proposals.select(state.document.selection_bounds()):
            return
        self._context.changed()
        if state.proposals.selected is not None:
            self._placed(state)
            if state.settings.selection_only and not state.result.is_saved:
                self._context.withdraw(state, "colorize", "write")
                self._context.want(state)

    def _color(self, state: DocumentState, draft: Rectangle | None) -> Task:
        """Ask for a result, and have it laid over the layer."""
        result, image = state.result, state.photograph.image
        if state.settings.selection_only:
            result.confine((yield from confine(state.document, result.confinement)))
        else:
            result.confine(None)
        confinement = result.confinement
        if not self.may_color(state) or image != state.photograph.image:
            return
        region = confinement.bounds if confinement else draft
        base = None if region else result.identity
        since = result.asked(is_draft=region is draft is not None)
        limits = confinement or (feathered(draft, state.photograph.size) if draft else None)
        self._context.ask(
            state,
            "colorize",
            state.asking(lambda client, hints: client.colorize(image or "", hints, region, base)),
            lambda answer: self._context.run(state, self._lay(state, image, answer, limits, since)),
            "" if result.times else words.COLORING,
        )

    def _lay(
        self,
        state: DocumentState,
        image: str | None,
        answer: Colorization,
        confinement: Confinement | None,
        since: float,
    ) -> Task:
        """Lay an answer's tiles over the result layer, and show it."""
        document, result, question = state.document, state.result, state.questions.ask("write")
        while document.is_open() and document.is_busy():
            yield WAIT
        result.writing()
        if not (yield from _write(state, question, image, answer, confinement)):
            state.questions.close(question)
            # The next is of the photograph as it is now, or of the part that may change now.
            result.ask_again()
            return
        state.questions.close(question)
        document.show_result()
        state.photograph.served()
        result.written(answer.result if answer.area == state.whole() and confinement is None else None, since)
        self._context.device, self._context.warnings = answer.device, answer.warnings
        self._placed(state)
        yield None
        result.show(document.thumbnail(OVERVIEW))
        self._context.changed()


def _point_to(state: DocumentState, place: tuple[int, int] | None, is_first: bool) -> None:
    """Suggest colors for what the user painted last, and remember its color."""
    pointed = state.proposals.place
    # When all was reread, nothing says which dot is the newest: the one that was is it still
    is_kept = is_first and pointed is not None and state.color_at(pointed) is not None
    if place is None or is_kept:
        return
    state.proposals.point_to(place)
    if color := state.color_at(place):
        state.settings.painted_with(color)
        state.document.save_state(state.settings.as_json())


def lacks_selection(state: DocumentState) -> bool:
    """Return whether only a selection may change, and nothing is or was selected."""
    nowhere = state.result.confinement is None and state.proposals.selected is None
    return state.settings.selection_only and nowhere


def _draft_region(state: DocumentState) -> Rectangle | None:
    """Return the square around the newest dot, if the user wants drafts and the image is larger than that."""
    place, result = state.proposals.place, state.result
    if not state.settings.draft or place is None or (result.identity is None and not result.is_draft):
        return None
    width, height = state.photograph.size
    if width * height <= 2 * DRAFT_SIDE**2:
        return None
    x = max(0, min(place[0] - DRAFT_SIDE // 2, width - DRAFT_SIDE))
    y = max(0, min(place[1] - DRAFT_SIDE // 2, height - DRAFT_SIDE))
    return x, y, min(DRAFT_SIDE, width), min(DRAFT_SIDE, height)


def _write(
    state: DocumentState,
    question: Question,
    image: str | None,
    answer: Colorization,
    confinement: Confinement | None,
) -> Generator[None, None, bool]:
    """Write an answer; returns whether it was wanted to the end, and the photograph stayed what the user sees."""
    writing = write_tiles(state.document, answer.tiles, state.photograph.alpha, confinement)
    while state.questions.holds(question) and state.can_show(image):
        if next(writing, True):
            return True
        yield None
    return False
