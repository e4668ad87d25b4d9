"""What the network proposes: colors for a place, the colors of another picture, the next dot, whole variations."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..protocol.messages import Reply
from . import words
from .context import Context, Task
from .hint_parts import added_by, with_dots, without
from .host import RGB, Picture
from .repainting import change_hints
from .state import DocumentState, Swatch, Variation

# Pixels on the longer side of a picture whose colors are borrowed.
REFERENCE = 512
# Pixels on the longer side of a variation's picture.
PREVIEW = 256
VARIATIONS, PLACES, SUGGESTIONS = 6, 3, 9


class Proposing:
    """Asks for proposals, and keeps them with the document."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.gamut: Picture | None = None
        self._gamut_of: int | None = None

    def ask_palette(self, state: DocumentState) -> None:
        """Ask for the likely colors of the place that is pointed to, and for the gamut there."""
        image, place = state.photograph.image, state.proposals.place
        if image and place:
            self._context.ask(
                state,
                "palette",
                state.asking(lambda client, hints: client.palette(image, *place, hints, SUGGESTIONS)),
                partial(self._suggested, state),
            )

    def use_reference(self, state: DocumentState, key: str | None) -> None:
        """Take the colors of another document, or no longer."""
        lender = state.reference.lender
        if key is not None and lender is not None and key == lender.key:
            # It may be closed by now.
            return
        self._context.withdraw(state, "histogram")
        others = self._context.host.others(state.document)
        picture = self._context.host.read_other(key, REFERENCE) if key else None
        state.reference.choose(next((each for each in others if each.key == key), None) if picture else None)
        if picture is None:
            self._context.want(state)
            return
        size = picture.width, picture.height, picture.channels
        self._context.ask(
            state, "histogram", lambda client: client.histogram(picture.pixels, *size), partial(self._borrowed, state)
        )

    def where_next(self, state: DocumentState) -> None:
        """Ask where a dot would help most."""
        if image := state.photograph.image:
            place = state.proposals.place
            self._context.ask(
                state,
                "suggest",
                state.asking(lambda client, hints: client.suggest(image, hints, PLACES)),
                partial(self._found_places, state, place),
                words.LOOKING,
            )
            self._context.changed()

    def vary(self, state: DocumentState) -> None:
        """Ask for different colorings."""
        if image := state.photograph.image:
            self._context.ask(
                state,
                "variations",
                state.asking(lambda client, hints: client.variations(image, hints, VARIATIONS, PREVIEW)),
                partial(self._varied, state),
                words.TRYING_COLORS,
            )
            self._context.changed()

    def take_variation(self, state: DocumentState, index: int) -> None:
        """Let the dots of a variation be on the hint layer, beside the user's, in the place of another variation's."""
        if index < len(state.proposals.variations) and index != state.proposals.taken:
            state.proposals.take(index)
            self._context.run(state, self._put_dots(state, state.proposals.variations[index]))
            self._context.changed()

    def _put_dots(self, state: DocumentState, variation: Variation) -> Task:
        proposals, size = state.proposals, state.photograph.size
        change = yield from change_hints(
            state, lambda parts: with_dots(without(parts, proposals.added), variation.dots, size)
        )
        if change is not None:
            proposals.painted(added_by(without(change.before, proposals.added), change.after), change.after)

    def _suggested(self, state: DocumentState, reply: Reply) -> None:
        state.proposals.suggest(swatches_of(reply), float(reply.fields["lightness"]))
        lightness = round(state.proposals.lightness)
        if lightness != self._gamut_of:
            then = partial(self._show_gamut, lightness)
            self._context.ask(state, "gamut", lambda client: client.gamut(lightness), then)
        self._context.changed()

    def _show_gamut(self, lightness: int, reply: Reply) -> None:
        side = int(reply.fields["size"])
        self.gamut, self._gamut_of = _cropped(Picture(side, side, 4, reply.frames[0])), lightness
        self._context.changed()

    def _borrowed(self, state: DocumentState, reply: Reply) -> None:
        state.reference.known(str(reply.fields["histogram"]))
        self._context.want(state)

    def _found_places(self, state: DocumentState, place: tuple[int, int] | None, reply: Reply) -> None:
        places = [(int(each["x"]), int(each["y"])) for each in reply.fields["places"]]
        state.proposals.found_places(places)
        # The user did not point elsewhere meanwhile.
        if places and state.proposals.place == place:
            state.proposals.point_to(places[0])
            self.ask_palette(state)
        self._context.changed()

    def _varied(self, state: DocumentState, reply: Reply) -> None:
        width, height = int(reply.fields["width"]), int(reply.fields["height"])
        state.proposals.found_variations(
            [
                Variation(Picture(width, height, 3, frame), each["dots"])
                for each, frame in zip(reply.fields["variations"], reply.frames, strict=False)
            ]
        )
        self._context.changed()


def swatches_of(reply: Reply) -> list[Swatch]:
    """Return the colors of an answered `palette`."""
    return [
        Swatch(_rgb(each["rgb"]), float(each["probability"]), (float(each["ab"][0]), float(each["ab"][1])))
        for each in reply.fields["colors"]
    ]


def _cropped(picture: Picture) -> Picture:
    """Return the part of an RGBA picture that is not transparent: a gamut fills its place."""
    stride = picture.width * 4
    rows = [bytes(picture.pixels[y * stride : (y + 1) * stride]) for y in range(picture.height)]
    filled = [y for y, row in enumerate(rows) if any(row[3::4])]
    columns = [x for x in range(picture.width) if any(row[x * 4 + 3] for row in rows)]
    if not filled:
        return picture
    left, right, top, bottom = columns[0], columns[-1] + 1, filled[0], filled[-1] + 1
    pixels = b"".join(row[left * 4 : right * 4] for row in rows[top:bottom])
    return Picture(right - left, bottom - top, 4, pixels)


def _rgb(values: Any) -> RGB:
    red, green, blue = (int(value) for value in values)
    return red, green, blue
