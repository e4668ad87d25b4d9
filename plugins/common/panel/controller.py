"""What happens when: the logic of the panel, free of any editor. The editor's timer calls `tick`."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from ..client import Client
from ..errors import Busy, HueDotError, ImageUnknown
from ..messages import Colorization, Rectangle, Reply
from ..wire import Header
from . import words
from .courier import Courier
from .host import RGB, Document, Host, Other, Picture
from .painted import color_at, newest, recolored, scan, with_dots
from .sheet import Settings, Sheet, Swatch, Variation

TICK_S = 0.02  # how often `tick` wants to be called
SLICE_S = 0.012  # how long a tick may work before it lets the editor go on
LOOK_S = 2.0  # how often the hint layer is read although the editor reports no change
BAND_PIXELS = 1 << 19  # read or written in one step
OVERVIEW = 256  # pixels on its longer side
REFERENCE = 512  # likewise, of a picture whose colors are borrowed
DRAFT_SIDE = 1024  # of the square around the newest dot that a draft colors
PAUSE_S = 0.7  # without a new dot, after which a draft is completed
VARIATIONS, PLACES, SUGGESTIONS = 6, 3, 9

Steps = Iterator[object]  # a piece of work in small steps; it yields WAIT when there is nothing to do for now
WAIT = object()


class Status(NamedTuple):
    """A sentence on how things are; `remedy` says what to do if they are not well."""

    text: str
    remedy: str = ""
    is_error: bool = False


class Controller:
    """The panel's logic. All its methods return at once; `changed` is called when something is to be shown anew."""

    def __init__(self, host: Host, client: Client, changed: Callable[[], None]) -> None:
        """Prepare; nothing is read or asked before there is a document and its layers."""
        self.host = host
        self.sheet: Sheet | None = None
        self.gamut: Picture | None = None
        self.device = ""
        self.milliseconds: list[float] = []  # from the user's change to its result, the latest last
        self._courier = Courier(client)
        self._changed = changed
        self._error: HueDotError | None = None
        self._stage = self._daemon = self._traceback = ""
        self._gamut_of: int | None = None
        self._sheets: dict[str, Sheet] = {}
        self._steps: deque[Steps] = deque()
        self._retry_at = 0.0

    # What is to be shown

    @property
    def status(self) -> Status:
        """How things are, in words."""
        sheet = self.sheet
        if sheet is None:
            return Status(words.NO_IMAGE)
        if self._error is not None:
            return Status(self._error.message, self._error.remedy, is_error=True)
        if why := sheet.document.why_not():
            return Status(why, words.CONVERT)
        if not sheet.document.has_layers():
            return Status(words.LAYERS_GONE if sheet.image else words.NOT_STARTED)
        if self._stage:
            return Status(self._stage)
        if sheet.due and not sheet.settings.live:
            return Status(words.PAUSED)
        if self.milliseconds:
            return Status(words.COLORED.format(device=words.device_of(self.device), milliseconds=self.milliseconds[-1]))
        return Status(words.READY.format(device=words.device_of(self.device)) if self.device else words.CONNECTING)

    def others(self) -> list[Other]:
        """Return the documents whose colors may be borrowed."""
        return self.host.others(self.sheet.document) if self.sheet else []

    def diagnostics(self) -> str:
        """Return what a bug report needs: versions, device, times, the last error; no file names, no pixels."""
        document = self.sheet.document if self.sheet else None
        lines = [
            f"editor: {self.host.name}",
            f"daemon: {self._daemon or 'not connected'}",
            f"device: {self.device or 'unknown'}",
            f"image: {document.width} x {document.height}" if document else "image: none",
            f"painted parts: {len(self.sheet.parts)}" if self.sheet else "",
            "milliseconds: " + ", ".join(f"{each:.0f}" for each in self.milliseconds[-10:]),
            f"status: {self.status.text} {self.status.remedy}",
            f"last error: {self._error.code if self._error else 'none'}",
            self._traceback,
        ]
        return "\n".join(line for line in lines if line)

    # What the user does

    def show_document(self, document: Document | None) -> None:
        """Turn to another document, or to none."""
        self._drop_closed()
        if document is None:
            self.sheet = None
        elif document.key in self._sheets:
            self.sheet = self._sheets[document.key]
            self.sheet.document = document
        else:
            self.sheet = Sheet(document, Settings.of(document.load_state()))
            self._sheets[document.key] = self.sheet
            if not document.why_not() and document.has_layers():
                self._read_all(self.sheet)
        self._changed()

    def start(self) -> None:
        """Set up the layers, and color."""
        sheet = self.sheet
        if sheet is None or sheet.document.why_not():
            return
        self._read_all(sheet)  # before the layers are there, while the photograph is what the image shows
        sheet.document.make_layers()
        self._keep_settings()

    def convert(self) -> None:
        """Make the image one that can be colored. The editor asks the user first."""
        if self.sheet:
            self.sheet.document.convert()
            self._changed()

    def refresh(self) -> None:
        """Read the photograph and the hints anew, and color."""
        self._error = None
        if self.sheet and self.sheet.document.has_layers():
            self.sheet.wanted_once = True
            self._read_all(self.sheet)

    def retry(self) -> None:
        """Try again after an error."""
        self._error = None
        if self.sheet:
            self.sheet.due = True
            if self.sheet.image is None:
                self.refresh()
        self._changed()

    def choose(self, **chosen: Any) -> None:
        """Change settings of the document: live, selection_only, draft, saturation."""
        if self.sheet:
            for name, value in chosen.items():
                setattr(self.sheet.settings, name, value)
            self._want(self.sheet)
            self._keep_settings()

    def borrow_colors(self, key: str | None) -> None:
        """Take the colors of another document, or no longer."""
        sheet = self.sheet
        if sheet is None:
            return
        picture = self.host.read_other(key, REFERENCE) if key else None
        sheet.colors_from = key if picture else None
        if picture is None:
            sheet.histogram = None
            self._want(sheet)
        else:
            self._ask("histogram", lambda client: _histogram(client, picture), partial(self._borrowed, sheet))

    def ask_about(self, x: int, y: int) -> None:
        """Suggest colors for a place that the user pointed at."""
        if self.sheet and 0 <= x < self.sheet.document.width and 0 <= y < self.sheet.document.height:
            self.sheet.place = (x, y)
            self._ask_palette(self.sheet)

    def take_color(self, color: RGB, repaint: bool = False) -> None:
        """Paint with a color from now on, or repaint the newest dot with it."""
        if self.sheet is None:
            return
        self.sheet.used(color)
        if repaint:
            self._repaint(self.sheet, color)
        else:
            self.host.set_brush_color(color)
        self._keep_settings()
        self._changed()

    def where_next(self) -> None:
        """Ask where a dot would help most."""
        sheet = self.sheet
        if sheet and (image := sheet.image):
            hints = sheet.hints()
            self._ask("suggest", lambda client: client.suggest(image, hints, PLACES), partial(self._places, sheet))

    def vary(self) -> None:
        """Ask for different colorings."""
        sheet = self.sheet
        if sheet and (image := sheet.image):
            hints = sheet.hints()
            self._stage = words.TRYING_COLORS
            self._ask(
                "variations",
                lambda client: client.variations(image, hints, VARIATIONS, OVERVIEW),
                partial(self._varied, sheet),
            )
            self._changed()

    def take_variation(self, index: int) -> None:
        """Add the dots of one of the variations to the hints."""
        sheet = self.sheet
        if sheet and index < len(sheet.variations):
            dots = sheet.variations[index].dots
            sheet.document.replace_hints(with_dots(sheet.parts, dots, sheet.size))
            sheet.variations = []
            sheet.stamp = None
            self._changed()

    # What goes on meanwhile

    def tick(self) -> None:
        """Do a little of what is to do. Called by the editor's timer, every TICK_S."""
        self._courier.collect()
        until = time.monotonic() + SLICE_S
        if not self._steps:
            self._look()
        while self._steps and time.monotonic() < until:
            try:
                if next(self._steps[0]) is WAIT:
                    break
            except StopIteration:
                self._steps.popleft()
            except HueDotError as error:
                self._steps.popleft()
                self._fail(error)

    def is_idle(self) -> bool:
        """Return whether nothing is under way."""
        return not self._steps and self._courier.is_idle() and not (self.sheet and self.sheet.due and self._may_color())

    def stumbled(self, error: Exception) -> None:
        """Tell the user of a mistake of ours, instead of disturbing the editor."""
        self._steps.clear()
        self._traceback = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self._fail(HueDotError(f"HueDot stumbled over {error!r}.", words.REPORT))

    def close(self) -> None:
        """End; the daemon stays."""
        self._steps.clear()
        self._courier.close()

    def _look(self) -> None:
        """See what the user did since the last time, and what follows from it."""
        sheet = self.sheet
        if sheet is None or not sheet.document.is_open() or not self._see_layers(sheet) or sheet.document.is_busy():
            return
        if sheet.image and sheet.size != (sheet.document.width, sheet.document.height):
            self._read_all(sheet)  # the user cropped or scaled the image
            return
        now, stamp = time.monotonic(), sheet.document.stamp()
        if stamp != sheet.stamp or now - sheet.scanned > LOOK_S:
            sheet.stamp, sheet.scanned = stamp, now
            self._steps.append(self._scan(sheet))
        elif sheet.due and self._may_color() and now >= self._retry_at:
            self._color(sheet, self._draft_region(sheet))
        elif sheet.is_draft and self._may_color() and now > sheet.changed + PAUSE_S:
            self._color(sheet, None)

    def _see_layers(self, sheet: Sheet) -> bool:
        """Return whether the layers are there; when they come back, by redo say, what they show is not known."""
        there, why_not = sheet.document.has_layers(), sheet.document.why_not()
        if (there, why_not) != sheet.seen:
            sheet.seen = there, why_not
            self._changed()
            if there and sheet.image is None and not self._steps and not self._courier.asked("open"):
                self._read_all(sheet)
            elif there:
                sheet.result, sheet.due = None, True
        return there

    def _may_color(self) -> bool:
        """Return whether a refresh may be asked for now."""
        sheet = self.sheet
        if sheet is None or self._error is not None or sheet.image is None:
            return False
        return (sheet.settings.live or sheet.wanted_once) and not self._courier.asked("colorize")

    def _draft_region(self, sheet: Sheet) -> Rectangle | None:
        """Return the square around the newest dot, if the user wants drafts and the image is larger than that."""
        if not sheet.settings.draft or sheet.place is None or (sheet.result is None and not sheet.is_draft):
            return None
        width, height = sheet.size
        if width * height <= 2 * DRAFT_SIDE**2:
            return None
        x = max(0, min(sheet.place[0] - DRAFT_SIDE // 2, width - DRAFT_SIDE))
        y = max(0, min(sheet.place[1] - DRAFT_SIDE // 2, height - DRAFT_SIDE))
        return x, y, min(DRAFT_SIDE, width), min(DRAFT_SIDE, height)

    def _read_all(self, sheet: Sheet) -> None:
        sheet.forget_photograph()
        self._stage = words.READING if self._daemon else words.CONNECTING
        self._ask("hello", lambda client: client.connect(), self._greeted)
        self._steps.append(self._read_photograph(sheet))
        self._changed()

    def _greeted(self, hello: Header) -> None:
        self.device = str(hello.get("device", ""))
        self._daemon = f"HueDot {hello.get('daemon_version')}, protocol {hello.get('protocol')}"
        self._changed()

    def _read_photograph(self, sheet: Sheet) -> Steps:
        document = sheet.document
        size = document.width, document.height
        pixels = bytearray()
        document.begin_photograph()
        try:
            for band in _bands(sheet.whole()):
                if not document.is_open():
                    return
                pixels += document.read_photograph(band)
                yield None
        finally:
            document.end_photograph()
        sheet.size = size
        self._stage = words.OPENING if self._daemon else words.CONNECTING
        self._ask("open", partial(_open, pixels=pixels, size=size), partial(self._opened, sheet))
        self._changed()

    def _opened(self, sheet: Sheet, image: str) -> None:
        sheet.image, sheet.due, sheet.changed = image, True, time.monotonic()
        sheet.overview = sheet.document.thumbnail(OVERVIEW)
        self._stage = ""
        self._changed()

    def _scan(self, sheet: Sheet) -> Steps:
        parts = yield from scan(sheet.document)
        if parts != sheet.parts:
            place = newest(sheet.parts, parts)
            sheet.parts = parts
            if place is not None:
                sheet.place = place
                self._remember_color(sheet, place)
            self._want(sheet)

    def _remember_color(self, sheet: Sheet, place: tuple[int, int]) -> None:
        if color := color_at(sheet.parts, place):
            sheet.used(color)

    def _want(self, sheet: Sheet) -> None:
        """Note that the result is to be colored anew; after an error, this is another try."""
        self._error = None
        if not sheet.due:
            sheet.due, sheet.changed = True, time.monotonic()
        self._courier.give_up("variations", "suggest")
        sheet.places = []
        self._changed()

    def _color(self, sheet: Sheet, draft: Rectangle | None) -> None:
        sheet.due = sheet.wanted_once = False
        image, hints, changed = sheet.image, sheet.hints(), sheet.changed
        selected = sheet.document.selection_bounds() if sheet.settings.selection_only else None
        region = selected or draft
        since = None if region else sheet.result
        sheet.is_draft = region is draft is not None
        self._ask(
            "colorize",
            lambda client: client.colorize(image or "", hints, region, since),
            lambda answer: self._steps.append(self._lay(sheet, answer, selected is not None, changed)),
        )

    def _lay(self, sheet: Sheet, answer: Colorization, masked: bool, changed: float) -> Steps:
        """Lay an answer's tiles over the result layer, and show it."""
        document = sheet.document
        while document.is_open() and document.is_busy():
            yield WAIT
        if not document.is_open() or not document.has_layers():
            return
        for tile in answer.tiles:
            for band in _bands((tile.x, tile.y, tile.width, tile.height)):
                begin = (band[1] - tile.y) * tile.width * 3
                rgb = tile.pixels[begin : begin + band[2] * band[3] * 3]
                document.write_result(band, rgb, document.selection(band) if masked else None)
                yield None
        document.show_result()
        sheet.result = None if masked or answer.area != sheet.whole() else answer.result
        self.device = answer.device
        self.milliseconds = [*self.milliseconds, (time.monotonic() - changed) * 1000][-100:]
        self._ask_palette(sheet)
        yield None
        sheet.overview = document.thumbnail(OVERVIEW)
        self._changed()

    def _ask_palette(self, sheet: Sheet) -> None:
        image, place, hints = sheet.image, sheet.place, sheet.hints()
        if image and place:
            self._ask(
                "palette",
                lambda client: client.palette(image, *place, hints, SUGGESTIONS),
                partial(self._suggested, sheet),
            )

    def _suggested(self, sheet: Sheet, reply: Reply) -> None:
        sheet.lightness = float(reply.fields["lightness"])
        sheet.swatches = [Swatch(_rgb(each["rgb"]), float(each["probability"])) for each in reply.fields["colors"]]
        lightness = round(sheet.lightness)
        if lightness != self._gamut_of:
            self._ask("gamut", lambda client: client.gamut(lightness), partial(self._gamut, lightness))
        self._changed()

    def _gamut(self, lightness: int, reply: Reply) -> None:
        side = int(reply.fields["size"])
        self.gamut, self._gamut_of = Picture(side, side, 4, reply.frames[0]), lightness
        self._changed()

    def _borrowed(self, sheet: Sheet, reply: Reply) -> None:
        sheet.histogram = str(reply.fields["histogram"])
        self._want(sheet)

    def _places(self, sheet: Sheet, reply: Reply) -> None:
        sheet.places = [(int(place["x"]), int(place["y"])) for place in reply.fields["places"]]
        if sheet.places:
            sheet.place = sheet.places[0]
            self._ask_palette(sheet)
        self._changed()

    def _varied(self, sheet: Sheet, reply: Reply) -> None:
        self._stage = ""
        width, height = int(reply.fields["width"]), int(reply.fields["height"])
        sheet.variations = [
            Variation(Picture(width, height, 3, frame), each["dots"])
            for each, frame in zip(reply.fields["variations"], reply.frames, strict=False)
        ]
        self._changed()

    def _repaint(self, sheet: Sheet, color: RGB) -> None:
        """Give the newest dot another color: the painted pixels around the place that have the color it has there."""
        if sheet.place and (old := color_at(sheet.parts, sheet.place)):
            sheet.document.replace_hints(recolored(sheet.parts, sheet.place, old, color))
            sheet.stamp = None

    def _keep_settings(self) -> None:
        if self.sheet and self.sheet.document.has_layers():
            self.sheet.document.save_state(self.sheet.settings.state())

    def _ask(self, kind: str, work: Callable[[Client], Any], then: Callable[[Any], None]) -> None:
        def well(value: Any) -> None:
            self._error = None
            then(value)

        self._courier.ask(kind, work, well, self._fail)

    def _fail(self, error: HueDotError) -> None:
        sheet = self.sheet
        self._stage = ""
        if isinstance(error, Busy):
            self._retry_at = time.monotonic() + 0.5
        elif isinstance(error, ImageUnknown) and sheet:
            self._read_all(sheet)
        else:
            self._error = error
        if sheet:
            sheet.due = True
        self._changed()

    def _drop_closed(self) -> None:
        self._sheets = {key: sheet for key, sheet in self._sheets.items() if sheet.document.is_open()}


def _bands(area: Rectangle) -> list[Rectangle]:
    """Cut a rectangle into bands that are read or written in one step."""
    x, top, width, height = area
    rows = max(1, BAND_PIXELS // width)
    return [(x, y, width, min(rows, top + height - y)) for y in range(top, top + height, rows)]


def _open(client: Client, pixels: bytearray, size: tuple[int, int]) -> str:
    return client.open_image(pixels, *size, 4)


def _histogram(client: Client, picture: Picture) -> Reply:
    return client.histogram(picture.pixels, picture.width, picture.height, picture.channels)


def _rgb(values: Any) -> RGB:
    red, green, blue = (int(value) for value in values)
    return red, green, blue
