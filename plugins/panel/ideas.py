"""What the network proposes: colors for a place, the colors of another picture, the next dot, whole variations."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..protocol.messages import Reply
from . import words
from .desk import Desk
from .host import RGB, Picture
from .sheet import Sheet, Swatch, Variation

REFERENCE = 512  # pixels on the longer side of a picture whose colors are borrowed
PREVIEW = 256  # likewise, of a variation
VARIATIONS, PLACES, SUGGESTIONS = 6, 3, 9


class Ideas:
    """Asks for proposals, and keeps them on the sheet."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.gamut: Picture | None = None
        self._gamut_of: int | None = None

    def ask_palette(self, sheet: Sheet) -> None:
        """Ask for the likely colors of the sheet's place, and for the gamut there."""
        image, place, hints = sheet.image, sheet.place, sheet.hints()
        if image and place:
            self._desk.ask(
                sheet,
                "palette",
                lambda client: client.palette(image, *place, hints, SUGGESTIONS),
                partial(self._suggested, sheet),
            )

    def borrow_colors(self, sheet: Sheet, key: str | None) -> None:
        """Take the colors of another document, or no longer."""
        if key is not None and key == sheet.colors_from:
            return  # it may be closed by now
        others = self._desk.host.others(sheet.document)
        picture = self._desk.host.read_other(key, REFERENCE) if key else None
        sheet.lender = next((each for each in others if each.key == key), None) if picture else None
        if picture is None:
            sheet.histogram = None
            self._desk.want(sheet)
            return
        size = picture.width, picture.height, picture.channels
        self._desk.ask(
            sheet, "histogram", lambda client: client.histogram(picture.pixels, *size), partial(self._borrowed, sheet)
        )

    def where_next(self, sheet: Sheet) -> None:
        """Ask where a dot would help most."""
        if image := sheet.image:
            hints = sheet.hints()
            self._desk.ask(
                sheet, "suggest", lambda client: client.suggest(image, hints, PLACES), partial(self._places, sheet)
            )

    def vary(self, sheet: Sheet) -> None:
        """Ask for different colorings."""
        if image := sheet.image:
            hints = sheet.hints()
            sheet.stage = words.TRYING_COLORS
            self._desk.ask(
                sheet,
                "variations",
                lambda client: client.variations(image, hints, VARIATIONS, PREVIEW),
                partial(self._varied, sheet),
            )
            self._desk.changed()

    def _suggested(self, sheet: Sheet, reply: Reply) -> None:
        sheet.lightness = float(reply.fields["lightness"])
        sheet.swatches = swatches_of(reply)
        lightness = round(sheet.lightness)
        if lightness != self._gamut_of:
            self._desk.ask(sheet, "gamut", lambda client: client.gamut(lightness), partial(self._show_gamut, lightness))
        self._desk.changed()

    def _show_gamut(self, lightness: int, reply: Reply) -> None:
        side = int(reply.fields["size"])
        self.gamut, self._gamut_of = _cropped(Picture(side, side, 4, reply.frames[0])), lightness
        self._desk.changed()

    def _borrowed(self, sheet: Sheet, reply: Reply) -> None:
        sheet.histogram = str(reply.fields["histogram"])
        self._desk.want(sheet)

    def _places(self, sheet: Sheet, reply: Reply) -> None:
        sheet.places = [(int(place["x"]), int(place["y"])) for place in reply.fields["places"]]
        if sheet.places:
            sheet.place = sheet.places[0]
            self.ask_palette(sheet)
        self._desk.changed()

    def _varied(self, sheet: Sheet, reply: Reply) -> None:
        sheet.stage = ""
        width, height = int(reply.fields["width"]), int(reply.fields["height"])
        sheet.variations = [
            Variation(Picture(width, height, 3, frame), each["dots"])
            for each, frame in zip(reply.fields["variations"], reply.frames, strict=False)
        ]
        self._desk.changed()


def swatches_of(reply: Reply) -> list[Swatch]:
    """Return the colors of an answered `palette`."""
    return [Swatch(_rgb(each["rgb"]), float(each["probability"])) for each in reply.fields["colors"]]


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
