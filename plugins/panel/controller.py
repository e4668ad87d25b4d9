"""The panel's logic, free of any editor: what is to be shown, and what the user does. A timer calls `tick`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ..protocol.client import Client
from . import words
from .coloring import Coloring
from .desk import Desk
from .host import RGB, Document, Host, Other, Picture
from .ideas import Ideas
from .painted import recolored, with_dots
from .repainting import change_hints
from .sheet import Settings, Sheet

GLANCE = 64  # pixels on the longer side of the picture by which a result is found to hold something
TICK_S = 0.02  # how often `tick` wants to be called
SLICE_S = 0.012  # how long a tick may work before it lets the editor go on


class Status(NamedTuple):
    """A sentence on how things are; `remedy` says what to do if they are not well."""

    text: str
    remedy: str = ""
    is_error: bool = False


class View(NamedTuple):
    """What the panel shows apart from the sheet."""

    said: str
    is_error: bool
    mending: str  # what the button says that mends it; nothing where nothing is to be mended
    ready: bool  # whether there are layers to paint on
    may_start: bool


class Controller:
    """The panel's logic. All its methods return at once; `changed` is called when something is to be shown anew."""

    def __init__(self, host: Host, client: Client, changed: Callable[[], None]) -> None:
        """Prepare; nothing is read or asked before there is a document with its layers."""
        self.desk = Desk(host, client, changed)
        self._ideas = Ideas(self.desk)
        self._coloring = Coloring(self.desk, self._ideas.ask_palette)
        self._sheets: dict[str, Sheet] = {}

    # What is to be shown

    @property
    def sheet(self) -> Sheet | None:
        """The document that is shown, and what is known of it."""
        return self.desk.sheet

    @property
    def gamut(self) -> Picture | None:
        """All colors that the place of the suggestions can have."""
        return self._ideas.gamut

    @property
    def milliseconds(self) -> list[float]:
        """How long the last results took, from the user's change on; the latest last."""
        return self._coloring.milliseconds

    @property
    def status(self) -> Status:
        """How things are, in words."""
        sheet, desk = self.sheet, self.desk
        if sheet is None:
            return Status(words.NO_IMAGE)
        if sheet.error is not None:
            return Status(sheet.error.message, sheet.error.remedy, is_error=True)
        if why := sheet.document.why_not():
            return Status(why, words.CONVERT)
        if not sheet.document.has_layers():
            return Status(words.LAYERS_GONE if sheet.image else words.NOT_STARTED)
        if sheet.stage:
            return Status(sheet.stage)
        if sheet.is_saved:
            return Status(words.SAVED)
        if sheet.due and not sheet.settings.live:
            return Status(words.PAUSED)
        device = words.device_of(desk.device)
        if self.milliseconds:
            colored = words.COLORED.format(device=device, milliseconds=self.milliseconds[-1])
            return Status(" ".join([colored, *desk.warnings]))
        return Status(words.READY.format(device=device) if desk.device else words.CONNECTING)

    @property
    def view(self) -> View:
        """What is to be said, and which parts of the panel are of use now."""
        status, document = self.status, self.sheet.document if self.sheet else None
        is_unfit = document is not None and bool(document.why_not())
        return View(
            " ".join([status.text, status.remedy if status.is_error else ""]).strip(),
            status.is_error,
            words.CONVERT if is_unfit else words.RETRY if status.is_error else "",
            document is not None and not is_unfit and document.has_layers(),
            document is not None and not is_unfit,
        )

    @property
    def models(self) -> list[tuple[str | None, str]]:
        """The networks to choose from, and their names for people; the first, None, is the daemon's own."""
        return [(model if i else None, words.model_of(model)) for i, model in enumerate(self.desk.models)]

    @property
    def model(self) -> str | None:
        """The network that colors, as in `models`: what the user chose, if it is there."""
        chosen = self.sheet.settings.model if self.sheet else None
        return chosen if chosen in self.desk.models[1:] else None

    def others(self) -> list[Other]:
        """Return the documents whose colors may be borrowed, with the one whose colors are, though it was closed."""
        if self.sheet is None:
            return []
        lender, found = self.sheet.lender, self.desk.host.others(self.sheet.document)
        return found if lender is None or lender.key in [each.key for each in found] else [*found, lender]

    def diagnostics(self) -> str:
        """Return what a bug report needs: versions, device, times, the last error; no file names, no pixels."""
        document = self.sheet.document if self.sheet else None
        lines = [
            f"editor: {self.desk.host.name}",
            f"daemon: {self.desk.daemon or 'not connected'}",
            f"device: {self.desk.device or 'unknown'}",
            f"network: {self.model or 'the default'}",
            f"image: {document.width} x {document.height}" if document else "image: none",
            f"painted parts: {len(self.sheet.parts)}" if self.sheet else "",
            "milliseconds: " + ", ".join(f"{each:.0f}" for each in self.milliseconds[-10:]),
            f"status: {self.status.text} {self.status.remedy}",
            f"last error: {self.sheet.error.code if self.sheet and self.sheet.error else 'none'}",
            self.desk.traceback,
        ]
        return "\n".join(line for line in lines if line)

    # What the user does

    def show_document(self, document: Document | None) -> None:
        """Turn to another document, or to none."""
        self._sheets = {key: sheet for key, sheet in self._sheets.items() if sheet.document.is_open()}
        if document is not None and document.key not in self._sheets:
            settings = Settings.of(document.load_state())
            self._sheets[document.key] = Sheet(document, settings, is_saved=_holds_result(document))
        self.desk.sheet = self._sheets[document.key] if document is not None else None
        self.desk.changed()

    def start(self) -> None:
        """Set up the layers, and color."""
        sheet = self.sheet
        if sheet is not None and not sheet.document.why_not():
            sheet.error, sheet.is_saved = None, False
            sheet.document.make_layers()
            self._coloring.read_all(sheet)
            self._keep_settings()

    def convert(self) -> None:
        """Make the image one that can be colored. The editor asks the user first."""
        if self.sheet and self.sheet.document.is_open():
            self.sheet.document.convert()
            self.desk.changed()

    def refresh(self) -> None:
        """Read the photograph and the hints anew, and color."""
        if self.sheet and self.sheet.document.has_layers():
            self.sheet.error, self.sheet.is_saved, self.sheet.wanted_once = None, False, True
            self._coloring.read_all(self.sheet)

    def retry(self) -> None:
        """Try again after an error."""
        if self.sheet:
            self.sheet.is_reopened = False
            self.desk.want(self.sheet)

    def choose(self, **chosen: Any) -> None:
        """Change settings of the document: live, selection_only, draft, saturation."""
        if self.sheet:
            for name, value in chosen.items():
                setattr(self.sheet.settings, name, value)
            self.desk.want(self.sheet)
            self._keep_settings()

    def choose_model(self, model: str | None) -> None:
        """Color with another network from now on."""
        if self.sheet and model != self.model:
            self.sheet.settings.model = model
            self._keep_settings()
            self.refresh()

    def borrow_colors(self, key: str | None) -> None:
        """Take the colors of another document, or no longer."""
        if self.sheet:
            self._ideas.borrow_colors(self.sheet, key)

    def ask_about(self, x: int, y: int) -> None:
        """Suggest colors for a place that the user pointed at."""
        if self.sheet and 0 <= x < self.sheet.document.width and 0 <= y < self.sheet.document.height:
            self.sheet.place = (x, y)
            self._ideas.ask_palette(self.sheet)
            self.desk.changed()

    def ask_about_share(self, x: float, y: float) -> None:
        """Suggest colors for a place that the user pointed at on the overview, in 0..1 of its width and height."""
        if self.sheet:
            self.ask_about(int(x * self.sheet.document.width), int(y * self.sheet.document.height))

    def take_color(self, color: RGB, repaint: bool = False) -> None:
        """Paint with a color from now on, or repaint the newest dot with it."""
        sheet = self.sheet
        if sheet is None:
            return
        sheet.used(color)
        if not repaint:
            self.desk.host.set_brush_color(color)
        elif place := sheet.place:
            self.desk.do(sheet, change_hints(sheet, lambda parts: recolored(parts, place, color)))
        self._keep_settings()
        self.desk.changed()

    def where_next(self) -> None:
        """Ask where a dot would help most."""
        if self.sheet:
            self._ideas.where_next(self.sheet)

    def vary(self) -> None:
        """Ask for different colorings."""
        if self.sheet:
            self._ideas.vary(self.sheet)

    def take_variation(self, index: int) -> None:
        """Add the dots of one of the variations to the hints."""
        sheet = self.sheet
        if sheet and index < len(sheet.variations):
            dots = sheet.variations[index].dots
            self.desk.do(sheet, change_hints(sheet, lambda parts: with_dots(parts, dots, sheet.size)))
            sheet.variations = []
            self.desk.changed()

    # What goes on meanwhile

    def tick(self, seconds: float = SLICE_S) -> None:
        """Do a little of what is to do, for so many seconds. Called by the editor's timer, every TICK_S."""
        self.desk.courier.collect()
        until = time.monotonic() + seconds
        if self.sheet and not self.desk.steps:
            self._coloring.look(self.sheet)
        self.desk.work(until)

    def is_idle(self) -> bool:
        """Return whether nothing is under way."""
        due = self.sheet is not None and self.sheet.due and self._coloring.may_color(self.sheet)
        return not self.desk.steps and self.desk.courier.is_idle() and not due

    def stumbled(self, error: Exception) -> None:
        """Tell the user what went wrong, instead of disturbing the editor."""
        self.desk.stumbled(self.sheet, error)

    def close(self) -> None:
        """End; the daemon stays."""
        self.desk.steps.clear()
        self.desk.courier.close()

    def _keep_settings(self) -> None:
        if self.sheet and self.sheet.document.has_layers():
            self.sheet.document.save_state(self.sheet.settings.state())


def _holds_result(document: Document) -> bool:
    """Whether a document came with a result."""
    small = document.thumbnail(GLANCE) if document.has_layers() else None
    return small is not None and any(small.pixels[small.channels - 1 :: small.channels])
