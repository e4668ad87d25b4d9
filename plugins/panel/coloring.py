"""From the photograph and the painted hints to the result layer: photo → hints → daemon → tiles."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from itertools import pairwise

from ..protocol.client import Client
from ..protocol.messages import Colorization, Rectangle, Tile, check_size
from ..protocol.wire import Buffer
from . import words
from .desk import WAIT, Desk, Steps, models_of
from .host import Document
from .painted import color_at, newest, scan
from .sheet import Sheet

LOOK_S = 2.0  # how often the hint layer is read although the editor reports no change
BAND_PIXELS = 1 << 17  # read or written in one step: 15 ms where Krita converts from 16 bits, its slowest
SQUARE = 64  # pixels: both editors keep layers in squares, and to write a part of one costs as much as all of it
OVERVIEW = 256  # pixels on its longer side
DRAFT_SIDE = 1024  # of the square around the newest dot that a draft colors
PAUSE_S = 0.7  # without a new dot, after which a draft is completed


class Coloring:
    """Watches a sheet's document, and keeps its result layer up to date."""

    def __init__(self, desk: Desk, placed: Callable[[Sheet], None]) -> None:
        """Prepare; `placed` is called when the sheet's place, or what is likely there, has changed."""
        self._desk, self._placed = desk, placed
        self.milliseconds: list[float] = []  # from the user's change to its result, the latest last

    def look(self, sheet: Sheet) -> None:
        """See what the user did since the last time, and what follows from it."""
        document = sheet.document
        if not document.is_open() or not self._see_layers(sheet) or document.is_busy():
            return
        if (wrote := document.others_wrote()) != sheet.others_wrote:
            sheet.others_wrote, sheet.result = wrote, None  # what changes next has to be painted in full
        known, now, stamp = sheet.image or self._desk.courier.asked("open"), time.monotonic(), document.stamp()
        may_read = not sheet.error and now >= sheet.retry_at
        if may_read and (not known or sheet.is_resized()):
            self.read_all(sheet)  # it is new, or was forgotten, cropped or scaled
        elif stamp != sheet.stamp or now - sheet.scanned > LOOK_S:
            is_first, sheet.stamp, sheet.scanned = sheet.stamp is None, stamp, now
            self._desk.do(sheet, self._scan(sheet, is_first))
        elif sheet.due and self.may_color(sheet) and now >= sheet.retry_at:
            self._color(sheet, _draft_region(sheet))
        elif sheet.is_draft and self.may_color(sheet) and now > sheet.changed + PAUSE_S:
            self._color(sheet, None)

    def may_color(self, sheet: Sheet) -> bool:
        """Return whether a refresh may be asked for now."""
        if sheet.error is not None or sheet.image is None:
            return False
        is_wanted = sheet.wanted_once or (sheet.settings.live and not sheet.is_saved)
        return is_wanted and not self._desk.courier.asked("colorize")

    def read_all(self, sheet: Sheet) -> None:
        """Read the photograph and the hints anew, and color."""
        sheet.forget_photograph()
        sheet.stage = words.READING if self._desk.daemon else words.CONNECTING
        self._desk.greet(sheet)
        self._desk.do(sheet, self._read_photograph(sheet))
        self._desk.changed()

    def _see_layers(self, sheet: Sheet) -> bool:
        """Return whether the layers are there; when they come back, by redo say, what they show is not known."""
        seen = sheet.document.has_layers(), sheet.document.why_not()
        if seen != sheet.seen:
            sheet.seen, sheet.result, sheet.due = seen, None, True
            self._desk.changed()
        return seen[0]

    def _read_photograph(self, sheet: Sheet) -> Steps:
        document, pixels = sheet.document, bytearray()
        sheet.size = document.width, document.height
        check_size(*sheet.size)
        document.begin_photograph()
        try:
            for band in bands_of(sheet.whole()):
                if not document.is_open():
                    return
                pixels += document.read_photograph(band)
                yield None
        finally:
            document.end_photograph()
            sheet.stage = ""
        sheet.stage = words.OPENING if self._desk.daemon else words.CONNECTING
        self._desk.ask(
            sheet,
            "open",
            partial(_open, pixels=pixels, size=sheet.size, wanted=sheet.settings.model),
            partial(self._opened, sheet),
        )
        self._desk.changed()

    def _opened(self, sheet: Sheet, opened: tuple[str, str | None]) -> None:
        sheet.image, sheet.model = opened
        sheet.due, sheet.changed = True, time.monotonic()
        sheet.stage = ""
        if sheet.is_saved:
            self._show_saved(sheet)
        self._desk.changed()

    def _scan(self, sheet: Sheet, is_first: bool) -> Steps:
        self._see_selection(sheet)
        parts = yield from scan(sheet.document)
        if parts == sheet.parts:
            return
        place = newest(sheet.parts, parts)
        sheet.parts = parts
        if place is not None:
            sheet.place = place
            if color := color_at(parts, place):
                sheet.used(color)
        if sheet.is_saved and is_first:
            self._show_saved(sheet)
        else:
            self._desk.want(sheet)

    def _show_saved(self, sheet: Sheet) -> None:
        """Show what is known of a document that came with its result."""
        sheet.overview = sheet.document.thumbnail(OVERVIEW)
        self._placed(sheet)
        self._desk.changed()

    def _see_selection(self, sheet: Sheet) -> None:
        """Suggest colors for the middle of a new selection; and color inside it, if that is what the user wants."""
        bounds = sheet.document.selection_bounds()
        if bounds == sheet.selected:
            return
        sheet.selected = bounds
        if bounds is not None:
            sheet.place = bounds[0] + bounds[2] // 2, bounds[1] + bounds[3] // 2
            self._placed(sheet)
        if sheet.settings.selection_only and not sheet.is_saved:
            self._desk.want(sheet)

    def _color(self, sheet: Sheet, draft: Rectangle | None) -> None:
        sheet.due = sheet.wanted_once = False
        image, hints, changed = sheet.image, sheet.hints(), sheet.changed
        selected = sheet.document.selection_bounds() if sheet.settings.selection_only else None
        region = selected or draft
        since = None if region else sheet.result
        sheet.is_draft = region is draft is not None
        self._desk.ask(
            sheet,
            "colorize",
            lambda client: client.colorize(image or "", hints, region, since),
            lambda answer: self._desk.do(sheet, self._lay(sheet, image, answer, selected is not None, changed)),
        )

    def _lay(self, sheet: Sheet, image: str | None, answer: Colorization, masked: bool, changed: float) -> Steps:
        """Lay an answer's tiles over the result layer, and show it."""
        document = sheet.document
        while document.is_open() and document.is_busy():
            yield WAIT
        sheet.result = None  # until the last tile is written
        if not (yield from _write_to(sheet, image, answer.tiles, masked)):
            sheet.due = sheet.wanted_once = True  # of the photograph as it is now
            return
        document.show_result()
        sheet.is_reopened = False
        sheet.result = None if masked or answer.area != sheet.whole() else answer.result
        self._desk.device, self._desk.warnings = answer.device, answer.warnings
        self.milliseconds = [*self.milliseconds, (time.monotonic() - changed) * 1000][-1000:]
        self._placed(sheet)
        yield None
        sheet.overview = document.thumbnail(OVERVIEW)
        self._desk.changed()


def _draft_region(sheet: Sheet) -> Rectangle | None:
    """Return the square around the newest dot, if the user wants drafts and the image is larger than that."""
    if not sheet.settings.draft or sheet.place is None or (sheet.result is None and not sheet.is_draft):
        return None
    width, height = sheet.size
    if width * height <= 2 * DRAFT_SIDE**2:
        return None
    x = max(0, min(sheet.place[0] - DRAFT_SIDE // 2, width - DRAFT_SIDE))
    y = max(0, min(sheet.place[1] - DRAFT_SIDE // 2, height - DRAFT_SIDE))
    return x, y, min(DRAFT_SIDE, width), min(DRAFT_SIDE, height)


def _write_to(sheet: Sheet, image: str | None, tiles: Iterable[Tile], masked: bool) -> Generator[None, None, bool]:
    """Write what was asked for a photograph; returns whether it stayed meanwhile what the user sees, at its size."""
    writing = write(sheet.document, tiles, masked)
    while sheet.can_show(image):
        if next(writing, True):
            return True
        yield None
    return False


def write(document: Document, tiles: Iterable[Tile], masked: bool) -> Iterator[None]:
    """Write tiles to the result layer, a block at a step; `masked` writes only where the image is selected."""
    for tile in tiles:
        for block in blocks_of((tile.x, tile.y, tile.width, tile.height)):
            document.write_result(block, _cut(tile, block), document.selection(block) if masked else None)
            yield


def blocks_of(area: Rectangle) -> list[Rectangle]:
    """Cut a rectangle along the editors' squares into blocks that are written in one step."""
    x, y, width, height = area
    columns = BAND_PIXELS // SQUARE
    rows = max(1, columns // min(width, columns)) * SQUARE
    return [
        (left, top, right - left, bottom - top)
        for top, bottom in pairwise([y, *range((y // rows + 1) * rows, y + height, rows), y + height])
        for left, right in pairwise([x, *range((x // columns + 1) * columns, x + width, columns), x + width])
    ]


def _cut(tile: Tile, block: Rectangle) -> Buffer:
    """Return the pixels of a block of a tile."""
    x, y, width, height = block[0] - tile.x, block[1] - tile.y, *block[2:]
    first = (y * tile.width + x) * 3
    if width == tile.width:
        return tile.pixels[first : first + width * height * 3]
    begins = range(first, first + height * tile.width * 3, tile.width * 3)
    return b"".join([tile.pixels[begin : begin + width * 3] for begin in begins])


def bands_of(area: Rectangle) -> list[Rectangle]:
    """Cut a rectangle into bands that are read in one step."""
    x, top, width, height = area
    rows = max(1, BAND_PIXELS // width)
    return [(x, y, width, min(rows, top + height - y)) for y in range(top, top + height, rows)]


def _open(client: Client, pixels: bytearray, size: tuple[int, int], wanted: str | None) -> tuple[str, str | None]:
    """Open the photograph with the network that is wanted, if it is there; return the image and the network."""
    model = wanted if wanted in models_of(client.status()) else None
    return client.open_image(pixels, *size, 4, model), model
